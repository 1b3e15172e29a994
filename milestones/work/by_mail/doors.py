"""Whether a link in a mail still answers anything, and if not, what its reader is told."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import formats

from milestones.work.models import Milestone, State
from milestones.work.selectors.by_mail import GOOD_FOR, Act, Answer
from milestones.work.selectors.rights import right_to
from milestones.work.selectors.step import TO_DO
from teams.accounts.models import User
from teams.accounts.selectors import is_known_by_mail_alone
from teams.bodies.permissions import standings
from teams.clock import selectors as clock


@dataclass(frozen=True, slots=True)
class Closed:
    """What is told instead of the form, with the status of the answer.

    `opens` says whether the reader may be led to the milestone; `asks_to_sign_in` that they have to sign in first.
    """

    heading: str
    words: str
    status: int = 410
    opens: bool = False
    asks_to_sign_in: bool = False
    is_done: bool = False


NOT_OURS = Closed(
    "This link does not work",
    "It is not whole: perhaps the mail program broke it in two. Copy all of it from the mail, or open the portal.",
    404,
)
GONE = Closed("There is nothing to answer any more", "What the mail was about is no longer in the portal.")


@dataclass(frozen=True, slots=True)
class Door:
    """A link that is ours, with its person and its milestone as they are now."""

    answer: Answer
    person: User
    milestone: Milestone

    def closed(self, request: HttpRequest) -> Closed | None:
        """Why the form is not shown; None where it is. First what concerns the person: before, nothing else is told."""
        return self._closed_to_person(request) or self._closed_by_milestone()

    def _closed_to_person(self, request: HttpRequest) -> Closed | None:
        if request.user.is_authenticated and request.user.pk != self.person.pk:
            return Closed(
                "This link is not yours",
                "It was mailed to somebody else than you are signed in as, so it changes nothing here. What you may "
                "answer yourself stands on your home page.",
                403,
            )
        if not self.person.is_active:
            return Closed("This account is closed", "Its links answer nothing any more.")
        if self.answer.is_over(clock.today(ZoneInfo(self.person.timezone))):
            return Closed(
                "This link has ended",
                f"A link in a mail works for {GOOD_FOR.days} days. The newest mail has one that works; in the portal "
                "you can answer at any time.",
                opens=True,
            )
        if not request.user.is_authenticated and not is_known_by_mail_alone(self.person):
            return Closed(
                "Please sign in to answer",
                "Your account has a second factor, so a mail alone does not answer for you. You then come back to this "
                "page.",
                200,
                asks_to_sign_in=True,
            )
        return None

    def _closed_by_milestone(self) -> Closed | None:
        """Needs no more than the mail said, but for what became of it since."""
        milestone, answer = self.milestone, self.answer
        standing = standings(self.person, clock.today()).get(milestone.group.slug)
        if standing is None:
            return Closed("You are not in the group any more", "So this is not yours to answer.")
        if done := self._done():
            return Closed("Thank you", done, 200, opens=True, is_done=True)
        if milestone.owner_id != answer.owner_id:
            return Closed("Somebody else owns it now", "So there is nothing for you to do.", opens=True)
        if milestone.state not in TO_DO:
            return Closed("There is nothing to answer any more", self._state(), opens=True)
        if milestone.due_revision != answer.due_revision:
            return Closed(
                "Its date was moved since",
                f"It is due {self.due_in_words} now. A newer mail has links for that date.",
                opens=True,
            )
        if right_to(standing, self.person.pk, answer.act.verb, milestone) is None:
            return Closed("You do not stand in for its owner any more", "So this is not yours to answer.", opens=True)
        if answer.act == Act.NOT_MINE and milestone.disclaimed_by_id is not None:
            return Closed("That was said already", "Who answers for the team decides on it.", opens=True)
        return None

    @property
    def due_in_words(self) -> str:
        """ "on Friday, July 27, 2018", "in August 2018"."""
        due = self.milestone.due
        return f"on {formats.date_format(due.last, 'l, F j, Y')}" if due.is_day else f"in {due}"

    def _state(self) -> str:
        state = self.milestone.state
        if state == State.ACCEPTED:
            return f"It was accepted ({self.milestone.accepted})."
        return "It was dropped." if state == State.DROPPED else "It was handed in already."

    def _done(self) -> str:
        """What the person did that this link would do; nothing where they didn't."""
        milestone, answer = self.milestone, self.answer
        if (
            answer.act == Act.DONE
            and milestone.state == State.HANDED_IN
            and milestone.handed_in_by_id == answer.person_id
        ):
            return "It is handed in. CBP’s reviewer or the chair accepts it, or sends it back with what is missing."
        if answer.act == Act.NOT_MINE and milestone.disclaimed_by_id == answer.person_id:
            return "Your team’s lead is told. Until they hand it over, it is yours, and reminders of it come to you."
        if answer.act == Act.LATER and milestone.due_revision == answer.due_revision + 1:
            last = milestone.slips.order_by("-revision").first()
            if last is not None and last.by_id == answer.person_id:
                return f"It is due {self.due_in_words} now. Your team’s lead is told, with your reason."
        return ""


def door_of(answer: Answer | None) -> Door | Closed:
    """The link's door, or why it leads nowhere."""
    if answer is None:
        return NOT_OURS
    person = User.objects.filter(pk=answer.person_id).first()
    milestone = (
        Milestone.objects.filter(pk=answer.milestone_id)
        .select_related("group", "body__group", "owner", "deliverable")
        .first()
    )
    if person is None or milestone is None:
        return GONE
    return Door(answer, person, milestone)
