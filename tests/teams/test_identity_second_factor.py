"""A sign-in at the provider that counts as second factor, and one that doesn't."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.identities import services
from teams.accounts.identities.selectors import has_second_factor_at_provider
from teams.accounts.identities.tokens import SignedIn
from teams.accounts.models import Identity, User
from tests import factories
from tests.identity_provider import ANSWER, LINK, PAGE, PLAIN, SIGN_IN, STRONG, Issuer, provider_of
from tests.pages import words_of

pytestmark = pytest.mark.usefixtures("at_start")

LOGIN, SET_UP, AGAIN = "/accounts/login/", "/accounts/second-factor/", "/accounts/reauthenticate/"
PLAN = "/groups/ecom/plan/"


@pytest.fixture
def official(issuer: Issuer, settings: Settings) -> User:
    """Somebody of the government, who must have a second factor, with a linked identity that has not been one yet."""
    assert settings.IDENTITY_PROVIDER is not None
    settings.SECOND_FACTOR_REQUIRED = True
    made = factories.member(factories.root(factories.group("ecom")), factories.person(government=True))
    accounts.confirm_address(person=made)
    factories.identity(made, settings.IDENTITY_PROVIDER, acr=PLAIN)
    return made


def by_password(client: Client, person: User) -> None:
    assert client.post(LOGIN, {"login": person.email, "password": factories.PASSWORD}).status_code == 302


def test_one_that_counts_needs_no_second_enrolment(client: Client, official: User, issuer: Issuer) -> None:
    issuer.acr = STRONG
    assert issuer.sign_in(client, next=PLAN)["Location"] == PLAN
    assert client.get(PLAN).status_code == 200
    assert not Authenticator.objects.exists()


def test_one_that_does_not_count_leads_to_setting_one_up(client: Client, official: User, issuer: Issuer) -> None:
    issuer.acr = PLAIN
    issuer.sign_in(client)
    assert client.get(PLAN)["Location"] == SET_UP


def test_one_that_does_not_count_is_asked_for_the_portals_own(client: Client, official: User, issuer: Issuer) -> None:
    TOTP.activate(official, generate_totp_secret())
    issuer.acr = PLAIN
    assert issuer.sign_in(client)["Location"] == "/accounts/second-factor/authenticate/"
    assert "_auth_user_id" not in client.session
    assert client.get(PLAN)["Location"].startswith(LOGIN)


def test_one_that_counts_is_not(client: Client, official: User, issuer: Issuer) -> None:
    TOTP.activate(official, generate_totp_secret())
    issuer.acr = STRONG
    issuer.sign_in(client)
    assert client.get(PLAN).status_code == 200


def test_a_context_that_the_token_claims_unasked_does_not_count(
    client: Client, official: User, issuer: Issuer, settings: Settings
) -> None:
    settings.IDENTITY_PROVIDER = provider_of(issuer.address, acr_values=(PLAIN,), second_factor_acrs=())
    issuer.acr = STRONG
    assert issuer.sign_in(client)["Location"] == LOGIN


def test_it_counts_for_this_session_alone(client: Client, official: User, issuer: Issuer) -> None:
    issuer.acr = STRONG
    issuer.sign_in(client)
    other = Client()
    by_password(other, official)
    assert other.get(PLAN)["Location"] == PAGE
    client.post("/accounts/logout/")
    by_password(client, official)
    assert client.get(PLAN)["Location"] == PAGE


def test_taking_the_setting_away_counts_at_once(
    client: Client, official: User, issuer: Issuer, settings: Settings
) -> None:
    issuer.acr = STRONG
    issuer.sign_in(client)
    settings.IDENTITY_PROVIDER = provider_of(issuer.address, second_factor_acrs=())
    assert client.get(PLAN)["Location"] == SET_UP
    settings.IDENTITY_PROVIDER = None
    assert client.get(PLAN)["Location"] == SET_UP


def test_so_does_removing_the_identity(client: Client, official: User, issuer: Issuer) -> None:
    issuer.acr = STRONG
    issuer.sign_in(client)
    Identity.objects.all().delete()
    assert client.get(PLAN)["Location"] == SET_UP


def test_the_password_alone_neither_opens_nor_sets_up_another_one(
    client: Client, official: User, issuer: Issuer
) -> None:
    issuer.acr = STRONG
    issuer.sign_in(client)
    client.post("/accounts/logout/")
    by_password(client, official)
    closed = [
        PLAN,
        "/",
        SET_UP,
        f"{SET_UP}totp/activate/",
        f"{SET_UP}webauthn/add/",
        AGAIN,
        "/accounts/email/",
        "/none/",
    ]
    assert {path: client.get(path).headers.get("Location") for path in closed} == dict.fromkeys(closed, PAGE)
    for path in (LINK, "/accounts/identities/remove/", "/accounts/password/change/"):
        assert client.post(path, {"identity": Identity.objects.get().pk})["Location"] == PAGE
    page = client.get(PAGE)
    assert "Your second factor is your Login.gov account" in words_of(page)
    assert "/groups/ecom/" not in page.content.decode()
    assert client.post("/accounts/logout/").status_code == 302


def test_showing_it_after_the_password_opens(client: Client, official: User, issuer: Issuer) -> None:
    Identity.objects.update(acr=STRONG)
    by_password(client, official)
    issuer.acr = STRONG
    assert issuer.sign_in(client, next=PLAN)["Location"] == PLAN
    assert client.get(PLAN).status_code == 200


@pytest.mark.parametrize(("subject", "acr"), [("somebody-else", STRONG), ("subject-1", PLAIN)])
def test_showing_another_ones_or_a_weaker_one_does_not(
    client: Client, official: User, issuer: Issuer, settings: Settings, subject: str, acr: str
) -> None:
    assert settings.IDENTITY_PROVIDER is not None
    factories.identity(factories.person(), settings.IDENTITY_PROVIDER, "somebody-else")
    Identity.objects.filter(person=official).update(acr=STRONG)
    by_password(client, official)
    issuer.subject, issuer.acr = subject, acr
    assert issuer.sign_in(client)["Location"] == PAGE
    assert client.get(PLAN)["Location"] == PAGE
    assert Identity.objects.count() == 2


def test_a_weaker_sign_in_does_not_take_the_factor_away(client: Client, official: User, issuer: Issuer) -> None:
    for issuer.acr in (STRONG, PLAIN):
        issuer.sign_in(client)
        client.post("/accounts/logout/")
    by_password(client, official)
    assert client.get(PLAN)["Location"] == PAGE
    issuer.acr = PLAIN
    issuer.sign_in(client)
    assert "did not ask you for a second factor this time" in words_of(client.get(PAGE))


def test_a_weaker_sign_in_at_the_same_moment_does_not_take_it_away_either(official: User, settings: Settings) -> None:
    provider = settings.IDENTITY_PROVIDER
    assert provider is not None
    stronger, weaker = Identity.objects.get(), Identity.objects.get()
    for identity, acr in ((stronger, STRONG), (weaker, PLAIN)):
        services.note_use(identity=identity, provider=provider, who=SignedIn(identity.subject, acr))
    assert has_second_factor_at_provider(official)


def test_a_link_that_was_begun_before_does_not_get_around_it(
    client: Client, official: User, issuer: Issuer, settings: Settings
) -> None:
    by_password(client, official)  # the identity has been no second factor so far: linking another one is open
    client.post(AGAIN, {"password": factories.PASSWORD})
    asked = issuer.leave(client, LINK)
    Identity.objects.update(acr=STRONG)
    issuer.subject, issuer.acr = "a-thief's", STRONG
    assert issuer.come_back(client, asked)["Location"] == PAGE
    assert Identity.objects.get().subject == "subject-1"
    assert client.get(PLAN)["Location"] == PAGE


def test_linking_is_a_way_to_set_one_up(client: Client, official: User, issuer: Issuer) -> None:
    Identity.objects.all().delete()
    by_password(client, official)
    assert f'href="{PAGE}"' in client.get(SET_UP).content.decode()
    page = client.get(PAGE).content.decode()
    assert "/groups/ecom/" not in page
    client.post(AGAIN, {"password": factories.PASSWORD})
    issuer.acr = STRONG
    assert issuer.come_back(client, issuer.leave(client, LINK))["Location"] == PAGE
    assert client.get(PLAN).status_code == 200


def test_who_lost_it_is_let_in_by_an_administrators_command(
    client: Client, official: User, issuer: Issuer, capsys: pytest.CaptureFixture[str]
) -> None:
    Identity.objects.update(acr=STRONG)
    call_command("remove_second_factor", official.email)
    assert not Identity.objects.exists()
    by_password(client, official)
    assert client.get(PLAN)["Location"] == SET_UP


def test_who_has_a_factor_of_the_portals_own_uses_that_after_the_password(
    client: Client, official: User, issuer: Issuer
) -> None:
    Identity.objects.update(acr=STRONG)
    TOTP.activate(official, generate_totp_secret())
    by_password(client, official)
    assert client.get("/accounts/second-factor/authenticate/").status_code == 200
    client.force_login(official)
    assert client.get(PLAN).status_code == 200


def test_it_costs_one_query_and_the_home_page_stays_within_twelve(
    client: Client, official: User, issuer: Issuer
) -> None:
    issuer.acr = STRONG
    issuer.sign_in(client)
    client.get("/")
    with CaptureQueriesContext(connection) as seen:
        assert client.get("/").status_code == 200
    assert len(seen) <= 12
    assert sum('"accounts_identity"' in query["sql"] for query in seen) == 1
    assert sum('"mfa_authenticator"' in query["sql"] for query in seen) == 0


def test_somebody_of_the_trade_who_is_signed_in_has_nothing_to_show(client: Client, issuer: Issuer) -> None:
    client.force_login(factories.member(factories.root(factories.group("ecom"))))
    assert client.post(SIGN_IN, {"next": PLAN})["Location"] == PLAN
    assert client.get(ANSWER)["Location"] == PAGE
    assert issuer.asked == []
