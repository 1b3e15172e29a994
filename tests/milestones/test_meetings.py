"""The page of a meeting and the questions asked about meetings."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.library.models import Document
from milestones.meetings.models import AgendaItem, Meeting, Preparation
from milestones.meetings.selectors import upcoming
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, Role, WorkingGroup
from tests import factories as make
from tests.conftest import WASHINGTON
from tests.pages import words_of

SignIn = Callable[[User], Client]
TODAY = date(2018, 7, 20)


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def wco(group: WorkingGroup) -> Organization:
    return make.organization(key="wco", name="World Customs Organization", acronym="WCO", kind="international")


@pytest.fixture
def october(group: WorkingGroup, wco: Organization) -> Meeting:
    """The fourth meeting of the WCO's series, in October 2018."""
    return make.meeting(
        group,
        forum=wco,
        key="wgec-2018-10",
        title="Fourth meeting",
        series="WGEC",
        starts=make.day("2018-10-08"),
        ends=make.day("2018-10-12"),
        timezone="Europe/Brussels",
        place="Brussels",
    )


def text_of(client: Client, meeting: Meeting) -> str:
    answer = client.get(meeting.get_absolute_url())
    assert answer.status_code == 200
    return words_of(answer)


def test_days_place_holder_and_series_are_said(october: Meeting, signed_in: SignIn) -> None:
    text = text_of(signed_in(make.member(make.root(october.group))), october)
    assert "October 8–12, 2018" in text
    assert "Where Brussels" in text
    assert "Held by World Customs Organization" in text
    assert "Series WGEC" in text
    assert "Planned" in text


def test_a_month_is_said_to_be_a_month(group: WorkingGroup, signed_in: SignIn) -> None:
    meeting = make.meeting(group, starts=make.day("2018-06"), state=Meeting.State.HELD)
    assert "Some day in June 2018; the day is not recorded" in text_of(
        signed_in(make.member(make.root(group))), meeting
    )


def test_three_clocks_where_the_time_is_known(group: WorkingGroup, wco: Organization, signed_in: SignIn) -> None:
    meeting = make.meeting(
        group,
        forum=wco,
        starts=make.day("2018-10-08"),
        starts_at=datetime(2018, 10, 8, 4, tzinfo=WASHINGTON),
        ends_at=datetime(2018, 10, 8, 6, 30, tzinfo=WASHINGTON),
        timezone="Europe/Brussels",
    )
    text = text_of(signed_in(make.member(make.root(group), make.person(timezone="America/Los_Angeles"))), meeting)
    assert "Brussels: Monday, October 8, 2018, 10:00 a.m. – 12:30 p.m. CEST" in text
    assert "Washington: Monday, October 8, 2018, 4:00 a.m. – 6:30 a.m. EDT" in text
    assert "Your clock: Monday, October 8, 2018, 1:00 a.m. – 3:30 a.m. PDT" in text


def test_an_end_on_another_day_and_a_zone_without_a_name(group: WorkingGroup, signed_in: SignIn) -> None:
    meeting = make.meeting(
        group,
        starts=make.day("2018-08-07"),
        starts_at=datetime(2018, 8, 7, 14, tzinfo=WASHINGTON),
        ends_at=datetime(2018, 8, 7, 17, tzinfo=WASHINGTON),
    )
    client = signed_in(make.member(make.root(group), make.person(timezone="Asia/Dubai")))
    assert "Your clock: Tuesday, August 7, 2018, 10:00 p.m. – Wednesday, August 8, 1:00 a.m. UTC+04" in text_of(
        client, meeting
    )


def test_clocks_go_by_the_season(group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group)))
    for month, zone in ((10, "EDT"), (11, "EST")):
        meeting = make.meeting(
            group,
            starts=make.day(f"2018-{month}-20"),
            starts_at=datetime(2018, month, 20, 14, tzinfo=WASHINGTON),
        )
        assert f"2:00 p.m. {zone}" in text_of(client, meeting)


def test_what_came_of_it_and_what_the_sources_say(group: WorkingGroup, wco: Organization, signed_in: SignIn) -> None:
    meeting = make.meeting(
        group,
        forum=wco,
        state=Meeting.State.HELD,
        outcome="The group was extended by a year.",
        note="One source says June, the other July.",
        source="paper",
    )
    meeting.attended_by.add(make.organization(name="U.S. Customs and Border Protection"))
    AgendaItem.objects.create(meeting=meeting, position=2, title="Data exchange")
    AgendaItem.objects.create(meeting=meeting, position=1, title="Trade standards")
    text = text_of(signed_in(make.member(make.root(group))), meeting)
    assert "The group was extended by a year." in text
    assert "One source says June, the other July." in text
    assert "Attended by U.S. Customs and Border Protection" in text
    assert "Trade standards Data exchange" in text
    assert "Source The group's issue paper" in text


def test_who_goes_to_a_meeting_that_is_still_to_come(october: Meeting, signed_in: SignIn) -> None:
    october.attended_by.add(make.organization(name="U.S. Customs and Border Protection"))
    text = text_of(signed_in(make.member(make.root(october.group))), october)
    assert "Going U.S. Customs and Border Protection" in text


def test_preparation_stands_with_its_days_due_date_owner_and_state(october: Meeting, signed_in: SignIn) -> None:
    root = make.root(october.group)
    owner = make.person(name="Olive Owner")
    milestone = make.milestone(make.deliverable(root), owner, title="Send comments", due=make.day("2018-09-24"))
    Preparation.objects.create(meeting=october, milestone=milestone, days_before=14)
    text = text_of(signed_in(make.member(root)), october)
    assert "Send comments 14 Mon, Sep 24, 2018 (9 weeks left) Olive Owner ○ Planned" in text


def test_papers_consultations_commitments_and_developments_hang_on_it(october: Meeting, signed_in: SignIn) -> None:
    root = make.root(october.group)
    paper = make.document(october.group, title="Draft annex", meeting=october)
    make.consultation(paper, root, title="Comments on the annex", for_meeting=october)
    cbp = make.organization(name="U.S. Customs and Border Protection", acronym="CBP", kind="agency")
    promised = make.commitment(make.team(october.group, number=7), text="Bring positions.", for_meeting=october)
    promised.with_organizations.add(cbp)
    promised.with_bodies.add(root)
    make.development(october.group, text="The date was set.", happened=make.day("2018-06"), about_meeting=october)
    text = text_of(signed_in(make.member(root)), october)
    assert "Draft annex" in text
    assert "Comments on the annex on Draft annex: ◐ Open closes August 31, 2018 (6 weeks left)" in text
    assert f"Team 7 with {root.short_name}, CBP: Bring positions." in text
    assert "June 2018 The date was set." in text


def test_the_neighbors_in_the_series_are_linked(october: Meeting, signed_in: SignIn) -> None:
    group, forum = october.group, october.forum
    for title, start, series in [
        ("Third meeting", "2018-04-09", "WGEC"),
        ("In between, of no series", "2018-07", ""),
        ("Fifth meeting", "2019-02-18", "WGEC"),
        ("Sixth meeting", "2020-02-12", "WGEC"),
    ]:
        make.meeting(group, forum=forum, title=title, starts=make.day(start), series=series)
    text = text_of(signed_in(make.member(make.root(group))), october)
    assert "Before: Third meeting After: Fifth meeting" in text


def test_a_draft_neighbor_is_not_named_to_a_member(october: Meeting, signed_in: SignIn) -> None:
    make.meeting(
        october.group,
        forum=october.forum,
        title="Secret fifth",
        series="WGEC",
        starts=make.day("2019-02-18"),
        state=Meeting.State.DRAFT,
    )
    root = make.root(october.group)
    assert "Secret fifth" not in text_of(signed_in(make.member(root)), october)
    assert "Secret fifth" in text_of(signed_in(make.member(root, role=Role.CHAIR)), october)


def test_a_draft_is_no_page_for_a_member(group: WorkingGroup, signed_in: SignIn) -> None:
    draft = make.meeting(group, state=Meeting.State.DRAFT)
    root = make.root(group)
    answers = {
        role: signed_in(make.member(root, role=role)).get(draft.get_absolute_url()).status_code for role in Role.values
    }
    assert {role for role, status in answers.items() if status == 200} == {Role.CHAIR, Role.LEAD}
    assert set(answers.values()) == {200, 404}


def test_a_meeting_of_another_group_is_no_page_here(group: WorkingGroup, signed_in: SignIn) -> None:
    theirs = make.meeting(make.group("other"), key="theirs")
    client = signed_in(make.member(make.root(group)))
    assert client.get("/groups/ecom/meetings/theirs/").status_code == 404
    assert client.get(theirs.get_absolute_url()).status_code == 404


def test_the_number_of_queries_does_not_grow(october: Meeting, signed_in: SignIn) -> None:
    client, root = signed_in(make.person(is_site_admin=True)), make.root(october.group)
    owed, owner = make.deliverable(root), make.person()
    client.get("/")  # notes the visit

    def more(start: int, end: int) -> None:
        for n in range(start, end):
            Preparation.objects.create(meeting=october, milestone=make.milestone(owed, owner), days_before=n + 1)
            AgendaItem.objects.create(meeting=october, position=n + 1, title=f"Topic {n}")
            october.attended_by.add(make.organization())
            make.consultation(make.document(october.group, meeting=october), root, for_meeting=october)
            make.commitment(root, for_meeting=october).with_organizations.add(make.organization())
            make.development(october.group, about_meeting=october)
            make.meeting(october.group, forum=october.forum, series="WGEC", starts=make.day(f"2019-01-{n + 1:02}"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(october.get_absolute_url()).status_code == 200
        return len(captured)

    more(0, 1)
    one = queries()
    more(1, 10)
    assert queries() == one
    assert one <= 12


# --- The next meetings of a person ---


def test_the_next_meetings_are_of_my_bodies_and_those_above(october: Meeting) -> None:
    group = october.group
    mine, other = make.team(group, number=1), make.team(group, number=2)
    me = make.member(mine)
    for title, body, start in [
        ("Over", mine, "2018-07-19"),
        ("Other team", other, "2018-08-01"),
        ("My team", mine, "2018-08-07"),
        ("The group", make.root(group), "2018-08-14"),
    ]:
        make.meeting(group, body=body, title=title, starts=make.day(start))
    make.meeting(group, body=mine, title="Called off", starts=make.day("2018-08-02"), state="cancelled")
    make.meeting(group, body=mine, title="Draft", starts=make.day("2018-08-03"), state="draft")
    make.meeting(make.group("other"), title="Foreign", starts=make.day("2018-08-04"))
    committee = Body.objects.create(group=group, key="coac", kind=Body.Kind.COMMITTEE, name="Committee")
    make.meeting(group, body=committee, title="The committee", starts=make.day("2018-10-03"))
    found = upcoming(me, TODAY, limit=10)
    assert [meeting.title for meeting in found] == ["My team", "The group", "The committee"]
    assert [meeting.title for meeting in upcoming(me, TODAY)] == ["My team", "The group"]


def test_a_meeting_that_i_prepare_concerns_me(october: Meeting) -> None:
    group = october.group
    mine, other = make.member(make.root(group)), make.member(make.root(group))
    step = make.milestone(make.deliverable(make.root(group)), mine)
    Preparation.objects.create(meeting=october, milestone=step, days_before=14)
    assert upcoming(mine, TODAY) == [october]
    assert upcoming(other, TODAY) == []


def goes_to(october: Meeting) -> User:
    """A member of the group whose organization attends."""
    organization = make.organization()
    october.attended_by.add(organization)
    return make.member(make.root(october.group), make.person(organization=organization))


def test_a_meeting_counts_until_its_last_day_has_passed(october: Meeting) -> None:
    me = goes_to(october)
    assert upcoming(me, date(2018, 10, 12)) == [october]
    assert upcoming(me, date(2018, 10, 13)) == []


def test_a_month_counts_until_its_end(group: WorkingGroup) -> None:
    meeting = make.meeting(group, starts=make.day("2018-07"))
    me = make.member(make.root(group))
    assert upcoming(me, date(2018, 7, 31)) == [meeting]
    assert upcoming(me, date(2018, 8, 1)) == []


def test_next_meetings_take_one_query(october: Meeting, django_assert_num_queries: Callable[[int], object]) -> None:
    me = goes_to(october)
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert [(m.get_absolute_url(), m.convener) for m in upcoming(me, TODAY)] == [
            ("/groups/ecom/meetings/wgec-2018-10/", "WCO")
        ]


@pytest.mark.parametrize("government", [False, True])
def test_a_government_paper_shows_to_government_alone(october: Meeting, signed_in: SignIn, government: bool) -> None:
    secret = make.document(
        october.group, title="Interagency position", meeting=october, access=Document.Access.GOVERNMENT
    )
    make.consultation(secret, make.root(october.group), title="Interagency round", for_meeting=october)
    person = make.member(make.root(october.group), make.person(government=government))
    text = text_of(signed_in(person), october)
    assert ("Interagency position" in text) is government
    assert ("Interagency round" in text) is government


def test_bodies_have_their_page_linked(group: WorkingGroup, signed_in: SignIn) -> None:
    team: Body = make.team(group, number=1, key="team-1")
    meeting = make.meeting(group, body=team)
    page = signed_in(make.member(team)).get(meeting.get_absolute_url()).content.decode()
    assert f'<dd><a href="/groups/ecom/teams/team-1/">{team}</a></dd>' in page
