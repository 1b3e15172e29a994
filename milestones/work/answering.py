"""What the reader may do with a milestone or deliverable, as forms on its page, and what was sent by one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Final

from django.core.exceptions import PermissionDenied

from teams.accounts.access import SignedInRequest
from teams.bodies.permissions import standings_of
from teams.clock import selectors as clock

from . import selectors, services
from .models import Deliverable, Milestone
from .selectors.rights import TO, Verb, right_to
from .work_forms import AcceptForm, DisclaimForm, HandInForm, ReasonForm, ReturnForm, Seen, StartForm


@dataclass(frozen=True, slots=True)
class Words:
    """What a page says of a verb: on its button, before its form, and when it was done."""

    button: str
    lead: str
    done: str
    form: type[Seen]
    service: Callable[..., Any]
    is_main: bool = False


WORDS: Final[dict[Verb, Words]] = {
    Verb.HAND_IN: Words(
        "Hand in",
        "The reviewer or the chair then accepts it or sends it back.",
        "Handed in. The reviewer or the chair accepts it or sends it back.",
        HandInForm,
        services.hand_in,
        is_main=True,
    ),
    Verb.START: Words(
        "Start", "Everyone sees that somebody is working on it.", "It is under way.", StartForm, services.start
    ),
    Verb.ACCEPT: Words(
        "Accept", "It counts as done from that day.", "Accepted.", AcceptForm, services.accept, is_main=True
    ),
    Verb.RETURN: Words(
        "Return…", "It goes back to its owner, who hands it in again.", "Returned.", ReturnForm, services.send_back
    ),
    Verb.TAKE_BACK: Words(
        "Take it back…",
        "It is under way again until it is handed in anew.",
        "Taken back.",
        ReasonForm,
        services.take_back,
    ),
    Verb.REOPEN: Words(
        "Reopen…", "The acceptance ends, and it is under way again.", "Reopened.", ReasonForm, services.reopen
    ),
    Verb.DROP: Words(
        "Drop it…",
        "It is owed no more, and reminders of it end. What was done stays on the record.",
        "Dropped.",
        ReasonForm,
        services.drop,
    ),
    Verb.KEEP: Words(
        "Keep it…",
        "It stays owed, and whoever proposed to drop it reads why.",
        "It stays owed.",
        ReasonForm,
        services.keep,
    ),
    Verb.LET_STAY: Words(
        "It stays with its owner…",
        "Whoever says that it isn’t theirs reads why. To give it to somebody else, change the milestone.",
        "It stays with its owner.",
        ReasonForm,
        services.let_stay,
    ),
    Verb.DISCLAIM: Words(
        "It is not mine…",
        "The team’s lead is told, and hands it over or lets it stay. Until then it is yours.",
        "Said. The team’s lead hands it over or lets it stay.",
        DisclaimForm,
        services.disclaim,
    ),
    Verb.PROPOSE_DROP: Words(
        "Propose to drop it…",
        "The chair or an administrator decides.",
        "Proposed. The chair or an administrator decides.",
        ReasonForm,
        services.propose_drop,
    ),
    Verb.TAKE_UP: Words(
        "Take it up again…",
        "It is owed again, and planned as at first.",
        "It is owed again.",
        ReasonForm,
        services.take_up,
    ),
}


INSTEAD: Final = {Verb.DROP: Verb.PROPOSE_DROP, Verb.RETURN: Verb.TAKE_BACK}
# What can be done with a deliverable whose state comes from its milestones.
OF_DERIVED: Final = (Verb.PROPOSE_DROP, Verb.KEEP, Verb.DROP, Verb.TAKE_UP)


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that the reader may do."""

    verb: Verb
    words: Words
    form: Seen
    is_open: bool

    @property
    def act(self) -> str:
        """What the button that sends the form says."""
        return self.words.button.rstrip("…")

    @property
    def asks(self) -> bool:
        """Whether anything is to be filled in."""
        return bool(self.form.visible_fields())


class Answering:
    """What the reader may do now, and what they sent.

    `find` gives the row anew; `only` are the verbs that it takes at all. What is sent in the name of a verb that isn't
    theirs is refused (PermissionDenied).
    """

    def __init__(
        self,
        request: SignedInRequest,
        owed: Milestone | Deliverable,
        find: Callable[[], Any],
        only: Collection[Verb] = tuple(Verb),
    ) -> None:
        self.request, self.owed, self.find = request, owed, find
        self.only = only
        self.standing = standings_of(request)[owed.group.slug]
        self.meanwhile = ""
        self.lost: list[tuple[str, str]] = []
        sent = request.POST.get("change", "") if request.method == "POST" else ""
        self.sent = Verb(sent) if sent in WORDS else None
        self.tried = self._form(self.sent, request.POST) if self.sent else None

    def save(self) -> str:
        """Do what was sent. Returns what was done, in a sentence; nothing where it was not."""
        if self.sent is None or self.tried is None:
            return ""
        if not self.has_right_to(self.sent):
            raise PermissionDenied("this is not yours to do")
        if not self.tried.is_valid():
            return ""
        words = WORDS[self.sent]
        try:
            words.service(
                by=self.request.user, owed=self.owed, seen=self.tried.cleaned_data["revision"], **self.tried.said
            )
        except services.ChangedMeanwhile as changed:
            return words.done if self._is_done_already(changed) else ""
        except services.Refused as refusal:
            self.tried.add_error(None, str(refusal))
            return ""
        return words.done

    def _is_done_already(self, changed: services.ChangedMeanwhile) -> bool:
        """Whether it is the second press of the same button; otherwise the form comes again, with what happened."""
        assert self.sent is not None
        assert self.tried is not None
        self.owed = self.find()
        seen = self.tried.cleaned_data["revision"]
        happened = selectors.what_happened(self.owed, since=seen)
        by_me = happened and all(each.by.startswith(self.request.user.name) for each in happened)
        if by_me and changed.current.edit_revision == seen + 1 and self._says_the_same(changed.current):
            return True
        self.meanwhile = " ".join(each.told for each in happened) or str(changed)
        again = self.request.POST.copy()
        again["revision"] = str(self.owed.edit_revision)
        self.tried = self._form(self.sent, again)
        self.tried.add_error(
            None,
            f"It was changed after you opened the page, so nothing was done. {self.meanwhile} What you typed is kept.",
        )
        if self.sent not in self._verbs:
            self.lost = self.tried.typed
        return False

    def _says_the_same(self, current: Milestone | Deliverable) -> bool:
        assert self.sent is not None
        assert self.tried is not None
        if current.state != TO.get(self.sent, current.state):
            return False
        return self.sent != Verb.HAND_IN or current.done == self.tried.cleaned_data["done"].strip()

    def _form(self, verb: Verb, sent: Any = None) -> Seen:
        initial: dict[str, Any] = {"revision": self.owed.edit_revision}
        if verb == Verb.ACCEPT:
            initial["on"] = clock.today(self.owed.group.timezone)
        if verb == Verb.HAND_IN:
            initial |= {"done": self.owed.done, "evidence": self.owed.evidence}
        if verb == Verb.DROP:
            initial["reason"] = self.owed.drop_asked_because
        form = WORDS[verb].form(sent, initial=initial, auto_id=f"{verb}-%s")
        if isinstance(form, HandInForm):
            form.ask_for_evidence(getattr(self.owed, "evidence_asked", ""))
        return form

    @property
    def _verbs(self) -> list[Verb]:
        may = selectors.offered(self.standing, self.request.user.pk, self.owed)
        # Who can drop need not propose it, and who can return need not take it back.
        hidden = {instead for verb, instead in INSTEAD.items() if verb in may}
        return [verb for verb in may if verb in self.only and verb not in hidden]

    @property
    def offers(self) -> list[Offer]:
        """What the reader may do, what they will most likely do first."""
        verbs = self._verbs
        return [
            Offer(verb, words, tried or self._form(verb), tried is not None and bool(tried.errors))
            for verb, words in WORDS.items()
            if verb in verbs
            for tried in [self.tried if verb == self.sent else None]
        ]

    def has_right_to(self, verb: Verb) -> bool:
        """Whether the reader may do it, whatever the state."""
        return right_to(self.standing, self.request.user.pk, verb, self.owed) is not None

    @property
    def may_move(self) -> bool:
        """Whether the reader may give it another due date now."""
        return Verb.MOVE in self._verbs

    @property
    def told(self) -> str:
        """What to say above the page where the form that was sent is offered no more."""
        if self.tried is None or self.sent in self._verbs:
            return ""
        return " ".join(str(each) for each in self.tried.non_field_errors())
