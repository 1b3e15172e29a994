"""What time a meeting is on the clocks that matter: the place's, Washington's and the reader's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import formats

from .models import Meeting

WASHINGTON = "America/New_York"


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock: whose it is, and what it shows at the start and at the end (aware, in its zone)."""

    whose: str
    starts_at: datetime
    ends_at: datetime | None

    @property
    def day(self) -> date:
        """The date on which the meeting starts by this clock."""
        return self.starts_at.date()

    @property
    def times(self) -> str:
        """The times of day with their zone: "11:00 a.m. – 12:00 p.m. PDT"."""
        starts = formats.date_format(self.starts_at, "g:i a")
        if self.ends_at is None:
            return f"{starts} {zone_name(self.starts_at)}"
        ends = formats.date_format(self.ends_at, "g:i a")
        if self.ends_at.date() != self.day:
            ends = f"{formats.date_format(self.ends_at, 'l, F j')}, {ends}"
        return f"{starts} – {ends} {zone_name(self.ends_at)}"

    @property
    def in_full(self) -> str:
        """Date and times: "Tuesday, August 7, 2018, 11:00 a.m. – 12:00 p.m. PDT"."""
        return f"{formats.date_format(self.starts_at, 'l, F j, Y')}, {self.times}"


def zone_name(at: datetime) -> str:
    """The short name of an instant's zone ("PDT"), or its distance from UTC where the zone has none ("UTC+04")."""
    name = at.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name


def clocks_of(meeting: Meeting, readers_zone: str) -> list[Clock]:
    """The clocks of a meeting whose time of day is known, the place's first; clocks that agree are one.

    None where the time of day isn't known. `readers_zone` is an IANA name.
    """
    if meeting.starts_at is None:
        return []
    return clocks_at(meeting.starts_at, meeting.ends_at, zone=meeting.timezone, readers_zone=readers_zone)


def clocks_at(starts_at: datetime, ends_at: datetime | None = None, *, zone: str, readers_zone: str) -> list[Clock]:
    """The same of any instant, or time from one to another, that belongs to a place in `zone`."""
    named = [(zone, _city(zone)), (WASHINGTON, "Washington"), (readers_zone, "your clock")]
    whose: dict[object, list[str]] = {}
    zones: dict[object, ZoneInfo] = {}
    for each, name in named:
        local = starts_at.astimezone(ZoneInfo(each))
        names = whose.setdefault(local.utcoffset(), [])
        zones.setdefault(local.utcoffset(), ZoneInfo(each))
        if name not in names:
            names.append(name)
    return [
        Clock(
            _phrase(names),
            starts_at.astimezone(zones[distance]),
            ends_at.astimezone(zones[distance]) if ends_at else None,
        )
        for distance, names in whose.items()
    ]


def _city(zone: str) -> str:
    return "Washington" if zone == WASHINGTON else zone.rpartition("/")[2].replace("_", " ")


def _phrase(names: list[str]) -> str:
    words = " and ".join(names)
    return words[0].upper() + words[1:]
