"""From dates to places: the scale, its lines and its labels."""

from __future__ import annotations

import calendar
import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import formats

from teams.dates import ApproximateDate

from .text import width_of

FONT = 12
DAY = timedelta(days=1)
# A day of space before the first date and after the last would put marks on the edge.
MARGIN = timedelta(days=4)
# Beyond this a browser scrolls for ever: one wrong year in one date must not make such a picture.
MAX_WIDTH = 6000
LABEL_GAP = 6
# What the last label of a picture gets.
ROOM_FOR_LABEL = 170
# Units narrower than this are lines without a meaning.
NARROWEST = 5
# What lies outside is a slip of somebody's pen, and would stretch the axis over centuries.
EARLIEST, LATEST = date(1990, 1, 1), date(2100, 12, 31)


class Scale(enum.StrEnum):
    """How close one looks."""

    WEEKS = "weeks"
    MONTHS = "months"
    QUARTERS = "quarters"

    @property
    def per_day(self) -> float:
        """Pixels that a day has at least."""
        return {Scale.WEEKS: 10.0, Scale.MONTHS: 3.0, Scale.QUARTERS: 1.0}[self]


@dataclass(frozen=True, slots=True)
class Tick:
    """A unit of time on the axis: from `x`, `width` wide, with a label where there is room for one."""

    x: float
    width: float
    label: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Axis:
    """Days from `first` to `last`, `per_day` pixels each, drawn from `left`."""

    scale: Scale
    first: date
    last: date
    per_day: float
    left: float

    @property
    def right(self) -> float:
        """Where the last day ends."""
        return self.edge(self.last + DAY)

    def edge(self, day: date) -> float:
        """Where `day` begins."""
        return round(self.left + (day - self.first).days * self.per_day, 1)

    def at(self, day: date) -> float:
        """The middle of `day`, never off the axis."""
        x = self.left + ((day - self.first).days + 0.5) * self.per_day
        return round(min(max(x, self.left), self.right), 1)

    def span(self, on: ApproximateDate) -> tuple[float, float]:
        """From where the first day of a date begins to where its last one ends, never off the axis."""
        start, end = self.edge(on.first), self.edge(on.last + DAY)
        return min(max(start, self.left), self.right), min(max(end, self.left), self.right)

    def shows(self, on: ApproximateDate) -> bool:
        """Whether any day of the date is on the axis."""
        return on.first <= self.last and self.first <= on.last


def axis_over(
    dates: Iterable[ApproximateDate],
    *,
    scale: Scale,
    left: float,
    width: float,
    labelled: date | None = None,
    first: date | None = None,
    last: date | None = None,
) -> Axis:
    """An axis that shows all of `dates` (at least one), in whole weeks, months or quarters of the scale.

    It is `width` pixels wide, or wider where the scale asks for it, and goes on after `labelled`, the last day that a
    label begins on, for as long as a label may be. `first` and `last` cut it instead; where they are given, they stand.
    """
    known = [each for each in dates if each.first >= EARLIEST and each.last <= LATEST]
    floor, ceiling = _UNITS[scale]
    begins = first or floor(min([each.first for each in known], default=last or LATEST) - MARGIN)
    latest = max([each.last for each in known], default=begins)
    ends = last or ceiling(max(latest + MARGIN, begins))
    if last is None and labelled is not None:
        per_day = _per_day((ends - begins).days + 1, scale, width)
        missing = ROOM_FOR_LABEL - (ends - min(labelled, latest)).days * per_day
        ends = ceiling(ends + timedelta(days=max(0, int(missing / per_day))))
    return Axis(scale, begins, ends, _per_day((ends - begins).days + 1, scale, width), left)


def _per_day(days: int, scale: Scale, width: float) -> float:
    return min(max(scale.per_day, width / days), MAX_WIDTH / days)


def upper_ticks(axis: Axis) -> list[Tick]:
    """The larger units: months over weeks, years over months and quarters."""
    if axis.scale is Scale.WEEKS:
        return _ticks(axis, _months, ("F Y", "M Y", "M"))
    return _ticks(axis, _years, ("Y",))


def lower_ticks(axis: Axis) -> list[Tick]:
    """The units of the scale itself; a week is labelled with its Monday."""
    match axis.scale:
        case Scale.WEEKS:
            return _ticks(axis, _mondays, ("j",))
        case Scale.MONTHS:
            return _ticks(axis, _months, ("F", "M"))
    return _ticks(axis, _quarters, ("quarter",))


def _ticks(axis: Axis, starts: Callable[[date, date], Iterator[date]], wordings: tuple[str, ...]) -> list[Tick]:
    days = [max(day, axis.first) for day in starts(axis.first, axis.last)]
    if (axis.right - axis.left) / len(days) < NARROWEST:
        return []
    ticks = []
    for day, following in zip(days, [*days[1:], axis.last + DAY], strict=True):
        x, end = axis.edge(day), axis.edge(following)
        labels = (_label(day, wording) for wording in wordings)
        label = next((each for each in labels if width_of(each, FONT) + LABEL_GAP <= end - x), "")
        ticks.append(Tick(x, round(end - x, 1), label, day == axis.first))
    return ticks


def _label(day: date, wording: str) -> str:
    if wording != "quarter":
        return formats.date_format(day, wording)
    begins = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return f"{begins:%b}–{date(begins.year, begins.month + 2, 1):%b}"


def _months(first: date, last: date) -> Iterator[date]:
    day = first.replace(day=1)
    while day <= last:
        yield day
        day = _end_of_month(day) + DAY


def _quarters(first: date, last: date) -> Iterator[date]:
    yield from (day for day in _months(_quarter_floor(first), last) if day.month % 3 == 1)


def _years(first: date, last: date) -> Iterator[date]:
    yield from (date(year, 1, 1) for year in range(first.year, last.year + 1))


def _mondays(first: date, last: date) -> Iterator[date]:
    day = _week_floor(first)
    while day <= last:
        yield day
        day += 7 * DAY


def _end_of_month(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def _week_floor(day: date) -> date:
    return day - day.weekday() * DAY


def _quarter_floor(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def _quarter_ceiling(day: date) -> date:
    begins = _quarter_floor(day)
    return _end_of_month(date(begins.year, begins.month + 2, 1))


# The first and the last day of the unit that a day is in.
_UNITS: dict[Scale, tuple[Callable[[date], date], Callable[[date], date]]] = {
    Scale.WEEKS: (_week_floor, lambda day: _week_floor(day) + 6 * DAY),
    Scale.MONTHS: (lambda day: day.replace(day=1), _end_of_month),
    Scale.QUARTERS: (_quarter_floor, _quarter_ceiling),
}
