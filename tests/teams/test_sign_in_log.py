"""What fails at sign-in, and what is changed about second factors, stands in the log; nothing that was typed does."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.cache import cache
from django.test import Client

from teams.accounts import services as accounts
from teams.accounts.models import User
from tests import factories

from .test_second_factor import SECOND, SIGN_IN, password_step, prove_again

pytestmark = pytest.mark.usefixtures("at_start")


@pytest.fixture(autouse=True)
def _no_limits_kept(db: None) -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person(db: None) -> User:
    """Somebody of the trade, with a confirmed address."""
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    return made


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "teams.accounts.apps"]


def test_a_wrong_password_and_an_unknown_address(
    client: Client, person: User, caplog: pytest.LogCaptureFixture
) -> None:
    for login, password in (
        (person.email, "typed wrongly"),
        ("my secret@example.test", "x"),
        ("nobody@example.test", "x"),
    ):
        client.post(SIGN_IN, {"login": login, "password": password}, REMOTE_ADDR="192.0.2.7")
    assert set(lines(caplog)) == {"A sign-in failed: a wrong address or password, from 192.0.2.7"}
    assert len(lines(caplog)) == 2
    for typed in ("typed wrongly", person.email, "nobody@", "my secret"):
        assert typed not in caplog.text


def test_a_wrong_code(client: Client, person: User, caplog: pytest.LogCaptureFixture) -> None:
    TOTP.activate(person, generate_totp_secret())
    password_step(client, person)
    client.post(SECOND, {"code": "314159"}, REMOTE_ADDR="192.0.2.7")
    assert lines(caplog) == [f"A second factor failed: totp of person {person.pk}, from 192.0.2.7"]
    assert "314159" not in caplog.text


def test_a_second_factor_that_is_taken_away(client: Client, person: User, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.post(SIGN_IN, {"login": person.email, "password": factories.PASSWORD})
    prove_again(client)
    TOTP.activate(person, generate_totp_secret())
    client.post("/accounts/second-factor/totp/deactivate/", REMOTE_ADDR="192.0.2.7")
    assert lines(caplog) == [f"A second factor was removed: totp of person {person.pk}, from 192.0.2.7"]
