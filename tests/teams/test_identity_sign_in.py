"""Signing in by the identity provider: who gets in, who doesn't, and what each is told."""

from __future__ import annotations

import base64
import hashlib
import logging
import time

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.test import Client
from pytest_django import Settings

from ecomwg.embedded.processes import free_port
from teams.accounts import services as accounts
from teams.accounts.identities import conversation, journeys
from teams.accounts.models import Identity, User
from teams.accounts.sessions import limits
from teams.clock import selectors as clock
from tests import factories
from tests.identity_provider import (
    ANSWER,
    CLIENT,
    LINK,
    PAGE,
    PLAIN,
    SIGN_IN,
    STRONG,
    Issuer,
    key,
    provider_of,
)
from tests.pages import words_of

pytestmark = pytest.mark.usefixtures("at_start")

LOGIN = "/accounts/login/"


@pytest.fixture
def person(issuer: Issuer, settings: Settings) -> User:
    """A member of a group whose identity is linked."""
    assert settings.IDENTITY_PROVIDER is not None
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    factories.identity(made, settings.IDENTITY_PROVIDER)
    return made


def signed_in_as(client: Client) -> int | None:
    """The number of the person whom the session is of."""
    found = client.session.get("_auth_user_id")
    return int(found) if found else None


def test_the_button_stands_under_the_notice_and_bears_the_name(
    client: Client, issuer: Issuer, settings: Settings
) -> None:
    settings.SYSTEM_USE_NOTICE = "Use is recorded."
    settings.IDENTITY_PROVIDER = provider_of(issuer.address, name="Agency Gate")
    page = client.get(f"{LOGIN}?next=/groups/ecom/plan/").content.decode()
    assert page.index("Use is recorded.") < page.index("Sign in with Agency Gate")
    form = page.partition(f'action="{SIGN_IN}"')[2].partition("</form>")[0]
    assert 'name="next" value="/groups/ecom/plan/"' in form
    assert issuer.asked == []


def test_without_a_provider_there_is_no_button_and_no_such_page(
    client: Client, person: User, settings: Settings
) -> None:
    settings.IDENTITY_PROVIDER = None
    assert "identities" not in client.get(LOGIN).content.decode()
    assert [client.post(SIGN_IN).status_code, client.get(ANSWER).status_code] == [404, 404]
    client.force_login(person)
    assert client.get(PAGE).status_code == 404
    assert "identities" not in client.get("/profile/").content.decode()


def test_the_provider_is_asked_as_the_standards_say(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    assert asked["response_type"] == "code"
    assert asked["client_id"] == CLIENT
    assert asked["redirect_uri"] == f"http://testserver{ANSWER}"
    assert asked["scope"] == "openid"
    assert asked["acr_values"] == f"{PLAIN} {STRONG}"
    assert asked["code_challenge_method"] == "S256"
    again = issuer.leave(client)
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) >= 22
        assert asked[name] != again[name]
    issuer.come_back(client, again)
    sent = issuer.sent
    digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == again["code_challenge"]
    assert (sent["grant_type"], sent["code"], sent["redirect_uri"]) == (
        "authorization_code",
        "a-code",
        again["redirect_uri"],
    )
    assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def test_the_portal_proves_itself_by_a_signed_token_that_is_short_and_of_one_use(
    client: Client, person: User, issuer: Issuer
) -> None:
    seen = []
    for _ in range(2):
        issuer.sign_in(client)
        client.logout()
        claims = jwt.decode(
            issuer.sent["client_assertion"],
            key("portal").public_key(),
            algorithms=["RS256"],
            audience=f"{issuer.address}/token",
            options={"require": ["exp", "iat", "jti", "iss", "sub", "aud"]},
        )
        assert claims["iss"] == claims["sub"] == CLIENT
        assert 0 < claims["exp"] - claims["iat"] <= 300
        seen.append(claims["jti"])
    assert len(set(seen)) == 2
    assert all(len(jti) >= 22 for jti in seen)


def test_the_linked_person_is_signed_in_and_taken_where_they_wanted_to_go(
    client: Client, person: User, issuer: Issuer
) -> None:
    before = client.session.session_key
    answer = issuer.sign_in(client, next="/groups/ecom/plan/")
    assert (answer.status_code, answer["Location"]) == (302, "/groups/ecom/plan/")
    assert signed_in_as(client) == person.pk
    assert client.session.session_key != before
    assert client.get("/groups/ecom/plan/").status_code == 200
    identity = Identity.objects.get()
    assert identity.linked_at < identity.used_at <= clock.now()
    assert identity.acr == PLAIN


def test_limits_visit_and_list_of_sessions_are_those_of_any_sign_in(
    client: Client, person: User, issuer: Issuer
) -> None:
    issuer.sign_in(client)
    session = client.session
    assert session[limits.BEGAN] == pytest.approx(time.time(), abs=60)
    client.get("/")
    person.refresh_from_db()
    assert person.seen_at is not None
    assert person.last_login is not None
    assert UserSession.objects.get().user_id == person.pk
    session[limits.ACTIVE] = int(time.time()) - 31 * 60
    session.save()
    assert client.get("/")["Location"].startswith(LOGIN)


def test_an_unknown_subject_learns_nothing_about_addresses(client: Client, person: User, issuer: Issuer) -> None:
    pages = []
    for claims in ({"sub": "other"}, {"sub": "other", "email": person.email, "email_verified": True}):
        issuer.claims = claims
        answer = issuer.sign_in(client)
        assert answer.status_code == 403
        assert signed_in_as(client) is None
        pages.append(words_of(answer))
    assert pages[0] == pages[1]
    assert "opens nothing here yet" in pages[0]
    assert person.email not in pages[0]
    assert Identity.objects.count() == 1


def test_the_same_subject_of_another_issuer_is_somebody_else(
    client: Client, person: User, issuer: Issuer, settings: Settings
) -> None:
    Identity.objects.update(issuer="https://another.example")
    assert issuer.sign_in(client).status_code == 403
    assert signed_in_as(client) is None


def test_a_closed_account_stays_closed(client: Client, person: User, issuer: Issuer) -> None:
    accounts.close_account(by=factories.person(is_site_admin=True), person=person)
    answer = issuer.sign_in(client)
    assert answer["Location"] == "/accounts/inactive/"
    assert signed_in_as(client) is None
    assert client.get("/")["Location"].startswith(LOGIN)


def test_an_address_that_is_not_confirmed_holds_up_this_sign_in_too(
    client: Client, person: User, issuer: Issuer
) -> None:
    EmailAddress.objects.update(verified=False)
    assert issuer.sign_in(client)["Location"] == "/accounts/confirm-email/"
    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "http://testserver@evil.example/",
    ],
)
def test_nobody_is_led_out_of_the_portal(client: Client, person: User, issuer: Issuer, elsewhere: str) -> None:
    assert issuer.sign_in(client, next=elsewhere)["Location"] == "/"
    client.logout()
    asked = issuer.leave(client)
    assert issuer.come_back(client, asked, next=elsewhere)["Location"] == "/"


def test_an_answer_to_another_browser_is_none(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    other = Client()
    answer = issuer.come_back(other, asked)
    assert answer["Location"] == LOGIN
    assert "not begun in this browser" in words_of(other.get(LOGIN))
    assert signed_in_as(other) is None
    assert "/token" not in issuer.asked


@pytest.mark.parametrize("state", ["", "x" * 43, "ü" * 30, "\x00"])
def test_a_wrong_state_is_refused(client: Client, person: User, issuer: Issuer, state: str) -> None:
    issuer.leave(client)
    assert issuer.come_back(client, {"state": state})["Location"] == LOGIN
    assert signed_in_as(client) is None
    assert "/token" not in issuer.asked


def test_an_answer_counts_once(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    issuer.refusal = "invalid_grant"
    issuer.come_back(client, asked)
    issuer.refusal = ""
    assert issuer.come_back(client, asked)["Location"] == LOGIN
    assert signed_in_as(client) is None
    assert issuer.asked.count("/token") == 1


def test_an_answer_that_comes_too_late_is_none(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    session = client.session
    session[journeys.KEPT_IN][0]["began"] -= journeys.LASTS.total_seconds() + 1
    session.save()
    assert issuer.come_back(client, asked)["Location"] == LOGIN
    assert signed_in_as(client) is None


def test_windows_side_by_side_each_get_their_answer_and_many_do_not_pile_up(
    client: Client, person: User, issuer: Issuer
) -> None:
    asked = [issuer.leave(client) for _ in range(journeys.MOST_AT_ONCE + 1)]
    assert len(client.session[journeys.KEPT_IN]) == journeys.MOST_AT_ONCE
    assert issuer.come_back(client, asked[0])["Location"] == LOGIN
    issuer.nonce = asked[1]["nonce"]
    issuer.come_back(client, asked[1], next="")
    assert signed_in_as(client) == person.pk
    assert issuer.come_back(client, asked[2])["Location"] == "/"


def test_whoever_stops_at_the_provider_comes_back_to_the_sign_in_page(
    client: Client, person: User, issuer: Issuer
) -> None:
    asked = issuer.leave(client, next="/groups/ecom/plan/")
    answer = client.get(ANSWER, {"error": "access_denied", "error_description": "<b>x</b>", "state": asked["state"]})
    assert answer["Location"] == f"{LOGIN}?next=/groups/ecom/plan/"
    page = client.get(answer["Location"])
    assert "You did not go on at Login.gov. Nothing has changed." in words_of(page)
    assert "<b>x" not in page.content.decode()


@pytest.mark.parametrize(
    "said", [{"error": "server_error"}, {"code": ""}, {"code": "x" * 5000}, {"iss": "https://x.example"}]
)
def test_an_answer_that_is_none_is_refused(client: Client, person: User, issuer: Issuer, said: dict[str, str]) -> None:
    asked = issuer.leave(client)
    assert issuer.come_back(client, asked, **said)["Location"] == LOGIN
    assert "gave no answer that can be trusted" in words_of(client.get(LOGIN))
    assert "/token" not in issuer.asked


def test_a_provider_that_names_itself_in_its_answers_must_do_so(client: Client, person: User, issuer: Issuer) -> None:
    issuer.metadata = {"authorization_response_iss_parameter_supported": True}
    assert issuer.sign_in(client)["Location"] == LOGIN
    issuer.come_back(client, issuer.leave(client), iss=issuer.address)
    assert signed_in_as(client) == person.pk


def test_a_code_that_the_provider_refuses_opens_nothing(client: Client, person: User, issuer: Issuer) -> None:
    issuer.refusal = "invalid_grant"
    assert issuer.sign_in(client)["Location"] == LOGIN
    assert signed_in_as(client) is None


def still_works(client: Client, person: User) -> bool:
    """Whether the portal's own sign-in does."""
    answer = client.post(LOGIN, {"login": person.email, "password": factories.PASSWORD})
    return answer.status_code == 302 and signed_in_as(client) == person.pk


def test_a_provider_that_is_away_is_said_and_ones_own_password_still_works(
    client: Client, person: User, issuer: Issuer, settings: Settings
) -> None:
    settings.IDENTITY_PROVIDER = provider_of(f"http://127.0.0.1:{free_port()}")
    answer = client.post(SIGN_IN, {"next": "/groups/ecom/plan/"})
    assert answer["Location"] == f"{LOGIN}?next=/groups/ecom/plan/"
    assert "Login.gov can’t be reached just now." in words_of(client.get(answer["Location"]))
    assert still_works(client, person)


def test_a_provider_that_hangs_is_not_waited_for_and_then_left_alone(
    client: Client, person: User, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "STEP_SECONDS", 0.2)
    issuer.waits = 1
    assert client.post(SIGN_IN)["Location"] == LOGIN
    issuer.waits = 0
    assert client.post(SIGN_IN)["Location"] == LOGIN
    assert len(issuer.asked) == 1
    assert still_works(client, person)


def test_a_provider_that_goes_away_on_the_way_back_is_said(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    issuer.status = 502
    assert issuer.come_back(client, asked)["Location"] == LOGIN
    assert "can’t be reached just now" in words_of(client.get(LOGIN))
    assert signed_in_as(client) is None


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://another.example"},
        {"token_endpoint": "http://another.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "https://another.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": None},
    ],
)
def test_a_provider_that_describes_itself_wrongly_is_not_used(
    client: Client, person: User, issuer: Issuer, said: dict[str, object], caplog: pytest.LogCaptureFixture
) -> None:
    issuer.metadata = said
    with caplog.at_level(logging.WARNING):
        assert client.post(SIGN_IN)["Location"] == LOGIN
    assert "can't be used" in caplog.text


def test_an_answer_that_leads_elsewhere_is_not_followed(client: Client, person: User, issuer: Issuer) -> None:
    issuer.status = 302
    assert client.post(SIGN_IN)["Location"] == LOGIN
    assert issuer.asked == ["/.well-known/openid-configuration"]


def test_an_answer_that_does_not_end_is_cut_off(
    client: Client, person: User, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "LONGEST_ANSWER", 100)
    assert client.post(SIGN_IN)["Location"] == LOGIN


def test_what_the_provider_says_of_itself_is_asked_once(client: Client, person: User, issuer: Issuer) -> None:
    for _ in range(3):
        issuer.sign_in(client)
        client.logout()
    assert [path for path in issuer.asked if path != "/token"] == ["/.well-known/openid-configuration", "/keys"]


def test_leaving_too_often_is_stopped(client: Client, person: User, issuer: Issuer) -> None:
    answers = [client.post(SIGN_IN).status_code for _ in range(31)]
    assert answers == [302] * 30 + [429]


def test_the_way_there_needs_a_post_with_the_portals_own_token(person: User, issuer: Issuer) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.get(SIGN_IN).status_code == 405
    assert strict.post(SIGN_IN).status_code == 403
    strict.force_login(person)
    assert [strict.post(LINK).status_code, strict.get(LINK).status_code] == [403, 405]


def test_no_secret_is_logged(client: Client, person: User, issuer: Issuer, caplog: pytest.LogCaptureFixture) -> None:
    issuer.claims = {"nonce": "wrong"}
    with caplog.at_level(logging.DEBUG):
        issuer.sign_in(client)
    assert "refused" in caplog.text
    for secret in (issuer.sent["client_assertion"], issuer.sent["code_verifier"], issuer.id_token(), "subject-1"):
        assert secret not in caplog.text
    assert django_settings.IDENTITY_PROVIDER is not None
    assert django_settings.IDENTITY_PROVIDER.private_key not in repr(django_settings.IDENTITY_PROVIDER)
