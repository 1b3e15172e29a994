"""The plan as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from teams.exports import csv_bytes

from .listing import Row

HEADER = [
    *("Milestone", "Deliverable or meeting", "Team", "Owner", "Date in the adopted plan", "Due", "Slip in days"),
    *("State", "At risk", "Follows", "Sample"),
]


def plan_csv(rows: Iterable[Row]) -> bytes:
    """The rows of the plan as CSV: dates as in ISO 8601, a month as 2018-07; no cell can run as a formula."""
    return csv_bytes(HEADER, (_cells(row) for row in rows))


def _cells(row: Row) -> list[object]:
    step = row.step
    return [
        *(step.title, row.subject, str(row.body), step.owner),
        *(step.baseline.isoformat(), step.due.isoformat(), step.slip),
        *(row.state, row.risk, "; ".join(each.title for each in row.before), "yes" if step.is_sample else ""),
    ]
