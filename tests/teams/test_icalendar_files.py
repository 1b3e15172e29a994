"""Calendars as files: what is written is read back the same by a library that the portal does not write with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from teams.icalendars.writing import Event, Status, calendar_file, uid_of, whole_days
from tests import icalendars

NOON = datetime(2018, 7, 20, 16, 0, tzinfo=UTC)
WASHINGTON = ZoneInfo("America/New_York")
ZONES = ("America/New_York", "Europe/Brussels", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Casablanca", "UTC")
TITLE = some.text(some.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=120)
TEXT = some.lists(TITLE, max_size=5).map("\n".join)


@some.composite
def an_event(draw: some.DrawFn) -> Event:
    """Some event: whole days, or a time of day that exists in its zone."""
    n = draw(some.integers(1, 10**9))
    if draw(some.booleans()):
        first = draw(some.dates(date(1990, 1, 1), date(2037, 1, 1)))
        starts, ends = whole_days(first, first + timedelta(days=draw(some.integers(0, 40))))
    else:
        zone = ZoneInfo(draw(some.sampled_from(ZONES)))
        seconds = some.integers(631_152_000, 2_114_380_800)
        at = datetime.fromtimestamp(draw(seconds) // 60 * 60, UTC)
        starts = at.astimezone(zone)
        ends = (at + timedelta(minutes=draw(some.integers(1, 6000)))).astimezone(zone)
    return Event(
        uid=uid_of("meeting", f"key-{n}", "ecom"),
        sequence=draw(some.integers(0, 99)),
        starts=starts,
        ends=ends,
        summary=draw(TITLE),
        changed_at=NOON + timedelta(seconds=draw(some.integers(-(10**8), 10**8))),
        made_at=draw(some.none() | some.just(NOON - timedelta(days=3000))),
        description=draw(TEXT),
        location=draw(TITLE),
        url=f"https://portal.example/groups/ecom/meetings/key-{n}/?a=1,2;b",
        categories=draw(some.sampled_from([(), ("Team 1",), ("Team 1", "WCO")])),
        status=draw(some.sampled_from(list(Status))),
        is_free=draw(some.booleans()),
    )


CALENDAR = some.lists(an_event(), max_size=8, unique_by=lambda event: event.uid)


def instant(at: date) -> date | float:
    """A day; of a time of day the instant, since Python compares none in the hour that comes twice."""
    return at.timestamp() if isinstance(at, datetime) else at


def said(event: Event) -> dict[str, Any]:
    return {
        "uid": event.uid,
        "sequence": event.sequence,
        "dtstart": instant(event.starts),
        "dtend": instant(event.ends),
        "summary": event.summary,
        "description": event.description or None,
        "location": event.location,
        "url": event.url or None,
        "categories": list(event.categories),
        "status": event.status.value,
        "transparency": "TRANSPARENT" if event.is_free else "OPAQUE",
        "dtstamp": event.changed_at.replace(microsecond=0),
        "last_modified": event.changed_at.replace(microsecond=0),
        "created": event.made_at,
    }


def understood(event: Any) -> dict[str, Any]:
    return {
        name: getattr(event, name)
        for name in (
            *("uid", "sequence", "summary", "description", "location", "url"),
            *("categories", "transparency", "dtstamp", "last_modified", "created"),
        )
    } | {"status": event.status.value, "dtstart": instant(event.dtstart), "dtend": instant(event.dtend)}


def test_random_calendars_are_read_back_as_they_were(request: pytest.FixtureRequest) -> None:
    """A thousand of them with --whole."""

    @given(CALENDAR)
    @example(
        [
            Event(
                uid=uid_of("meeting", "key-1", "ecom"),
                sequence=1,
                starts=datetime(2018, 11, 4, 1, 30, tzinfo=WASHINGTON),
                ends=datetime(2018, 11, 4, 3, 30, tzinfo=WASHINGTON),
                summary="Once in the hour that comes twice",
                location="x",
                changed_at=NOON,
            )
        ]
    )
    @settings(
        max_examples=1000 if request.config.getoption("--whole") else 60,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        database=None,
    )
    def each(events: list[Event]) -> None:
        content = calendar_file(events, name="Calendar, of ECOM", refresh=timedelta(hours=4))
        assert icalendars.faults(content) == []
        found = icalendars.read(content).events
        assert [understood(event) for event in found] == [said(event) for event in events]
        assert all(icalendars.is_in_order(event.start, event.end) for event in found)

    each()


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    """In Washington on November 4, 2018, 1:30 comes before and after the clocks are set back."""
    first = datetime(2018, 11, 4, 1, 30, tzinfo=WASHINGTON)
    second = first.replace(fold=1)
    for starts in (first, second, first):
        content = calendar_file([event(starts=starts, ends=first.replace(hour=4))], name="x")
        assert instant(icalendars.read(content).events[0].start) == starts.timestamp()


def event(**fields: Any) -> Event:
    """An all-day event on July 20, 2018."""
    starts, ends = whole_days(date(2018, 7, 20), date(2018, 7, 20))
    return Event(
        **{"uid": "a@x", "sequence": 1, "starts": starts, "ends": ends, "summary": "A", "changed_at": NOON, **fields}
    )


def test_the_calendar_says_its_name_and_how_often_to_ask_in_both_ways_that_clients_know() -> None:
    content = calendar_file([event()], name="ECOM; all", description="What is on", refresh=timedelta(hours=4))
    lines = icalendars.unfolded(content.decode())
    for line in (
        *(r"NAME:ECOM\; all", r"X-WR-CALNAME:ECOM\; all", "DESCRIPTION:What is on", "X-WR-CALDESC:What is on"),
        *("REFRESH-INTERVAL;VALUE=DURATION:PT4H", "X-PUBLISHED-TTL:PT4H", "METHOD:PUBLISH", "VERSION:2.0"),
    ):
        assert line in lines
    assert icalendars.faults(content) == []


def test_an_empty_calendar_is_one() -> None:
    content = calendar_file([], name="Nothing")
    assert icalendars.faults(content) == []
    assert icalendars.read(content).events == []


def test_whole_days_are_dates_that_end_on_the_day_after() -> None:
    starts, ends = whole_days(date(2018, 10, 8), date(2018, 10, 12))
    text = calendar_file([event(starts=starts, ends=ends)], name="x").decode()
    assert "DTSTART;VALUE=DATE:20181008\r\nDTEND;VALUE=DATE:20181013\r\n" in text
    assert "VTIMEZONE" not in text


def test_control_characters_are_left_out_and_lines_kept() -> None:
    content = calendar_file([event(summary="A\x00B\x1fC", description="one\r\ntwo\rthree\x0b")], name="x\x07")
    assert icalendars.faults(content) == []
    read = icalendars.read(content).events[0]
    assert (read.summary, read.description) == ("A B C", "one\ntwo\nthree ")


@pytest.mark.parametrize("summary", ["\\n", "a\\;b", "a\\\\,b", "\\,", '";:,', "BEGIN:VEVENT", "ü" * 90, "☃" * 60])
def test_what_looks_like_syntax_stays_text(summary: str) -> None:
    content = calendar_file([event(summary=summary)], name="x")
    assert icalendars.faults(content) == []
    assert icalendars.read(content).events[0].summary == summary


def test_a_series_has_its_rule_what_is_left_out_and_what_stands_instead() -> None:
    starts = datetime(2018, 7, 18, 10, 0, tzinfo=WASHINGTON)
    ends = starts.replace(hour=11)
    instead_of = datetime(2018, 9, 19, 10, 0, tzinfo=WASHINGTON)
    series = event(
        starts=starts,
        ends=ends,
        rule="FREQ=MONTHLY;BYDAY=3WE;COUNT=6",
        left_out=(datetime(2018, 8, 15, 10, 0, tzinfo=WASHINGTON),),
    )
    moved = event(starts=instead_of.replace(hour=14), ends=instead_of.replace(hour=15), instead_of=instead_of)
    content = calendar_file([series, moved], name="x")
    assert icalendars.faults(content) == []
    read = [each.dtstart for each in icalendars.read(content).timeline]
    assert read == [
        datetime(2018, 7, 18, 10, 0, tzinfo=WASHINGTON),
        datetime(2018, 9, 19, 14, 0, tzinfo=WASHINGTON),
        datetime(2018, 10, 17, 10, 0, tzinfo=WASHINGTON),
        datetime(2018, 11, 21, 10, 0, tzinfo=WASHINGTON),
        datetime(2018, 12, 19, 10, 0, tzinfo=WASHINGTON),
    ]


def test_the_same_events_are_the_same_bytes() -> None:
    """So that who asks again is told that nothing changed."""
    assert calendar_file([event()], name="x") == calendar_file([event()], name="x")
    assert calendar_file([event()], name="x") != calendar_file([event(sequence=2)], name="x")
