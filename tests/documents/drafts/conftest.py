"""A group with a statement of work in force, a draft of the next version, and who works on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from documents.statement import services
from documents.statement.models import Draft, StatementVersion
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from tests import factories as make
from tests.documents.drafts.pages import CLAUSES

SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def version(group: WorkingGroup) -> StatementVersion:
    return make.statement(make.root(group), ("1.0", "2017", CLAUSES))[0]


@pytest.fixture
def administrator(group: WorkingGroup) -> User:
    return make.person(name="Ada Admin", is_site_admin=True)


@pytest.fixture
def rosa(group: WorkingGroup) -> User:
    return make.person(name="Rosa Sample", is_site_admin=True)


@pytest.fixture
def draft(version: StatementVersion, administrator: User) -> Draft:
    return services.start_draft(by=administrator, statement=version.statement, title="Process maps for the pilot")


@pytest.fixture
def editor(administrator: User, signed_in: SignIn) -> Client:
    return signed_in(administrator)
