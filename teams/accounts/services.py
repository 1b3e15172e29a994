"""Changes to people: visits, second factors, and the demonstration's accounts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal.auth import WebAuthn
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import F, Q

from teams.clock import selectors as clock

from . import selectors
from .models import User
from .second_factor import SecondFactorAdapter

NEW_VISIT_AFTER = timedelta(hours=1)


class OwnAccount(Exception):
    """Nobody closes their own account, so that an administrator is always left."""


class NotADemonstration(Exception):
    """Demonstration accounts exist only where the demonstration is on."""


def note_visit(*, person: User, at: datetime) -> None:
    """Remember that the person was here at `at` (the portal's clock).

    After an hour without a page a new visit begins; what changed is then counted from the end of the last one. One
    conditional UPDATE, at most every five minutes, and also when the clock was set back.
    """
    seen = person.seen_at
    if seen is not None and seen <= at < seen + timedelta(minutes=5):
        return
    is_new_visit = seen is None or at < seen or at - seen > NEW_VISIT_AFTER
    changes = {"seen_at": at, **({"previous_visit_at": F("seen_at")} if is_new_visit else {})}
    User.objects.filter(Q(seen_at=seen) if seen else Q(seen_at__isnull=True), pk=person.pk).update(**changes)
    if is_new_visit:
        person.previous_visit_at = seen
    person.seen_at = at


# What must follow when a person lives by another time zone.
_after_a_new_zone: list[Callable[[User], object]] = []


def after_a_new_zone(do: Callable[[User], object]) -> None:
    """Have something done, in the same transaction, when a person chose another time zone for themselves.

    A room above says it when the application starts (`AppConfig.ready`).
    """
    if do not in _after_a_new_zone:
        _after_a_new_zone.append(do)


@transaction.atomic
def change_profile(*, by: User, name: str, timezone: str) -> None:
    """Give the person the name and the time zone (IANA) that they chose for themselves.

    Raises ValidationError for a name that is empty or too long, or a zone that doesn't exist.
    """
    is_new_zone = by.timezone != timezone
    by.name, by.timezone = name.strip(), timezone
    by.clean_fields(exclude={field.name for field in User._meta.fields} - {"name", "timezone"})  # noqa: SLF001
    by.save(update_fields=["name", "timezone"])
    if is_new_zone:
        for do in _after_a_new_zone:
            do(by)


@transaction.atomic
def close_account(*, by: User, person: User) -> int:
    """Let the person in no more, and end all their sessions at once; returns how many there were. Raises OwnAccount.

    Mail that waits for them is skipped by the outbox. What else ends with it is `ecomwg.people.services`' part.
    """
    if by.pk == person.pk:
        raise OwnAccount
    person.is_active = False
    person.save(update_fields=["is_active"])
    return end_sessions(person=person)


@transaction.atomic
def open_account(*, by: User, person: User) -> None:
    """Let the person in again, with the password that they had. Roles that ended stay ended."""
    person.is_active = True
    person.save(update_fields=["is_active"])


def end_sessions(*, person: User) -> int:
    """Delete every session of the person; returns how many there were."""
    theirs = selectors.sessions_of(person)
    Session.objects.filter(pk__in=theirs).delete()
    return len(theirs)


def clear_sessions() -> int:
    """Forget the sessions that are over, and what the list of sessions says of them; returns how many are forgotten.

    A session's line in that list stays for an hour at least: it is written a moment before the session itself.
    """
    ended, _ = Session.objects.filter(expire_date__lt=clock.real_now()).delete()
    there = Session.objects.values("session_key")
    an_hour_ago = clock.real_now() - timedelta(hours=1)
    UserSession.objects.filter(created_at__lt=an_hour_ago).exclude(session_key__in=there).delete()
    return ended


@transaction.atomic
def confirm_address(*, person: User) -> None:
    """Take the person's address as confirmed, because an administrator vouches for it (a group's file).

    It is then their only one: an address that they had before is forgotten.
    """
    EmailAddress.objects.filter(user=person).exclude(email=person.email.lower()).delete()
    EmailAddress.objects.update_or_create(
        user=person, email=person.email.lower(), defaults={"verified": True, "primary": True}
    )


@transaction.atomic
def open_for_demonstration(*, people: list[User]) -> int:
    """Give the demonstration's password to each person that has no way in yet; returns to how many.

    Raises NotADemonstration where the demonstration is off.
    """
    if not settings.DEMONSTRATION:
        raise NotADemonstration("the demonstration is off")
    closed = [person for person in people if not selectors.has_way_in(person)]
    if not closed:
        return 0
    closed[0].set_password(settings.DEMONSTRATION_PASSWORD)
    for person in closed:
        person.password = closed[0].password
    User.objects.bulk_update(closed, ["password"])
    return len(closed)


def reserve_number() -> int:
    """A number that no person has or will get, for somebody who is yet to be made (`User(pk=...)`).

    A passkey names its person by number, and is made before them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [User._meta.db_table])  # noqa: SLF001
        row = cursor.fetchone()
    assert row is not None
    return int(row[0])


def add_passkey(*, person: User, credential: Mapping[str, Any], name: str = "") -> Authenticator:
    """Keep a passkey that a browser made for the person, and that was checked (its challenge, that it asks who it is).

    `credential` is what the browser answered (WebAuthn's PublicKeyCredential as JSON).
    """
    name = name or SecondFactorAdapter().generate_authenticator_name(person, Authenticator.Type.WEBAUTHN)
    added: Authenticator = WebAuthn.add(person, name, dict(credential)).instance
    return added


@transaction.atomic
def rotate_secrets() -> int:
    """Put the secrets of all second factors under the first of MFA_KEYS; returns how many rows were written.

    Raises ImproperlyConfigured when a secret opens with none of the keys; nothing is changed then.
    """
    adapter = SecondFactorAdapter()
    rotated = 0
    for factor in Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN):
        for name in ("secret", "seed"):
            if name in factor.data:
                factor.data[name] = adapter.encrypt(adapter.decrypt(factor.data[name]))
        factor.save(update_fields=["data"])
        rotated += 1
    return rotated


@transaction.atomic
def remove_second_factors(*, person: User) -> int:
    """Take every second factor from the person, for a device that is lost; returns how many there were.

    Identities at a provider go as well, since one may be the second factor.
    """
    removed, _ = Authenticator.objects.filter(user=person).delete()
    unlinked, _ = person.identities.all().delete()
    return int(removed) + unlinked
