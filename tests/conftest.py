"""What every test has: a clock that stands at noon of July 20, 2018 in Washington unless a test sets it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings as django_settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django.test import Client
from pytest_django import Settings

from teams.accounts.models import User
from teams.clock import services as clock
from tests import identity_provider

WASHINGTON = ZoneInfo("America/New_York")
START = datetime(2018, 7, 20, 12, 0, tzinfo=WASHINGTON)


@pytest.fixture(scope="session", autouse=True)
def _tests_may_empty_the_record() -> Iterator[None]:
    """Triggers refuse TRUNCATE on the record, by which a test that commits is cleaned up: for that they are lifted."""
    plain = DatabaseOperations.sql_flush

    def lifting(self: Any, style: Any, tables: Any, **options: Any) -> list[str]:
        with self.connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger "
                "WHERE NOT tgisinternal AND tgtype & 32 > 0 AND tgrelid::regclass::text = ANY(%s) ORDER BY 1, 2",
                [sorted(tables)],
            )
            guards = cursor.fetchall()
        lift = [f"ALTER TABLE {table} DISABLE TRIGGER {guard}" for table, guard in guards]
        put_back = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {guard}" for table, guard in guards]
        return [*lift, *plain(self, style, tables, **options), *put_back]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DatabaseOperations, "sql_flush", lifting)
        yield


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


@pytest.fixture
def issuer(settings: Settings) -> Iterator[identity_provider.Issuer]:
    """An identity provider that signs whatever it is told, configured as the portal's."""
    with identity_provider.signing_issuer() as running:
        settings.SITE_URL = "http://testserver"
        settings.IDENTITY_PROVIDER = identity_provider.provider_of(running.address)
        yield running
