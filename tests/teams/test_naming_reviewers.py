"""CBP's reviewer is named by those who may vouch for the government: no chair of the trade names their counterpart."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from teams.accounts.models import User
from teams.bodies.invitations import services as invitations
from teams.bodies.memberships import services as memberships
from teams.bodies.models import Body, Invitation, Membership, Role
from tests import factories

TODAY = date(2018, 7, 20)
SignIn = Callable[[User], Client]


@pytest.fixture
def body(at_start: datetime) -> Body:
    return factories.root(factories.group("ecom"))


@pytest.fixture
def chair(body: Body) -> User:
    return factories.member(body, role=Role.CHAIR)


def reviewers(body: Body) -> int:
    return Membership.objects.filter(body=body, role=Role.REVIEWER).count()


def test_a_chair_of_the_trade_invites_none(body: Body, chair: User, signed_in: SignIn) -> None:
    with pytest.raises(invitations.MayNotGive):
        invitations.invite(by=chair, body=body, role=Role.REVIEWER, email="new@example.test", name="New")
    page = signed_in(chair).get("/groups/ecom/invitations/new/").content.decode()
    assert "CBP reviewer" not in page
    sent = {"email": "new@example.test", "name": "New", "body": body.key, "role": Role.REVIEWER}
    assert "Select a valid choice" in signed_in(chair).post("/groups/ecom/invitations/new/", sent).content.decode()
    assert not Invitation.objects.exists()


def test_a_chair_of_the_trade_makes_no_member_one(body: Body, chair: User, signed_in: SignIn) -> None:
    member = factories.member(body)
    with pytest.raises(memberships.MayNotGive):
        memberships.add(by=chair, body=body, person=member, role=Role.REVIEWER, on=TODAY, reason="Why not")
    held = Membership.objects.get(person=member)
    with pytest.raises(memberships.MayNotGive):
        memberships.change_role(by=chair, membership=held, role=Role.REVIEWER, on=TODAY, reason="Why not")
    sent = {"change": "role", "role": Role.REVIEWER, "on": "2018-07-20", "reason": "Why not"}
    answer = signed_in(chair).post(f"/groups/ecom/memberships/{held.pk}/", sent)
    assert "Select a valid choice" in answer.content.decode()
    assert reviewers(body) == 0


def test_a_new_term_makes_none_and_lets_the_one_there_is_go_on(body: Body, chair: User) -> None:
    factories.member(body, factories.person(government=True), role=Role.REVIEWER)
    factories.member(body)
    held = list(Membership.objects.filter(body=body))
    with pytest.raises(memberships.MayNotGive):
        memberships.begin_term(
            by=chair, body=body, on=TODAY, roles={each.pk: Role.REVIEWER for each in held}, reason="A new term"
        )
    begun = memberships.begin_term(
        by=chair, body=body, on=TODAY, roles={each.pk: each.role for each in held}, reason="A new term"
    )
    assert [each.role for each in begun].count(Role.REVIEWER) == 1


@pytest.mark.parametrize("who", [{"government": True}, {"is_site_admin": True}])
def test_the_government_and_administrators_name_one(body: Body, who: dict[str, bool]) -> None:
    by = factories.member(body, factories.person(**who), role=Role.CHAIR)
    official = factories.person(government=True)
    memberships.add(by=by, body=body, person=official, role=Role.REVIEWER, on=TODAY, reason="Follows the last one")
    assert reviewers(body) == 1
