"""Ending sessions of others, on the record. Whether `by` may do it is asked before."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction

from teams.accounts.models import EndedSession, User
from teams.accounts.selectors import sessions_of
from teams.clock import selectors as clock
from teams.reasons import because

from . import devices, selectors


class AlreadyOver(Exception):
    """There is no such session any more."""


@transaction.atomic
def end(*, by: User, session: UserSession, reason: str) -> EndedSession:
    """End a session at once: its next page asks to sign in. Raises AlreadyOver, and then records nothing."""
    rows = UserSession.objects.select_for_update(of=("self",)).select_related("user")
    row = rows.filter(pk=session.pk).first()
    stored = Session.objects.filter(session_key=row.session_key).first() if row else None
    if row is None or stored is None:
        raise AlreadyOver
    return _ended(by, [(stored, row)], row.user, reason)[0]


@transaction.atomic
def end_all(*, by: User, person: User, reason: str, but: str | None = None) -> int:
    """End every session of the person but the one with the key `but`; returns how many there were.

    It goes by what is stored, so that none is left that the list of sessions doesn't know.
    """
    keys = [key for key in sessions_of(person) if key != but]
    rows = {row.session_key: row for row in UserSession.objects.select_for_update().filter(session_key__in=keys)}
    stored = Session.objects.select_for_update().filter(pk__in=keys).order_by("pk")
    return len(_ended(by, [(each, rows.get(each.pk)) for each in stored], person, reason))


def _ended(
    by: User, sessions: list[tuple[Session, UserSession | None]], person: User, reason: str
) -> list[EndedSession]:
    now = clock.real_now()
    ended = []
    for stored, row in sessions:
        known = row or UserSession(created_at=now, last_seen_at=now)
        signed_in_at, seen_at = selectors.moments_of(stored.get_decoded(), known)
        ended.append(
            EndedSession(
                person=person,
                device=devices.in_words(row.user_agent) if row else devices.NOT_SAID,
                address=row.ip if row else None,
                signed_in_at=signed_in_at,
                seen_at=seen_at,
                ended_by=by,
                ended_at=now,
                reason=reason,
            )
        )
    keys = [stored.pk for stored, _ in sessions]
    with because(reason):
        EndedSession.objects.bulk_create(ended)
    Session.objects.filter(pk__in=keys).delete()
    UserSession.objects.filter(session_key__in=keys).delete()
    return ended
