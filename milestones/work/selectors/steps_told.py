"""Which steps of what is owed are told by mail, and to whom. Nobody is told of what they did themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from milestones.work.models import Deliverable, Milestone
from teams.bodies.models import Role
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, Action
from teams.notices.models import Way

from .circle import People, Told
from .rights import Verb


@dataclass(frozen=True, slots=True)
class Happened:
    """A step that somebody took with what is owed (`by`, their key), and the people of its group."""

    owed: Milestone | Deliverable
    people: People
    by: int

    @property
    def owner(self) -> int | None:
        """Whose work it is: a deliverable that nobody owns is whose who handed it in."""
        return self.owed.owner_id or self.owed.handed_in_by_id

    def told_owner(self, why: str = "") -> list[Told]:
        """The owner."""
        if self.owner is None or self.owner == self.by:
            return []
        owned = f"You own this {self.noun}" if self.owed.owner_id else "You handed it in"
        return [self.people.told(self.owner, why or owned, but={self.by})]

    def told_roles(self, found: dict[int, str], why: str) -> list[Told]:
        """People with a role, by their keys; `why` ends before the role."""
        labels = {Role.CHAIR.value: "as chair", Role.LEAD.value: "as lead", Role.REVIEWER.value: "as CBP’s reviewer"}
        return [
            self.people.told(person, f"{why} {labels[role]}", but={self.by}, role=role)
            for person, role in found.items()
            if person != self.by
        ]

    def told_answering(self, why: str, *, but: int | None = None) -> list[Told]:
        """Who answers for the body: its leads, or where it has none its chairs."""
        left_out = {each for each in (self.by, but) if each is not None}
        return self.told_roles(self.people.answering_for(self.owed.body, left_out), why)

    @property
    def noun(self) -> str:
        """What it is in a sentence."""
        return "milestone" if isinstance(self.owed, Milestone) else "deliverable"

    @property
    def team(self) -> str:
        """The body's short name."""
        return str(self.owed.body.short_name)


def _handed_in(step: Happened) -> list[Told]:
    owed = step.owed
    found = step.people.may(Action.ACCEPT_WORK, owed.body)
    own = {step.owner, owed.handed_in_by_id}
    found = {person: role for person, role in found.items() if person not in own}
    return step.told_roles(found, f"You accept or return what {step.team} hands in,")


def _accepted(step: Happened) -> list[Told]:
    mine = step.told_owner()
    getting = {each.recipient for each in mine}
    others = step.told_answering(f"You answer for {step.team}", but=step.owner)
    return [*mine, *(each for each in others if each.recipient not in getting)]


def _drop_proposed(step: Happened) -> list[Told]:
    decide = ALLOWED[Action.DROP_WORK] - {ADMINISTRATOR}
    found = step.people.may(Action.DROP_WORK, step.owed.body)
    return step.told_roles({each: role for each, role in found.items() if role in decide}, "You decide on it")


def _moved(step: Happened) -> list[Told]:
    planned = step.by in step.people.may(Action.PLAN_WORK, step.owed.body)
    return [
        *step.told_owner(),
        *([] if planned else step.told_answering(f"You answer for {step.team}", but=step.owner)),
    ]


@dataclass(frozen=True, slots=True)
class StepTold:
    """A kind of notice about one step: its name, what people read where they choose how it comes, and who gets it."""

    kind: str
    title: str
    hint: str
    whom: Callable[[Happened], list[Told]]
    usual: Way = Way.AT_ONCE


HANDED_IN: Final = StepTold(
    "work_handed_in",
    "Notices of work handed in",
    "When something is handed in that you may accept or return.",
    _handed_in,
)
RETURNED: Final = StepTold(
    "work_returned",
    "Notices of work returned",
    "When what you own is returned, with what is missing.",
    lambda step: step.told_owner(),
)
ACCEPTED: Final = StepTold(
    "work_accepted",
    "Notices of work accepted",
    "When what you own, or your team owes, is accepted.",
    _accepted,
    Way.DAILY,
)
HANDED_OVER: Final = StepTold(
    "work_handed_over",
    "Notices of work handed over to you",
    "When you become the owner of a milestone or a deliverable.",
    lambda step: step.told_owner(f"You own this {step.noun} now"),
)
DROP_PROPOSED: Final = StepTold(
    "work_drop_proposed",
    "Proposals to drop work",
    "When it is proposed to drop something, and you decide on it.",
    _drop_proposed,
)
DISCLAIMED: Final = StepTold(
    "work_disclaimed",
    "Notices of milestones that are not their owners’",
    "When you hand over what your team owes.",
    lambda step: step.told_answering(f"You hand over what {step.team} owes,", but=step.owner),
)
MOVED: Final = StepTold(
    "work_moved",
    "Notices of moved due dates",
    "When somebody moves the date of what you own, or an owner in your team asks for more time by moving one.",
    _moved,
)
STEPS: Final = (HANDED_IN, RETURNED, ACCEPTED, HANDED_OVER, DROP_PROPOSED, DISCLAIMED, MOVED)
BY_KIND: Final = {step.kind: step for step in STEPS}

OF_VERB: Final[dict[Verb, StepTold]] = {
    Verb.HAND_IN: HANDED_IN,
    Verb.RETURN: RETURNED,
    Verb.ACCEPT: ACCEPTED,
    Verb.PROPOSE_DROP: DROP_PROPOSED,
    Verb.DISCLAIM: DISCLAIMED,
    Verb.MOVE: MOVED,
}

# The kind of what somebody is told who answered by the link in a mail: a mail may be forwarded.
BY_LINK: Final = "work_by_link"
