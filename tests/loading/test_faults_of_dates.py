"""A date that is none, or that stands in the wrong order, is named with its line and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .files import Fault, loaded_counts

pytestmark = pytest.mark.django_db

FAULTS = {
    "no date": Fault(
        "due: 2018-08-31",
        "due: end of August",
        "milestones/input-collect/due",
        "'end of August' is not a date: write 2018-03-06, 2018-03 or 2018",
    ),
    "no such day": Fault(
        "due: 2018-08-31",
        "due: 2018-08-32",
        "milestones/input-collect/due",
        "'2018-08-32' is not a date: day is out of range for month",
    ),
    "a year that is a slip": Fault(
        "due: 2018-08-31",
        "due: 9999",
        "milestones/input-collect/due",
        "'9999' is not a date: the year must be from 1789 to 2199",
    ),
    "month where a day is wanted": Fault(
        "opens: 2018-07-16",
        "opens: 2018-07",
        "consultations/package-comments/opens",
        "'2018-07' is not a day: write it like 2018-03-06",
    ),
    "time with a zone": Fault(
        '"2018-08-07T14:00"',
        '"2018-08-07T14:00Z"',
        "meetings/team-1-2018-08/starts",
        "'2018-08-07T14:00Z' is not a time: write it like 2018-08-07T14:00, on the clock of the meeting's time zone",
    ),
    "time that is none": Fault(
        '"2018-08-07T14:00"',
        '"2018-08-07T24:30"',
        "meetings/team-1-2018-08/starts",
        "'2018-08-07T24:30' is not a time: '24:30' is not on the clock",
    ),
    "time that the clock skips": Fault(
        'starts: "2018-08-07T14:00", ends: "2018-08-07T15:00"',
        'starts: "2018-03-11T02:30", ends: "2018-03-11T15:00"',
        "meetings/team-1-2018-08/starts",
        "there is no 02:30 on this day in America/New_York: the clock is set forward",
    ),
    "meeting that ends before it starts": Fault(
        "ends: 2018-10-12",
        "ends: 2018-10-02",
        "meetings/wgec-2018-10/ends",
        "2018-10-02 is before 2018-10-08, when it starts",
    ),
    "meeting that ends at the minute it starts": Fault(
        'ends: "2018-08-07T15:00"',
        'ends: "2018-08-07T14:00"',
        "meetings/team-1-2018-08/ends",
        "2018-08-07T14:00 is not after 2018-08-07T14:00, when it starts",
    ),
    "meeting whose end alone has a time": Fault(
        'starts: "2018-08-07T14:00"',
        "starts: 2018-08-07",
        "meetings/team-1-2018-08/ends",
        "has a time of day, and `starts` has none",
    ),
    "membership that ends before it starts": Fault(
        "{person: lead-1, body: team-1, role: lead, from: 2018-03}",
        "{person: lead-1, body: team-1, role: lead, from: 2018-03, to: 2018-03}",
        "memberships[4]/to",
        "2018-03 is not after 2018-03, when it starts; `to` is the first day on which it no longer holds",
    ),
    "parent that ends before it starts": Fault(
        'from: "2017", to: 2018-10-03',
        "from: 2018-10-04, to: 2018-10-03",
        "bodies/ecom/parents[1]/to",
        "2018-10-03 is not after 2018-10-04, when it starts; `to` is the first day on which it no longer holds",
    ),
    "development that ends before it starts": Fault(
        "until: 2018-08-18",
        "until: 2018-06-24",
        "developments/counterfeits-campaign/until",
        "2018-06-24 is before 2018-06-25, when it starts",
    ),
    "consultation that closes before it opens": Fault(
        "closes: 2018-08-31",
        "closes: 2018-07-15",
        "consultations/package-comments/closes",
        "closes 2018-07-15 before it opens, 2018-07-16",
    ),
    "words for a date that isn't given": Fault(
        '    formed: "2017"\n',
        "",
        "bodies/ecom/formed_as_written",
        "needs `formed`, the date that these words stand for",
        "formed_as_written",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_is_named_alone_and_nothing_is_loaded(fault: Fault, tmp_path: Path) -> None:
    assert fault.said_in(tmp_path) == fault.expected_in(tmp_path)
    assert not loaded_counts()
