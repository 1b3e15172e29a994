"""What a person may do with what is owed: by owning it, by the table, or in somebody's stead; and in which state.

The table is `teams.bodies.permissions.ALLOWED`; what an owner may by owning stands here, and in docs/permissions.md.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from milestones.work.models import OPEN_STATES, Deliverable, Milestone, State
from teams.bodies.permissions import Action, Standing
from teams.dates import ApproximateDate

from .step import TO_DO


class Verb(enum.StrEnum):
    """What can be done with a milestone or a deliverable, beside planning it."""

    START = "start"
    HAND_IN = "hand_in"
    TAKE_BACK = "take_back"
    ACCEPT = "accept"
    RETURN = "return"
    REOPEN = "reopen"
    PROPOSE_DROP = "propose_drop"
    KEEP = "keep"
    DROP = "drop"
    TAKE_UP = "take_up"
    MOVE = "move"
    DISCLAIM = "disclaim"
    LET_STAY = "let_stay"


# From which states each leads where. What leads nowhere leaves the state as it is.
FROM: Final[dict[Verb, frozenset[str]]] = {
    Verb.START: frozenset({State.PLANNED, State.RETURNED}),
    Verb.HAND_IN: frozenset(TO_DO),
    Verb.TAKE_BACK: frozenset({State.HANDED_IN}),
    Verb.ACCEPT: frozenset({State.HANDED_IN}),
    Verb.RETURN: frozenset({State.HANDED_IN}),
    Verb.REOPEN: frozenset({State.ACCEPTED}),
    Verb.PROPOSE_DROP: frozenset(OPEN_STATES),
    Verb.KEEP: frozenset(OPEN_STATES),
    Verb.DROP: frozenset(OPEN_STATES),
    Verb.TAKE_UP: frozenset({State.DROPPED}),
    Verb.MOVE: frozenset(OPEN_STATES),
    Verb.DISCLAIM: frozenset(TO_DO),
    Verb.LET_STAY: frozenset(TO_DO),
}
TO: Final[dict[Verb, State]] = {
    Verb.START: State.UNDER_WAY,
    Verb.HAND_IN: State.HANDED_IN,
    Verb.TAKE_BACK: State.UNDER_WAY,
    Verb.ACCEPT: State.ACCEPTED,
    Verb.RETURN: State.RETURNED,
    Verb.REOPEN: State.UNDER_WAY,
    Verb.DROP: State.DROPPED,
    Verb.TAKE_UP: State.PLANNED,
}

# By which action of the table; `OWNERS` are also for who owns it, and for who stands in for them.
ACTION: Final[dict[Verb, Action]] = {
    Verb.START: Action.HAND_IN_WORK,
    Verb.HAND_IN: Action.HAND_IN_WORK,
    Verb.TAKE_BACK: Action.HAND_IN_WORK,
    Verb.ACCEPT: Action.ACCEPT_WORK,
    Verb.RETURN: Action.ACCEPT_WORK,
    Verb.REOPEN: Action.ACCEPT_WORK,
    Verb.PROPOSE_DROP: Action.PLAN_WORK,
    Verb.KEEP: Action.DROP_WORK,
    Verb.DROP: Action.DROP_WORK,
    Verb.TAKE_UP: Action.DROP_WORK,
    Verb.MOVE: Action.PLAN_WORK,
    Verb.LET_STAY: Action.PLAN_WORK,
}
OWNERS: Final = frozenset({Verb.START, Verb.HAND_IN, Verb.TAKE_BACK, Verb.MOVE, Verb.DISCLAIM})


@dataclass(frozen=True, slots=True)
class InRight:
    """In whose right something is done: one's own, or that of the person (their key) who is stood in for."""

    stands_in_for: int | None = None


OWN: Final = InRight()


def right_to(standing: Standing, person: int, verb: Verb, owed: Milestone | Deliverable) -> InRight | None:
    """In whose right the owner of the standing (with the key `person`) may do it in any state; None: they mayn't.

    The owner may what OWNERS says; what ACTION doesn't name is theirs alone. Nobody accepts what they own or
    handed in themselves.
    """
    owner = owed.owner_id
    if verb == Verb.ACCEPT and person in (owner, owed.handed_in_by_id):
        return None
    if verb in OWNERS and person == owner:
        return OWN
    action = ACTION.get(verb)
    if action and standing.may_by_own_role(action, owed.body):
        return OWN
    if verb in OWNERS and owner is not None and any(each.person == owner for each in standing.stands_in):
        return InRight(owner)
    return in_right_of(standing, action, owed) if action else None


def in_right_of(standing: Standing, action: Action, owed: Milestone | Deliverable) -> InRight | None:
    """The same for an action of the table alone."""
    if standing.may_by_own_role(action, owed.body):
        return OWN
    stands_in = standing.acts_for(action, owed.body)
    return InRight(stands_in.person) if stands_in else None


def offered(standing: Standing, person: int, owed: Milestone | Deliverable) -> list[Verb]:
    """What the owner of the standing may do with it as it is now."""
    return [verb for verb in Verb if fits(verb, owed) and right_to(standing, person, verb, owed)]


def fits(verb: Verb, owed: Milestone | Deliverable) -> bool:
    """Whether the state allows it: who may drop decides on a proposal, and one at a time is enough."""
    if verb == Verb.PROPOSE_DROP and owed.drop_asked_by_id:
        return False
    if verb == Verb.KEEP and not owed.drop_asked_by_id:
        return False
    if verb in (Verb.DISCLAIM, Verb.LET_STAY):
        is_disclaimed = isinstance(owed, Milestone) and owed.disclaimed_by_id is not None
        if not isinstance(owed, Milestone) or is_disclaimed == (verb == Verb.DISCLAIM):
            return False
    return owed.state in FROM[verb]


def derived_state(states: Iterable[tuple[str, ApproximateDate | None]]) -> tuple[State, ApproximateDate | None] | None:
    """The state of a deliverable, and when it was accepted, from the states of its milestones with their dates.

    What was dropped doesn't count; None where nothing does. All accepted: accepted, on the last of their days. All
    accepted or handed in: handed in. All planned: planned. Anything else is under way.
    """
    counted = [(state, accepted) for state, accepted in states if state != State.DROPPED]
    if not counted:
        return None
    found = {state for state, _ in counted}
    if found == {State.ACCEPTED}:
        return State.ACCEPTED, max(accepted for _, accepted in counted if accepted)
    if found <= {State.ACCEPTED, State.HANDED_IN}:
        return State.HANDED_IN, None
    return (State.PLANNED if found == {State.PLANNED} else State.UNDER_WAY), None
