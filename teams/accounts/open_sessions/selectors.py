"""Questions about the sessions that are open, and about those that administrators ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.crypto import constant_time_compare

from teams.accounts.models import EndedSession, User
from teams.accounts.sessions import limits

from . import devices


@dataclass(frozen=True, slots=True)
class OpenSession:
    """One session, without the key that opens it. Instants are real time.

    `number` is what its address has; `asks_again_at` is until when a sensitive step goes without asking for the
    password or second factor again, None where the next one asks. Somebody who has neither (who signs in by the
    identity provider alone) is never asked: `is_asked_again` says so.
    """

    number: int
    person: User
    device: str
    address: str
    signed_in_at: datetime
    seen_at: datetime
    idle_ends_at: datetime
    ends_at: datetime
    is_asked_again: bool
    asks_again_at: datetime | None
    is_own: bool

    @property
    def is_idle_first(self) -> bool:
        """Whether it ends without another page sooner than it does in any case."""
        return self.idle_ends_at < self.ends_at


def open_sessions(*, at: datetime, words: str = "") -> QuerySet[Any]:
    """The sessions that have reached no limit at `at`, the last used first, with their people at hand.

    With `words`, those of people who have them in name or address. Rows of UserSession with `has_factor`.
    """
    there = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=at)
    is_administrator = Q(user__is_site_admin=True)
    since = {each: at - limits.limits_for(User(is_site_admin=each)).idle for each in (True, False)}
    found = UserSession.objects.filter(
        Exists(there),
        is_administrator & Q(last_seen_at__gt=since[True]) | ~is_administrator & Q(last_seen_at__gt=since[False]),
        created_at__gt=at - timedelta(hours=settings.SESSION_ABSOLUTE_HOURS),
        user__is_active=True,
    )
    if words:
        found = found.filter(Q(user__name__icontains=words) | Q(user__email__icontains=words))
    factors = Authenticator.objects.filter(user=OuterRef("user"))
    with_factor: QuerySet[Any] = found.annotate(has_factor=Exists(factors))
    return with_factor.select_related("user").order_by("-last_seen_at", "-id")


def described(rows: Iterable[Any], *, at: datetime, own: str | None) -> list[OpenSession]:
    """Rows of `open_sessions` with what their sessions say; `own` is the key of the asking administrator's. One query.

    Left out is what opens nothing any more though it is still stored: signed in with a password that was changed since,
    or over meanwhile.
    """
    rows = list(rows)
    stored = Session.objects.in_bulk([row.session_key for row in rows])
    return [
        _described(row, session, at, own)
        for row in rows
        if row.session_key in stored and is_of((session := stored[row.session_key].get_decoded()), row.user)
    ]


def is_of(session: Mapping[str, Any], person: User) -> bool:
    """Whether what a session says signs the person in: it names them, and their password is still the same."""
    return session.get(SESSION_KEY) == str(person.pk) and constant_time_compare(
        session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash()
    )


def moments_of(session: Mapping[str, Any], row: UserSession) -> tuple[datetime, datetime]:
    """When a session began, and when its last page was; `row` says it of one that is older than the limits."""
    began, active = session.get(limits.BEGAN), session.get(limits.ACTIVE)
    return (
        datetime.fromtimestamp(began, UTC) if began else row.created_at,
        datetime.fromtimestamp(active, UTC) if active else row.last_seen_at,
    )


def _described(row: Any, session: Mapping[str, Any], at: datetime, own: str | None) -> OpenSession:
    signed_in_at, seen_at = moments_of(session, row)
    of_person = limits.limits_for(row.user)
    return OpenSession(
        number=row.pk,
        person=row.user,
        device=devices.in_words(row.user_agent),
        address=row.ip,
        signed_in_at=signed_in_at,
        seen_at=max(seen_at, row.last_seen_at),
        idle_ends_at=seen_at + of_person.idle,
        ends_at=signed_in_at + of_person.absolute,
        is_asked_again=row.user.has_usable_password() or row.has_factor,
        asks_again_at=_asks_again_at(session, at),
        is_own=row.session_key == own,
    )


def _asks_again_at(session: Mapping[str, Any], at: datetime) -> datetime | None:
    """As allauth decides it: so long after the last time that the person was asked again, not after signing in."""
    asked = [each["at"] for each in session.get(AUTHENTICATION_METHODS_SESSION_KEY, []) if each.get("reauthenticated")]
    if not asked:
        return None
    until = datetime.fromtimestamp(asked[-1] + settings.ACCOUNT_REAUTHENTICATION_TIMEOUT, UTC)
    return until if until > at else None


def ended_lately(number: int) -> QuerySet[EndedSession]:
    """The last so many sessions that administrators ended, with the people at hand."""
    return EndedSession.objects.select_related("person", "ended_by")[:number]


def number_open(*, at: datetime) -> int:
    """How many sessions are open at `at`."""
    return open_sessions(at=at).count()
