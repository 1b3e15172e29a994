"""A deliverable's owner: who may set it, and what it allows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from milestones.work import services
from milestones.work.models import Deliverable, State
from teams.accounts.models import User
from teams.bodies.models import Body, Role
from tests import factories as make
from tests.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_start")]
SignIn = Callable[[User], Client]


@pytest.fixture
def team() -> Body:
    group = make.group("ecom")
    make.root(group)
    return make.team(group)


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, role=Role.LEAD)


@pytest.fixture
def owner(team: Body) -> User:
    return make.member(team, make.person(name="Olga Owner"))


@pytest.fixture
def owed(team: Body, owner: User) -> Deliverable:
    return make.deliverable(team, key="maps", title="Process maps", owner=owner)


def page_of(client: Client, owed: Deliverable) -> str:
    return words_of(client.get(f"/groups/ecom/deliverables/{owed.key}/"))


def test_the_lead_sets_it_where_it_is_added(team: Body, lead: User, owner: User, signed_in: SignIn) -> None:
    sent = {
        "title": "Guide",
        "kind": "report",
        "due": "2018-12-01",
        "token": "0123abcd",
        "owner": owner.pk,
        "strategy_goal": "",
    }
    client = signed_in(lead)
    client.post(f"/groups/ecom/teams/{team.key}/deliverables/new/", sent)
    made = Deliverable.objects.get(title="Guide")
    assert made.owner == owner
    page = page_of(client, made)
    assert "Owner Olga Owner" in page
    assert "owned by Olga Owner." in page


def test_the_lead_changes_it_and_the_history_says_so(
    owed: Deliverable, lead: User, team: Body, signed_in: SignIn
) -> None:
    client, heir = signed_in(lead), make.member(team, make.person(name="Hugo Heir"))
    sent = {"change": "words", "revision": 1, "title": owed.title, "kind": owed.kind, "strategy_goal": ""}
    client.post("/groups/ecom/deliverables/maps/", {**sent, "owner": heir.pk})
    page = page_of(client, owed)
    assert "Owner changed from Olga Owner to Hugo Heir." in page
    client.post("/groups/ecom/deliverables/maps/", {**sent, "revision": 2, "owner": ""})
    assert "Owner changed from Hugo Heir to nobody." in page_of(client, owed)


def test_who_is_not_in_the_group_cannot_own_it(owed: Deliverable, lead: User, owner: User) -> None:
    stranger = make.member(make.team(make.group("other")))

    def give(to: User) -> Deliverable:
        return services.change_deliverable(
            by=lead, deliverable=owed, title="Maps", kind=owed.kind, strategy_goal=None, owner=to
        )

    with pytest.raises(services.NotInTheGroup):
        give(stranger)
    owner.memberships.all().delete()
    assert give(owner).owner == owner


def test_without_milestones_the_owner_hands_it_in_and_moves_it(
    owed: Deliverable, owner: User, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    assert "Another due date" in page_of(client, owed)
    sent = {"change": "due", "revision": 1, "due": "2018-12-01", "reason": "Data came late"}
    client.post("/groups/ecom/deliverables/maps/", sent)
    sent = {"change": "hand_in", "revision": 2, "done": "Drawn", "evidence": ""}
    client.post("/groups/ecom/deliverables/maps/", sent)
    owed.refresh_from_db()
    assert (owed.due, owed.state, owed.handed_in_by) == (make.day("2018-12-01"), State.HANDED_IN, owner)


def test_with_milestones_its_state_and_date_are_not_the_owners(
    owed: Deliverable, owner: User, signed_in: SignIn
) -> None:
    make.milestone(owed)
    client = signed_in(owner)
    assert "Another due date" not in page_of(client, owed)
    sent = {"change": "due", "revision": 1, "due": "2018-12-01", "reason": "Data came late"}
    assert client.post("/groups/ecom/deliverables/maps/", sent).status_code == 403
    with pytest.raises(services.NotYours):
        services.move_deliverable_due(by=owner, deliverable=owed, due=make.day("2018-12-01"), reason="Late")


def test_a_date_sent_after_it_was_accepted_is_answered_with_what_happened(
    owed: Deliverable, owner: User, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    page_of(client, owed)
    chair = make.member(make.root(owed.group), role=Role.CHAIR)
    services.hand_in(by=owner, owed=owed, done="Drawn")
    services.accept(by=chair, owed=owed)
    sent = {"change": "due", "revision": 1, "due": "2018-12-01", "reason": "Data came late"}
    answer = words_of(client.post("/groups/ecom/deliverables/maps/", sent))
    assert "It was changed after you opened the page, so nothing was done." in answer
    assert "Data came late" in client.post("/groups/ecom/deliverables/maps/", sent).content.decode()


def test_another_member_may_neither_hand_it_in_nor_move_it(owed: Deliverable, team: Body) -> None:
    other = make.member(team)
    with pytest.raises(services.NotYours):
        services.hand_in(by=other, owed=owed, done="Drawn")
    with pytest.raises(services.NotYours):
        services.move_deliverable_due(by=other, deliverable=owed, due=make.day("2018-12-01"), reason="Late")


def test_nobody_accepts_what_they_own(team: Body, lead: User) -> None:
    chair, other = (make.member(make.root(team.group), role=Role.CHAIR) for _ in "ab")
    owed = make.deliverable(team, owner=chair)
    services.hand_in(by=lead, owed=owed, done="Drawn")
    with pytest.raises(services.NotYours):
        services.accept(by=chair, owed=owed)
    assert services.accept(by=other, owed=owed).state == State.ACCEPTED
