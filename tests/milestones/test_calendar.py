"""The calendar's page: what stands in it for whom, on whose days, and how the address chooses."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from milestones.meetings.models import Meeting, WorkStream
from milestones.work.models import State
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import services as clock
from tests import factories as make
from tests.conftest import WASHINGTON
from tests.pages import words_of

SignIn = Callable[[User], Client]
CALENDAR = "/groups/ecom/calendar/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1", name="Standards and Process")


def call(team: Body, **fields: object) -> Meeting:
    """A call of the team at 2 in the afternoon of August 7, 2018, Washington time."""
    known = {
        "body": team,
        "title": "Team 1 call",
        "starts": make.day("2018-08-07"),
        "starts_at": datetime(2018, 8, 7, 14, tzinfo=WASHINGTON),
        "ends_at": datetime(2018, 8, 7, 15, tzinfo=WASHINGTON),
    }
    return make.meeting(team.group, **{**known, **fields})


def text_of(client: Client, query: str = "") -> str:
    """The words of the calendar's main part, without its markup."""
    answer = client.get(CALENDAR + query)
    assert answer.status_code == 200
    return words_of(answer)


def cell(client: Client, day: str, query: str = "") -> str:
    """The markup of one day of the grid."""
    page = client.get(CALENDAR + query).content.decode()
    found = re.search(rf'<td class="calendar__cell[^>]*>(?:(?!</td>).)*datetime="{day}".*?</td>', page, re.S)
    assert found is not None
    return found.group()


def test_the_month_of_the_portals_date_is_shown_with_today_in_words(group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group)))
    assert "July 2018" in text_of(client)
    assert "today" in cell(client, "2018-07-20")
    assert "today" not in cell(client, "2018-07-21")


def test_the_clock_turns_the_page(group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group)))
    clock.set_clock(to=datetime(2020, 2, 29, 12, tzinfo=WASHINGTON))
    assert "February 2020" in text_of(client)
    assert "today" in cell(client, "2020-02-29")


def test_meetings_due_dates_and_closings_stand_on_their_days(team: Body, signed_in: SignIn) -> None:
    owed = make.deliverable(team, title="Diagrams", due=make.day("2018-07-25"))
    make.milestone(owed, title="First draft", due=make.day("2018-07-27"))
    make.consultation(make.document(team.group), team, title="Comments", closes_on=date(2018, 7, 31))
    make.meeting(team.group, title="Quarterly", starts=make.day("2018-07-10"))
    client = signed_in(make.member(team))
    for day, title, kind in [
        ("2018-07-25", "Diagrams", "due"),
        ("2018-07-27", "First draft", "due"),
        ("2018-07-31", "Comments", "closings"),
        ("2018-07-10", "Quarterly", "meetings"),
    ]:
        assert title in cell(client, day)
        assert f"shape--{kind}" in cell(client, day)


def test_a_call_stands_at_the_readers_time_with_the_other_clocks(team: Body, signed_in: SignIn) -> None:
    call(team)
    client = signed_in(make.member(team, make.person(timezone="America/Los_Angeles")))
    text = text_of(client, "?month=2018-08")
    assert "Washington: 2:00 p.m. – 3:00 p.m. EDT" in text
    assert "Your clock: 11:00 a.m. – 12:00 p.m. PDT" in text
    assert "11:00 a.m." in cell(client, "2018-08-07", "?month=2018-08")


def test_clocks_that_agree_are_said_once(team: Body, signed_in: SignIn) -> None:
    call(team)
    text = text_of(signed_in(make.member(team)), "?month=2018-08")
    assert "Washington and your clock: 2:00 p.m. – 3:00 p.m. EDT" in text


def test_a_call_falls_on_the_readers_day(team: Body, signed_in: SignIn) -> None:
    call(team)
    client = signed_in(make.member(team, make.person(timezone="Asia/Tokyo")))
    assert "Team 1 call" in cell(client, "2018-08-08", "?month=2018-08")
    assert "Team 1 call" not in cell(client, "2018-08-07", "?month=2018-08")
    assert "(Tuesday, August 7)" in text_of(client, "?month=2018-08"), "by Washington it is the day before"


def test_a_call_that_is_tomorrow_month_for_the_reader_is_found_there(team: Body, signed_in: SignIn) -> None:
    call(
        team,
        starts=make.day("2018-07-31"),
        starts_at=datetime(2018, 7, 31, 20, tzinfo=WASHINGTON),
        ends_at=datetime(2018, 7, 31, 21, tzinfo=WASHINGTON),
    )
    client = signed_in(make.member(team, make.person(timezone="Asia/Tokyo")))
    assert "Wednesday, August 1, 2018" in text_of(client, "?month=2018-08")
    assert "Team 1 call" in cell(client, "2018-08-01", "?month=2018-07"), "the last week of July goes on"
    assert "July 31" not in text_of(client, "?month=2018-08").partition("as a list")[2].partition("Team 1")[0]


def test_what_ends_at_midnight_takes_one_day(team: Body, signed_in: SignIn) -> None:
    call(team, ends_at=datetime(2018, 8, 8, 0, tzinfo=WASHINGTON))
    client = signed_in(make.member(team))
    assert "Team 1 call" in cell(client, "2018-08-07", "?month=2018-08")
    assert "Team 1 call" not in cell(client, "2018-08-08", "?month=2018-08")


def test_a_month_known_meeting_is_on_no_day(group: WorkingGroup, signed_in: SignIn) -> None:
    make.meeting(group, title="WCO Policy meetings", starts=make.day("2018-07"))
    client = signed_in(make.member(make.root(group)))
    assert "Some day in July 2018: WCO Policy meetings" in text_of(client)
    page = client.get(CALENDAR).content.decode()
    assert "WCO Policy meetings" not in page.partition('<table class="calendar">')[2].partition("</table>")[0]
    assert "Nothing stands in these days" in text_of(client, "?month=2018-08")


def test_a_meeting_that_was_called_off_says_so_in_the_grid(group: WorkingGroup, signed_in: SignIn) -> None:
    off = {"state": Meeting.State.CANCELLED}
    make.meeting(group, title="One day", starts=make.day("2018-07-10"), **off)
    make.meeting(group, title="Three days", starts=make.day("2018-07-24"), ends=make.day("2018-07-26"), **off)
    client = signed_in(make.member(make.root(group)))
    assert "Cancelled" in cell(client, "2018-07-10")
    assert "<strong>Cancelled:</strong> Three days" in cell(client, "2018-07-24")


def test_a_dropped_milestone_is_gone_and_a_late_one_is_said_to_be_late(team: Body, signed_in: SignIn) -> None:
    owed = make.deliverable(team)
    make.milestone(owed, title="Dropped one", due=make.day("2018-07-26"), state=State.DROPPED)
    make.milestone(owed, title="Late one", due=make.day("2018-07-13"))
    text = text_of(signed_in(make.member(team)))
    assert "Dropped one" not in text
    assert "Late one" in text
    assert "7 days late" in text


def test_the_address_chooses_kinds_body_and_what_concerns_me(team: Body, signed_in: SignIn) -> None:
    other = make.team(team.group, number=2, key="team-2")
    owner = make.person()
    make.milestone(make.deliverable(team, title="Mine due"), owner, title="My milestone")
    make.milestone(make.deliverable(other, title="Theirs due"), title="Their milestone")
    make.meeting(team.group, body=team, title="My call", starts=make.day("2018-07-30"))
    wco = make.organization(key="wco", name="World Customs Organization", kind="international")
    make.meeting(team.group, forum=wco, title="Forum meeting", starts=make.day("2018-07-24"))
    client = signed_in(make.member(team, owner))

    def shown(query: str) -> set[str]:
        text = text_of(client, f"?month=2018-07{query}").partition("Outside forums")[0]
        return {t for t in ("My milestone", "Their milestone", "My call", "Forum meeting") if t in text}

    assert shown("") == {"My milestone", "Their milestone", "My call", "Forum meeting"}
    assert shown("&kind=meetings") == {"My call", "Forum meeting"}
    assert shown("&kind=due") == {"My milestone", "Their milestone"}
    assert shown("&kind=meetings&kind=due&body=team-1") == {"My milestone", "My call"}
    assert shown("&body=forum:wco") == {"Forum meeting"}
    assert shown("&mine=1") == {"My milestone", "My call"}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?month=2018-13", "“2018-13” is not a month: write it like 2018-07."),
        ("?month=2018", "“2018” is not a month"),
        ("?month=%00", "Null characters are not allowed."),
        ("?month=0001-01", "The calendar goes from 1990 to 2100."),
        ("?month=9999-12", "The calendar goes from 1990 to 2100."),
        ("?kind=parties", "There is no kind of entry “parties”."),
        ("?body=nobody", "There is no body or forum “nobody” in this group."),
        ("?view=week", "There is no view “week”"),
        ("?view=list&days=7", "The list shows the next 90 days or all dates, not “7”."),
    ],
)
def test_what_cannot_be_understood_is_said(group: WorkingGroup, signed_in: SignIn, query: str, sentence: str) -> None:
    assert sentence in text_of(signed_in(make.member(make.root(group))), query)


def test_links_keep_the_choice(team: Body, signed_in: SignIn) -> None:
    page = signed_in(make.member(team)).get(f"{CALENDAR}?month=2018-12&kind=due&body=team-1").content.decode()
    assert 'href="?month=2019-01&amp;kind=due&amp;body=team-1" rel="next"' in page
    assert 'href="?month=2018-11&amp;kind=due&amp;body=team-1" rel="prev"' in page
    assert 'href="?kind=due&amp;body=team-1"' in page, "this month is the address without a month"


def test_the_list_goes_ninety_days_ahead_or_over_all_dates(team: Body, signed_in: SignIn) -> None:
    owed = make.deliverable(team, title="Owed", due=make.day("2019-05-01"))
    make.milestone(
        owed, title="Past", due=make.day("2018-06-29"), state=State.ACCEPTED, accepted=make.day("2018-06-27")
    )
    make.milestone(owed, title="Soon", due=make.day("2018-10-18"))
    make.milestone(owed, title="Later", due=make.day("2018-10-19"))
    client = signed_in(make.member(team))
    soon, everything = text_of(client, "?view=list"), text_of(client, "?view=list&days=all")
    assert [t in soon for t in ("Past", "Soon", "Later")] == [False, True, False]
    assert all(t in everything for t in ("Past", "Soon", "Later", "Owed"))


def test_forums_stand_below_with_the_next_meeting_and_the_streams(group: WorkingGroup, signed_in: SignIn) -> None:
    wco = make.organization(key="wco", name="World Customs Organization", acronym="WCO", kind="international")
    make.meeting(group, forum=wco, title="Third meeting", series="WGEC", starts=make.day("2018-04-09"), state="held")
    make.meeting(group, forum=wco, title="Fifth meeting", series="WGEC", starts=make.day("2019-02-18"))
    make.meeting(
        group,
        forum=wco,
        title="Fourth meeting",
        series="WGEC",
        starts=make.day("2018-10-08"),
        ends=make.day("2018-10-12"),
    )
    WorkStream.objects.create(
        group=group, key="definitions", forum=wco, name="Definitions", party="United States", role="co-lead"
    )
    text = text_of(signed_in(make.member(make.root(group)))).partition("Outside forums")[2]
    assert "World Customs Organization (WCO)" in text
    assert "Next Fourth meeting , October 8–12, 2018" in text
    assert "Definitions United States Co-lead" in text


def test_another_groups_entries_never_show(group: WorkingGroup, signed_in: SignIn) -> None:
    other = make.group("other")
    there = make.team(other)
    make.milestone(make.deliverable(there, title="Foreign deliverable"), title="Foreign milestone")
    make.meeting(other, title="Foreign meeting", starts=make.day("2018-07-24"))
    person = make.member(make.root(group))
    make.member(there, person)
    assert "Foreign" not in text_of(signed_in(person), "?view=list&days=all")


def test_a_draft_shows_to_chair_lead_and_administrator_only(group: WorkingGroup, signed_in: SignIn) -> None:
    make.meeting(group, title="Not sure yet", starts=make.day("2018-07-24"), state=Meeting.State.DRAFT)
    seen = {
        role: "Not sure yet" in text_of(signed_in(make.member(make.root(group), role=role))) for role in Role.values
    }
    assert {role for role, sees in seen.items() if sees} == {Role.CHAIR, Role.LEAD}
    assert "Not sure yet" in text_of(signed_in(make.person(is_site_admin=True)))


def test_an_outsider_finds_no_calendar(group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(make.group("other"))))
    assert client.get(CALENDAR).status_code == 404


def test_the_number_of_queries_does_not_grow(team: Body, signed_in: SignIn) -> None:
    client, owner = signed_in(make.person(is_site_admin=True)), make.person()

    def more(start: int, end: int) -> None:
        for n in range(start, end):
            owed = make.deliverable(team, due=make.day(f"2018-07-{n + 1:02}"))
            make.milestone(owed, owner, due=make.day(f"2018-07-{n + 1:02}"))
            wco = make.organization(kind="international")
            make.meeting(team.group, forum=wco, starts=make.day(f"2018-07-{n + 1:02}"))
            make.consultation(make.document(team.group), team, closes_on=date(2018, 7, 18 + n))
            WorkStream.objects.create(
                group=team.group, key=f"stream-{n}", forum=wco, name=f"Stream {n}", party="US", role="lead"
            )

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    client.get("/")  # notes the visit
    more(0, 1)
    one = [queries(CALENDAR), queries(f"{CALENDAR}?view=list&days=all")]
    more(1, 10)
    assert [queries(CALENDAR), queries(f"{CALENDAR}?view=list&days=all")] == one
    assert max(one) <= 12


def test_midnight_in_utc_is_no_boundary(team: Body, signed_in: SignIn) -> None:
    call(
        team,
        title="Evening call",
        starts=make.day("2018-07-31"),
        starts_at=datetime(2018, 8, 1, 1, tzinfo=UTC),
        ends_at=datetime(2018, 8, 1, 2, tzinfo=UTC),
    )
    client = signed_in(make.member(team))
    assert "Evening call" in cell(client, "2018-07-31")
    assert "Evening call" not in text_of(client, "?month=2018-08&kind=meetings").partition("as a list")[2]
