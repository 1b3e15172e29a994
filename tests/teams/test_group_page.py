"""The group's page: where it stands in the committee, its teams, its people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teams.accounts.models import User
from teams.bodies import tree
from teams.bodies.models import Body, BodyParent, BodyState, Role, WorkingGroup
from teams.bodies.selectors import tree_of
from teams.clock import services as clock
from tests import factories
from tests.factories import day

SignIn = Callable[[User], Client]
MOST_QUERIES = 12
TODAY = date(2018, 7, 20)

pytestmark = pytest.mark.usefixtures("at_start")


def body(of: WorkingGroup, key: str, kind: str, name: str) -> Body:
    return Body.objects.create(group=of, key=key, kind=kind, name=name)


@pytest.fixture
def ecom() -> WorkingGroup:
    """The group under one subcommittee until October 3, 2018, under another from then on; with a team."""
    group = factories.group("ecom")
    root = factories.root(group)
    top = body(group, "coac", Body.Kind.COMMITTEE, "The Committee")
    before = body(group, "trade-modernization", Body.Kind.SUBCOMMITTEE, "Trade Modernization Subcommittee")
    after = body(group, "next-generation", Body.Kind.SUBCOMMITTEE, "Next Generation Subcommittee")
    changes = day("2018-10-03")
    BodyParent.objects.create(body=before, parent=top)
    BodyParent.objects.create(body=after, parent=top, started=changes)
    BodyParent.objects.create(body=root, parent=before, started=day("2017"), ended=changes)
    BodyParent.objects.create(body=root, parent=after, started=changes)
    BodyState.objects.create(body=root, state="hiatus", started=day("2018-04"))
    BodyState.objects.create(body=root, state="active", started=day("2018-06"))
    factories.team(group, number=1, name="Standards and Process", purpose="Look after standards.")
    return group


def team_of(group: WorkingGroup) -> Body:
    return Body.objects.get(group=group, kind=Body.Kind.TEAM)


def main_of(client: Client, query: str = "") -> str:
    answer = client.get(f"/groups/ecom/{query}")
    assert answer.status_code == 200
    return answer.content.decode().partition("<main")[2].partition("</main>")[0]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html))


def drawn(nodes: list[tree.Node]) -> list[object]:
    """The tree as nested lists; what is to come starts with a plus."""
    return [
        part
        for node in nodes
        for part in (("+" if node.coming else "") + node.body.key, *([drawn(node.children)] if node.children else []))
    ]


def test_the_tree_stands_as_it_is_today_with_what_is_to_come(ecom: WorkingGroup) -> None:
    team = team_of(ecom).key
    assert drawn(tree.roots(list(tree_of(ecom)), TODAY)) == [
        "coac",
        ["trade-modernization", ["ecom", [team]], "+next-generation", ["+ecom"]],
    ]


def test_after_the_change_the_group_stands_under_its_new_parent(ecom: WorkingGroup) -> None:
    team = team_of(ecom).key
    assert drawn(tree.roots(list(tree_of(ecom)), date(2018, 10, 3))) == [
        "coac",
        ["trade-modernization", "next-generation", ["ecom", [team]]],
    ]


def test_a_body_that_is_yet_to_come_brings_its_own_branch(ecom: WorkingGroup) -> None:
    team = team_of(ecom)
    later = body(ecom, "later", Body.Kind.TEAM, "Later")
    BodyParent.objects.create(body=later, parent=team, started=day("2019"))
    below = body(ecom, "below", Body.Kind.TEAM, "Below")
    BodyParent.objects.create(body=below, parent=later, started=day("2018"))
    nodes = str(drawn(tree.roots(list(tree_of(ecom)), TODAY)))
    assert "['+later', ['below']]" in nodes


def test_a_circle_of_parents_ends(ecom: WorkingGroup) -> None:
    BodyParent.objects.create(body=factories.root(ecom), parent=team_of(ecom), started=day("2018"))
    assert "coac" in str(drawn(tree.roots(list(tree_of(ecom)), TODAY)))


def test_the_page_says_to_whom_the_group_reports_and_from_when(signed_in: SignIn, ecom: WorkingGroup) -> None:
    said = words(main_of(signed_in(factories.member(team_of(ecom)))))
    assert "Reports to Trade Modernization Subcommittee since 2017, until October 3, 2018" in said
    assert "Will report to Next Generation Subcommittee from October 3, 2018" in said


def test_each_body_can_be_linked_to_once(signed_in: SignIn, ecom: WorkingGroup) -> None:
    html = main_of(signed_in(factories.member(team_of(ecom))))
    for key in Body.objects.filter(group=ecom).values_list("key", flat=True):
        assert html.count(f'id="{key}"') == 1


def test_later_the_page_says_to_whom_it_reported(signed_in: SignIn, ecom: WorkingGroup) -> None:
    clock.set_clock(to=datetime.fromisoformat("2018-10-04T09:00-04:00"))
    said = words(main_of(signed_in(factories.member(team_of(ecom)))))
    assert "Reported to Trade Modernization Subcommittee from 2017 until October 3, 2018" in said
    assert "Reports to Next Generation Subcommittee since October 3, 2018" in said


def test_the_page_tells_the_states_the_group_went_through(signed_in: SignIn, ecom: WorkingGroup) -> None:
    said = words(main_of(signed_in(factories.member(team_of(ecom)))))
    assert "Active from 2017 On hiatus from April 2018 Active since June 2018" in said


def test_each_team_shows_its_charge_its_lead_and_a_link(signed_in: SignIn, ecom: WorkingGroup) -> None:
    team = team_of(ecom)
    factories.member(team, factories.person(name="Lena Lead"), role=Role.LEAD)
    html = main_of(signed_in(factories.member(team)))
    assert f'href="/groups/ecom/teams/{team.key}/"' in html
    assert "Look after standards. Lead: Lena Lead · two people" in words(html)


def test_people_show_role_organization_affiliation_and_since_when(signed_in: SignIn, ecom: WorkingGroup) -> None:
    craft = factories.organization(name="Craft Goods", is_small_business=True)
    agency = factories.organization(name="The Agency", kind="agency")
    factories.member(team_of(ecom), factories.person(name="Sam Small", organization=craft), started=day("2018-03"))
    reviewer = factories.member(
        factories.root(ecom),
        factories.person(name="Rita Reviewer", organization=agency, government=True),
        role=Role.REVIEWER,
    )
    said = words(main_of(signed_in(reviewer)))
    assert "Sam Small Member, Team 1 Craft Goods Small business Trade March 2018" in said
    assert "Rita Reviewer CBP reviewer, Ecom Working Group The Agency Government 2017" in said


def test_who_has_left_or_is_not_yet_there_is_not_among_the_people(signed_in: SignIn, ecom: WorkingGroup) -> None:
    team = team_of(ecom)
    factories.member(team, factories.person(name="Gone Already"), ended=day("2018-07-20"))
    factories.member(team, factories.person(name="Here Until Tomorrow"), ended=day("2018-07-21"))
    factories.member(team, factories.person(name="Comes Later"), started=day("2018-08-01"))
    said = words(main_of(signed_in(factories.member(team))))
    assert "Gone Already" not in said
    assert "Comes Later" not in said
    assert "Here Until Tomorrow" in said


def test_people_are_found_by_team_and_by_a_part_of_a_name(signed_in: SignIn, ecom: WorkingGroup) -> None:
    team = team_of(ecom)
    factories.member(team, factories.person(name="Anna Able"))
    client = signed_in(factories.member(factories.root(ecom), factories.person(name="Bert Baker")))

    def people(query: str) -> str:
        return words(main_of(client, query)).partition("Show")[2]

    assert "Anna Able" in people("")
    assert "Bert Baker" not in people(f"?team={team.key}")
    assert "Anna Able" in people("?person=ABLE")
    assert "Bert Baker" not in people("?person=ABLE")
    assert "Nobody fits." in people("?person=nobody+at+all")
    assert "Nobody fits." in people("?team=no-such-team")


def test_an_outsider_finds_no_such_page(signed_in: SignIn, ecom: WorkingGroup) -> None:
    outsider = factories.member(factories.root(factories.group("other")))
    assert signed_in(outsider).get("/groups/ecom/").status_code == 404


def test_a_member_who_has_left_finds_no_such_page(signed_in: SignIn, ecom: WorkingGroup) -> None:
    former = factories.member(team_of(ecom), ended=day("2018-07-01"))
    assert signed_in(former).get("/groups/ecom/").status_code == 404


@pytest.mark.parametrize("is_admin", [False, True])
def test_the_number_of_queries_does_not_grow(signed_in: SignIn, ecom: WorkingGroup, is_admin: bool) -> None:
    client = signed_in(factories.member(team_of(ecom), factories.person(is_site_admin=is_admin)))

    def add(times: int) -> None:
        for _ in range(times):
            organization = factories.organization()
            factories.member(factories.team(ecom), factories.person(organization=organization))

    def queries() -> int:
        client.get("/groups/ecom/")  # the first page of a visit also notes the visit
        with CaptureQueriesContext(connection) as seen:
            assert client.get("/groups/ecom/").status_code == 200
        return len(seen)

    add(1)
    with_one = queries()
    add(9)
    assert queries() == with_one
    assert with_one <= MOST_QUERIES
