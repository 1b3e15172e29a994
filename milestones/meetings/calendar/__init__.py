"""What the calendar shows, and where rooms above this one add what they have to show.

A room offers its entries when the application starts: `calendar.register(Kind.CLOSINGS, source)` in its
`AppConfig.ready`. The calendar asks the sources of the kinds that the reader wants to see, and only those.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db import models
from django.utils import formats

from milestones.meetings.clocks import Clock
from milestones.work.models import Owed
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.dates import ApproximateDate


class Kind(models.TextChoices):
    """What kind of entry it is; each has a shape of its own."""

    MEETINGS = "meetings", "Meetings"
    DUE = "due", "Due dates"
    CLOSINGS = "closings", "Closings of consultations"


NOTABLE = frozenset({"Late", "Returned", "Accepted", "Cancelled", "Draft", "Closed"})


@dataclass(frozen=True, slots=True)
class Asked:
    """What a source is asked: which person wants to see which days of which group."""

    person: User
    group: WorkingGroup
    body_ids: frozenset[int]  # the bodies of the group that the person belongs to
    today: date
    days: ApproximateDate | None  # from the first to the last day that is shown; None: all there are


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in the calendar."""

    kind: Kind
    noun: str
    title: str
    url: str
    when: ApproximateDate
    fills_days: bool = True  # False: on some day of `when` that nobody knows yet
    whose: str = ""
    state: str = ""
    owed: Owed | None = None
    clocks: tuple[Clock, ...] = ()
    starts_at: datetime | None = None  # where the time of day is known: aware, in the reader's zone
    body_ids: frozenset[int] = frozenset()
    forum_id: int | None = None
    is_mine: bool = False
    is_sample: bool = False

    @property
    def has_days(self) -> bool:
        """Whether it stands on days of the grid; if not, it stands above it."""
        return self.fills_days or self.when.is_day

    @property
    def is_long(self) -> bool:
        """Whether it is drawn across several days."""
        return self.fills_days and not self.when.is_day

    @property
    def is_notable(self) -> bool:
        """Whether its state is said in the grid, where there is room for what is out of the ordinary only."""
        return self.state in NOTABLE

    @property
    def time(self) -> str:
        """The time of day at which it starts, by the reader's clock; empty where it isn't known."""
        return formats.date_format(self.starts_at, "g:i a") if self.starts_at else ""

    @property
    def order(self) -> tuple[date, float, date, str, str]:
        """By day; on a day what has no time first, then by time; then what ends first."""
        at = self.starts_at.timestamp() if self.starts_at else -math.inf
        return (self.when.first, at, self.when.last, self.kind, self.title)


Source = Callable[[Asked], Iterable[Entry]]

_sources: list[tuple[Kind, Source]] = []


def register(kind: Kind, source: Source) -> None:
    """Let the calendar show what `source` gives under `kind`; the same source is taken once."""
    if (kind, source) not in _sources:
        _sources.append((kind, source))


def entries(asked: Asked, kinds: Iterable[str]) -> list[Entry]:
    """All entries of the given kinds, the first day first."""
    wanted = set(kinds)
    found = [entry for kind, source in _sources if kind in wanted for entry in source(asked)]
    return sorted(found, key=lambda entry: entry.order)
