"""With a certified provider, which verifies what the portal sends: its signed token, PKCE, one use of a code."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.identities.provider import Provider
from teams.accounts.models import Identity, User
from tests import factories
from tests.identity_provider import LINK, SIGN_IN, STRONG, RealProvider, key, pem, provider_of, real_provider

pytestmark = pytest.mark.usefixtures("at_start")

SITE = "http://testserver"


@pytest.fixture(scope="module")
def running() -> Iterator[RealProvider]:
    """The provider, for the portal at SITE."""
    with real_provider(SITE) as provider:
        yield provider


@pytest.fixture
def provider(running: RealProvider, settings: Settings) -> Provider:
    """It is the portal's."""
    settings.SITE_URL = SITE
    settings.IDENTITY_PROVIDER = made = provider_of(running.issuer)
    return made


@pytest.fixture
def person(provider: Provider) -> User:
    """Somebody with a password and no identity yet."""
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    return made


def leave(client: Client, path: str = SIGN_IN) -> str:
    """Press the button; returns where it leads."""
    return str(client.post(path)["Location"])


def test_an_account_is_linked_and_then_signs_in(client: Client, person: User, running: RealProvider) -> None:
    client.force_login(person)
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    client.get(running.walk(leave(client, LINK), account="kim"))
    identity = Identity.objects.get()
    assert (identity.person, identity.issuer, identity.subject) == (person, running.issuer, "kim")
    client.post("/accounts/logout/")
    assert client.get(running.walk(leave(client), account="kim", acr=STRONG))["Location"] == "/"
    assert client.session["_auth_user_id"] == str(person.pk)
    identity.refresh_from_db()
    assert identity.acr == STRONG


def test_somebody_else_there_is_nobody_here(
    client: Client, person: User, provider: Provider, running: RealProvider
) -> None:
    factories.identity(person, provider, "kim")
    assert client.get(running.walk(leave(client), account=person.email)).status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_code_that_was_used_is_refused_by_the_provider(
    client: Client, person: User, provider: Provider, running: RealProvider, caplog: pytest.LogCaptureFixture
) -> None:
    factories.identity(person, provider, "kim")
    back = running.walk(leave(client), account="kim")
    journeys = client.session["identity_journeys"]
    assert client.get(back)["Location"] == "/"
    thief = Client()
    thief.post("/accounts/login/")
    session = thief.session
    session["identity_journeys"] = journeys  # as if the portal had not noticed
    session.save()
    thief.cookies["sessionid"] = str(session.session_key)
    assert thief.get(back)["Location"] == "/accounts/login/"
    assert "the code was refused: 'invalid_grant'" in caplog.text
    assert "_auth_user_id" not in thief.session


def test_a_code_without_its_verifier_is_refused_by_the_provider(
    client: Client, person: User, provider: Provider, running: RealProvider, caplog: pytest.LogCaptureFixture
) -> None:
    factories.identity(person, provider, "kim")
    back = running.walk(leave(client), account="kim")
    session = client.session
    session["identity_journeys"][0]["verifier"] = "x" * 64
    session.save()
    assert client.get(back)["Location"] == "/accounts/login/"
    assert "the code was refused: 'invalid_grant'" in caplog.text
    assert "_auth_user_id" not in client.session


def test_another_key_than_the_registered_one_is_refused_by_the_provider(
    client: Client,
    person: User,
    provider: Provider,
    running: RealProvider,
    settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:
    factories.identity(person, provider, "kim")
    settings.IDENTITY_PROVIDER = provider_of(running.issuer, private_key=pem(key("another")))
    assert client.get(running.walk(leave(client), account="kim"))["Location"] == "/accounts/login/"
    assert "the code was refused: 'invalid_client'" in caplog.text
    assert "_auth_user_id" not in client.session


def test_a_context_that_was_not_asked_for_is_refused(
    client: Client, person: User, provider: Provider, running: RealProvider
) -> None:
    factories.identity(person, provider, "kim")
    back = running.walk(leave(client), account="kim", acr="urn:something:else")
    assert client.get(back)["Location"] == "/accounts/login/"
    assert "_auth_user_id" not in client.session
