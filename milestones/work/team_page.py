"""How a team's deliverables stand on its page: each with its clauses, its milestones, and how far it has come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from teams.bodies.models import Body

from .models import Deliverable, State
from .selectors import ClauseHeading, Plan, Prepared, Progress, Step, clauses_of

FINISHED = (State.ACCEPTED, State.DROPPED)


@dataclass(frozen=True, slots=True)
class Line:
    """A milestone with what it follows, and why it is at risk ("" where it isn't)."""

    step: Step
    before: list[Step]
    risk: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A deliverable, or a meeting that the team prepares (or neither), with its milestones."""

    deliverable: Deliverable | None
    prepared: Prepared | None
    clauses: list[ClauseHeading]
    lines: list[Line]
    progress: Progress
    is_open: bool


@dataclass(frozen=True, slots=True)
class Moves:
    """How the due dates of some deliverables moved, where those that were dropped don't count.

    `moved` of them had theirs moved, `moves` times in all; `slipped_most` is due longest after its date in the plan as
    it was adopted, None where none is.
    """

    moved: int
    moves: int
    slipped_most: Deliverable | None


def moves_of(entries: Iterable[Entry]) -> Moves:
    """The same of the deliverables among the entries."""
    counted = [each.deliverable for each in entries if each.deliverable and each.deliverable.state != State.DROPPED]
    slipped = max(counted, key=lambda each: each.slip, default=None)
    return Moves(
        moved=sum(each.moves > 0 for each in counted),
        moves=sum(each.moves for each in counted),
        slipped_most=slipped if slipped and slipped.slip > 0 else None,
    )


def entries_of(plan: Plan, deliverables: Iterable[Deliverable], body: Body) -> tuple[list[Entry], list[Entry]]:
    """The team's entries in order of their due dates: those with something to do, and those that are finished.

    A deliverable's milestones stand with it whoever owes them. What prepares meetings comes after the deliverables.
    """
    entries = [
        _entry(plan, [step for step in plan.steps if step.deliverable_id == each.pk], deliverable=each)
        for each in deliverables
        if each.body_id == body.pk
    ]
    alone = [step for step in plan.steps if step.body_id == body.pk and step.deliverable_id is None]
    entries += [
        _entry(plan, [step for step in alone if step.prepares == prepared], prepared=prepared)
        for prepared in dict.fromkeys(step.prepares for step in alone)
    ]
    return [each for each in entries if each.is_open], [each for each in entries if not each.is_open]


def place_of(key: str, entries: Sequence[Entry]) -> int | None:
    """Where the deliverable with that key stands among the entries, from 0; None where it doesn't."""
    keys = [entry.deliverable.key if entry.deliverable else None for entry in entries]
    return keys.index(key) if key in keys else None


def _entry(
    plan: Plan, steps: list[Step], *, deliverable: Deliverable | None = None, prepared: Prepared | None = None
) -> Entry:
    return Entry(
        deliverable=deliverable,
        prepared=prepared,
        clauses=clauses_of(deliverable) if deliverable else [],
        lines=[Line(step, plan.before(step), plan.risk(step)) for step in steps],
        progress=plan.progress(steps),
        is_open=deliverable.state not in FINISHED if deliverable else any(step.is_open for step in steps),
    )
