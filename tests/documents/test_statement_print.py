"""What the pages of the statement of work say of who brought a version into force, on the screen and on paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement import selectors, services
from documents.statement.models import StatementVersion
from teams.accounts.models import User
from teams.bodies.models import Role
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
STYLES = Path(__file__).resolve().parents[2] / "static" / "css"


@pytest.fixture
def adopted(at_start: datetime) -> StatementVersion:
    """Version 1.1, which a chair and a reviewer agreed to."""
    root = make.root(make.group("ecom"))
    (first,) = make.statement(root, ("1.0", "2017", [("1", "Background", "How it began.")]))
    proposer = make.person(name="Ada Admin", is_site_admin=True)
    draft = services.start_draft(by=proposer, statement=first.statement, title="Next")
    services.edit_clause(
        by=proposer, clause=draft.clauses.get(), heading="Background", text="How all began.", seen_revision=1
    )
    proposal = services.propose(
        by=proposer,
        draft=draft,
        number="1.1",
        summary="All.",
        closes_on=date(2018, 8, 1),
        effective_on=date(2018, 8, 1),
    )
    for name, role in (("Carl Chair", Role.CHAIR), ("Rita Reviewer", Role.REVIEWER)):
        person = make.member(root, make.person(name=name), role=role)
        services.take_position(by=person, proposal=proposal, role=role, stand="agree")
    return services.adopt(by=make.person(name="Bo Admin", is_site_admin=True), proposal=proposal)


@pytest.fixture
def reader(adopted: StatementVersion, signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(adopted.statement.group)))


def test_a_version_and_a_comparison_say_who_proposed_agreed_and_adopted(
    adopted: StatementVersion, reader: Client
) -> None:
    said = (
        "Proposed by Ada Admin (Administrator) on July 20, 2018"
        " Agreed by Carl Chair (Chair) on July 20, 2018"
        " Agreed by Rita Reviewer (CBP reviewer) on July 20, 2018"
        " Adopted by Bo Admin (Administrator) on July 20, 2018"
    )
    assert said in words_of(reader.get(f"{STATEMENT}1.1/"))
    assert said in words_of(reader.get(f"{STATEMENT}compare/?from=1.0&to=1.1"))
    # A version of the group's file has no signatures, and says nothing of any.
    assert "brought it into force" not in words_of(reader.get(f"{STATEMENT}1.0/"))


def test_what_is_at_hand_is_what_is_asked_for_one_by_one_and_takes_no_query(
    adopted: StatementVersion, reader: Client
) -> None:
    versions = selectors.versions_of(make.person(is_site_admin=True), adopted.statement.group, date(2018, 8, 2))
    with CaptureQueriesContext(connection) as queries:
        at_hand = [selectors.signatures_at_hand(version) for version in versions]
    assert len(queries) == 0
    asked = [selectors.signatures_of(version) for version in versions]
    assert [[(each.deed, each.person.name, each.role, each.at, each.reason) for each in of] for of in at_hand] == [
        [(each.deed, each.person.name, each.role, each.at, each.reason) for each in of] for of in asked
    ]


def test_what_leads_elsewhere_stays_off_the_paper(adopted: StatementVersion, reader: Client) -> None:
    paper = (STYLES / "print.css").read_text(encoding="utf-8")
    assert ".skip-print,\n.portal-footer {\n  display: none !important;" in paper
    page = reader.get(f"{STATEMENT}1.1/").content.decode()
    assert '<section class="skip-print" aria-labelledby="versions">' in page
