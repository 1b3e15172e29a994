"""Government accounts and administrators set up a second factor before they see anything else."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, get_resolver, reverse
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.middleware import ENROLMENT
from teams.accounts.models import User
from tests import factories, world

SET_UP = "/accounts/second-factor/"

# As the example has them: who must have a second factor, and who need not.
MUST = ["administrator", "reviewer", "partner agency"]
NEED_NOT = ["chair", "lead", "member"]

pytestmark = pytest.mark.usefixtures("at_start")


@pytest.fixture
def required(db: None, settings: Settings) -> None:
    """The rule holds, and the example is loaded."""
    settings.SECOND_FACTOR_REQUIRED = True
    world.load_example()


def addresses() -> list[str]:
    """Addresses of every kind that can be made without knowing a row, and some that aren't there."""
    found = ["/groups/ecom/plan/", "/groups/ecom/calendar/", "/groups/ecom/documents/", "/nothing/", "/groups/none/"]
    for name in get_resolver().reverse_dict:
        if isinstance(name, str) and name not in ENROLMENT:
            try:
                found.append(reverse(name))
            except NoReverseMatch:
                continue  # it stands for many addresses
    return [*found, reverse("admin:index"), reverse("notices:mailbox")]


@pytest.mark.parametrize("role", MUST)
def test_everything_leads_to_setting_one_up(required: None, client: Client, role: str) -> None:
    client.force_login(world.who(role))
    paths = addresses()
    assert len(paths) > 15
    for method in ("get", "post", "put", "delete"):
        assert {path for path in paths if getattr(client, method)(path).headers.get("Location") != SET_UP} == set()


@pytest.mark.parametrize("role", MUST)
def test_the_pages_that_lead_there_show_nothing_of_the_portal(required: None, client: Client, role: str) -> None:
    client.force_login(world.who(role))
    page = client.get(SET_UP).content.decode()
    assert "Set one up first" in page
    for word in ("E-Commerce Working Group</p>", "/groups/ecom/", "Reminder ledger", "waiting", "portal-search"):
        assert word not in page.partition("<header")[2].partition("<footer")[0], word


def test_the_way_there_can_be_walked(required: None, client: Client) -> None:
    person = world.who("reviewer")
    answer = client.post(
        "/accounts/login/", {"login": person.email, "password": django_settings.DEMONSTRATION_PASSWORD}, follow=True
    )
    assert answer.redirect_chain[-1][0] == SET_UP
    for path in ("totp/activate/", "webauthn/add/"):
        asked = client.get(SET_UP + path)
        assert asked["Location"].startswith("/accounts/reauthenticate/")
        assert client.get(asked["Location"]).status_code == 200
    client.post("/accounts/reauthenticate/", {"password": django_settings.DEMONSTRATION_PASSWORD})
    for path in ("totp/activate/", "webauthn/add/"):
        assert client.get(SET_UP + path).status_code == 200
    assert client.post("/accounts/logout/").status_code == 302
    assert client.get("/").headers["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("role", MUST)
def test_with_one_the_portal_opens_and_without_it_closes(required: None, client: Client, role: str) -> None:
    person = world.who(role)
    client.force_login(person)
    TOTP.activate(person, generate_totp_secret())
    assert client.get("/groups/ecom/plan/").status_code == 200
    accounts.remove_second_factors(person=person)
    assert client.get("/groups/ecom/plan/")["Location"] == SET_UP


def test_recovery_codes_alone_are_none(required: None, client: Client) -> None:
    person = world.who("administrator")
    RecoveryCodes.activate(person)
    client.force_login(person)
    assert Authenticator.objects.filter(user=person).exists()
    assert client.get("/")["Location"] == SET_UP


@pytest.mark.parametrize("role", NEED_NOT)
def test_the_trade_need_not(required: None, client: Client, role: str) -> None:
    client.force_login(world.who(role))
    assert client.get("/").status_code == 200


def test_who_becomes_an_administrator_must_from_then_on(required: None, client: Client) -> None:
    person = world.who("member")
    client.force_login(person)
    assert client.get("/").status_code == 200
    User.objects.filter(pk=person.pk).update(is_site_admin=True)
    assert client.get("/")["Location"] == SET_UP


def test_it_costs_one_query_and_the_home_page_stays_within_twelve(required: None, client: Client) -> None:
    person = world.who("administrator")
    TOTP.activate(person, generate_totp_secret())
    client.force_login(person)
    client.get("/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/").status_code == 200
    assert len(seen) <= 12
    assert sum('"mfa_authenticator"' in query["sql"] for query in seen) == 1


@pytest.mark.parametrize(("on", "words"), [(False, "Here that is off"), (True, "are asked to set up a second factor")])
def test_the_sign_in_page_of_a_demonstration_says_which(
    client: Client, settings: Settings, on: bool, words: str
) -> None:
    settings.SECOND_FACTOR_REQUIRED = on
    person = factories.person(source="illustrative")
    assert person.is_active
    assert words in client.get("/accounts/login/").content.decode()
