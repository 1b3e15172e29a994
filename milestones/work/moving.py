"""Moving a due date: what was sent, what follows and would move along, and what was done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied

from teams.accounts.access import SignedInRequest
from teams.bodies.permissions import standings_of
from teams.clock import selectors as clock

from . import selectors, services
from .models import Milestone
from .selectors import Follower, Verb
from .work_forms import MoveForm


@dataclass(frozen=True, slots=True)
class Line:
    """A follower in the list, and whether it is ticked."""

    follower: Follower
    is_chosen: bool


class Moving:
    """The reader's form that moves a milestone. First the date and why; then, where something follows, which of it.

    `find` gives the milestone anew. Raises PermissionDenied for what is sent by someone who may not move it.
    """

    def __init__(self, request: SignedInRequest, find: Callable[[], Milestone]) -> None:
        self.request, self.find = request, find
        self.milestone = find()
        self.standing = standings_of(request)[self.milestone.group.slug]
        may = selectors.right_to(self.standing, request.user.pk, Verb.MOVE, self.milestone) is not None
        self.is_sent = request.method == "POST"
        if self.is_sent and not may:
            raise PermissionDenied("this date is not yours to move")
        self.may_move = may and self.milestone.is_open
        initial = {"revision": self.milestone.edit_revision, "due": self.milestone.due}
        self.form = MoveForm(request.POST if self.is_sent else None, initial=initial)
        self.lines: list[Line] = []

    def save(self) -> str:
        """Move what was sent. Returns what was done in a sentence; nothing where it was not, or more is asked."""
        if not self.is_sent or not self.form.is_valid():
            return ""
        self._look()
        asks = any(line.follower.is_movable for line in self.lines)
        if asks and self.request.POST.get("shown") != self.form.cleaned_data["due"].isoformat():
            return ""
        return self._move()

    @property
    def shown(self) -> str:
        """The date for which the list of followers stands, as the form sends it back."""
        return self.form.cleaned_data["due"].isoformat() if self.lines else ""

    @property
    def goes_later(self) -> bool:
        """Whether the new date is later than the one that it has."""
        return bool(self.form.cleaned_data["due"].last > self.milestone.due.last)

    def _look(self) -> None:
        """Find what follows, with what is ticked: what was sent, or at first all that goes later with it."""
        due = self.form.cleaned_data["due"]
        followers = selectors.followers_of(
            self.milestone, due, self.standing, self.request.user.pk, clock.today(self.milestone.group.timezone)
        )
        was_asked = "shown" in self.request.POST
        self.lines = [
            Line(
                each,
                each.milestone.pk in self._chosen if was_asked else self.goes_later and not each.is_counted_back,
            )
            for each in followers
        ]

    @property
    def _chosen(self) -> dict[int, int]:
        """The followers that were ticked, by their keys in the database, with the revisions that were seen."""
        pairs = (each.partition(":")[::2] for each in self.request.POST.getlist("along"))
        return {int(pk): int(seen) for pk, seen in pairs if _is_number(pk) and _is_number(seen)}

    def _move(self) -> str:
        said = self.form.cleaned_data
        try:
            slips = services.move_due(
                by=self.request.user,
                milestone=self.milestone,
                due=said["due"],
                reason=said["reason"],
                seen=said["revision"],
                along=self._chosen,
            )
        except services.ChangedMeanwhile as changed:
            return self._again(changed)
        except services.Refused as refusal:
            self.form.add_error(None, str(refusal))
            return ""
        due, others = slips[0].due_after, len(slips) - 1
        along = f" {others} that follow{'s' if others == 1 else ''} it moved along." if others else ""
        return f"It is due {'on' if due.is_day else 'in'} {due} now.{along}"

    def _again(self, changed: services.ChangedMeanwhile) -> str:
        """The form once more, with what happened; nothing to say where it was the second press of the button."""
        said = self.form.cleaned_data
        is_own = changed.current.pk == self.milestone.pk
        since = said["revision"] if is_own else self._chosen.get(changed.current.pk, 0)
        happened = selectors.what_happened(changed.current, since=since)
        if (
            is_own
            and changed.current.due == said["due"]
            and changed.current.edit_revision == since + 1
            and all(each.by.startswith(self.request.user.name) for each in happened)
        ):
            return f"It is due {'on' if said['due'].is_day else 'in'} {said['due']} now."
        self.milestone = self.find()
        again = self.request.POST.copy()
        again["revision"] = str(self.milestone.edit_revision)
        self.form.data = again
        self._look()
        told = " ".join(each.told for each in happened) or str(changed)
        self.form.add_error(
            None,
            f"“{changed.current}” was changed after you opened the page, so nothing was moved. {told} "
            "What you typed is kept.",
        )
        return ""


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10
