"""A team's page: is it on track, what does it owe, who is in it, and what changed."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement.models import ClauseText
from milestones.meetings.models import Meeting, Preparation
from milestones.work import selectors
from milestones.work.models import Deliverable, Dependency, State, Strategy, StrategyGoal
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Role, WorkingGroup
from tests import factories as make
from tests.conftest import WASHINGTON
from tests.pages import words_of

SignIn = Callable[[User], Client]
PAGE = "/groups/ecom/teams/team-1/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1", name="Standards and Process", purpose="Draw what is.")


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team, key="diagrams", title="Process diagrams", kind=Deliverable.Kind.PROCESS_DIAGRAM)


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Alba Ruiz"), Role.LEAD)


@pytest.fixture
def page(lead: User, signed_in: SignIn) -> Callable[..., str]:
    """The words of the page as the team's lead reads it."""
    client = signed_in(lead)

    def read(query: str = "") -> str:
        answer = client.get(PAGE + query)
        assert answer.status_code == 200
        return words_of(answer)

    return read


def test_the_page_begins_with_the_team_its_charge_and_its_state(team: Body, page: Callable[..., str]) -> None:
    BodyState.objects.create(body=team, state="active", started=make.day("2018-03"))
    BodyState.objects.create(body=team, state="hiatus", started=make.day("2018-07-01"))
    BodyState.objects.create(body=team, state="closed", started=make.day("2018-08-01"))
    text = page()
    assert "Team 1: Standards and Process On hiatus" in text
    assert "Draw what is." in text


def test_is_it_on_track(owed: Deliverable, lead: User, page: Callable[..., str]) -> None:
    make.milestone(owed, lead, due=make.day("2018-06-29"), state=State.ACCEPTED, accepted=make.day("2018-06-27"))
    late = make.milestone(owed, lead, title="Draft", due=make.day("2018-07-13"))
    waiting = make.milestone(
        owed, lead, title="Review", due=make.day("2018-08-24"), baseline_due=make.day("2018-08-10")
    )
    make.milestone(owed, lead, state=State.DROPPED)
    Dependency.objects.create(milestone=waiting, after=late)
    text = page()
    assert "Is it on track? No, late 1 of 3 milestones accepted, 1 late" in text
    assert "Late Draft Fri, Jul 13, 2018 (7 days late)" in text
    assert "At risk Review Waits for “Draft”, which is late: it was due on July 13, 2018." in text
    assert "Next due Review Fri, Aug 24, 2018 (5 weeks left)" in text
    assert "Slipped most Review 14 days later than in the adopted plan" in text


def test_a_deliverable_opens_to_its_milestones(owed: Deliverable, lead: User, page: Callable[..., str]) -> None:
    first = make.milestone(owed, lead, title="Draft", due=make.day("2018-08-01"))
    second = make.milestone(owed, lead, title="Review", due=make.day("2018-08"))
    Dependency.objects.create(milestone=second, after=first)
    text = page()
    assert "Process diagrams Fri, Sep 14, 2018 (8 weeks left) ○ Planned 0 of 2 accepted" in text
    assert "What it is Process diagrams" in text
    assert "Draft ○ Planned Wed, Aug 1, 2018 (12 days left) Alba Ruiz" in text
    assert "Review ○ Planned August 2018 (6 weeks left) Alba Ruiz Follows Draft" in text


def test_only_what_needs_a_look_stands_open(owed: Deliverable, lead: User, signed_in: SignIn) -> None:
    make.milestone(owed, lead, due=make.day("2018-07-13"))
    make.milestone(make.deliverable(owed.body, key="quiet"), lead, due=make.day("2018-09-01"))
    page = signed_in(lead).get(PAGE).content.decode()
    assert re.search(r'<details class="entry" id="deliverable-diagrams" open>', page)
    assert re.search(r'<details class="entry" id="deliverable-quiet">', page)


def test_what_is_finished_is_folded_away(owed: Deliverable, lead: User, page: Callable[..., str]) -> None:
    done = make.deliverable(
        owed.body, title="Done long ago", state=State.ACCEPTED, accepted=make.day("2018-06"), due=make.day("2018-06")
    )
    make.milestone(done, lead, title="Old step", state=State.ACCEPTED, accepted=make.day("2018-06"))
    text = page()
    assert "Done long ago" not in text.partition("What changed lately")[0]
    assert "To do (1) Finished (1)" in text
    assert "Done long ago" in page("?show=finished").partition("What changed lately")[0]
    assert "Old step" in page("?show=finished").partition("What changed lately")[0]


def test_a_link_to_a_deliverable_finds_it_open_wherever_it_stands(team: Body, lead: User, signed_in: SignIn) -> None:
    for number in range(12):
        make.deliverable(team, key=f"owed-{number}", due=make.day(f"2018-09-{number + 1:02}"))
    done = make.deliverable(team, key="done", state=State.ACCEPTED, accepted=make.day("2018-06"))
    client = signed_in(lead)

    def opened(address: str) -> list[str]:
        return re.findall(r'<details class="entry" id="([^"]*)" open>', client.get(address).content.decode())

    last = Deliverable.objects.get(key="owed-11")
    assert opened(last.get_absolute_url()) == ["deliverable-owed-11"]
    assert opened(done.get_absolute_url()) == ["deliverable-done"]
    assert opened(f"{PAGE}?deliverable=nothing") == []
    assert opened(f"{PAGE}?deliverable=owed-11&page=1") == [], "turning the page still turns it"


def test_a_deliverable_names_its_clauses_in_the_version_in_force_and_its_goal(
    owed: Deliverable, page: Callable[..., str]
) -> None:
    versions = make.statement(
        make.root(owed.group),
        ("1.0", "2017", [("4", "Old deliverables", ""), ("5", "Given up", "")]),
        ("2.0", "2018-07", [("4", "Old deliverables", ""), ("5.1", "Diagrams", "")]),
        ("3.0", "2018-08", [("9.9", "Not yet", "")]),
    )
    for wording in ClauseText.objects.filter(version__in=versions):
        wording.clause.deliverables.add(owed)
    strategy = Strategy.objects.create(
        group=owed.group, key="s", title="Strategy", issuer=make.organization(), released=make.day("2018-03-06")
    )
    owed.strategy_goal = StrategyGoal.objects.create(strategy=strategy, number=2, text="Adapt operations")
    owed.save()
    text = page()
    assert "Clause 4 Old deliverables , 5.1 Diagrams ( its clauses ) Strategy goal 2. Adapt operations" in text
    assert "Given up" not in text
    assert "9.9" not in text


def test_clauses_link_into_the_version(owed: Deliverable, lead: User, signed_in: SignIn) -> None:
    (version,) = make.statement(make.root(owed.group), ("2.0", "2018-06", [("5.1", "Diagrams", "")]))
    text = ClauseText.objects.get(version=version)
    text.clause.deliverables.add(owed)
    assert f'href="{text.get_absolute_url()}"' in signed_in(lead).get(PAGE).content.decode()


def test_without_a_clause_that_is_said(owed: Deliverable, page: Callable[..., str]) -> None:
    assert "Clause None in the version in force" in page()


def test_a_month_of_adoption_counts_from_its_first_day(owed: Deliverable) -> None:
    (version,) = make.statement(make.root(owed.group), ("2.0", "2018-07", [("5.1", "Diagrams", "")]))
    ClauseText.objects.get(version=version).clause.deliverables.add(owed)

    def numbers(today: date) -> list[str]:
        found = selectors.with_clauses(Deliverable.objects.filter(pk=owed.pk), today).get()
        return [clause.number for clause in selectors.clauses_of(found)]

    assert numbers(date(2018, 6, 30)) == []
    assert numbers(date(2018, 7, 1)) == ["5.1"]


def test_people_stand_by_role_with_their_organization(team: Body, page: Callable[..., str]) -> None:
    craft = make.organization(name="Craft Goods", is_small_business=True)
    make.member(team, make.person(name="Ben Osei", organization=craft))
    make.member(team, make.person(name="Chidi Okafor", government=True), Role.OBSERVER)
    make.member(team, make.person(name="Dana Levy"), ended=make.day("2018-07-20"))
    make.member(make.team(team.group), make.person(name="Elsewhere"))
    text = page()
    people = text.partition("People")[2].partition("Next meetings")[0]
    assert people.split("Alba Ruiz")[1].startswith(" Lead Ben Osei Small business Member, Craft Goods Chidi Okafor")
    assert "Chidi Okafor Government Observer" in people
    assert "Dana Levy" not in text
    assert "Elsewhere" not in text


def test_the_next_meetings_of_the_team(team: Body, page: Callable[..., str]) -> None:
    make.meeting(team.group, body=team, title="Call", starts=make.day("2018-08-07"), **at(7, 14))
    make.meeting(team.group, body=team, title="Some day", starts=make.day("2018-09"))
    make.meeting(team.group, body=team, title="Past", starts=make.day("2018-07-19"))
    make.meeting(team.group, body=team, title="Today's", starts=make.day("2018-07-20"))
    make.meeting(team.group, body=team, title="Draft one", starts=make.day("2018-08-01"), state=Meeting.State.DRAFT)
    make.meeting(team.group, title="The group's", starts=make.day("2018-08-01"))
    text = page().partition("Next meetings")[2].partition("What changed")[0]
    assert "Today's Fri, Jul 20, 2018 Call Tue, Aug 7, 2018, 2:00 p.m. EDT Some day September 2018" in text
    assert not [title for title in ("Past", "Draft one", "The group's") if title in text]


def at(day: int, hour: int) -> dict[str, datetime]:
    """An hour of a day of August 2018 in Washington."""
    return {
        "starts_at": datetime(2018, 8, day, hour, tzinfo=WASHINGTON),
        "ends_at": datetime(2018, 8, day, hour + 1, tzinfo=WASHINGTON),
    }


def test_what_prepares_a_meeting_stands_under_it(team: Body, lead: User, page: Callable[..., str]) -> None:
    meeting = make.meeting(team.group, title="Quarterly meeting", starts=make.day("2018-10-03"))
    notice = make.milestone(
        make.deliverable(team), lead, deliverable=None, title="Publish notice", due=make.day("2018-09-18")
    )
    Preparation.objects.create(meeting=meeting, milestone=notice, days_before=15)
    text = page()
    assert "To prepare: Quarterly meeting starts Wed, Oct 3, 2018 0 of 1 accepted" in text
    assert "Publish notice ○ Planned Tue, Sep 18, 2018" in text


def test_recent_changes_of_the_team(owed: Deliverable, page: Callable[..., str]) -> None:
    make.deliverable(make.team(owed.group), title="Of another team")
    text = page().partition("What changed lately")[2]
    assert "Deliverable added: Process diagrams" in text
    assert "Of another team" not in text


def test_a_team_that_owes_nothing_says_so(team: Body, page: Callable[..., str]) -> None:
    text = page()
    assert "Nothing planned" in text
    assert "Nothing is to be done." in text


def test_samples_are_marked(team: Body, lead: User, page: Callable[..., str]) -> None:
    owed = make.deliverable(team, title="Made up", source="illustrative")
    make.milestone(owed, lead, title="Made up too", source="illustrative", due=make.day("2018-08-01"))
    text = page()
    assert "Made up Sample" in text
    assert "Next due Made up too Sample" in text


def test_only_teams_of_the_group_have_such_a_page(team: Body, lead: User, signed_in: SignIn) -> None:
    elsewhere = make.team(make.group("other"), key="team-9")
    client = signed_in(lead)
    assert client.get("/groups/ecom/teams/team-9/").status_code == 404
    assert client.get("/groups/ecom/teams/ecom/").status_code == 404, "the working group itself stands on another page"
    assert signed_in(make.member(elsewhere)).get(PAGE).status_code == 404


def test_the_number_of_queries_does_not_grow(owed: Deliverable, signed_in: SignIn) -> None:
    client, owner = signed_in(make.person(is_site_admin=True)), make.person()
    make.statement(make.root(owed.group), ("2.0", "2018-06", [("5.1", "Diagrams", ""), ("5.2", "Maps", "")]))

    def more(times: int) -> None:
        for _ in range(times):
            of_team = make.deliverable(owed.body)
            for text in ClauseText.objects.all():
                text.clause.deliverables.add(of_team)
            first = make.milestone(of_team, owner)
            Dependency.objects.create(milestone=make.milestone(of_team, owner), after=first)
            make.member(owed.body)
            make.meeting(owed.group, body=owed.body)

    def queries(query: str = "") -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PAGE + query).status_code == 200
        return len(captured)

    client.get("/")  # notes the visit
    more(1)
    one = [queries(), queries("?show=finished")]
    more(9)
    assert [queries(), queries("?show=finished")] == one
    assert max(one) <= 12
