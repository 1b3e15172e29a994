"""Memberships: who keeps them, how they begin and end, a new term, and that the clock alone closes what has ended."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teams.accounts.models import User
from teams.bodies.memberships import selectors, services
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.clock import services as clock
from tests import factories
from tests.conftest import START
from tests.pages import words_of

TODAY, TOMORROW = date(2018, 7, 20), date(2018, 7, 21)
WHY = "The term is over."
SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def administrator(group: WorkingGroup) -> User:
    return factories.person(is_site_admin=True)


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return factories.member(factories.root(group), role=Role.CHAIR)


def held(person: User, body: Body) -> Membership:
    return Membership.objects.get(person=person, body=body, ended__isnull=True)


def last_event_of(membership: Membership) -> Any:
    """The last event of its history, with its context."""
    events = Membership.pgh_event_model.objects.filter(pgh_obj_id=membership.pk)  # type: ignore[attr-defined]
    return events.select_related("pgh_context").latest("pgh_id")


def test_a_new_membership_opens_the_group_from_its_day_on(
    group: WorkingGroup, administrator: User, signed_in: SignIn
) -> None:
    person = factories.person()
    services.add(by=administrator, body=factories.root(group), person=person, role=Role.MEMBER, on=TOMORROW, reason=WHY)
    assert signed_in(person).get("/groups/ecom/").status_code == 404
    clock.set_clock(to=START.replace(day=21))
    assert signed_in(person).get("/groups/ecom/").status_code == 200


def test_what_has_ended_is_closed_by_the_clock_alone(
    group: WorkingGroup, administrator: User, signed_in: SignIn
) -> None:
    person = factories.member(factories.team(group))
    membership = person.memberships.get()
    services.end(by=administrator, membership=membership, on=date(2018, 8, 1), reason=WHY)
    client = signed_in(person)
    clock.set_clock(to=START.replace(day=31, hour=23, minute=59))
    assert client.get("/groups/ecom/").status_code == 200
    clock.set_clock(to=START.replace(month=8, day=1, hour=0, minute=0))
    assert client.get("/groups/ecom/").status_code == 404


def test_the_history_has_the_person_and_the_reason(group: WorkingGroup, administrator: User) -> None:
    membership = factories.member(factories.team(group)).memberships.get()
    services.end(by=administrator, membership=membership, on=TODAY, reason=WHY)
    event = last_event_of(membership)
    assert event.pgh_label == "update"
    context = event.pgh_context.metadata
    assert (context["user"], context["reason"]) == (administrator.pk, WHY)


def test_a_role_is_given_once(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    person = factories.member(team)
    for on in (TODAY, date(2010, 1, 1), date(2030, 1, 1)):
        with pytest.raises(services.AlreadyHeld):
            services.add(by=administrator, body=team, person=person, role=Role.MEMBER, on=on, reason=WHY)
    services.add(by=administrator, body=team, person=person, role=Role.ALTERNATE, on=TODAY, reason=WHY)
    assert person.memberships.count() == 2


def test_someone_whose_membership_ended_can_come_back(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    person = factories.member(team, ended=factories.day("2018-02-01"))
    services.add(by=administrator, body=team, person=person, role=Role.MEMBER, on=TODAY, reason=WHY)
    assert [each.holds_on(TODAY) for each in person.memberships.order_by("id")] == [False, True]


def test_an_end_that_has_passed_stays(group: WorkingGroup, administrator: User) -> None:
    membership = factories.member(factories.team(group), ended=factories.day("2018-07-20")).memberships.get()
    with pytest.raises(services.AlreadyEnded):
        services.end(by=administrator, membership=membership, on=date(2019, 1, 1), reason=WHY)


def test_an_end_to_come_can_be_moved(group: WorkingGroup, administrator: User) -> None:
    membership = factories.member(factories.team(group), ended=factories.day("2018-12-31")).memberships.get()
    services.end(by=administrator, membership=membership, on=TODAY, reason=WHY)
    assert not Membership.objects.get(pk=membership.pk).holds_on(TODAY)


@pytest.mark.parametrize(("started", "on"), [("2018-07-21", TODAY), ("2018-08", date(2018, 7, 31))])
def test_nothing_ends_before_it_begins(group: WorkingGroup, administrator: User, started: str, on: date) -> None:
    membership = factories.member(factories.team(group), started=factories.day(started)).memberships.get()
    with pytest.raises(services.EndsBeforeItStarts):
        services.end(by=administrator, membership=membership, on=on, reason=WHY)


@pytest.mark.parametrize("started", ["2018-07-20", "2018-07", "2018"])
def test_what_begins_and_ends_on_one_day_never_held(group: WorkingGroup, administrator: User, started: str) -> None:
    first = factories.day(started)
    membership = factories.member(factories.team(group), started=first).memberships.get()
    services.end(by=administrator, membership=membership, on=first.first, reason=WHY)
    found = Membership.objects.get(pk=membership.pk)
    assert not found.holds_on(first.first)
    assert not Membership.objects.filter(Membership.holding(first.first), pk=found.pk).exists()


def test_another_role_follows_without_a_gap(group: WorkingGroup, administrator: User) -> None:
    membership = factories.member(factories.team(group)).memberships.get()
    new = services.change_role(by=administrator, membership=membership, role=Role.LEAD, on=TOMORROW, reason=WHY)
    old = Membership.objects.get(pk=membership.pk)
    assert [(old.holds_on(day), new.holds_on(day)) for day in (TODAY, TOMORROW)] == [(True, False), (False, True)]
    assert (new.role, new.person) == (Role.LEAD, membership.person)


def test_a_role_that_is_held_is_no_other_role_and_nothing_is_written(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    person = factories.member(team)
    factories.member(team, person, role=Role.LEAD)
    membership = person.memberships.get(role=Role.MEMBER)
    for role in (Role.MEMBER, Role.LEAD):
        with pytest.raises(services.AlreadyHeld):
            services.change_role(by=administrator, membership=membership, role=role, on=TODAY, reason=WHY)
    assert Membership.objects.filter(person=person, ended__isnull=True).count() == 2


def test_a_new_term_ends_all_and_begins_the_chosen(group: WorkingGroup, administrator: User) -> None:
    team, other = factories.team(group), factories.team(group)
    stays, rises, leaves, left = (factories.member(team) for _ in range(4))
    Membership.objects.filter(person=left).update(ended=factories.day("2018-05-01"))
    elsewhere = factories.member(other)
    roles = {held(stays, team).pk: Role.MEMBER, held(rises, team).pk: Role.LEAD, held(leaves, team).pk: ""}
    services.begin_term(by=administrator, body=team, on=TOMORROW, roles=roles, reason=WHY)
    now = {(each.person, each.role) for each in Membership.objects.filter(Membership.holding(TODAY), body=team)}
    then = {(each.person, each.role) for each in Membership.objects.filter(Membership.holding(TOMORROW), body=team)}
    assert now == {(stays, Role.MEMBER), (rises, Role.MEMBER), (leaves, Role.MEMBER)}
    assert then == {(stays, Role.MEMBER), (rises, Role.LEAD)}
    assert held(elsewhere, other).started == factories.day("2017")


def test_a_new_term_is_refused_when_the_list_has_changed(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    seen = held(factories.member(team), team)
    factories.member(team)
    with pytest.raises(services.ListChanged):
        services.begin_term(by=administrator, body=team, on=TODAY, roles={seen.pk: ""}, reason=WHY)
    assert Membership.objects.filter(body=team, ended__isnull=True).count() == 2


def test_a_new_term_is_all_or_nothing(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    early = held(factories.member(team), team)
    late = held(factories.member(team, started=factories.day("2018-09-01")), team)
    with pytest.raises(services.EndsBeforeItStarts):
        services.begin_term(by=administrator, body=team, on=TODAY, roles={early.pk: "", late.pk: ""}, reason=WHY)
    assert Membership.objects.filter(body=team, ended__isnull=True).count() == 2


def test_a_chair_adds_people_known_to_the_group_alone(group: WorkingGroup, chair: User, administrator: User) -> None:
    bodies = [factories.root(group), factories.team(group)]
    known = factories.member(bodies[1], ended=factories.day("2018-01-01"))
    stranger = factories.member(factories.root(factories.group("other")))
    closed = factories.member(bodies[1], factories.person(is_active=False))
    assert set(selectors.people_to_add(chair, bodies)) == {chair, known}
    assert {known, stranger} <= set(selectors.people_to_add(administrator, bodies))
    assert closed not in selectors.people_to_add(administrator, bodies)


# --- Pages -----------------------------------------------------------------------------------------------------------
def test_the_list_says_who_has_what_since_when_and_when_they_were_here(
    group: WorkingGroup, administrator: User, signed_in: SignIn
) -> None:
    person = factories.member(factories.team(group, number=1), factories.person(name="Ana Lopez"), role=Role.LEAD)
    factories.member(factories.root(group), factories.person(name="Former One"), ended=factories.day("2018-06-01"))
    signed_in(person).get("/")
    page = words_of(signed_in(administrator).get("/groups/ecom/memberships/"))
    assert "Ana Lopez" in page
    assert "Lead, Team 1" in page
    assert "Fri, Jul 20, 2018" in page
    assert "Former One" not in page
    assert "Former One" in words_of(signed_in(administrator).get("/groups/ecom/memberships/?state=ended"))
    assert "Ana Lopez" not in words_of(signed_in(administrator).get("/groups/ecom/memberships/?q=former&state=all"))


def test_the_pages_add_change_and_end(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    person, client = factories.person(), signed_in(administrator)
    team = factories.team(group)
    new = {"person": person.pk, "body": team.key, "role": "member", "on": "2018-07-20", "reason": WHY}
    assert client.post("/groups/ecom/memberships/new/", new).status_code == 302
    first = held(person, team)
    page = f"/groups/ecom/memberships/{first.pk}/"
    change = {"change": "role", "role": "lead", "on": "2018-08-01", "reason": WHY}
    assert client.post(page, change).status_code == 302
    lead = held(person, team)
    assert (lead.role, lead.started) == ("lead", factories.day("2018-08-01"))
    ending = {"change": "end", "on": "2018-09-01", "reason": WHY}
    assert client.post(f"/groups/ecom/memberships/{lead.pk}/", ending).status_code == 302
    assert not Membership.objects.filter(person=person, ended__isnull=True).exists()


def test_what_is_wrong_is_said_and_nothing_is_written(
    group: WorkingGroup, administrator: User, signed_in: SignIn
) -> None:
    team = factories.team(group)
    membership = held(factories.member(team), team)
    client, page = signed_in(administrator), f"/groups/ecom/memberships/{membership.pk}/"
    for change in (
        {"change": "end", "on": "2018-07-20", "reason": ""},
        {"change": "end", "on": "2016-01-01", "reason": WHY},
        {"change": "end", "on": "9999-12-31", "reason": WHY},
        {"change": "role", "role": "member", "on": "2018-07-20", "reason": WHY},
        {"change": "role", "role": "king", "on": "2018-07-20", "reason": WHY},
    ):
        answer = client.post(page, change)
        assert answer.status_code == 200
        assert "There is a problem" in words_of(answer)
    assert client.post(page, {}).status_code == 200
    assert held(membership.person, team) == membership


def test_a_new_term_by_its_page(group: WorkingGroup, chair: User, signed_in: SignIn) -> None:
    team = factories.team(group)
    stays, leaves = held(factories.member(team), team), held(factories.member(team), team)
    page = f"/groups/ecom/memberships/terms/{team.key}/"
    given = {"on": "2018-07-21", "reason": WHY, f"role-{stays.pk}": "member", f"role-{leaves.pk}": "ends"}
    assert signed_in(chair).post(page, given).status_code == 302
    holding = Membership.objects.filter(Membership.holding(TOMORROW), body=team)
    assert [each.person for each in holding] == [stays.person]


def test_the_chair_of_a_team_keeps_that_team_alone(group: WorkingGroup, signed_in: SignIn) -> None:
    mine, other = factories.team(group), factories.team(group)
    chair = factories.member(mine, role=Role.CHAIR)
    theirs = held(factories.member(other), other)
    client = signed_in(chair)
    assert theirs.person.name not in words_of(client.get("/groups/ecom/memberships/?state=all"))
    assert client.get(f"/groups/ecom/memberships/{theirs.pk}/").status_code == 404
    assert client.get(f"/groups/ecom/memberships/terms/{other.key}/").status_code == 403
    assert client.get(f"/groups/ecom/memberships/terms/{mine.key}/").status_code == 200
    ending = {"change": "end", "on": "2018-07-20", "reason": WHY}
    assert client.post(f"/groups/ecom/memberships/{theirs.pk}/", ending).status_code == 404
    giving = {"person": chair.pk, "body": other.key, "role": "chair", "on": "2018-07-20", "reason": WHY}
    assert client.post("/groups/ecom/memberships/new/", giving).status_code == 200
    assert not Membership.objects.filter(person=chair, body=other).exists()


def test_members_and_leads_keep_nothing(group: WorkingGroup, signed_in: SignIn) -> None:
    team = factories.team(group)
    for role in (Role.MEMBER, Role.LEAD, Role.REVIEWER, Role.OBSERVER, Role.ALTERNATE):
        person = factories.member(team, role=role)
        client = signed_in(person)
        assert client.get("/groups/ecom/memberships/").status_code == 403, role
        assert client.post(f"/groups/ecom/memberships/{person.memberships.get().pk}/", {}).status_code == 403


def test_another_groups_membership_is_not_found(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    other = factories.root(factories.group("other"))
    theirs = held(factories.member(other), other)
    assert signed_in(administrator).get(f"/groups/ecom/memberships/{theirs.pk}/").status_code == 404


@pytest.mark.parametrize("page", ["/groups/ecom/memberships/", "/groups/ecom/memberships/new/", "term"])
def test_queries_do_not_grow_with_the_rows(group: WorkingGroup, chair: User, signed_in: SignIn, page: str) -> None:
    team = factories.team(group)
    address = f"/groups/ecom/memberships/terms/{team.key}/" if page == "term" else page
    client = signed_in(chair)
    client.get("/")
    counts = []
    for more in (1, 9):
        for _ in range(more):
            factories.member(team, factories.person(organization=factories.organization()))
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
