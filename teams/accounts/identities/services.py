"""Changes to identities: linked, used, removed."""

from __future__ import annotations

from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction

from teams.accounts.models import Identity, User
from teams.clock import selectors as clock

from . import selectors
from .provider import Provider
from .tokens import SignedIn


class LinkedToAnother(Exception):
    """The identity is somebody else's here already."""


@transaction.atomic
def link(*, by: User, provider: Provider, who: SignedIn) -> tuple[Identity, bool]:
    """Let the person sign in with that identity from now on; returns it, and whether it is new.

    `who` was verified just now, and `by` has given proof of being themselves. Raises LinkedToAnother.
    """
    now = clock.now()
    identity, is_new = Identity.objects.get_or_create(
        issuer=provider.issuer,
        subject=who.subject,
        defaults={"person": by, "acr": who.acr, "linked_at": now, "used_at": now},
    )
    if identity.person_id != by.pk:
        raise LinkedToAnother
    if not is_new:
        note_use(identity=identity, provider=provider, who=who)
    return identity, is_new


@transaction.atomic
def note_use(*, identity: Identity, provider: Provider, who: SignedIn) -> None:
    """Remember when it was used, on the portal's clock, and how sure the provider was.

    Once it was a second factor it stays one: a weaker sign-in does not let the password alone set up another.
    """
    used = Identity.objects.filter(pk=identity.pk)
    used.update(used_at=clock.now())
    if not provider.counts_as_second_factor(who.acr):
        used = used.exclude(acr__in=provider.second_factor_acrs)
    used.update(acr=who.acr)  # a condition, since the identity may be used in another window at this moment


def note_second_factor(session: SessionBase, *, identity: int, acr: str) -> None:
    """Remember in the session that its person showed a second factor at the provider."""
    session[selectors.SHOWN] = {"identity": identity, "acr": acr}


@transaction.atomic
def remove(*, by: User, identity: int) -> bool:
    """Take one of their own identities from the person; returns whether there was one."""
    removed, _ = by.identities.filter(pk=identity).delete()
    return bool(removed)
