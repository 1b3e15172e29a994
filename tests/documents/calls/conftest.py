"""A group whose chair and reviewer are asked to agree to a version."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from pytest_django import Settings

from documents.statement import services
from documents.statement.models import Draft, DraftClause, Proposal
from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from tests import factories as make
from tests import outbox
from tests.documents.calls.calling import Propose


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    reminders.set_default_rules(group=made)
    make.statement(make.root(made), ("1.0", "2018-03", [("1", "Maps", "Draw maps.")]))
    return made


@pytest.fixture
def admin() -> User:
    return make.person(name="Ada", is_site_admin=True)


@pytest.fixture
def other_admin() -> User:
    return make.person(name="Otto", is_site_admin=True)


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Cleo", email="cleo@example.test"), role=Role.CHAIR)


@pytest.fixture
def reviewer(group: WorkingGroup) -> User:
    person = make.person(name="Ray", email="ray@example.test", government=True)
    return make.member(make.root(group), person, role=Role.REVIEWER)


@pytest.fixture
def member(group: WorkingGroup) -> User:
    return make.member(make.team(group), make.person(name="Mel", email="mel@example.test"))


@pytest.fixture
def propose(group: WorkingGroup, admin: User) -> Propose:
    """Makes a draft that changes a clause, and proposes it, with answers asked until August 3, 2018."""
    draft = services.start_draft(by=admin, statement=group.statements.get(), title="Say what maps show")
    row = DraftClause.objects.get(draft=draft)
    services.edit_clause(by=admin, clause=row, heading="Maps", text="Draw maps of each step.", seen_revision=1)

    def make_it(closes_on: str = "2018-08-03") -> Proposal:
        return services.propose(
            by=admin,
            draft=Draft.objects.get(pk=draft.pk),
            number="1.1",
            summary="Maps of each <step>.",
            closes_on=date.fromisoformat(closes_on),
            effective_on=date(2018, 9, 15),
        )

    return make_it
