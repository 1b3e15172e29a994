"""Questions about identities: whose they are, and whether one was shown in this session."""

from __future__ import annotations

from typing import Final

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet

from teams.accounts.models import Identity, User

from .provider import Provider, configured

# In the session of somebody whose sign-in at the provider counted as second factor: which identity, and its acr.
SHOWN: Final = "second_factor_at_provider"


def identities_of(person: User, provider: Provider) -> QuerySet[Identity]:
    """The person's identities at the provider, the oldest first."""
    return person.identities.filter(issuer=provider.issuer).order_by("linked_at", "pk")


def identity_of(provider: Provider, subject: str) -> Identity | None:
    """The identity of that subject, with its person. E-mail addresses are never compared."""
    return Identity.objects.select_related("person").filter(issuer=provider.issuer, subject=subject).first()


def has_second_factor_at_provider(person: User) -> bool:
    """Whether an identity of the person's is a second factor: it was used as one before."""
    provider = configured()
    if provider is None or not provider.second_factor_acrs:
        return False
    return identities_of(person, provider).filter(acr__in=provider.second_factor_acrs).exists()


def showed_second_factor(person: User, session: SessionBase) -> bool:
    """Whether this session began, or went on, with a sign-in at the provider that counts as second factor.

    Asks the database whether the identity is still the person's, so that removing it counts at once; one query, and
    none for those who signed in otherwise.
    """
    shown: dict[str, str | int] | None = session.get(SHOWN)
    provider = configured()
    if shown is None or provider is None or not provider.counts_as_second_factor(str(shown["acr"])):
        return False
    return identities_of(person, provider).filter(pk=shown["identity"]).exists()
