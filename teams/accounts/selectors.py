"""Questions about people."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet

from teams.clock import selectors as clock

from .identities.provider import configured
from .identities.selectors import has_second_factor_at_provider, showed_second_factor
from .models import Identity, User


def demonstration_people() -> QuerySet[User]:
    """People whom the demonstration offers on its sign-in page: those of the group's file that are samples."""
    return (
        User.objects.filter(source="illustrative", is_active=True)
        .select_related("organization")
        .order_by("-is_site_admin", "id")
    )


def unless_government_only(person: User, marked: Q) -> Q:
    """The condition that keeps what is `marked` as government-only from people of the trade.

    The only place where it is decided whom the mark keeps out: it goes by whom the person works for, never by a role.
    """
    return Q() if person.is_government else ~marked


def must_set_up_second_factor(person: User, session: SessionBase) -> bool:
    """Whether the person may see nothing before they have a passkey or an authenticator app.

    For government accounts and administrators, where SECOND_FACTOR_REQUIRED is on; one query for these. Not in a
    session in which the identity provider has asked for a second factor.
    """
    if not settings.SECOND_FACTOR_REQUIRED or not (person.is_government or person.is_site_admin):
        return False
    if showed_second_factor(person, session):
        return False
    factors = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    return not Authenticator.objects.filter(user=person, type__in=factors).exists()


def is_known_by_mail_alone(person: User) -> bool:
    """Whether a signed link that was mailed to the person may answer for them without a session.

    Not for who must have a second factor or has one: whoever reads their mail would get round it.
    """
    if settings.SECOND_FACTOR_REQUIRED and (person.is_government or person.is_site_admin):
        return False
    factors = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    has_one = Authenticator.objects.filter(user=person, type__in=factors).exists()
    return not (has_one or has_second_factor_at_provider(person))


def lacking_second_factor() -> QuerySet[User]:
    """People with an open account who must have a second factor by whom they are, and have none yet.

    Whether the portal insists on it is a setting (SECOND_FACTOR_REQUIRED). An identity that was used as a second factor
    at the provider counts as one.
    """
    factors = Authenticator.objects.filter(
        user=OuterRef("pk"), type__in=[Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
    )
    provider = configured()
    acrs = provider.second_factor_acrs if provider else ()
    shown = Identity.objects.filter(person=OuterRef("pk"), issuer=provider.issuer if provider else "", acr__in=acrs)
    must = Q(is_site_admin=True) | Q(affiliation=User.Affiliation.GOVERNMENT)
    return User.objects.filter(must, ~Exists(factors), ~Exists(shown), is_active=True).order_by("name", "id")


def has_way_in(person: User) -> bool:
    """Whether the person can sign in: by a password, by a passkey alone, or by an identity provider."""
    return (
        person.has_usable_password()
        or Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).exists()
        or person.identities.exists()
    )


def sessions_of(person: User) -> list[str]:
    """The keys of the person's sessions. Reads all sessions that have not ended, since they name nobody outside."""
    return [
        session.pk
        for session in Session.objects.filter(expire_date__gt=clock.real_now()).iterator()
        if session.get_decoded().get(SESSION_KEY) == str(person.pk)
    ]
