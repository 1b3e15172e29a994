"""What passes to the stand-in, and when."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teams.accounts.models import User
from teams.bodies.absences import services
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.bodies.permissions import Action, standings
from teams.bodies.selectors import memberships_counting_for
from teams.clock import services as clock
from tests import factories
from tests.conftest import START
from tests.teams.absences.absent import LAST, TODAY, SignIn, away, chair_of, may_invite


@pytest.mark.parametrize(
    ("day", "passes"),
    [(TODAY - timedelta(days=1), False), (TODAY, True), (LAST, True), (LAST + timedelta(days=1), False)],
)
def test_a_role_passes_from_the_first_day_to_the_last(rosa: User, jordan: User, day: date, passes: bool) -> None:
    away(rosa, jordan)
    assert may_invite(jordan, day) is passes
    assert memberships_counting_for(jordan, day).filter(role=Role.CHAIR).exists() is passes
    assert may_invite(rosa, day)


def test_the_clock_alone_takes_it_back(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    client = signed_in(jordan)
    for moment, status in ((LAST.replace(day=3), 200), (LAST.replace(day=4), 403)):
        clock.set_clock(to=START.replace(month=8, day=moment.day, hour=0, minute=0))
        assert client.get("/groups/ecom/invitations/").status_code == status


def test_days_are_those_of_the_portals_clock_in_the_readers_zone(rosa: User, jordan: User, signed_in: SignIn) -> None:
    User.objects.filter(pk=jordan.pk).update(timezone="Pacific/Honolulu")
    away(rosa, jordan)
    client = signed_in(User.objects.get(pk=jordan.pk))
    clock.set_clock(to=datetime.fromisoformat("2018-08-04T05:59:00-04:00"))  # 23:59 on August 3 in Honolulu
    assert client.get("/groups/ecom/invitations/").status_code == 200
    clock.set_clock(to=datetime.fromisoformat("2018-08-04T06:00:00-04:00"))
    assert client.get("/groups/ecom/invitations/").status_code == 403


def test_with_no_role_chosen_reminders_alone_pass(rosa: User, jordan: User) -> None:
    away(rosa, jordan, lends=False)
    standing = standings(jordan, TODAY)["ecom"]
    assert not standing.may(Action.INVITE)
    assert [(each.name, each.until, each.roles) for each in standing.stands_in] == [("Rosa Alvarez", LAST, frozenset())]


def test_the_standing_knows_which_roles_are_lent(rosa: User, jordan: User, team: Body) -> None:
    away(rosa, jordan)
    standing = standings(jordan, TODAY)["ecom"]
    lent = (chair_of(rosa).body_id, Role.CHAIR.value)
    assert standing.held == {(team.pk, Role.MEMBER)}
    assert standing.counting == {*standing.held, lent}
    assert standing.stands_in[0].roles == {lent}
    acts_for = standing.acts_for(Action.INVITE)
    assert acts_for is not None
    assert acts_for.person == rosa.pk
    assert standing.acts_for(Action.READ_GROUP) is None
    assert not standing.may_by_own_role(Action.INVITE)


def test_it_holds_only_while_the_lender_holds_the_role(rosa: User, jordan: User) -> None:
    away(rosa, jordan)
    Membership.objects.filter(pk=chair_of(rosa).pk).update(ended=factories.day("2018-07-25"))
    assert may_invite(jordan, date(2018, 7, 24))
    assert not may_invite(jordan, date(2018, 7, 25))
    assert not memberships_counting_for(jordan, date(2018, 7, 25)).filter(role=Role.CHAIR).exists()


def test_it_lets_nobody_in_whose_own_membership_ended(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    Membership.objects.filter(person=jordan).update(ended=factories.day("2018-07-20"))
    assert standings(jordan, TODAY) == {}
    assert not memberships_counting_for(jordan, TODAY).exists()
    assert signed_in(jordan).get("/groups/ecom/").status_code == 404


def test_what_is_lent_is_not_passed_on(rosa: User, jordan: User, team: Body) -> None:
    third = factories.member(team)
    away(rosa, jordan)
    with pytest.raises(services.NotTheirRole):
        away(rosa, third, person=jordan, by=jordan)
    factories.absence(jordan, third, team.group, chair_of(rosa))  # as if a row were written by hand
    assert not may_invite(third)
    assert not memberships_counting_for(third, TODAY).filter(role=Role.CHAIR).exists()


def test_an_administrators_standing_never_passes(rosa: User, jordan: User) -> None:
    User.objects.filter(pk=rosa.pk).update(is_site_admin=True)
    away(rosa, jordan)
    standing = standings(jordan, TODAY)["ecom"]
    assert not standing.may(Action.RECERTIFY_ACCESS)
    assert "administrator" not in standing.roles


@pytest.mark.parametrize("is_government", [True, False])
def test_a_reviewers_role_passes_to_people_of_the_government_alone(group: WorkingGroup, is_government: bool) -> None:
    reviewer = factories.member(factories.root(group), factories.person(government=True), role=Role.REVIEWER)
    other = factories.member(factories.root(group), factories.person(government=is_government), role=Role.OBSERVER)
    role = Membership.objects.get(person=reviewer)
    ask: dict[str, Any] = {"by": reviewer, "person": reviewer, "group": group, "stand_in": other, "roles": [role]}
    if not is_government:
        with pytest.raises(services.OnlyForGovernment):
            services.set_absence(**ask, first_day=TODAY, last_day=LAST)
        factories.absence(reviewer, other, group, role)  # as if a row were written by hand
        assert not standings(other, TODAY)["ecom"].may(Action.READ_LEDGER)
        return
    services.set_absence(**ask, first_day=TODAY, last_day=LAST)
    assert standings(other, TODAY)["ecom"].may(Action.READ_LEDGER)
    User.objects.filter(pk=other.pk).update(affiliation=User.Affiliation.TRADE)
    assert not standings(User.objects.get(pk=other.pk), TODAY)["ecom"].may(Action.READ_LEDGER)


def test_government_only_content_stays_with_the_eyes_that_read_it(group: WorkingGroup, signed_in: SignIn) -> None:
    agency = factories.member(factories.root(group), factories.person(government=True), role=Role.CHAIR)
    trade = factories.member(factories.root(group))
    factories.document(group, key="inside", access="government", title="For the government alone")
    factories.absence(agency, trade, group, Membership.objects.get(person=agency))
    client = signed_in(trade)
    assert client.get("/groups/ecom/invitations/").status_code == 200
    assert client.get("/groups/ecom/documents/inside/").status_code == 404
    for page in ("/", "/groups/ecom/documents/", "/search/?q=government", "/groups/ecom/activity/"):
        assert "For the government alone" not in client.get(page).content.decode()


def test_a_draft_meeting_shows_to_the_stand_in_of_its_reader(rosa: User, jordan: User, signed_in: SignIn) -> None:
    factories.meeting(chair_of(rosa).body.group, key="draft", state="draft", title="Not said yet")
    client = signed_in(jordan)
    assert client.get("/groups/ecom/meetings/draft/").status_code == 404
    away(rosa, jordan)
    assert client.get("/groups/ecom/meetings/draft/").status_code == 200


def test_standings_take_as_many_queries_as_without_absences(rosa: User, jordan: User, team: Body) -> None:
    with CaptureQueriesContext(connection) as before:
        standings(jordan, TODAY)
    away(rosa, jordan)
    for _ in range(5):
        other = factories.member(team)
        factories.absence(other, jordan, team.group, Membership.objects.get(person=other))
    with CaptureQueriesContext(connection) as after:
        assert len(standings(jordan, TODAY)["ecom"].stands_in) == 6
    assert len(before) == len(after) == 1
