"""A time zone as iCalendar wants it: the rules by which it goes on and off summer time in the years of a file.

A VTIMEZONE says by yearly rules what holds from the year before the first event on. Nothing older stands in it: Outlook
keeps two rules at most and stumbles over the local times of the nineteenth century (MS-STANOICAL, 2.2.47).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard
from icalendar.prop import vRecur

WEEKDAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# So many years after the last event are looked at, so that "the last Sunday" isn't taken for "the fourth".
LOOKED_AHEAD: Final = 12
# No law changes the time twice within so short a while; Ramadan is longer.
_STEP: Final = timedelta(days=7)
_EARLIEST: Final = 1900
_LATEST: Final = 2200


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of the clocks: the instant, and what holds before and after it."""

    at: datetime  # UTC
    before: timedelta
    after: timedelta
    name: str
    is_daylight: bool

    @property
    def local(self) -> datetime:
        """What the clocks show at that instant before they are set: how RFC 5545, 3.6.5 wants an onset written."""
        return self.at.replace(tzinfo=None) + self.before

    @property
    def kind(self) -> tuple[object, ...]:
        """What two changes have in common that the same yearly rule makes."""
        return (self.before, self.after, self.name, self.is_daylight, self.local.month, self.local.time())

    @property
    def rules(self) -> frozenset[tuple[int, int, int]]:
        """The yearly rules that could have made it: (weekday, which one in the month, or 0, earliest day, or 0)."""
        day, weekday = self.local.date(), self.local.weekday()
        found = {(weekday, (day.day - 1) // 7 + 1, 0)}
        if (day + timedelta(days=7)).month != day.month:
            found.add((weekday, -1, 0))
        found |= {(weekday, 0, first) for first in range(max(1, day.day - 6), min(day.day, 22) + 1)}
        return frozenset(found)


def time_zone(name: str, first: int, last: int) -> Timezone:
    """The VTIMEZONE of the IANA zone `name`, right for every instant of the years from `first` to `last`."""
    first = min(max(first, _EARLIEST + 1), _LATEST)
    return _time_zone(name, first, min(max(first, last), _LATEST))


@lru_cache(maxsize=256)
def _time_zone(name: str, first: int, last: int) -> Timezone:
    zone = ZoneInfo(name)
    start = datetime(first - 1, 1, 1, tzinfo=UTC)
    changes = list(_changes(zone, start, datetime(last + LOOKED_AHEAD, 12, 31, tzinfo=UTC)))
    made = Timezone()
    made.add("tzid", name)
    runs = [run for run in _runs(changes) if run[0].local.year <= last + 1]
    if not any(run[0].local.year < first for run in runs):
        made.add_component(_from_the_start(zone, start, has_changes=bool(runs)))
    singles: dict[tuple[object, ...], list[_Change]] = {}
    for run in runs:
        if len(run) == 1:
            only = run[0]
            singles.setdefault((only.before, only.after, only.name, only.is_daylight), []).append(only)
        else:
            made.add_component(_by_rule(run, is_open=run[-1].local.year >= last + LOOKED_AHEAD - 1))
    for each in singles.values():
        observance = _observance(each[0])
        if each[1:]:
            observance.add("rdate", [change.local for change in each[1:]])
        made.add_component(observance)
    return made


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[_Change]:
    marks = [start]
    while marks[-1] < end:
        marks.append(marks[-1] + _STEP)
    # Where summer is the standard and winter goes back (Ireland), clients are told the usual way round.
    goes_back = any((_local(zone, mark).dst() or timedelta(0)) < timedelta(0) for mark in marks)
    for before, after in pairwise(marks):
        if _state(zone, before) == _state(zone, after):
            continue
        low, high = before, after
        while high - low > timedelta(seconds=1):
            middle = low + (high - low) // 2
            if _state(zone, middle) == _state(zone, before):
                low = middle
            else:
                high = middle
        at = high.replace(microsecond=0)
        offset, name, shift = _state(zone, at)
        yield _Change(at, _state(zone, before)[0], offset, name, _is_daylight(shift, goes_back=goes_back))


def _local(zone: ZoneInfo, at: datetime) -> datetime:
    return at.astimezone(zone)


def _state(zone: ZoneInfo, at: datetime) -> tuple[timedelta, str, timedelta]:
    """How far from UTC, by what name, and how far from the standard the clocks are."""
    local = _local(zone, at)
    return local.utcoffset() or timedelta(0), local.tzname() or "", local.dst() or timedelta(0)


def _is_daylight(shift: timedelta, *, goes_back: bool) -> bool:
    return shift > timedelta(0) or (goes_back and shift == timedelta(0))


def _runs(changes: list[_Change]) -> Iterator[list[_Change]]:
    """The changes put together as far as one rule makes them, year after year."""
    open_runs: list[tuple[list[_Change], frozenset[tuple[int, int, int]]]] = []
    done: list[list[_Change]] = []
    for change in changes:
        for place, (run, rules) in enumerate(open_runs):
            both = rules & change.rules
            if run[-1].kind == change.kind and run[-1].local.year + 1 == change.local.year and both:
                open_runs[place] = ([*run, change], both)
                break
        else:
            open_runs.append(([change], change.rules))
    done = [run for run, _ in open_runs]
    yield from sorted(done, key=lambda run: run[0].at)


def _observance(change: _Change) -> TimezoneDaylight | TimezoneStandard:
    made = TimezoneDaylight() if change.is_daylight else TimezoneStandard()
    made.add("dtstart", change.local)
    made.add("tzoffsetfrom", change.before)
    made.add("tzoffsetto", change.after)
    made.add("tzname", change.name)
    return made


def _by_rule(run: list[_Change], *, is_open: bool) -> TimezoneDaylight | TimezoneStandard:
    rules = run[0].rules
    for change in run[1:]:
        rules &= change.rules
    # "The last Sunday" and "the second Sunday" before "the first Sunday from the eighth on", which few clients know.
    weekday, which, first = min(rules, key=lambda rule: (rule[1] == 0, rule[1], -rule[2]))
    rule: dict[str, object] = {"FREQ": "YEARLY", "BYMONTH": run[0].local.month}
    if which:
        rule["BYDAY"] = f"{which}{WEEKDAYS[weekday]}"
    else:
        rule["BYMONTHDAY"] = list(range(first, first + 7))
        rule["BYDAY"] = WEEKDAYS[weekday]
    if not is_open:
        # A day later is before the next one all the same, and holds for readers who take it for a local time.
        rule["UNTIL"] = run[-1].at + timedelta(days=1)
    made = _observance(run[0])
    made.add("rrule", vRecur(rule))
    return made


def _from_the_start(zone: ZoneInfo, start: datetime, *, has_changes: bool) -> TimezoneDaylight | TimezoneStandard:
    """What holds before the first change; for a zone without any, all there is to say."""
    offset, name, shift = _state(zone, start)
    day = date(start.year, 1, 1) if has_changes else date(1970, 1, 1)
    local = datetime(day.year, 1, 1, tzinfo=UTC)
    return _observance(_Change(local - offset, offset, offset, name, _is_daylight(shift, goes_back=False)))
