"""What a single value of the file may be. Each kind reads a node, or complains in a sentence and gives None."""

from __future__ import annotations

import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email, validate_slug
from django.db.models import TextChoices

from teams.accounts.models import known_timezones
from teams.dates import ApproximateDate

from .complaints import Complaints, closest, did_you_mean
from .tree import Mapping, Node, Scalar, Sequence

YEARS = range(1789, 2200)  # from the first customs act of the United States to what is surely a slip of the pen


@dataclass(frozen=True, slots=True)
class Spot:
    """Where in the file something is, and where to complain about it."""

    complaints: Complaints
    place: str
    line: int

    def complain(self, message: str) -> None:
        """Note a fault of this spot."""
        self.complaints.add(self.line, self.place, message)

    def inside(self, name: str, line: int) -> Spot:
        """The spot of the field `name` in here."""
        return Spot(self.complaints, f"{self.place}/{name}" if self.place else name, line)

    def at(self, position: int, line: int) -> Spot:
        """The spot of an item of the list here; the first has the position 1."""
        return Spot(self.complaints, f"{self.place}[{position}]", line)


def shape(node: Node) -> str:
    """What a node is, in words."""
    match node:
        case Sequence():
            return "a list"
        case Mapping():
            return "a group of fields"
        case _:
            return "empty" if node.is_null else repr(node.text)


class Kind(ABC):
    """What a value may be."""

    words: str = ""

    @abstractmethod
    def read(self, node: Node, spot: Spot) -> Any:
        """The value, or None after a complaint."""


class Single(Kind):
    """A value that is a single word, number or text."""

    def read(self, node: Node, spot: Spot) -> Any:
        """The value, or None after a complaint."""
        if not isinstance(node, Scalar) or node.is_null:
            spot.complain(f"must be {self.words}; it is {shape(node)}")
            return None
        try:
            return self.of(node.text.strip())
        except ValueError as error:
            spot.complain(str(error))
        except ValidationError as error:
            spot.complain(" ".join(error.messages))
        return None

    @abstractmethod
    def of(self, text: str) -> Any:
        """The value that `text` stands for. Raises ValueError or ValidationError with a sentence."""


class Text(Single):
    """Words: one line, or several where `column` is a column of long text; no longer than the column takes."""

    def __init__(self, column: Any, *, may_be_empty: bool = False) -> None:
        self.max_length: int | None = column.field.max_length
        self.may_be_empty = may_be_empty
        self.words = "text"

    def of(self, text: str) -> str:
        """The text itself."""
        if not text and not self.may_be_empty:
            raise ValueError("must be text; it is empty")
        if self.max_length is not None:
            if "\n" in text:
                raise ValueError("must be a single line")
            if len(text) > self.max_length:
                raise ValueError(f"has {len(text)} characters; {self.max_length} is the most")
        wrong = next((char for char in text if unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t"), None)
        if wrong is not None:
            raise ValueError(f"the character U+{ord(wrong):04X} is not allowed")
        return text


class Key(Single):
    """The word by which other items refer to an item."""

    words = "a key"

    def __init__(self, max_length: int) -> None:
        self.max_length = max_length

    def of(self, text: str) -> str:
        """The key itself."""
        try:
            validate_slug(text)
        except ValidationError:
            raise ValueError(f"{text!r} is no key: use letters, digits, hyphens and underscores") from None
        if len(text) > self.max_length:
            raise ValueError(f"has {len(text)} characters; {self.max_length} is the most")
        return text


class Reference(str):
    """The key of another item, which knows where in the file it stands."""

    spot: Spot

    def __new__(cls, key: str, spot: Spot) -> Self:
        """The key `key`, written at `spot`."""
        reference = super().__new__(cls, key)
        reference.spot = spot
        return reference


class Ref(Single):
    """The key of an item in one of some lists of the file; `rules` sees to it that it is there."""

    def __init__(self, *sections: str) -> None:
        self.sections = sections
        self.words = "a key of " + " or ".join(sections)

    def read(self, node: Node, spot: Spot) -> Reference | None:
        """The key with its spot, or None after a complaint."""
        key = super().read(node, spot)
        return None if key is None else Reference(key, spot)

    def of(self, text: str) -> str:
        """The key."""
        if not text:
            raise ValueError(f"must be {self.words}; it is empty")
        return text


class Number(Single):
    """A whole number within bounds."""

    def __init__(self, least: int, most: int) -> None:
        self.least, self.most = least, most
        self.words = f"a whole number from {least} to {most}"

    def of(self, text: str) -> int:
        """The number."""
        if not (text.isascii() and text.isdigit()) or len(text) > 9 or not self.least <= int(text) <= self.most:
            raise ValueError(f"must be {self.words}; it is {text!r}")
        return int(text)


class Format(Single):
    """The number of the format."""

    def __init__(self, known: int) -> None:
        self.known = known
        self.words = f"{known}, the format that this portal reads"

    def of(self, text: str) -> int:
        """The number."""
        if text != str(self.known):
            raise ValueError(f"must be {self.words}; it is {text!r}")
        return self.known


class Flag(Single):
    """Yes or no."""

    words = "true or false"

    def of(self, text: str) -> bool:
        """The truth value."""
        if text.lower() not in ("true", "false"):
            raise ValueError(f"must be true or false; it is {text!r}")
        return text.lower() == "true"


class Choice(Single):
    """One of a few words."""

    def __init__(self, choices: type[TextChoices], without: Iterable[str] = ()) -> None:
        self.allowed = [value for value in choices.values if value not in set(without)]
        self.words = "one of " + ", ".join(self.allowed)

    def of(self, text: str) -> str:
        """The word."""
        if text not in self.allowed:
            raise ValueError(f"{text!r} is not {self.words}{did_you_mean(closest(text, self.allowed))}")
        return text


class Approximate(Single):
    """A date of the precision that is known."""

    words = "a date such as 2018-03-06, 2018-03 or 2018"

    def of(self, text: str) -> ApproximateDate:
        """The date."""
        found = ApproximateDate.parse(text)
        if found.first.year not in YEARS:
            raise ValueError(f"{text!r} is not a date: the year must be from {YEARS.start} to {YEARS.stop - 1}")
        return found


class Day(Approximate):
    """A date of which the day is known."""

    words = "a day such as 2018-03-06"

    def of(self, text: str) -> date:  # type: ignore[override]
        """The day."""
        found = super().of(text)
        if not found.is_day:
            raise ValueError(f"{text!r} is not a day: write it like 2018-03-06")
        return found.first


@dataclass(frozen=True, slots=True)
class Moment:
    """When a meeting starts or ends: a date, and the time of day on the clock of the place where it is known."""

    date: ApproximateDate
    time: time | None = None

    def instant(self, zone: str) -> datetime | None:
        """The instant (UTC) of the time of day on the clock of `zone`; None where no time of day is known.

        Where the clock is set back, an hour comes twice; the first of the two is meant.
        """
        if self.time is None:
            return None
        return datetime.combine(self.date.first, self.time, ZoneInfo(zone)).astimezone(UTC)

    def is_on_the_clock(self, zone: str) -> bool:
        """Whether the clock of `zone` shows this time on this day; it skips an hour when it is set forward."""
        instant = self.instant(zone)
        return instant is None or instant.astimezone(ZoneInfo(zone)).time() == self.time

    def isoformat(self) -> str:
        """As the file has it."""
        return self.date.isoformat() + (f"T{self.time:%H:%M}" if self.time else "")


class When(Single):
    """A date of any precision, or a day with a time of day."""

    words = "a date such as 2018-08-07, 2018-08 or 2018, or a time such as 2018-08-07T14:00"

    def of(self, text: str) -> Moment:
        """The moment."""
        day, separator, clock = text.replace(" ", "T", 1).partition("T")
        if not separator:
            return Moment(Approximate().of(text))
        if len(clock) != len("14:00"):
            raise ValueError(
                f"{text!r} is not a time: write it like 2018-08-07T14:00, on the clock of the meeting's time zone"
            )
        try:
            hour = time.fromisoformat(clock)
        except ValueError:
            raise ValueError(f"{text!r} is not a time: {clock!r} is not on the clock") from None
        return Moment(ApproximateDate.day(Day().of(day)), hour)


class Zone(Single):
    """A time zone of the IANA database."""

    words = "a time zone such as America/New_York"

    def of(self, text: str) -> str:
        """Its name."""
        known = known_timezones()
        if text not in known:
            raise ValueError(
                f"{text!r} is not a time zone: write it like America/New_York{did_you_mean(closest(text, known))}"
            )
        return text


class Email(Single):
    """An e-mail address."""

    words = "an e-mail address"

    def of(self, text: str) -> str:
        """The address."""
        try:
            validate_email(text)
        except ValidationError:
            raise ValueError(f"{text!r} is not an e-mail address") from None
        if len(text) > 254:
            raise ValueError(f"has {len(text)} characters; 254 is the most")
        return text


class Link(Single):
    """The address of a page."""

    words = "a web address"
    _valid = URLValidator(schemes=["http", "https"])

    def of(self, text: str) -> str:
        """The address."""
        try:
            self._valid(text)
        except ValidationError:
            raise ValueError(f"{text!r} is not a web address: write it like https://www.cbp.gov") from None
        if len(text) > 200:
            raise ValueError(f"has {len(text)} characters; 200 is the most")
        return text


class ListOf(Kind):
    """A list of single values, each once unless `may_repeat`."""

    def __init__(self, kind: Single, *, at_least: int = 0, may_repeat: bool = False) -> None:
        self.kind, self.at_least, self.may_repeat = kind, at_least, may_repeat
        self.words = f"a list, of which each is {kind.words}"

    def read(self, node: Node, spot: Spot) -> tuple[Any, ...] | None:
        """The values that could be read, or None after a complaint where it is no list."""
        if not isinstance(node, Sequence):
            spot.complain(f"must be {self.words}; it is {shape(node)}")
            return None
        if len(node.items) < self.at_least:
            spot.complain("must not be an empty list")
        values: list[Any] = []
        for position, inner in enumerate(node.items, 1):
            value = self.kind.read(inner, spot.at(position, inner.line))
            if value is None:
                continue
            if value in values and not self.may_repeat:
                spot.at(position, inner.line).complain(f"{value!r} stands twice in this list")
            else:
                values.append(value)
        return tuple(values)
