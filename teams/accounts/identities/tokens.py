"""The two signed tokens of a sign-in: by one the provider knows the portal, the other says who came."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import jwt
from jwt.types import Options

from . import conversation
from .provider import Provider

ASSERTION_LASTS: Final = timedelta(minutes=2)
TOKEN_IS_YOUNG: Final = timedelta(minutes=10)
CLOCKS_DIFFER: Final = timedelta(seconds=60)
LONGEST_TOKEN: Final = 20_000  # characters
LONGEST_NAME: Final = 255  # a subject's length by OpenID Connect Core 1.0, section 2


class TokenRefused(Exception):
    """The token does not say what it must, or not by whom it must. The text is for the log."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who the provider says has signed in: its name for the person, and how sure it is."""

    subject: str
    acr: str


def client_assertion(provider: Provider, *, audience: str, at: datetime) -> str:
    """A token signed by the portal's key (RFC 7523, `private_key_jwt`), for one use within ASSERTION_LASTS of `at`."""
    claims = {
        "iss": provider.client_id,
        "sub": provider.client_id,
        "aud": audience,
        "jti": secrets.token_urlsafe(32),
        "iat": int(at.timestamp()),
        "exp": int((at + ASSERTION_LASTS).timestamp()),
    }
    headers = {"kid": provider.key_id} if provider.key_id else None
    return jwt.encode(claims, provider.signing_key, algorithm="RS256", headers=headers)


def verified(provider: Provider, token: object, *, nonce: str, at: datetime) -> SignedIn:
    """Who the ID token is about, once everything of OpenID Connect Core 1.0, section 3.1.3.7, holds at `at`.

    That the token came straight from the provider changes nothing: its signature is verified all the same. Raises
    TokenRefused, and ProviderAway when the provider's keys are needed and can't be had.
    """
    if not isinstance(token, str) or len(token) > LONGEST_TOKEN:
        raise TokenRefused("there is no ID token")
    claims = _signed_claims(provider, token)
    if at.timestamp() - int(claims["iat"]) > (TOKEN_IS_YOUNG + CLOCKS_DIFFER).total_seconds():
        raise TokenRefused("it was issued long ago")
    if claims["aud"] not in (provider.client_id, [provider.client_id]):
        raise TokenRefused("it is for others too")
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise TokenRefused("it was asked for by another client (azp)")
    if not isinstance(claims["nonce"], str) or not hmac.compare_digest(claims["nonce"].encode(), nonce.encode()):
        raise TokenRefused("it answers another question (nonce)")
    subject = claims["sub"]
    if not _is_name(subject):
        raise TokenRefused("its subject is empty, too long or unprintable")
    acr = claims.get("acr", "")
    if provider.acr_values and acr not in provider.acr_values:
        raise TokenRefused(f"its acr is {acr!r}, which was not asked for")
    return SignedIn(subject, acr if _is_name(acr) else "")


def _is_name(said: object) -> bool:
    return isinstance(said, str) and 0 < len(said) <= LONGEST_NAME and said.isprintable()


def _signed_claims(provider: Provider, token: str) -> dict[str, Any]:
    """Its claims, once the signature holds and it is of this issuer, for this client, and of now."""
    options: Options = {"require": ["iss", "sub", "aud", "exp", "iat", "nonce"], "enforce_minimum_key_length": True}
    try:
        header = jwt.get_unverified_header(token)
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in provider.algorithms:
            raise TokenRefused(f"it is signed by {algorithm!r}")
        if not isinstance(key_id, str) or str(header.get("typ", "JWT")).upper() != "JWT" or "crit" in header:
            raise TokenRefused("its header names no key, or is of another kind of token")
        found = conversation.verification_key(provider, key_id, algorithm)
        if found is None:
            raise TokenRefused("it is signed with a key that the provider does not have")
        key = jwt.PyJWK(found, algorithm=algorithm)
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=provider.issuer,
            audience=provider.client_id,
            leeway=CLOCKS_DIFFER,
            options=options,
        )
    except jwt.PyJWTError as error:
        raise TokenRefused(f"{type(error).__name__}: {error}") from error
