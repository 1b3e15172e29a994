"""Dates as the record gives them: a day, a month, a year, or a span of days, never more exact than the source.

The group's papers say "early 2017" or "June 2018" as often as they say a day. Writing the first of the month instead
would invent a fact, so such a date is kept as the span it stands for, with the words of the source beside it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import total_ordering
from typing import Any

from django.contrib.postgres.fields import DateRangeField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import formats
from psycopg.types.range import DateRange

_WRITTEN = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2}))?)?")


@total_ordering
@dataclass(frozen=True, eq=False, slots=True)
class ApproximateDate:
    """A date with its precision.

    `first` and `last` are the first and the last day it can be (the same day when the day is known); `wording` keeps
    the words of the source where they say more than the precision does ("early 2017").

    Dates sort by their last day, then by their first: a month counts from its end, so work due in June is due after
    work due on June 18. The wording takes no part in comparing. Comparable with `datetime.date` as a known day.
    """

    first: date
    last: date
    wording: str = field(default="")

    def __post_init__(self) -> None:
        """Refuse a span that ends before it starts. Raises ValueError."""
        if self.last < self.first:
            raise ValueError(f"a date can't end ({self.last}) before it starts ({self.first})")

    @classmethod
    def day(cls, day: date, wording: str = "") -> ApproximateDate:
        """A known day."""
        if isinstance(day, datetime):
            day = day.date()
        return cls(day, day, wording)

    @classmethod
    def month(cls, year: int, month: int, wording: str = "") -> ApproximateDate:
        """A month of which no day is known. Raises ValueError when there is no such month."""
        return cls(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]), wording)

    @classmethod
    def year(cls, year: int, wording: str = "") -> ApproximateDate:
        """A year of which no month is known. Raises ValueError when there is no such year."""
        return cls(date(year, 1, 1), date(year, 12, 31), wording)

    @classmethod
    def parse(cls, text: str, wording: str = "") -> ApproximateDate:
        """Read `2018-03-06`, `2018-06` or `2018` (the reduced precision of ISO 8601-1, 5.2.2.2).

        Raises ValueError, with a sentence for the person who wrote it, when it is none of these or no real date.
        """
        match = _WRITTEN.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a date: write 2018-03-06, 2018-03 or 2018")
        year, month, day = (int(part) if part else None for part in match.group("year", "month", "day"))
        assert year is not None
        try:
            if month is None:
                return cls.year(year, wording)
            if day is None:
                return cls.month(year, month, wording)
            return cls.day(date(year, month, day), wording)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a date: {error}") from None

    @property
    def precision(self) -> str:
        """`day`, `month`, `year`, or `span` where the days fit none of these."""
        if self.first == self.last:
            return "day"
        if self == ApproximateDate.month(self.first.year, self.first.month):
            return "month"
        if self == ApproximateDate.year(self.first.year):
            return "year"
        return "span"

    @property
    def is_day(self) -> bool:
        """Whether the day itself is known."""
        return self.first == self.last

    def days_until(self, today: date) -> int:
        """Days from `today` to the last day it can be; negative once that day has passed."""
        return (self.last - today).days

    def isoformat(self) -> str:
        """As `parse` reads it; a span as an ISO 8601 interval."""
        match self.precision:
            case "day":
                return self.first.isoformat()
            case "month":
                return f"{self.first:%Y-%m}"
            case "year":
                return f"{self.first:%Y}"
        return f"{self.first.isoformat()}/{self.last.isoformat()}"

    def __str__(self) -> str:
        """For people: the words of the source, else "July 27, 2018", "June 2018", "2018" or "June 18-21, 2018"."""
        if self.wording:
            return self.wording
        match self.precision:
            case "day":
                return formats.date_format(self.first, "F j, Y")
            case "month":
                return formats.date_format(self.first, "F Y")
            case "year":
                return formats.date_format(self.first, "Y")
        return span_of_days(self.first, self.last)

    @property
    def short(self) -> str:
        """For tables: with the weekday where the day is known ("Fri, Jul 27, 2018")."""
        return formats.date_format(self.first, "D, M j, Y") if self.is_day else str(self)

    def __eq__(self, other: object) -> bool:
        key = _key(other)
        return NotImplemented if key is None else (self.last, self.first) == key

    def __lt__(self, other: object) -> bool:
        key = _key(other)
        return NotImplemented if key is None else (self.last, self.first) < key

    def __hash__(self) -> int:
        return hash((self.last, self.first))


def _key(value: object) -> tuple[date, date] | None:
    if isinstance(value, ApproximateDate):
        return (value.last, value.first)
    if isinstance(value, date) and not isinstance(value, datetime):
        return (value, value)
    return None


def span_of_days(first: date, last: date) -> str:
    """Two days as one phrase, saying once what they share: "October 8-12, 2018" (with an en dash)."""
    if first == last:
        return formats.date_format(first, "F j, Y")
    if first.year != last.year:
        return f"{formats.date_format(first, 'F j, Y')} – {formats.date_format(last, 'F j, Y')}"
    if first.month != last.month:
        return f"{formats.date_format(first, 'F j')} – {formats.date_format(last, 'F j, Y')}"
    return f"{formats.date_format(first, 'F j')}\N{EN DASH}{formats.date_format(last, 'j, Y')}"


class ApproximateDateField(DateRangeField):
    """Stores an ApproximateDate as PostgreSQL's `daterange`, which sorts, overlaps and indexes by itself.

    `wording_field` names a text field of the same model that keeps the words of the source; the value read from this
    field then carries them, and setting this field sets them. Query with the range look-ups: `due__endswith__lte` is
    exclusive (the day after the last), so prefer `last_day("due")`.
    """

    description = "A date with its precision"

    def __init__(self, *args: Any, wording_field: str = "", **kwargs: Any) -> None:
        self.wording_field = wording_field
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        if self.wording_field:
            kwargs["wording_field"] = self.wording_field
        return name, path, args, kwargs

    def contribute_to_class(self, cls: type[models.Model], name: str, private_only: bool = False) -> None:
        super().contribute_to_class(cls, name, private_only)
        if self.wording_field:
            setattr(cls, self.attname, _WithWording(self))

    def from_db_value(self, value: DateRange | None, *_: Any) -> ApproximateDate | None:
        return _from_range(value)

    def to_python(self, value: Any) -> ApproximateDate | None:
        if value in (None, ""):
            return None
        if isinstance(value, ApproximateDate):
            return value
        if isinstance(value, DateRange):
            return _from_range(value)
        if isinstance(value, date):
            return ApproximateDate.day(value)
        try:
            return ApproximateDate.parse(str(value))
        except ValueError as error:
            raise ValidationError(str(error), code="invalid") from None

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, date):
            value = ApproximateDate.day(value)
        if isinstance(value, ApproximateDate):
            if value.last == date.max:  # the range ends before the day after it
                raise ValueError(f"a date as late as {value.last} can't be kept: no day follows it")
            return DateRange(value.first, value.last + timedelta(days=1))
        if isinstance(value, str):
            return self.get_prep_value(self.to_python(value))
        return super().get_prep_value(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        return value if prepared else self.get_prep_value(value)

    def value_to_string(self, obj: models.Model) -> str:
        value = self.value_from_object(obj)
        return "" if value is None else value.isoformat()

    def formfield(self, **kwargs: Any) -> Any:
        """None: forms ask for a day, a month or a year with fields of their own."""
        return None


class _WithWording:
    """Joins an ApproximateDateField with the text field that keeps the words of its source."""

    def __init__(self, of: ApproximateDateField) -> None:
        self.field = of

    def __get__(self, instance: models.Model | None, owner: Callable[..., Any] | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:  # deferred
            instance.refresh_from_db(fields=[name, self.field.wording_field])
        value = instance.__dict__[name]
        wording = instance.__dict__.get(self.field.wording_field, "")
        if isinstance(value, ApproximateDate) and wording and value.wording != wording:
            return ApproximateDate(value.first, value.last, wording)
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value
        instance.__dict__[self.field.wording_field] = value.wording if isinstance(value, ApproximateDate) else ""


class WordingField(models.CharField):  # type: ignore[type-arg]
    """Keeps the words of the source of the ApproximateDateField named `of`, which must stand before it."""

    def __init__(self, *args: Any, of: str = "", **kwargs: Any) -> None:
        self.of = of
        super().__init__(*args, **{"max_length": 100, "blank": True, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "of": self.of}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = model_instance.__dict__.get(self.of)
        if isinstance(value, ApproximateDate) and value.wording:
            setattr(model_instance, self.attname, value.wording)
        return super().pre_save(model_instance, add)


def _from_range(value: DateRange | None) -> ApproximateDate | None:
    if value is None or value.isempty:
        return None
    assert value.lower is not None
    assert value.upper is not None
    return ApproximateDate(value.lower, value.upper - timedelta(days=1))


def first_day(name: str) -> models.Func:
    """The first day of the ApproximateDateField `name`, as an expression of a query."""
    return models.Func(models.F(name), function="lower", output_field=models.DateField())


def last_day(name: str) -> models.Func:
    """The last day of the ApproximateDateField `name`, as an expression of a query."""
    return models.Func(
        models.F(name),
        function="upper",
        template="(%(function)s(%(expressions)s) - 1)",
        output_field=models.DateField(),
    )
