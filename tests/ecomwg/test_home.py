"""The home page: what is asked of me, and by when?"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.consultations.models import Consultation
from milestones.work import services as work
from milestones.work.models import Deliverable, State
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import services as clock
from tests import factories
from tests.conftest import START
from tests.factories import day

SignIn = Callable[[User], Client]
MOST_QUERIES = 12

pytestmark = pytest.mark.usefixtures("at_start")


def text_of(client: Client, path: str = "/") -> str:
    """The page's words without the tags, with one space between two of them."""
    answer = client.get(path)
    assert answer.status_code == 200
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    return re.sub(r" (?=[;,.])", "", re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main)))


def consultation(of: WorkingGroup, audience: Body, **fields: object) -> Consultation:
    made = Consultation.objects.create(
        **{
            "group": of,
            "key": f"consultation-{Consultation.objects.count()}",
            "document": factories.document(of),
            "title": "Comments on the framework package",
            "opens_on": date(2018, 7, 16),
            "closes_on": date(2018, 7, 23),
            **fields,
        }
    )
    made.audience.add(audience)
    return made


@pytest.fixture
def team() -> Body:
    return factories.team(factories.group("ecom"), number=1, name="Standards and Process")


def test_what_waits_on_me_stands_there_with_team_deliverable_and_days_left(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    diagrams = factories.deliverable(team, title="Process diagrams")
    factories.milestone(diagrams, owner=me, title="First draft", due=day("2018-07-27"))
    words = text_of(signed_in(me))
    assert "First draft" in words
    assert "Team 1 · Process diagrams" in words
    assert "Fri, Jul 27, 2018 (7 days left)" in words
    assert "One thing waits on you; the next is due Fri, Jul 27, 2018." in words


def test_what_is_late_comes_first_and_is_counted(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    of = factories.deliverable(team)
    factories.milestone(of, owner=me, title="Coming soon", due=day("2018-07-21"))
    factories.milestone(of, owner=me, title="Long forgotten", due=day("2018-07-06"))
    words = text_of(signed_in(me))
    assert words.index("Long forgotten") < words.index("Coming soon")
    assert "Two things wait on you; one is late; the next is due Sat, Jul 21, 2018." in words
    assert "Fri, Jul 6, 2018 (2 weeks late)" in words


def test_of_very_much_that_waits_the_first_stand_there_and_all_are_counted(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    of = factories.deliverable(team)
    for _ in range(30):
        factories.milestone(of, owner=me, due=day("2018-07-06"))
    words = text_of(signed_in(me))
    assert "30 things wait on you, and all of them are late." in words
    assert words.partition("Comments asked of you")[0].count("2 weeks late") == 25
    assert "The first 25 of 30 stand here" in words


def test_what_is_accepted_or_belongs_to_others_does_not_wait_on_me(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    of = factories.deliverable(team)
    factories.milestone(of, title="Somebody else's", owner=factories.member(team))
    factories.milestone(of, title="All done", owner=me, state=State.ACCEPTED, accepted=day("2018-07-01"))
    assert "Nothing waits on you." in text_of(signed_in(me))


def test_a_deliverable_handed_in_waits_on_who_accepts_it(signed_in: SignIn, team: Body) -> None:
    root, lead = factories.root(team.group), factories.member(team, factories.person(name="Lea Lind"), role=Role.LEAD)
    chair, other = (factories.member(root, role=Role.CHAIR) for _ in "ab")
    owed = factories.deliverable(team, key="guide", title="Guide", owner=chair, due=day("2018-07-06"))
    work.hand_in(by=lead, owed=owed, done="Written.")
    for who in (other, factories.member(root, factories.person(government=True), role=Role.REVIEWER)):
        client = signed_in(who)
        words = text_of(client)
        assert "One thing waits on you, and it is late." in words
        assert "Guide Team 1 · Deliverable Lea Lind handed it in on Fri, Jul 20: accept it or return it." in words
        assert 'href="/groups/ecom/deliverables/guide/"' in client.get("/").content.decode()
        assert client.get("/groups/ecom/").context["shell"].waiting == 1
    for who in (chair, lead):
        assert "Nothing waits on you." in text_of(signed_in(who))


def test_of_what_has_milestones_its_milestones_wait(signed_in: SignIn, team: Body) -> None:
    chair = factories.member(factories.root(team.group), role=Role.CHAIR)
    me = factories.member(team)
    owed = factories.deliverable(team, title="Guide", owner=me)
    step = factories.milestone(owed, owner=me, title="First draft")
    assert "One thing waits on you" in text_of(signed_in(me))
    work.hand_in(by=me, owed=step, done="Written.")
    words = text_of(signed_in(chair))
    assert "One thing waits on you" in words
    assert "First draft Team 1 · Guide" in words


def test_a_deliverable_without_milestones_waits_on_its_owner_and_who_stands_in(signed_in: SignIn, team: Body) -> None:
    me, stand_in = factories.member(team, factories.person(name="Olga Owner")), factories.member(team)
    owed = factories.deliverable(team, title="Guide", owner=me)
    factories.milestone(owed, owner=stand_in, state=State.DROPPED)
    factories.absence(me, stand_in, team.group)
    assert "One thing waits on you" in text_of(signed_in(me))
    assert "Guide For Olga Owner Team 1 · Deliverable" in text_of(signed_in(stand_in))
    work.hand_in(by=me, owed=owed, done="Written.")
    assert "Nothing waits on you." in text_of(signed_in(me))


def test_a_deliverable_proposed_to_be_dropped_waits_on_who_decides(signed_in: SignIn, team: Body) -> None:
    lead = factories.member(team, factories.person(name="Lea Lind"), role=Role.LEAD)
    chair = factories.member(factories.root(team.group), role=Role.CHAIR)
    owed = factories.deliverable(team, title="Guide")
    work.hand_in(by=lead, owed=factories.milestone(owed, owner=lead, title="First draft"), done="Written.")
    work.propose_drop(by=lead, owed=owed, reason="CBP does it itself.")
    said = "Guide Team 1 · Deliverable Lea Lind proposes to drop it: CBP does it itself."
    words = text_of(signed_in(chair))
    assert said in words
    assert words.index("First draft") < words.index("Guide Team 1 · Deliverable")
    assert "Two things wait on you" in words
    assert said in text_of(signed_in(factories.person(is_site_admin=True)))
    assert "Nothing waits on you." in text_of(signed_in(lead))


def test_what_waits_of_both_sorts_stands_in_the_order_of_its_dates(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    factories.deliverable(team, title="In August", owner=me, due=day("2018-08"))
    factories.milestone(factories.deliverable(team), owner=me, title="On August 30", due=day("2018-08-30"))
    for n in range(13):
        factories.deliverable(team, title=f"Guide {n}", owner=me, due=day("2018-07-06"))
        factories.milestone(factories.deliverable(team), owner=me, title=f"Step {n}", due=day("2018-07-05"))
    words = text_of(signed_in(me))
    assert "28 things wait on you; 26 are late." in words
    assert words.index("Step 12") < words.index("Guide 0")
    assert "The first 25 of 28 stand here" in words
    Deliverable.objects.filter(title__startswith="Guide").delete()
    words = text_of(signed_in(me))
    assert words.index("On August 30") < words.index("In August")


def test_a_consultation_open_to_my_team_asks_me_until_its_last_day(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    consultation(team.group, team)
    client = signed_in(me)
    assert "Comments on the framework package" in text_of(client)
    assert "Closes Mon, Jul 23, 2018 (3 days left)" in text_of(client)
    clock.set_clock(to=datetime.fromisoformat("2018-07-24T09:00-04:00"))
    client = signed_in(me)
    assert "No consultation is open to you." in text_of(client)


def test_the_next_two_meetings_of_my_groups_stand_there(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    for month, title in enumerate(("Held in June", "August call", "September call", "October call"), start=6):
        starts = day(f"2018-{month + (month > 6):02}-14")
        factories.meeting(team.group, title=title, starts=starts, state="held" if month == 6 else "planned")
    words = text_of(signed_in(me))
    assert "August call" in words
    assert "September call" in words
    assert "Held in June" not in words.partition("Changed lately")[0]
    assert words.index("August call") < words.index("September call")
    assert "October call" not in words.partition("Changed lately")[0]


def test_changes_are_those_since_my_last_visit_by_team(signed_in: SignIn, team: Body) -> None:
    other = factories.team(team.group, number=2, name="Enforcement")
    me = factories.member(team, factories.person(seen_at=datetime.fromisoformat("2018-07-19T15:00-04:00")))
    with pghistory.context(at=START.isoformat()):
        factories.milestone(factories.deliverable(other, title="Recommendations"), title="List of issues")
    words = text_of(signed_in(me))
    since = words.partition("Changed since your last visit (Thursday, July 19, 3:00 p.m.)")[2]
    assert since.index("Team 2: Enforcement") < since.index("Milestone added: List of issues")
    clock.set_clock(to=datetime.fromisoformat("2018-07-20T15:00-04:00"))
    later = text_of(signed_in(User.objects.get(pk=me.pk)))
    assert "List of issues" not in later


def test_a_member_sees_how_far_their_own_team_has_come(signed_in: SignIn, team: Body) -> None:
    factories.team(team.group, number=2, name="Enforcement")
    me = factories.member(team)
    of = factories.deliverable(team)
    factories.milestone(of, state=State.ACCEPTED, accepted=day("2018-07-01"))
    factories.milestone(of, title="Long forgotten", due=day("2018-07-06"))
    factories.milestone(of, title="Coming soon")
    words = text_of(signed_in(me)).partition("Your team")[2].partition("Changed lately")[0]
    assert "▲ Late 1 of 3 milestones accepted, 1 late" in words
    assert "Late: Long forgotten Fri, Jul 6, 2018 (2 weeks late)" in words
    assert "Next due: Coming soon Fri, Jul 27, 2018 (7 days left)" in words
    assert "Enforcement" not in words


@pytest.mark.parametrize("role", [Role.CHAIR, Role.REVIEWER, Role.OBSERVER])
def test_who_belongs_to_the_whole_group_sees_all_its_teams(signed_in: SignIn, team: Body, role: Role) -> None:
    factories.team(team.group, number=2, name="Enforcement")
    words = text_of(signed_in(factories.member(factories.root(team.group), role=role)))
    assert "Team 1: Standards and Process ○ Nothing planned No milestones yet" in words
    assert "Team 2: Enforcement ○ Nothing planned No milestones yet" in words


def test_someone_in_no_group_is_told_what_to_do(signed_in: SignIn, team: Body) -> None:
    words = text_of(signed_in(factories.person()))
    assert "You are in no group yet. Ask the chair or the administrator" in words
    assert "Standards and Process" not in words


def test_an_administrator_in_no_group_sees_the_groups_and_the_ledger(signed_in: SignIn, team: Body) -> None:
    factories.team(factories.group("other"))
    client = signed_in(factories.person(is_site_admin=True, government=True))
    page = client.get("/").content.decode()
    for slug in ("ecom", "other"):
        assert f'href="/groups/{slug}/ledger/"' in page
    assert "Ecom Working Group" in page


def test_an_administrator_before_any_group_is_told_how_to_load_one(signed_in: SignIn) -> None:
    assert "load_group" in text_of(signed_in(factories.person(is_site_admin=True, government=True)))


def test_nothing_of_a_group_that_is_not_mine_shows(signed_in: SignIn, team: Body) -> None:
    theirs = factories.team(factories.group("other"), name="Secret team")
    me = factories.member(team)
    factories.milestone(factories.deliverable(theirs, title="Secret deliverable"), title="Secret milestone", owner=me)
    factories.meeting(theirs.group, title="Secret meeting")
    consultation(theirs.group, theirs, title="Secret consultation")
    assert "Secret" not in text_of(signed_in(me))


def test_who_is_in_two_groups_finds_both(signed_in: SignIn, team: Body) -> None:
    second = factories.team(factories.group("other"), name="Second team")
    me = factories.member(second, factories.member(team))
    factories.milestone(factories.deliverable(second), title="Of the second", owner=me)
    factories.milestone(factories.deliverable(team), title="Of the first", owner=me)
    words = text_of(signed_in(me))
    assert "Of the first" in words
    assert "Of the second" in words
    assert "Other Working Group" in words
    assert "Other Working Group · Team" in words


def test_the_name_of_the_only_group_is_not_repeated_at_each_line(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    factories.milestone(factories.deliverable(team), owner=me)
    assert "Ecom Working Group ·" not in text_of(signed_in(me))


@pytest.mark.parametrize("is_admin", [False, True])
def test_the_number_of_queries_does_not_grow(signed_in: SignIn, team: Body, is_admin: bool) -> None:
    me = factories.member(factories.root(team.group), factories.person(is_site_admin=is_admin))
    client = signed_in(me)

    def add(times: int) -> None:
        for _ in range(times):
            of = factories.deliverable(factories.team(team.group))
            factories.milestone(of, owner=me, due=day("2018-07-06"))
            factories.milestone(of, owner=me)
            factories.meeting(team.group)
            consultation(team.group, factories.root(team.group))

    def queries() -> int:
        client.get("/")  # the first page of a visit also notes the visit
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/").status_code == 200
        return len(seen)

    client.get("/")  # from now on the rows of this test are changes made by a person
    add(1)
    with_one = queries()
    add(9)
    assert queries() == with_one
    assert with_one <= MOST_QUERIES


def test_the_address_needs_a_signed_in_person(client: Client) -> None:
    answer = client.get("/")
    assert answer.status_code == 302
    assert answer["Location"] == "/accounts/login/?next=/"


def test_a_visit_ends_after_an_hour(signed_in: SignIn, team: Body) -> None:
    me = factories.member(team)
    signed_in(me).get("/")
    clock.set_clock(to=datetime.fromisoformat("2018-07-20T12:30-04:00"))
    signed_in(User.objects.get(pk=me.pk)).get("/")
    assert User.objects.get(pk=me.pk).previous_visit_at is None
    clock.set_clock(to=datetime.fromisoformat("2018-07-20T18:00-04:00"))
    signed_in(User.objects.get(pk=me.pk)).get("/")
    previous = User.objects.get(pk=me.pk).previous_visit_at
    assert previous is not None
    assert previous - datetime.fromisoformat("2018-07-20T12:30-04:00") < timedelta(minutes=1)
