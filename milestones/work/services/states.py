"""From planned to accepted: who owns it starts and hands in; the reviewer or the chair accepts or returns; and so on.

Each takes `by` (who does it), what is owed, and `seen` (the revision that they saw; None: whatever is there). Each
raises NotYours where neither the table nor owning it allows it, ChangedMeanwhile where the revision is another by now,
and Refused where the state, or what is given, doesn't allow it. Then nothing is changed.
"""

from __future__ import annotations

from datetime import date
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import transaction

from milestones.work.models import OPEN_STATES, WORDS_AT_MOST, Deliverable, Milestone, State
from milestones.work.selectors.rights import TO, InRight, Verb
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

from .acting import check, derive, derived_from, locked, reason_of, recorded
from .refusals import Refused
from .telling import tell

Thing = TypeVar("Thing", bound=Milestone | Deliverable)


@transaction.atomic
def start(*, by: User, owed: Thing, seen: int | None = None) -> Thing:
    """Begin to work on it, for the first time or after it was returned."""
    found, right = _begin(by, Verb.START, owed, seen)
    return _end(by, Verb.START, found, right)


@transaction.atomic
def hand_in(*, by: User, owed: Thing, done: str, evidence: str = "", seen: int | None = None) -> Thing:
    """Say what was done, and what shows it (words and links); a milestone that was only planned need not be started."""
    found, right = _begin(by, Verb.HAND_IN, owed, seen)
    if not done.strip():
        raise Refused("Say what was done.")
    asked = getattr(found, "evidence_asked", "")
    if asked and not evidence.strip():
        raise Refused(f"Say what shows it. Asked for is: {asked}")
    if max(len(done), len(evidence)) > WORDS_AT_MOST:
        raise Refused(f"Say it in at most {WORDS_AT_MOST} characters.")
    found.done, found.evidence = done.strip(), evidence.strip()
    found.handed_in_by, found.handed_in_at = by, clock.now()
    return _end(by, Verb.HAND_IN, found, right)


@transaction.atomic
def take_back(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Take back what was handed in and is not accepted yet, to work on it again."""
    found, right = _begin(by, Verb.TAKE_BACK, owed, seen)
    return _end(by, Verb.TAKE_BACK, found, right, reason_of(reason))


@transaction.atomic
def accept(*, by: User, owed: Thing, on: date | None = None, seen: int | None = None) -> Thing:
    """Accept what was handed in, on a day in the group's time zone: today, or one since it was handed in."""
    found, right = _begin(by, Verb.ACCEPT, owed, seen)
    zone = ZoneInfo(found.group.timezone)
    on = on or clock.today(zone)
    if on > clock.today(zone):
        raise Refused("It can’t be accepted on a day to come.")
    if found.handed_in_at and on < found.handed_in_at.astimezone(zone).date():
        raise Refused("It was handed in only after that day.")
    found.accepted = ApproximateDate.day(on)
    return _end(by, Verb.ACCEPT, found, right)


@transaction.atomic
def send_back(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Return what was handed in, and say what is missing."""
    found, right = _begin(by, Verb.RETURN, owed, seen)
    return _end(by, Verb.RETURN, found, right, reason_of(reason, "Say what is missing."))


@transaction.atomic
def reopen(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Take the acceptance back: something more is to be done."""
    found, right = _begin(by, Verb.REOPEN, owed, seen)
    found.accepted = None
    return _end(by, Verb.REOPEN, found, right, reason_of(reason))


@transaction.atomic
def disclaim(*, by: User, owed: Milestone, reason: str, seen: int | None = None) -> Milestone:
    """Say as its owner that it isn't theirs; whoever plans for its body hands it over, or lets it stay."""
    found, right = _begin(by, Verb.DISCLAIM, owed, seen)
    found.disclaimed_by, found.disclaimed_because = by, reason_of(reason, "Say why, and whose it is if you know.")
    return _end(by, Verb.DISCLAIM, found, right, found.disclaimed_because)


@transaction.atomic
def let_stay(*, by: User, owed: Milestone, reason: str, seen: int | None = None) -> Milestone:
    """Answer that it stays with its owner, and why."""
    found, right = _begin(by, Verb.LET_STAY, owed, seen)
    found.disclaimed_by, found.disclaimed_because = None, ""
    return _end(by, Verb.LET_STAY, found, right, reason_of(reason))


@transaction.atomic
def propose_drop(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Propose that it is owed no more; the chair or an administrator decides."""
    found, right = _begin(by, Verb.PROPOSE_DROP, owed, seen)
    found.drop_asked_by, found.drop_asked_because = by, reason_of(reason)
    return _end(by, Verb.PROPOSE_DROP, found, right, reason_of(reason))


@transaction.atomic
def keep(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Turn down the proposal to drop it."""
    found, right = _begin(by, Verb.KEEP, owed, seen)
    found.drop_asked_by, found.drop_asked_because = None, ""
    return _end(by, Verb.KEEP, found, right, reason_of(reason))


@transaction.atomic
def drop(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Owe it no more; with a deliverable go its milestones that are open. What was accepted stays accepted."""
    found, right = _begin(by, Verb.DROP, owed, seen)
    why = reason_of(reason)
    _end(by, Verb.DROP, found, right, why)
    if isinstance(found, Deliverable):
        for milestone in found.milestones.filter(state__in=OPEN_STATES).order_by("pk"):
            below, right = _begin(by, Verb.DROP, milestone, None)
            _end(by, Verb.DROP, below, right, why)
    return found


@transaction.atomic
def take_up(*, by: User, owed: Thing, reason: str, seen: int | None = None) -> Thing:
    """Owe again what was dropped: it is planned, as at first. A deliverable's milestones are taken up one by one."""
    found, right = _begin(by, Verb.TAKE_UP, owed, seen)
    if isinstance(found, Milestone) and found.deliverable and found.deliverable.state == State.DROPPED:
        raise Refused("Its deliverable was dropped: take that up first.")
    return _end(by, Verb.TAKE_UP, found, right, reason_of(reason))


# What of a row a change of state can touch.
_TOUCHED = (
    *("state", "accepted", "done", "evidence", "handed_in_by", "handed_in_at"),
    *("drop_asked_by", "drop_asked_because", "edit_revision"),
)
_TOUCHED_OF_MILESTONE = (*_TOUCHED, "disclaimed_by", "disclaimed_because")
# What can be done with a deliverable that has milestones, too.
_OF_ANY_DELIVERABLE = frozenset({Verb.PROPOSE_DROP, Verb.KEEP, Verb.DROP, Verb.TAKE_UP})


def _begin(by: User, verb: Verb, owed: Thing, seen: int | None) -> tuple[Thing, InRight]:
    """The row, locked, and in whose right it is changed."""
    found = locked(owed, seen)
    right = check(by, verb, found)
    if isinstance(found, Deliverable) and verb not in _OF_ANY_DELIVERABLE and derived_from(found).exists():
        raise Refused("It has milestones: its state comes from theirs.")
    return found, right


def _end(by: User, verb: Verb, found: Thing, right: InRight, reason: str = "") -> Thing:
    """Let the row take the state that the verb leads to, and its deliverable the one that follows from it."""
    found.state = TO.get(verb, found.state)
    if not found.is_open:
        found.drop_asked_by, found.drop_asked_because = None, ""
    if isinstance(found, Milestone) and verb in TO:
        # Whoever goes on with it takes it as theirs, and what is done or dropped is nobody's any more.
        found.disclaimed_by, found.disclaimed_because = None, ""
    found.edit_revision += 1
    with recorded(by, right, reason):
        found.save(update_fields=_TOUCHED_OF_MILESTONE if isinstance(found, Milestone) else _TOUCHED)
        derive([found.deliverable_id if isinstance(found, Milestone) else found.pk])
    tell(by, verb, found)
    return found
