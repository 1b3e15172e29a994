"""The link in a mail that switches its kind of notice off, without signing in (RFC 8058)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from teams.accounts.models import User
from teams.notices import kinds

SALT: Final = "teams.notices.choices"


class Meant(NamedTuple):
    """What a link is about."""

    person_id: int
    kinds: tuple[str, ...]


def link_of(person_id: int, names: Iterable[str]) -> str:
    """The full address for a person and kinds of notices. It doesn't end: an old mail must be able to stop new ones."""
    signed = _signer().sign_object([person_id, *names])
    return f"{settings.SITE_URL}{reverse('choices:least', args=[signed])}"


def read(signed: str) -> Meant | None:
    """What the signed part of a link is about; None where it isn't ours."""
    try:
        person_id, *names = _signer().unsign_object(signed)
    except (BadSignature, ValueError):
        return None
    return Meant(person_id, tuple(names))


def headers_of(person: User | None, names: Iterable[str]) -> dict[str, str]:
    """The headers of a mail to the person about notices of these kinds; none where nothing may be chosen."""
    chosen = [name for name in names if (kind := kinds.find(name)) and kind.is_chosen]
    if person is None or not chosen:
        return {}
    return {
        "List-Unsubscribe": f"<{link_of(person.pk, chosen)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT)
