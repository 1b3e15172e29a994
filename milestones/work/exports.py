"""The plan as a file: for a spreadsheet, and for a calendar."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final

from django.conf import settings

from teams.bodies.models import WorkingGroup
from teams.dates import ApproximateDate
from teams.exports import Column, Sheet, csv_bytes, xlsx_bytes
from teams.icalendars.writing import Event, Status, calendar_file, uid_of, whole_days

from .listing import Row
from .models import Deliverable, State

HEADER = [
    *("Milestone", "Deliverable or meeting", "Team", "Owner", "Date in the adopted plan", "Due", "Slip in days"),
    *("State", "At risk", "Follows", "Evidence asked for", "Sample"),
]
COLUMNS: Final = [
    Column("Milestone", 44),
    Column("Deliverable or meeting", 34),
    Column("Team", 24),
    Column("Owner", 22),
    Column("Date in the adopted plan", 14),
    Column("Due", 14),
    Column("If no day is known", 18),
    Column("Slip in days", 9),
    Column("State", 13),
    Column("At risk", 40),
    Column("Follows", 40),
    Column("Evidence asked for", 40),
    Column("Sample", 9),
    Column("Key", 24),
]
COLUMNS_OF_DELIVERABLES: Final = [
    Column("Deliverable", 44),
    Column("Team", 24),
    Column("Owner", 22),
    Column("Date in the adopted plan", 14),
    Column("Due", 14),
    Column("If no day is known", 18),
    Column("Slip in days", 9),
    Column("Times moved", 9),
    Column("State", 13),
    Column("Sample", 9),
    Column("Key", 24),
]


def plan_csv(rows: Iterable[Row], deliverables: Iterable[Deliverable], *, today: date) -> bytes:
    """The rows of the plan as CSV: dates as in ISO 8601, a month as 2018-07; no cell can run as a formula.

    After the milestones come the deliverables themselves, where "Milestone" stands empty.
    """
    return csv_bytes(HEADER, [*(_cells(row) for row in rows), *(_cells_of(each, today) for each in deliverables)])


def _cells(row: Row) -> list[object]:
    step = row.step
    return [
        *(step.title, row.subject, str(row.body), step.owner),
        *(step.baseline.isoformat(), step.due.isoformat(), step.slip),
        *(row.state, row.risk, "; ".join(each.title for each in row.before)),
        *(step.evidence_asked, "yes" if step.is_sample else ""),
    ]


def _cells_of(owed: Deliverable, today: date) -> list[object]:
    return [
        *("", owed.title, str(owed.body), _owner(owed)),
        *(owed.baseline_due.isoformat(), owed.due.isoformat(), owed.slip),
        *(_state(owed, today), "", ""),
        *("", "yes" if owed.is_sample else ""),
    ]


def _owner(owed: Deliverable) -> str:
    return owed.owner.name if owed.owner else ""


def _state(owed: Deliverable, today: date) -> str:
    return "Late" if owed.is_late(today) else owed.get_state_display()


def plan_xlsx(rows: Iterable[Row], deliverables: Iterable[Deliverable], *, today: date, title: str) -> bytes:
    """The rows of the plan as an Excel workbook, which `title` names, with the deliverables on a second sheet.

    Dates are dates: of a month its last day, which it counts until, and the words stand beside it.
    """
    return xlsx_bytes(
        [
            Sheet("Plan", COLUMNS, (_typed(row) for row in rows)),
            Sheet("Deliverables", COLUMNS_OF_DELIVERABLES, (_typed_of(each, today) for each in deliverables)),
        ],
        title=title,
    )


def _typed_of(owed: Deliverable, today: date) -> list[object]:
    return [
        *(owed.title, str(owed.body), _owner(owed), owed.baseline_due.last, owed.due.last),
        *("" if owed.due.is_day else in_words(owed.due), owed.slip, owed.moves, _state(owed, today)),
        *("yes" if owed.is_sample else "", owed.key),
    ]


def _typed(row: Row) -> list[object]:
    step = row.step
    return [
        *(step.title, row.subject, str(row.body), step.owner),
        *(step.baseline.last, step.due.last, "" if step.due.is_day else in_words(step.due), step.slip),
        *(row.state, row.risk, "; ".join(each.title for each in row.before)),
        *(step.evidence_asked, "yes" if step.is_sample else ""),
        step.key,
    ]


def in_words(due: ApproximateDate) -> str:
    """A due date in a sentence: "on July 27, 2018", "in August 2018"."""
    return f"on {due}" if due.is_day else f"in {due}"


def plan_ics(rows: Iterable[Row], group: WorkingGroup, *, title: str, at: datetime) -> bytes:
    """The due dates of the plan as iCalendar (RFC 5545), one event of a whole day for each milestone.

    The UID stays that of the milestone, and SEQUENCE rises with each change of it (another date, accepted, dropped), so
    that a calendar into which the file is taken again follows. What is due in a month stands on its last day and says
    so. What was dropped is cancelled. `at` is the instant of the file.
    """
    return calendar_file((_event(row, group, at) for row in rows), name=title)


def _event(row: Row, group: WorkingGroup, at: datetime) -> Event:
    step = row.step
    starts, ends = whole_days(step.due.last, step.due.last)
    return Event(
        uid=uid_of("milestone", step.key, group.slug),
        # Both only rise; what was exported before changes other than of the date counted had the first alone.
        sequence=step.due_revision + step.edit_revision,
        starts=starts,
        ends=ends,
        summary=step.title if step.due.is_day else f"{step.title} ({in_words(step.due)})",
        changed_at=at,
        description="\n".join(_lines(row)),
        url=f"{settings.SITE_URL}{step.get_absolute_url()}",
        categories=(row.body.short_name,),
        status=Status.CANCELLED if step.state == State.DROPPED else Status.CONFIRMED,
        is_free=True,
    )


def _lines(row: Row) -> list[str]:
    step = row.step
    said = [
        f"Due {in_words(step.due)}",
        f"State: {row.state}",
        f"Owner: {step.owner}",
        f"Team: {row.body}",
        f"Leads to: {row.subject}" if row.subject else "",
        f"Adopted plan: {step.baseline}" if step.slip else "",
        f"At risk: {row.risk}" if row.risk else "",
        "A sample" if step.is_sample else "",
        f"{settings.SITE_URL}{step.get_absolute_url()}",
    ]
    return [line for line in said if line]
