"""A milestone of an owner in a team of a group, and what the sweep and the sender made of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from pytest_django import Settings

from milestones.reminders.models import ReminderRule
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.notices import services as notices
from teams.notices.models import Notice
from tests import factories, outbox
from tests.conftest import WASHINGTON

FIRST_DRAFT = "First draft of the diagrams"


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX


@pytest.fixture
def group() -> WorkingGroup:
    """A group that reminds owners alone, on five days."""
    group = factories.group("ecom")
    for days in (-7, -1, 0, 3, 14):
        ReminderRule.objects.create(group=group, days_after=days)
    return group


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group, number=1, name="Standards and Process")


@pytest.fixture
def owner(team: Body) -> User:
    return factories.member(team, factories.person(name="Lead One", email="lead1@example.test"), role="lead")


@pytest.fixture
def owe(team: Body, owner: User) -> Callable[..., Milestone]:
    """Makes a milestone of the owner, due on July 27, 2018 unless said otherwise."""
    deliverable = factories.deliverable(team, title="Process diagrams")

    def make(title: str = FIRST_DRAFT, due: str = "2018-07-27", **fields: Any) -> Milestone:
        return factories.milestone(
            deliverable, fields.pop("owner", owner), title=title, due=factories.day(due), **fields
        )

    return make


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def queued() -> list[tuple[str, str]]:
    """Title and rule of every notice, the oldest first."""
    titles = {f"milestone:{milestone.pk}": milestone.title for milestone in Milestone.objects.all()}
    return [(titles.get(notice.subject_key, "gone"), notice.rule) for notice in Notice.objects.order_by("id")]


def settled() -> tuple[str, str]:
    """State and remark of the only notice after the sender ran."""
    notices.send_due()
    notice = Notice.objects.get()
    return notice.state, notice.remark
