"""Where reminders come from. A room registers its source when the application starts (`AppConfig.ready`).

The sweep, the forecast and the ledger ask every source alike; milestones are this room's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from teams.bodies.models import WorkingGroup


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that notices are about, as the ledger names it."""

    key: str
    title: str
    url: str
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One sort of thing that people are reminded of.

    A row goes to `recipient_id` and is owed to `owed_to_id`: the same person, unless somebody stands in for them.
    `due(now)` and `coming(now, until)` are queries whose rows have the columns `teams.notices.services.COLUMNS`: what
    is to be queued at the instant `now`, and what will become due after `now` and up to `until` if nothing changes
    (for the forecast, which may be shown twice as long before it is due: its rows are reckoned each time). `subjects`
    gives everything of a group that its notices can be about.
    """

    name: str
    due: Callable[[datetime], QuerySet[Any, dict[str, Any]]]
    coming: Callable[[datetime, datetime], QuerySet[Any, dict[str, Any]]]
    subjects: Callable[[WorkingGroup], Iterable[Subject]]


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a source known. Raises ValueError when another has its name."""
    if _sources.setdefault(source.name, source) != source:
        raise ValueError(f"there is another source of reminders named {source.name!r}")


def registered() -> list[Source]:
    """Every source, in the order in which they were registered."""
    return list(_sources.values())
