"""Time zones in files: what a reader makes of a VTIMEZONE is what the zone's own database says."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from teams.accounts.models import known_timezones
from teams.icalendars.zones import time_zone

ZONES = sorted(known_timezones())
# Rules that are out of the ordinary: half hours, Ramadan, "Friday before the last Sunday", a law that came in between,
# summer as the standard, no change at all, a day that was left out.
PECULIAR = (
    *("America/New_York", "Europe/Brussels", "Europe/Dublin", "Australia/Lord_Howe", "Africa/Casablanca"),
    *("Asia/Jerusalem", "Asia/Tehran", "America/Asuncion", "Asia/Kolkata", "Africa/Cairo", "Pacific/Apia"),
    *("America/Sao_Paulo", "Asia/Pyongyang", "Pacific/Chatham", "America/Nuuk", "Antarctica/Troll"),
)


def written(zone: str, first: int, last: int) -> str:
    """The zone in a calendar of its own, with unfolded lines."""
    lines = bytes(time_zone(zone, first, last).to_ical()).decode()
    return f"BEGIN:VCALENDAR\r\n{lines}END:VCALENDAR\r\n".replace("\r\n ", "")


def differing(zone: str, first: int, last: int) -> list[datetime]:
    """Instants, every five days, at which another library that reads the file is told another time of day."""
    read = tzical(StringIO(written(zone, first, last))).get(zone)
    assert read is not None
    real = ZoneInfo(zone)
    found, at = [], datetime(first, 1, 1, 12, tzinfo=real)
    while at.year <= last:
        naive = at.replace(tzinfo=None)
        if naive.replace(tzinfo=read).utcoffset() != at.utcoffset():
            found.append(naive)
        at += timedelta(days=5)
    return found


@pytest.mark.parametrize("zone", PECULIAR)
def test_another_library_reads_the_same_times(zone: str) -> None:
    assert differing(zone, 2014, 2023) == []


def test_so_it_does_of_every_zone(request: pytest.FixtureRequest) -> None:
    """All zones that an account may have; thirty of them in the short form."""
    zones = ZONES if request.config.getoption("--whole") else random.Random(5545).sample(ZONES, 30)
    assert {zone: found for zone in zones if (found := differing(zone, 2017, 2021))} == {}


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Brussels", "Asia/Tokyo", "Europe/Dublin"])
def test_nothing_older_than_the_year_before_stands_in_it(zone: str) -> None:
    text = written(zone, 2018, 2018)
    assert "LMT" not in text
    assert "RDATE" not in text
    starts = [line.partition(":")[2][:4] for line in text.splitlines() if line.startswith("DTSTART")]
    assert all(year in ("2017", "1970") for year in starts), "1970 where the clocks never change"


def test_one_rule_for_summer_and_one_for_winter_by_year() -> None:
    assert written("America/New_York", 2018, 2018).splitlines()[3:-2] == [
        *("BEGIN:DAYLIGHT", "DTSTART:20170312T020000", "RRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3"),
        *("TZNAME:EDT", "TZOFFSETFROM:-0500", "TZOFFSETTO:-0400", "END:DAYLIGHT"),
        *("BEGIN:STANDARD", "DTSTART:20171105T020000", "RRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11"),
        *("TZNAME:EST", "TZOFFSETFROM:-0400", "TZOFFSETTO:-0500", "END:STANDARD"),
    ]


def test_a_law_that_ended_ends_its_rule() -> None:
    """Brazil has had no summer time since 2019."""
    text = written("America/Sao_Paulo", 2016, 2022)
    assert "RRULE:FREQ=YEARLY;UNTIL=20171016T030000Z;BYDAY=3SU;BYMONTH=10" in text, "a day after the last one"
    assert [line for line in text.splitlines() if line.startswith("RRULE") and "UNTIL" not in line] == []


def test_the_first_instant_of_the_first_year_and_the_last_of_the_last_are_right() -> None:
    for zone in PECULIAR:
        read = tzical(StringIO(written(zone, 2018, 2018))).get(zone)
        for at in (datetime(2018, 1, 1, 0, 1, tzinfo=UTC), datetime(2018, 12, 31, 23, 58, tzinfo=UTC)):
            local = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
            assert local.replace(tzinfo=read).utcoffset() == local.replace(tzinfo=ZoneInfo(zone)).utcoffset(), zone
