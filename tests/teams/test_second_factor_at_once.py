"""One code sent by fifty browsers at the same moment opens the portal for one of them.

Three rounds in the suite, twenty with --whole.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import cast

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.cache import cache
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.models import User
from tests import factories

BROWSERS = 50
SECOND = "/accounts/second-factor/authenticate/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _many_connections(transactional_db: None, settings: Settings) -> Iterator[None]:
    """Twenty connections at a time instead of four, and no limits on guessing: only the codes themselves may refuse."""
    settings.ACCOUNT_RATE_LIMITS = False
    cache.clear()
    options = connection.settings_dict["OPTIONS"]
    before = options["pool"]
    postgres = cast(DatabaseWrapper, connections["default"])
    postgres.close_pool()
    options["pool"] = {**before, "max_size": 20, "timeout": 30}
    yield
    postgres.close_pool()
    options["pool"] = before


@pytest.fixture
def rounds(pytestconfig: pytest.Config) -> range:
    """How often each race is run."""
    return range(20 if pytestconfig.getoption("--whole", default=False) else 3)


def waiting_browsers(person: User) -> list[Client]:
    """Browsers that have given the person's password and are asked for the second factor."""
    browsers = [Client() for _ in range(BROWSERS)]
    for browser in browsers:
        answer = browser.post("/accounts/login/", {"login": person.email, "password": factories.PASSWORD})
        assert answer["Location"] == SECOND
    return browsers


def send_at_once(browsers: list[Client], code: str) -> Counter[int]:
    """All of them send the code at the same moment; returns how many got which answer."""
    start = threading.Barrier(len(browsers))
    answers: list[int] = []

    def send(browser: Client) -> None:
        try:
            start.wait()
            answers.append(browser.post(SECOND, {"code": code}).status_code)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=send, args=[browser]) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == len(browsers)
    return Counter(answers)


def signed_in(browsers: list[Client]) -> int:
    """How many of them have come in."""
    return sum(browser.get("/accounts/second-factor/").status_code == 200 for browser in browsers)


def somebody() -> User:
    """A person with a confirmed address."""
    person = factories.person()
    accounts.confirm_address(person=person)
    return person


def test_a_code_of_an_app_opens_once(rounds: range) -> None:
    for _ in rounds:
        person = somebody()
        secret = generate_totp_secret()
        TOTP.activate(person, secret)
        browsers = waiting_browsers(person)
        while time.time() % 30 > 15:
            time.sleep(0.2)
        code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
        assert send_at_once(browsers, code) == {302: 1, 200: BROWSERS - 1}
        assert signed_in(browsers) == 1


def test_a_recovery_code_opens_once(rounds: range) -> None:
    for _ in rounds:
        person = somebody()
        TOTP.activate(person, generate_totp_secret())
        code = RecoveryCodes.activate(person).generate_codes()[0]
        browsers = waiting_browsers(person)
        assert send_at_once(browsers, code) == {302: 1, 200: BROWSERS - 1}
        assert signed_in(browsers) == 1


def add_at_once(key: str) -> Counter[bool]:
    """Fifty add the same key at the same moment; returns how many believe that they were first."""
    start = threading.Barrier(BROWSERS)
    added: list[bool] = []

    def add() -> None:
        try:
            start.wait()
            added.append(cache.add(key, "y", timeout=30))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=add) for _ in range(BROWSERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(added)


def test_a_mark_that_has_expired_is_taken_by_one(rounds: range) -> None:
    """Rows that have expired stay until something is written; then, too, only one may believe that it was first."""
    for _ in rounds:
        cache.add("code", "y", timeout=1)
        with connection.cursor() as cursor:
            cursor.execute("UPDATE cache SET expires = now() - interval '1 minute'")
        assert add_at_once("code") == {True: 1, False: BROWSERS - 1}
