"""The plan as a list: which milestones a reader asked for, in which order, each with what its line says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from teams.bodies.models import Body

from .models import Deliverable, State
from .selectors import Plan, Step

# States of the filter that are no states of a row: they come from the date and from other milestones.
OPEN, LATE, AT_RISK = "open", "late", "at_risk"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a reader asked for; None and "" stand for everything. `first` and `last` are due dates."""

    body_id: int | None = None
    owner_id: int | None = None
    state: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing was asked for in particular."""
        return self == Wanted()

    def is_due_in_time(self, day: date) -> bool:
        """Whether a due date lies between the dates asked for."""
        return (self.first is None or self.first <= day) and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Row:
    """A milestone with what its line in a list says; `shape` is its state, or "late"."""

    step: Step
    body: Body
    deliverable: Deliverable | None
    before: list[Step]
    risk: str
    shape: str
    state: str

    @property
    def subject(self) -> str:
        """What it leads to: the deliverable, the meeting that it prepares, or nothing."""
        if self.deliverable:
            return self.deliverable.title
        return self.step.prepares.title if self.step.prepares else ""


def rows_of(
    plan: Plan, wanted: Wanted, *, bodies: Mapping[int, Body], deliverables: Mapping[int, Deliverable]
) -> list[Row]:
    """The milestones asked for, the first due first."""
    rows = (_row(plan, step, bodies, deliverables) for step in plan.steps if _is_in_scope(step, wanted))
    return [row for row in rows if _has_state(row, wanted.state)]


def _is_in_scope(step: Step, wanted: Wanted) -> bool:
    return (
        (wanted.body_id is None or step.body_id == wanted.body_id)
        and (wanted.owner_id is None or step.owner_id == wanted.owner_id)
        and wanted.is_due_in_time(step.due.last)
    )


def _has_state(row: Row, state: str) -> bool:
    match state:
        case "":
            return True
        case "open":
            return row.step.is_open
        case "late":
            return row.shape == LATE
        case "at_risk":
            return bool(row.risk)
    return row.step.state == state


def _row(plan: Plan, step: Step, bodies: Mapping[int, Body], deliverables: Mapping[int, Deliverable]) -> Row:
    late = step.is_late(plan.today)
    return Row(
        step=step,
        body=bodies[step.body_id],
        deliverable=deliverables.get(step.deliverable_id or 0),
        before=plan.before(step),
        risk=plan.risk(step),
        shape=LATE if late else step.state,
        state="Late" if late else step.get_state_display(),
    )


_RANK_OF_STATE = {state: rank for rank, state in enumerate([LATE, *State.values])}

# Columns that the list can be sorted by, in the order in which they stand.
COLUMNS: dict[str, tuple[str, Callable[[Row], Any]]] = {
    "milestone": ("Milestone", lambda row: row.step.title.casefold()),
    "deliverable": ("Deliverable", lambda row: row.subject.casefold()),
    "team": ("Team", lambda row: row.body.position),
    "owner": ("Owner", lambda row: row.step.owner.casefold()),
    "due": ("Due", lambda row: row.step.due),
    "slip": ("Slip", lambda row: row.step.slip),
    "state": ("State", lambda row: (_RANK_OF_STATE[row.shape], not row.risk)),
}
DEFAULT_SORT = "due"


def in_order(rows: list[Row], sort: str) -> list[Row]:
    """The rows sorted by a column of COLUMNS, or the other way round where a "-" stands before its name."""
    _, key = COLUMNS[sort.removeprefix("-")]
    return sorted(rows, key=key, reverse=sort.startswith("-"))


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the list: its label, the order that choosing it gives, and how it is sorted now."""

    label: str
    sort: str
    direction: str


def headings(sort: str) -> list[Heading]:
    """The columns of the list as it is sorted now; the one that it is sorted by turns the order round."""
    return [
        Heading(
            label=label,
            sort=f"-{name}" if sort == name else name,
            direction="ascending" if sort == name else "descending" if sort == f"-{name}" else "",
        )
        for name, (label, _) in COLUMNS.items()
    ]
