"""The activity as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from teams.exports import csv_bytes

from .activity import Told

HEADER = ["When", "By", "Reason", "Kind", "Title", "Change", "Field", "Before", "After"]


def activity_csv(changes: Iterable[Told]) -> bytes:
    """One row for each field that changed, or for a change without one; instants as in ISO 8601."""
    return csv_bytes(HEADER, (row for change in changes for row in _rows(change)))


def _rows(change: Told) -> Iterator[list[object]]:
    start = [change.at.isoformat(timespec="seconds"), change.by, change.reason, change.noun, change.title, change.verb]
    for field in change.fields:
        yield [*start, field.label, field.before, field.after]
    if not change.fields:
        yield [*start, "", "", ""]
