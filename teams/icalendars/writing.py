"""Writes calendars as iCalendar (RFC 5545, with the names and refresh intervals of RFC 7986).

Every file and feed of the portal is written here: the rooms say what their events are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from icalendar import Calendar
from icalendar import Event as Component
from icalendar.prop import vDuration, vRecur, vText

from .zones import time_zone

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"
_PRODUCT: Final = "-//E-Commerce Working Group portal//Calendar//EN"
# What RFC 5545, 3.3.11 leaves out of texts: control characters other than the tabulator and the end of a line.
_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# A series without an end is given its rules of summer time for so many years after the last day that is known.
_YEARS_OF_A_SERIES: Final = 2


class Status(StrEnum):
    """How sure it is that an event takes place (RFC 5545, 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Event:
    """One event as a file has it.

    `starts` and `ends` are both dates, where it takes whole days, or both instants in a zone of the IANA database
    (`datetime` with a ZoneInfo, or UTC). `ends` is left out of it: of dates the day after the last. `sequence` rises
    with each change of when and whether; `changed_at` and `made_at` are aware, on the portal's clock. `rule` is the
    RRULE of a series, `left_out` its EXDATEs; `instead_of` is the start in the series of the one that this event stands
    for (RECURRENCE-ID). These are of the same kind as `starts`.
    """

    uid: str
    sequence: int
    starts: date
    ends: date
    summary: str
    changed_at: datetime
    made_at: datetime | None = None
    description: str = ""
    location: str = ""
    url: str = ""
    categories: tuple[str, ...] = ()
    status: Status = Status.CONFIRMED
    is_free: bool = False
    rule: str = ""
    left_out: tuple[date, ...] = ()
    instead_of: date | None = None


def uid_of(kind: str, key: str, group: str) -> str:
    """What names a thing of a group in every calendar for ever, whatever else of it changes: UID (RFC 7986, 5.3)."""
    return f"{kind}-{key}.{group}@{urlsplit(settings.SITE_URL).hostname}"


def whole_days(first: date, last: date) -> tuple[date, date]:
    """Start and end of an event from the first to the last of two days: RFC 5545, 3.6.1 counts the end out."""
    return first, last + timedelta(days=1)


def calendar_file(
    events: Iterable[Event], *, name: str, description: str = "", url: str = "", refresh: timedelta | None = None
) -> bytes:
    """A calendar of the events, in their order, with each time zone that they name.

    `name` is what clients call it; `refresh` says how often one who subscribes should ask again.
    """
    events = [_unambiguous(event) for event in events]
    calendar = Calendar()
    calendar.add("prodid", _PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", vText(_text(name)))
    calendar.add("x-wr-calname", vText(_text(name)))
    if description:
        calendar.add("description", vText(_text(description)))
        calendar.add("x-wr-caldesc", vText(_text(description)))
    if url:
        calendar.add("url", url)
    if refresh is not None:
        calendar.add("refresh-interval", vDuration(refresh), parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(refresh))
    for zone, (first, last) in sorted(_years(events).items()):
        calendar.add_component(time_zone(zone, first, last))
    head, end = bytes(calendar.to_ical()).rsplit(b"END:VCALENDAR", 1)
    # Each event is written once and kept: a feed is asked for again and again, and seldom has something new.
    return b"".join([head, *(_lines(event) for event in events), b"END:VCALENDAR", end])


def _unambiguous(event: Event) -> Event:
    """The same event; in the hour that comes twice, the second one as UTC: with its zone it would mean the first one
    (RFC 5545, 3.3.5)."""
    if getattr(event.starts, "fold", 0) or getattr(event.ends, "fold", 0):
        return replace(event, starts=_without_fold(event.starts), ends=_without_fold(event.ends))
    return event


def _without_fold(at: date) -> date:
    return at.astimezone(UTC) if isinstance(at, datetime) and at.fold else at


def _text(words: str) -> str:
    return _CONTROLS.sub(" ", words.replace("\r\n", "\n").replace("\r", "\n"))


def _years(events: Sequence[Event]) -> dict[str, tuple[int, int]]:
    """The time zones that the events name, each with the first and the last year in which it is needed."""
    found: dict[str, tuple[int, int]] = {}
    for event in events:
        for at in (event.starts, event.ends, *event.left_out, event.instead_of):
            if isinstance(at, datetime) and isinstance(at.tzinfo, ZoneInfo) and at.tzinfo.key != "UTC":
                last = at.year + (_YEARS_OF_A_SERIES if event.rule else 0)
                known = found.get(at.tzinfo.key, (at.year, last))
                found[at.tzinfo.key] = (min(known[0], at.year), max(known[1], last))
    return found


@lru_cache(maxsize=20_000)
def _lines(event: Event) -> bytes:
    made = Component()
    made.add("uid", event.uid)
    made.add("sequence", event.sequence)
    # The file is as of the event's last change, so that the same event is written the same at every fetch.
    made.add("dtstamp", event.changed_at.astimezone(UTC))
    made.add("last-modified", event.changed_at.astimezone(UTC))
    if event.made_at is not None:
        made.add("created", event.made_at.astimezone(UTC))
    made.add("dtstart", event.starts)
    made.add("dtend", event.ends)
    if event.instead_of is not None:
        made.add("recurrence-id", event.instead_of)
    if event.rule:
        made.add("rrule", vRecur.from_ical(event.rule))
    if event.left_out:
        made.add("exdate", list(event.left_out))
    made.add("summary", _text(event.summary))
    if event.description:
        made.add("description", _text(event.description))
    if event.location:
        made.add("location", _text(event.location))
    if event.url:
        made.add("url", event.url)
    if event.categories:
        made.add("categories", [_text(each) for each in event.categories])
    made.add("status", event.status.value)
    made.add("transp", "TRANSPARENT" if event.is_free else "OPAQUE")
    return bytes(made.to_ical())
