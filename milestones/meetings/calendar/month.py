"""A month as weeks of days, with what goes on over several days laid in lanes. Pure: no database, no clock."""

from __future__ import annotations

import calendar as almanac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from django.utils import formats

from teams.dates import ApproximateDate

from . import Entry

FIRST_YEAR, LAST_YEAR = 1990, 2100
_weeks = almanac.Calendar(almanac.SUNDAY)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a long entry that lies on one day of the grid."""

    entry: Entry
    is_first: bool  # the entry itself starts on this day
    is_last: bool  # the entry itself ends on this day
    days: int  # where its name stands: how many days of this week it takes from here; 0 on the days after


@dataclass(frozen=True, slots=True)
class Day:
    """One cell of the grid."""

    date: date
    is_in_month: bool
    is_today: bool
    lanes: tuple[Stretch | None, ...]
    entries: tuple[Entry, ...]  # those of this day alone
    starting: int  # how many entries stand under this day in the list

    @property
    def anchor(self) -> str:
        """The day's place in the list."""
        return anchor(self.date)

    @property
    def bars(self) -> list[tuple[int, Stretch]]:
        """What goes on over several days, from the top down, each with the number of free lanes above it."""
        taken = [lane for lane, stretch in enumerate(self.lanes) if stretch]
        above = [-1, *taken]
        return [(lane - above[place] - 1, stretch) for place, lane in enumerate(taken) if (stretch := self.lanes[lane])]

    @property
    def number(self) -> int:
        """How many entries the day has."""
        return len(self.entries) + sum(stretch is not None for stretch in self.lanes)

    @property
    def name(self) -> str:
        """The day in words: "Friday, July 27, 2018"."""
        return formats.date_format(self.date, "l, F j, Y")


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar."""

    days: ApproximateDate
    weeks: tuple[tuple[Day, ...], ...]
    loose: tuple[Entry, ...]  # of a month or year of which no day is known

    @property
    def number(self) -> str:
        """As it stands in the address: "2018-07"."""
        return self.days.isoformat()

    @property
    def previous(self) -> str:
        """The month before, for the address; empty at the end of what is shown."""
        return _in_address(self.days.first - timedelta(days=1))

    @property
    def next(self) -> str:
        """The month after, for the address; empty at the end of what is shown."""
        return _in_address(self.days.last + timedelta(days=1))


@dataclass(frozen=True, slots=True)
class Heading:
    """A line of the list, and the entries under it."""

    text: str
    anchor: str
    is_today: bool
    entries: tuple[Entry, ...]


def anchor(day: date) -> str:
    """The place of a day in the list."""
    return f"day-{day.isoformat()}"


def days_shown(days: ApproximateDate) -> ApproximateDate:
    """From the first to the last day of the grid of a month: whole weeks from Sunday to Saturday."""
    weeks = _weeks.monthdatescalendar(days.first.year, days.first.month)
    return ApproximateDate(weeks[0][0], weeks[-1][-1])


def month_of(days: ApproximateDate, entries: Iterable[Entry], today: date) -> Month:
    """The grid of the month `days`, filled with `entries` (in their order)."""
    entries = list(entries)
    placed = [entry for entry in entries if entry.has_days]
    weeks = tuple(
        _week(week, days, placed, today) for week in _weeks.monthdatescalendar(days.first.year, days.first.month)
    )
    return Month(days, weeks, tuple(entry for entry in entries if not entry.has_days))


def listed(entries: Iterable[Entry], shown: ApproximateDate | None, today: date) -> list[Heading]:
    """The entries as a list: under the day they start on, or under the words of a date that names no day.

    What started before the first day of `shown` stands under that day. `shown` None: all there is.
    """

    def place(entry: Entry) -> tuple[date, bool, str]:
        first = max(entry.when.first, shown.first) if shown else entry.when.first
        return (first, entry.has_days, "" if entry.has_days else str(entry.when))

    headings: list[Heading] = []
    for (first, has_days, words), same in groupby(sorted(entries, key=lambda e: (*place(e), e.order)), place):
        headings.append(
            Heading(
                text=formats.date_format(first, "l, F j, Y") if has_days else f"Some day in {words}",
                anchor=anchor(first) if has_days else f"in-{first.isoformat()}-{len(headings)}",
                is_today=has_days and first == today,
                entries=tuple(same),
            )
        )
    return headings


def _week(week: Sequence[date], month: ApproximateDate, entries: list[Entry], today: date) -> tuple[Day, ...]:
    long = [e for e in entries if e.is_long and e.when.first <= week[-1] and e.when.last >= week[0]]
    lanes = _lanes(long)
    cells = []
    for day in week:
        here = {lanes[i]: e for i, e in enumerate(long) if e.when.first <= day <= e.when.last}
        alone = tuple(e for e in entries if not e.is_long and e.when.first == day)
        starting = sum(max(e.when.first, month.first) == day for e in here.values())
        cells.append(
            Day(
                date=day,
                is_in_month=month.first <= day <= month.last,
                is_today=day == today,
                lanes=tuple(
                    _stretch(here[lane], day, week) if lane in here else None
                    for lane in range(max(here, default=-1) + 1)
                ),
                entries=alone,
                starting=len(alone) + starting,
            )
        )
    return tuple(cells)


def _lanes(long: list[Entry]) -> list[int]:
    """For each entry of a week the first lane that is free from its first day on."""
    ends: list[date] = []
    lanes = []
    for entry in long:
        lane = next((i for i, end in enumerate(ends) if end < entry.when.first), len(ends))
        ends[lane : lane + 1] = [entry.when.last]
        lanes.append(lane)
    return lanes


def _stretch(entry: Entry, day: date, week: Sequence[date]) -> Stretch:
    is_named = day in (entry.when.first, week[0])
    return Stretch(
        entry=entry,
        is_first=day == entry.when.first,
        is_last=day == entry.when.last,
        days=(min(entry.when.last, week[-1]) - day).days + 1 if is_named else 0,
    )


def _in_address(day: date) -> str:
    return f"{day:%Y-%m}" if FIRST_YEAR <= day.year <= LAST_YEAR else ""
