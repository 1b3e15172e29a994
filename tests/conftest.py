"""What every test has: a clock that stands at noon of July 20, 2018 in Washington unless a test sets it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from teams.accounts.models import User
from teams.clock import services as clock

WASHINGTON = ZoneInfo("America/New_York")
START = datetime(2018, 7, 20, 12, 0, tzinfo=WASHINGTON)


@pytest.fixture(autouse=True)
def uncollected_files(settings: Settings) -> None:
    """Pages name their style sheets and scripts as they are called, so that no test has to collect them first."""
    settings.STORAGES = {
        **django_settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    """Passwords of people made for tests cost nothing; those that a test signs in with are real all the same."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.fixture
def at_start(db: None) -> datetime:
    """The demonstration's clock is set to noon of July 20, 2018."""
    return clock.set_clock(to=START)


@pytest.fixture
def signed_in(client: Client) -> Callable[[User], Client]:
    """Gives a client that is signed in as a person (without the password's cost)."""

    def sign_in(person: User) -> Client:
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return sign_in
