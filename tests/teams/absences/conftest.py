"""A group with a chair and a member who can stand in."""

from __future__ import annotations

from datetime import datetime

import pytest

from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from tests import factories


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group, number=1, name="Standards and Process")


@pytest.fixture
def rosa(group: WorkingGroup) -> User:
    """Chair of the group."""
    return factories.member(factories.root(group), factories.person(name="Rosa Alvarez"), role=Role.CHAIR)


@pytest.fixture
def jordan(team: Body) -> User:
    """A member of Team 1."""
    return factories.member(team, factories.person(name="Jordan Lee"))
