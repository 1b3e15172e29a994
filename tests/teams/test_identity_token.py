"""What an ID token must be, or nobody is signed in by it: each forgery is one that a sloppy verifier lets through."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.test import Client
from jwt.algorithms import RSAAlgorithm
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.identities import conversation
from teams.accounts.models import User
from tests import factories
from tests.identity_provider import CLIENT, PLAIN, STRONG, Issuer, key, provider_of, public

pytestmark = pytest.mark.usefixtures("at_start")

NOW = int(time.time())


@pytest.fixture
def person(issuer: Issuer, settings: Settings) -> User:
    """A member of a group whose identity is linked."""
    assert settings.IDENTITY_PROVIDER is not None
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    factories.identity(made, settings.IDENTITY_PROVIDER)
    return made


def opens(client: Client, issuer: Issuer) -> bool:
    """Whether a sign-in with the issuer's next token opens the portal; without, the sign-in page is where it ends."""
    answer = issuer.sign_in(client)
    assert answer.status_code == 302
    is_in = "_auth_user_id" in client.session
    assert answer["Location"] == ("/" if is_in else "/accounts/login/")
    return is_in


def part(of: dict[str, Any]) -> str:
    """One part of a token."""
    return base64.urlsafe_b64encode(json.dumps(of).encode()).rstrip(b"=").decode()


def test_a_right_one_opens(client: Client, person: User, issuer: Issuer) -> None:
    assert opens(client, issuer)


@pytest.mark.parametrize(
    "claims", [{"aud": [CLIENT]}, {"azp": CLIENT}, {"acr": STRONG}, {"nbf": NOW}, {"email": "x@example.test"}]
)
def test_so_does_one_that_is_right_in_another_way(
    client: Client, person: User, issuer: Issuer, claims: dict[str, Any]
) -> None:
    issuer.claims = claims
    assert opens(client, issuer)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"nonce": "x" * 43}, "nonce"),
        ({"nonce": None}, "nonce"),
        ({"nonce": 1}, "nonce"),
        ({"iss": "https://another.example"}, "Issuer"),
        ({"iss": None}, "iss"),
        ({"aud": "another"}, "Audience"),
        ({"aud": None}, "aud"),
        ({"aud": [CLIENT, "another"]}, "for others too"),
        ({"aud": [CLIENT, "another"], "azp": CLIENT}, "for others too"),
        ({"azp": "another"}, "azp"),
        ({"exp": NOW - 3600}, "Expired"),
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"iat": NOW + 3600, "exp": NOW + 7200}, "iat"),
        ({"iat": NOW - 3600}, "long ago"),
        ({"iat": None}, "iat"),
        ({"nbf": NOW + 3600}, "nbf"),
        ({"sub": None}, "sub"),
        ({"sub": ""}, "subject"),
        ({"sub": 7}, "Subject"),
        ({"sub": "x" * 256}, "subject"),
        ({"sub": "subject-1\x00"}, "subject"),
        ({"acr": "urn:acr.login.gov:verified"}, "acr"),
        ({"acr": None}, "acr"),
        ({"acr": [PLAIN]}, "acr"),
        ({"acr": f"{PLAIN} {STRONG}"}, "acr"),
    ],
)
def test_a_wrong_claim_opens_nothing(
    client: Client,
    person: User,
    issuer: Issuer,
    claims: dict[str, Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    issuer.claims = claims
    with caplog.at_level(logging.WARNING):
        assert not opens(client, issuer)
    (said,) = [record.getMessage() for record in caplog.records if "is refused" in record.getMessage()]
    assert reason in said


def test_a_context_that_nobody_asked_for_is_no_matter_where_none_is_asked_for(
    client: Client, person: User, issuer: Issuer, settings: Settings
) -> None:
    settings.IDENTITY_PROVIDER = provider_of(issuer.address, acr_values=(), second_factor_acrs=())
    issuer.acr = None
    assert "acr_values" not in issuer.leave(client)
    assert opens(client, issuer)


def test_another_key_under_the_right_name_opens_nothing(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    issuer.token = jwt.encode(issuer.right_claims(), key("forger"), algorithm="RS256", headers={"kid": "one"})
    issuer.come_back(client, asked)
    assert "_auth_user_id" not in client.session


def test_a_token_whose_claims_were_changed_opens_nothing(client: Client, person: User, issuer: Issuer) -> None:
    issuer.subject = "somebody"
    asked = issuer.leave(client)
    head, _, signature = issuer.id_token().split(".")
    issuer.token = ".".join([head, part(issuer.right_claims() | {"sub": "subject-1"}), signature])
    issuer.come_back(client, asked)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
def test_a_token_without_a_signature_opens_nothing(
    client: Client, person: User, issuer: Issuer, algorithm: str
) -> None:
    asked = issuer.leave(client)
    issuer.token = f"{part({'alg': algorithm, 'kid': 'one', 'typ': 'JWT'})}.{part(issuer.right_claims())}."
    issuer.come_back(client, asked)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("form", ["PEM", "DER"])
def test_the_public_key_taken_for_a_shared_secret_opens_nothing(
    client: Client, person: User, issuer: Issuer, form: str
) -> None:
    encoding = getattr(serialization.Encoding, form)
    secret = key("issuer").public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    asked = issuer.leave(client)
    signed = f"{part({'alg': 'HS256', 'kid': 'one', 'typ': 'JWT'})}.{part(issuer.right_claims())}"
    signature = base64.urlsafe_b64encode(hmac.new(secret, signed.encode(), hashlib.sha256).digest()).rstrip(b"=")
    issuer.token = f"{signed}.{signature.decode()}"
    issuer.come_back(client, asked)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    "header",
    [{"kid": None}, {"kid": "two"}, {"kid": 1}, {"typ": "at+jwt"}, {"typ": "logout+jwt"}, {"crit": ["exp"], "exp": 1}],
)
def test_a_header_of_another_kind_opens_nothing(
    client: Client, person: User, issuer: Issuer, header: dict[str, Any]
) -> None:
    asked = issuer.leave(client)
    head = {name: value for name, value in {"alg": "RS256", "kid": "one", **header}.items() if value is not None}
    signed = f"{part(head)}.{part(issuer.right_claims())}"
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(signed.encode(), key("issuer"))
    issuer.token = f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"
    issuer.come_back(client, asked)
    assert "_auth_user_id" not in client.session


def test_a_key_that_the_token_brings_itself_opens_nothing(client: Client, person: User, issuer: Issuer) -> None:
    asked = issuer.leave(client)
    own = public(key("forger"), "forged")
    for header in ({"kid": "forged", "jwk": own}, {"kid": "one", "jwk": own}, {"kid": "forged", "jku": issuer.address}):
        issuer.token = jwt.encode(issuer.right_claims(), key("forger"), algorithm="RS256", headers=header)
        issuer.come_back(client, asked)
        assert "_auth_user_id" not in client.session
        asked = issuer.leave(client)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b", "..", "x" * 30_000, "é.é.é"])
def test_what_is_no_token_opens_nothing(client: Client, person: User, issuer: Issuer, token: str) -> None:
    issuer.token = token
    assert not opens(client, issuer)


def test_a_key_of_the_provider_that_is_too_small_opens_nothing(client: Client, person: User, issuer: Issuer) -> None:
    issuer.keys = {"one": key("small", 1024)}
    assert not opens(client, issuer)


def test_an_algorithm_that_is_not_allowed_opens_nothing_until_it_is(
    client: Client, person: User, issuer: Issuer, settings: Settings
) -> None:
    settings.IDENTITY_PROVIDER = provider_of(issuer.address, algorithms=("ES256", "PS256"))
    assert not opens(client, issuer)
    settings.IDENTITY_PROVIDER = provider_of(issuer.address, algorithms=("ES256", "RS256"))
    assert opens(client, issuer)


def keys_fetched(issuer: Issuer) -> int:
    """How often the provider was asked for its keys."""
    return issuer.asked.count("/keys")


def test_a_new_key_of_the_provider_is_fetched_once_it_signs_with_it(
    client: Client, person: User, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teams.accounts.identities.conversation.BETWEEN_REFRESHES_SECONDS", 0)
    assert opens(client, issuer)
    client.logout()
    issuer.keys["two"] = key("issuer's second")
    issuer.signs_with = "two"
    assert opens(client, issuer)
    client.logout()
    assert opens(client, issuer)
    assert keys_fetched(issuer) == 2
    del issuer.keys["one"]
    client.logout()
    issuer.signs_with = "one"  # known from before: the old key counts until what is kept is an hour old
    issuer.keys["one"] = key("issuer")
    assert opens(client, issuer)
    assert keys_fetched(issuer) == 2


def test_keys_that_could_not_be_had_are_asked_for_again_without_a_minutes_wait(
    issuer: Issuer, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversation, "LEFT_ALONE_SECONDS", 0)
    provider = settings.IDENTITY_PROVIDER
    assert provider is not None
    conversation.metadata(provider)
    issuer.status = 502
    with pytest.raises(conversation.ProviderAway):
        conversation.verification_key(provider, "one", "RS256")
    issuer.status = 200
    assert conversation.verification_key(provider, "one", "RS256") is not None


def test_keys_that_nobody_has_are_asked_for_once_a_minute_at_most(client: Client, person: User, issuer: Issuer) -> None:
    assert opens(client, issuer)
    client.logout()
    for name in ("three", "four", "five"):
        issuer.signs_with = name
        assert not opens(client, issuer)
    assert keys_fetched(issuer) == 1
    issuer.signs_with = "one"
    assert opens(client, issuer)
