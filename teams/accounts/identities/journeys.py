"""People on their way to the provider and back: what the portal keeps of each in the session, until it is answered."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from django.contrib.sessions.backends.base import SessionBase

KEPT_IN: Final = "identity_journeys"
LASTS: Final = timedelta(minutes=15)
MOST_AT_ONCE: Final = 5  # windows of one browser


class Purpose(StrEnum):
    """What the person left for."""

    SIGN_IN = "sign in"
    LINK = "link"
    PROVE = "prove"  # is signed in, and shows the second factor that the provider has asked for


@dataclass(frozen=True, slots=True)
class Journey:
    """One way there and back. `state` and `nonce` have 256 random bits each, `verifier` is PKCE's (RFC 7636)."""

    state: str
    nonce: str
    verifier: str
    purpose: Purpose
    issuer: str
    person: int | None
    onward: str
    began: float

    @property
    def challenge(self) -> str:
        """What the provider is shown of the verifier: its SHA-256 (S256)."""
        return base64.urlsafe_b64encode(sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()


def begin(
    session: SessionBase, purpose: Purpose, *, issuer: str, at: datetime, person: int | None = None, onward: str = ""
) -> Journey:
    """Keep a new journey in the session; `onward` is an address of the portal that was checked. The oldest give way."""
    journey = Journey(
        state=secrets.token_urlsafe(32),
        nonce=secrets.token_urlsafe(32),
        verifier=secrets.token_urlsafe(48),
        purpose=purpose,
        issuer=issuer,
        person=person,
        onward=onward,
        began=at.timestamp(),
    )
    kept: list[dict[str, Any]] = session.get(KEPT_IN, [])
    session[KEPT_IN] = [*kept, asdict(journey)][-MOST_AT_ONCE:]
    return journey


def take(session: SessionBase, state: str, *, at: datetime) -> Journey | None:
    """The journey of that state, which can't be taken again; None where there is none, or it lasted too long."""
    kept: list[dict[str, Any]] = session.get(KEPT_IN, [])
    found = next((each for each in kept if secrets.compare_digest(each["state"].encode(), state.encode())), None)
    if found is None:
        return None
    session[KEPT_IN] = [each for each in kept if each is not found]
    journey = Journey(**{**found, "purpose": Purpose(found["purpose"])})
    return journey if 0 <= at.timestamp() - journey.began <= LASTS.total_seconds() else None
