"""Why can this person see this? The rule and the membership, or the reason for refusal, as the page itself decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from documents.library.models import Document
from milestones.meetings.models import Meeting
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from tests import factories
from tests.pages import words_of

SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def asked(group: WorkingGroup, signed_in: SignIn) -> Callable[..., str]:
    """What an administrator of the government is told about an object and a person."""
    administrator = factories.person(is_site_admin=True, government=True)

    def ask(kind: str, key: str, person: User) -> str:
        client = signed_in(administrator)
        return words_of(client.get(reverse("why", args=["ecom", kind, key]), {"person": person.pk}))

    return ask


def test_the_membership_that_shows_it_is_named(group: WorkingGroup, asked: Callable[..., str]) -> None:
    factories.document(group, key="paper")
    person = factories.member(factories.team(group, number=1), factories.person(name="Ana Lopez"), role=Role.LEAD)
    said = asked("document", "paper", person)
    assert "Ana Lopez sees it" in said
    assert "Lead of Team 1 , from 2017" in said or "Lead of Team 1, from 2017" in said
    assert "may read the group's pages" in said


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"ended": "2018-07-20"}, "Every membership of the person in this group has ended."),
        ({"started": "2018-08-01"}, "The person’s membership in this group has not begun yet."),
        (None, "The person never had a role in this group"),
    ],
)
def test_who_is_outside_is_told_from_who_was_or_will_be_inside(
    group: WorkingGroup, asked: Callable[..., str], fields: dict[str, str] | None, reason: str
) -> None:
    factories.document(group, key="paper")
    person = factories.person()
    if fields is not None:
        dates: dict[str, Any] = {name: factories.day(text) for name, text in fields.items()}
        factories.member(factories.root(group), person, **dates)
    said = asked("document", "paper", person)
    assert f"{person.name} does not see it" in said
    assert reason in said


def test_a_government_only_document_goes_by_whom_one_works_for(group: WorkingGroup, asked: Callable[..., str]) -> None:
    document = factories.document(group, key="inside", access=Document.Access.GOVERNMENT)
    factories.consultation(document, key="comments")
    trade = factories.member(factories.root(group), role=Role.CHAIR)
    agency = factories.member(factories.root(group), factories.person(government=True), role=Role.OBSERVER)
    for kind, key in (("document", "inside"), ("consultation", "comments")):
        assert "does not see it" in (said := asked(kind, key, trade))
        assert "of the government alone; this person works for the trade" in said
        assert f"{agency.name} sees it" in asked(kind, key, agency)


def test_a_draft_goes_by_the_role(group: WorkingGroup, asked: Callable[..., str]) -> None:
    factories.meeting(group, key="call", state=Meeting.State.DRAFT)
    member = factories.member(factories.root(group))
    chair = factories.member(factories.root(group), role=Role.CHAIR)
    said = asked("meeting", "call", member)
    assert "does not see it" in said
    assert "still a draft, which is shown to these roles alone: administrator, chair, lead" in said
    assert f"{chair.name} sees it" in asked("meeting", "call", chair)


def test_closed_accounts_and_administrators(group: WorkingGroup, asked: Callable[..., str]) -> None:
    team = factories.team(group, key="team-x")
    closed = factories.member(team, factories.person(is_active=False))
    assert "The account is closed" in asked("team", "team-x", closed)
    assert "Administrators of the portal enter every group." in asked(
        "team", "team-x", factories.person(is_site_admin=True)
    )


def test_only_administrators_ask_and_only_of_what_they_see_themselves(group: WorkingGroup, signed_in: SignIn) -> None:
    factories.document(group, key="inside", access=Document.Access.GOVERNMENT)
    factories.document(group, key="paper")
    address = reverse("why", args=["ecom", "document", "paper"])
    assert signed_in(factories.member(factories.root(group), role=Role.CHAIR)).get(address).status_code == 403
    client = signed_in(factories.person(is_site_admin=True))
    assert client.get(address).status_code == 200
    for kind, key in (("document", "inside"), ("document", "nothing"), ("notice", "paper"), ("team", "ecom")):
        assert client.get(reverse("why", args=["ecom", kind, key])).status_code == 404, (kind, key)


def test_the_objects_page_leads_there_and_people_are_found(group: WorkingGroup, signed_in: SignIn) -> None:
    document = factories.document(group, key="paper")
    factories.member(factories.root(group), factories.person(name="Ana Lopez"))
    address = reverse("why", args=["ecom", "document", "paper"])
    client = signed_in(factories.person(is_site_admin=True))
    page = reverse("library:document", args=["ecom", document.key])
    assert address in client.get(page).content.decode()
    assert "Ana Lopez" in words_of(client.get(address, {"q": "lopez"}))
    assert "Nobody fits" in words_of(client.get(address, {"q": "nobody of this name"}))
    for odd in ("x", "-1", "9" * 30, "²"):
        assert client.get(address, {"person": odd}).status_code == 200
    member = signed_in(factories.member(factories.root(group)))
    assert address not in member.get(page).content.decode()


def test_it_takes_few_queries(group: WorkingGroup, signed_in: SignIn) -> None:
    factories.document(group, key="paper")
    person = factories.member(factories.root(group))
    for _ in range(5):
        factories.member(factories.team(group), person)
    client = signed_in(factories.person(is_site_admin=True))
    client.get("/")
    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("why", args=["ecom", "document", "paper"]), {"person": person.pk})
    assert len(queries) <= 12
