"""What the portal and the provider say to each other directly: where its doors are, its keys, a code for a token.

Each answer is waited for a few seconds, is at most some hundred kilobytes long, and leads nowhere else. After a failure
the provider is left alone for a moment, so that one that hangs does not take every thread of the web server with it.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO, Any, Final
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from django.core.cache import cache

from .provider import Provider, is_loopback

log = logging.getLogger(__name__)

STEP_SECONDS: Final = 4  # for connecting, and for each part of an answer
IN_ALL_SECONDS: Final = 8
LONGEST_ANSWER: Final = 512 * 1024  # bytes
KEPT_SECONDS: Final = 60 * 60  # what the provider says of itself, and its keys
LEFT_ALONE_SECONDS: Final = 10
BETWEEN_REFRESHES_SECONDS: Final = 60


class ProviderAway(Exception):
    """The provider did not answer in time, or not with what the standard says."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    answers_with_issuer: bool


def metadata(provider: Provider) -> Metadata:
    """Where to send people, codes, and questions about keys. Kept for an hour. Raises ProviderAway."""
    key = _key(provider, "metadata")
    said: dict[str, Any] | None = cache.get(key)
    if said is None:
        said = _ask(provider, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
        if said.get("issuer") != provider.issuer:
            raise _failed(provider, f"it calls itself {said.get('issuer')!r}, OIDC_ISSUER is {provider.issuer!r}")
        found = _metadata(said)
        addresses = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        if not all(provider.may_be_asked(address) for address in addresses):
            raise _failed(provider, "an address that it gives is missing or without TLS")
        if not any(found.authorization_endpoint.startswith(f"{origin}/") for origin in provider.origins):
            raise _failed(provider, f"add the origin of {found.authorization_endpoint} to OIDC_FORM_ORIGINS")
        cache.set(key, said, KEPT_SECONDS)
    return _metadata(said)


def _metadata(said: dict[str, Any]) -> Metadata:
    return Metadata(
        authorization_endpoint=str(said.get("authorization_endpoint", "")),
        token_endpoint=str(said.get("token_endpoint", "")),
        jwks_uri=str(said.get("jwks_uri", "")),
        answers_with_issuer=said.get("authorization_response_iss_parameter_supported") is True,
    )


def verification_key(provider: Provider, key_id: str, algorithm: str) -> dict[str, Any] | None:
    """The provider's public key of that id for that algorithm, as a JSON Web Key; None where it has none.

    Its keys are kept for an hour. For an id that is not among them they are fetched again, in case that the provider
    has changed its keys, but once a minute at most. Raises ProviderAway.
    """
    key = _key(provider, "keys")
    known: list[Any] | None = cache.get(key)
    found = _find(known or [], key_id, algorithm)
    is_first_in_a_minute = found is None and cache.add(_key(provider, "refreshed"), True, BETWEEN_REFRESHES_SECONDS)
    if known is None or is_first_in_a_minute:
        known = _ask(provider, metadata(provider).jwks_uri).get("keys")
        if not isinstance(known, list):
            raise _failed(provider, "its keys are no list")
        cache.set(key, known, KEPT_SECONDS)
        found = _find(known, key_id, algorithm)
    return found


def _find(keys: list[Any], key_id: str, algorithm: str) -> dict[str, Any] | None:
    kind = "EC" if algorithm.startswith("ES") else "RSA"
    found = [
        key
        for key in keys
        if isinstance(key, dict)
        and key.get("kid") == key_id
        and key.get("kty") == kind
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
    ]
    return found[0] if len(found) == 1 else None


def token_for(provider: Provider, fields: dict[str, str]) -> dict[str, Any]:
    """What the token endpoint answers to the fields; a refusal comes as its `error`. Raises ProviderAway."""
    return _ask(provider, metadata(provider).token_endpoint, fields)


# --- One question ---------------------------------------------------------------------------------------------------


class _NoRedirects(HTTPRedirectHandler):
    """An answer that leads elsewhere is no answer: what is asked carries a code or brings keys."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _ask(provider: Provider, address: str, fields: dict[str, str] | None = None) -> dict[str, Any]:
    """The JSON object that a GET of the address brings, or a POST of the fields. Raises ProviderAway."""
    if cache.get(_key(provider, "away")):
        raise ProviderAway("it did not answer a moment ago")
    body = urlencode(fields).encode() if fields is not None else None
    request = Request(address, data=body, headers={"Accept": "application/json"})  # noqa: S310 - `may_be_asked`
    try:
        status, text = _read(_opener(address), request)
        said = json.loads(text)
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        raise _failed(provider, f"{address}: {type(error).__name__}: {error}") from error
    is_refusal = fields is not None and status in (400, 401)
    if not isinstance(said, dict) or (status != 200 and not is_refusal):
        raise _failed(provider, f"{address} answered {status}")
    return said


def _opener(address: str) -> OpenerDirector:
    """With the machine's proxies, except to the machine itself."""
    handlers = [ProxyHandler({})] if is_loopback(address) else []
    return build_opener(_NoRedirects, *handlers)


def _read(opener: OpenerDirector, request: Request) -> tuple[int, bytes]:
    """Status and body. Raises OSError when it takes too long or is too much."""
    ends = time.monotonic() + IN_ALL_SECONDS
    try:
        answer: HTTPResponse | HTTPError = opener.open(request, timeout=STEP_SECONDS)
    except HTTPError as refusal:
        answer = refusal
    with answer:
        body = b""
        while part := answer.read1(65536):
            body += part
            if len(body) > LONGEST_ANSWER or time.monotonic() > ends:
                raise OSError("the answer is too long, or takes too long")
        return answer.status or 0, body


def _failed(provider: Provider, why: str) -> ProviderAway:
    log.warning("The identity provider %s can't be used: %s", provider.issuer, why)
    cache.set(_key(provider, "away"), True, LEFT_ALONE_SECONDS)
    return ProviderAway(why)


def _key(provider: Provider, what: str) -> str:
    return f"identity-provider:{sha256(provider.issuer.encode()).hexdigest()}:{what}"
