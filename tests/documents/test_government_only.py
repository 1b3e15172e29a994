"""A government-only document, and all that would give it away, on every page that could show it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.test import Client

from documents.consultations.selectors import consultations_visible_to
from documents.library.models import Document
from documents.library.selectors import documents_visible_to
from documents.papers.selectors import developments_visible_to
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from teams.history.selectors import recent_changes
from tests import factories as make

SignIn = Callable[[User], Client]
TODAY = date(2018, 7, 20)
SECRET = "Interagency position"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def pages(group: WorkingGroup) -> list[str]:
    """Every page that could show the document, its consultation or its development; each says SECRET to government."""
    meeting = make.meeting(group, key="october", starts=make.day("2018-07-24"))
    issuer = make.organization(key="secret-issuer", name=f"{SECRET} Office", kind="agency")
    secret = make.document(
        group, key="secret", title=SECRET, access=Document.Access.GOVERNMENT, issuer=issuer, meeting=meeting
    )
    asked = make.consultation(
        secret, make.root(group), title=f"{SECRET}: comments", for_meeting=meeting, closes_on=date(2018, 7, 27)
    )
    make.development(group, text=f"{SECRET} was agreed.", about_document=secret)
    return [
        "/groups/ecom/documents/",
        "/groups/ecom/documents/?q=interagency",
        "/groups/ecom/documents.csv",
        secret.get_absolute_url(),
        "/groups/ecom/consultations/",
        asked.get_absolute_url(),
        "/groups/ecom/developments/",
        "/groups/ecom/calendar/",
        "/groups/ecom/calendar/?view=list&days=all",
        meeting.get_absolute_url(),
    ]


def test_government_sees_it_on_every_page(group: WorkingGroup, pages: list[str], signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group), make.person(government=True)))
    answers = {page: client.get(page) for page in pages}
    assert {page for page, answer in answers.items() if SECRET not in answer.content.decode()} == set()


@pytest.mark.parametrize("role", Role.values)
def test_trade_sees_it_nowhere_whatever_the_role(
    group: WorkingGroup, pages: list[str], signed_in: SignIn, role: str
) -> None:
    client = signed_in(make.member(make.root(group), role=role))
    answers = {page: client.get(page) for page in pages}
    assert {page for page, answer in answers.items() if SECRET in answer.content.decode()} == set()
    hidden = {page for page, answer in answers.items() if answer.status_code == 404}
    assert hidden == {pages[3], pages[5]}, "the document's own page and its consultation's"


def test_an_administrator_from_the_trade_sees_it_nowhere(
    group: WorkingGroup, pages: list[str], signed_in: SignIn
) -> None:
    client = signed_in(make.person(is_site_admin=True))
    assert all(SECRET not in client.get(page).content.decode() for page in pages)


def test_the_facets_do_not_count_it_for_trade(group: WorkingGroup, pages: list[str], signed_in: SignIn) -> None:
    make.document(group, title="Open paper")
    page = signed_in(make.member(make.root(group))).get("/groups/ecom/documents/").content.decode()
    assert "Government only" not in page
    assert "secret-issuer" not in page
    assert "1 document<" in page
    answer = signed_in(make.member(make.root(group))).get("/groups/ecom/documents/?access=government")
    assert "No document that you may see fits this choice." in answer.content.decode()


def test_the_questions_hide_it(group: WorkingGroup, pages: list[str]) -> None:
    trade, federal = make.member(make.root(group)), make.member(make.root(group), make.person(government=True))
    for visible_to in (documents_visible_to, consultations_visible_to, developments_visible_to):
        assert not visible_to(trade, TODAY).exists()
        assert visible_to(federal, TODAY).count() == 1


def test_the_activity_feed_hides_it(group: WorkingGroup, pages: list[str]) -> None:
    trade, federal = make.member(make.root(group)), make.member(make.root(group), make.person(government=True))
    assert not any(SECRET in change.title for change in recent_changes(trade))
    assert sum(SECRET in change.title for change in recent_changes(federal)) == 3
