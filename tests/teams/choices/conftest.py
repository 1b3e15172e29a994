"""The mailbox, and somebody who gets mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
from pytest_django import Settings

from teams.accounts.models import User
from tests import factories, outbox


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> Iterator[None]:
    """The demonstration's mailbox, at noon of Friday, July 20, 2018."""
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"
    with outbox.kind():
        yield


@pytest.fixture
def person() -> User:
    return factories.person(email="someone@example.test", name="Some One")
