"""The month as weeks of days, and the list of what is on: pure, without a database."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milestones.meetings.calendar import Entry, Kind
from milestones.meetings.calendar import month as months
from milestones.meetings.calendar.month import Day, Month
from teams.dates import ApproximateDate

TODAY = date(2018, 7, 20)
TOKYO = ZoneInfo("Asia/Tokyo")


def entry(title: str, first: str, last: str = "", **fields: object) -> Entry:
    """A meeting from one day to another, or of a month where `first` names one."""
    starts = ApproximateDate.parse(first)
    when = ApproximateDate(starts.first, ApproximateDate.parse(last).last) if last else starts
    known = {"kind": Kind.MEETINGS, "noun": "Meeting", "url": f"/{title}/", "fills_days": starts.is_day}
    return Entry(title=title, when=when, **{**known, **fields})  # type: ignore[arg-type]


def month(text: str, *entries: Entry) -> Month:
    return months.month_of(ApproximateDate.parse(text), sorted(entries, key=lambda e: e.order), TODAY)


def days(of: Month) -> dict[date, Day]:
    return {day.date: day for week in of.weeks for day in week}


def titles(day: Day) -> list[str]:
    """What a day holds: what goes on over several days first."""
    return [s.entry.title for s in day.lanes if s] + [e.title for e in day.entries]


months_known = st.builds(ApproximateDate.month, st.integers(months.FIRST_YEAR, months.LAST_YEAR), st.integers(1, 12))


@given(months_known)
def test_a_month_is_whole_weeks_from_sunday_with_each_of_its_days_once(of: ApproximateDate) -> None:
    grid = months.month_of(of, [], TODAY)
    assert all(len(week) == 7 and week[0].date.isoweekday() == 7 for week in grid.weeks)
    inside = [day.date for week in grid.weeks for day in week if day.is_in_month]
    assert inside == [of.first + timedelta(days=n) for n in range((of.last - of.first).days + 1)]
    shown = months.days_shown(of)
    assert (shown.first, shown.last) == (grid.weeks[0][0].date, grid.weeks[-1][-1].date)


@given(months_known)
def test_the_next_month_leads_back(of: ApproximateDate) -> None:
    grid = months.month_of(of, [], TODAY)
    if grid.next:
        assert months.month_of(ApproximateDate.parse(grid.next), [], TODAY).previous == grid.number


def test_the_calendar_ends_at_its_first_and_last_year() -> None:
    assert month(f"{months.FIRST_YEAR}-01").previous == ""
    assert month(f"{months.LAST_YEAR}-12").next == ""


def test_a_leap_day_has_its_place() -> None:
    grid = month("2020-02", entry("Leap", "2020-02-29"))
    assert titles(days(grid)[date(2020, 2, 29)]) == ["Leap"]
    assert max(day.date for day in days(month("2018-02")).values() if day.is_in_month) == date(2018, 2, 28)


def test_today_is_marked_once_and_only_in_its_month() -> None:
    assert [day.date for day in days(month("2018-07")).values() if day.is_today] == [TODAY]
    assert not any(day.is_today for day in days(month("2018-09")).values())


def test_a_meeting_of_several_days_is_drawn_across_them_and_named_once() -> None:
    grid = month("2018-10", entry("Fourth meeting", "2018-10-08", "2018-10-12"))
    stretches = [days(grid)[date(2018, 10, n)].lanes[0] for n in range(8, 13)]
    assert [s and (s.is_first, s.is_last, s.days) for s in stretches] == [
        (True, False, 5),
        (False, False, 0),
        (False, False, 0),
        (False, False, 0),
        (False, True, 0),
    ]
    assert titles(days(grid)[date(2018, 10, 7)]) == titles(days(grid)[date(2018, 10, 13)]) == []


def test_over_a_weekend_it_is_named_again_in_the_next_week() -> None:
    grid = days(month("2018-07", entry("Long", "2018-07-13", "2018-07-16")))
    named = {day: stretch.days for day in grid.values() for stretch in day.lanes if stretch and stretch.days}
    assert {day.date.day: number for day, number in named.items()} == {13: 2, 15: 2}


def test_a_meeting_across_two_months_stands_in_both() -> None:
    over = entry("Over the end", "2018-07-30", "2018-08-02")
    july, august = days(month("2018-07", over)), days(month("2018-08", over))
    assert [n for n in (30, 31) if titles(july[date(2018, 7, n)])] == [30, 31]
    assert titles(july[date(2018, 8, 1)]) == ["Over the end"]
    assert titles(august[date(2018, 8, 2)]) == ["Over the end"]
    assert august[date(2018, 8, 1)].starting == 1, "the list of August has it under August 1"
    assert july[date(2018, 7, 30)].starting == 1


def test_what_overlaps_keeps_to_its_own_lane() -> None:
    grid = days(
        month(
            "2018-07",
            entry("A", "2018-07-09", "2018-07-11"),
            entry("B", "2018-07-10", "2018-07-13"),
            entry("C", "2018-07-12", "2018-07-13"),
        )
    )
    lanes = {n: [s and s.entry.title for s in grid[date(2018, 7, n)].lanes] for n in range(9, 14)}
    assert [(free, s.entry.title) for free, s in grid[date(2018, 7, 13)].bars] == [(0, "C"), (0, "B")]
    assert lanes == {9: ["A"], 10: ["A", "B"], 11: ["A", "B"], 12: ["C", "B"], 13: ["C", "B"]}


def test_a_bar_leaves_the_lanes_above_it_free() -> None:
    week = days(month("2018-07", entry("Short", "2018-07-09", "2018-07-10"), entry("Long", "2018-07-10", "2018-07-12")))
    assert [[(free, s.entry.title) for free, s in week[date(2018, 7, n)].bars] for n in (9, 10, 11)] == [
        [(0, "Short")],
        [(0, "Short"), (0, "Long")],
        [(1, "Long")],
    ]


def test_a_month_without_a_known_day_stands_above_the_days() -> None:
    grid = month("2018-07", entry("WCO Policy meetings", "2018-07"), entry("Some time", "2018"))
    assert [e.title for e in grid.loose] == ["Some time", "WCO Policy meetings"]
    assert all(day.number == 0 for day in days(grid).values())


spans = st.tuples(st.integers(-20, 60), st.integers(0, 12))


@given(st.lists(spans, max_size=12))
def test_nothing_is_lost_and_no_lane_holds_two_at_once(starts_and_lengths: list[tuple[int, int]]) -> None:
    first = date(2018, 7, 1)
    entries = [
        entry(
            str(number),
            (first + timedelta(days=start)).isoformat(),
            (first + timedelta(days=start + length)).isoformat(),
        )
        for number, (start, length) in enumerate(starts_and_lengths)
    ]
    grid = days(month("2018-07", *entries))
    for day in grid.values():
        expected = Counter(e.title for e in entries if e.when.first <= day.date <= e.when.last)
        assert Counter(titles(day)) == expected
        assert day.number == expected.total()


def test_the_list_says_each_day_once_and_in_order() -> None:
    shown = ApproximateDate.parse("2018-07")
    found = [
        entry("Call", "2018-07-20", starts_at=datetime(2018, 7, 20, 14, tzinfo=TOKYO)),
        entry("Morning", "2018-07-20", starts_at=datetime(2018, 7, 20, 8, tzinfo=TOKYO)),
        entry("Whole day", "2018-07-20"),
        entry("Since June", "2018-06-28", "2018-07-02"),
        entry("Some day", "2018-07"),
    ]
    headings = months.listed(found, shown, TODAY)
    assert [(h.text, [e.title for e in h.entries]) for h in headings] == [
        ("Some day in July 2018", ["Some day"]),
        ("Sunday, July 1, 2018", ["Since June"]),
        ("Friday, July 20, 2018", ["Whole day", "Morning", "Call"]),
    ]
    assert [h.is_today for h in headings] == [False, False, True]
    assert len({h.anchor for h in headings}) == 3


@pytest.mark.parametrize("text", ["2018-07", "2018-02", "2020-02", "2018-12"])
def test_every_link_of_the_grid_leads_to_a_day_of_the_list(text: str) -> None:
    of = ApproximateDate.parse(text)
    found = [
        entry("First", (of.first - timedelta(days=2)).isoformat(), of.first.isoformat()),
        entry("Last", of.last.isoformat(), (of.last + timedelta(days=3)).isoformat()),
        entry("Middle", f"{text}-14"),
    ]
    grid = month(text, *found)
    linked = {day.anchor for day in days(grid).values() if day.starting and day.is_in_month}
    assert linked == {heading.anchor for heading in months.listed(found, of, TODAY)}
