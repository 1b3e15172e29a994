"""What hangs on a meeting in the rooms above this one: its papers, consultations, commitments and developments.

A room offers its sections when the application starts: `sections.register(source, place=10)` in its
`AppConfig.ready`. A source is asked on whose page they stand, so that it gives only what that person may see.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from teams.accounts.models import User

from .models import Meeting


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the meeting's page: a heading, and rows that a template of the offering room draws."""

    heading: str
    template: str
    rows: list[Any]


Source = Callable[[User, date, Meeting], Iterable[Section]]

_sources: list[tuple[int, Source]] = []


def register(source: Source, *, place: int) -> None:
    """Let the meeting's page show what `source` gives; a smaller place stands higher. The same source is taken once."""
    if (place, source) not in _sources:
        _sources.append((place, source))
        _sources.sort(key=lambda each: each[0])


def sections_of(person: User, today: date, meeting: Meeting) -> list[Section]:
    """The sections that have something to show."""
    return [section for _, source in _sources for section in source(person, today, meeting) if section.rows]
