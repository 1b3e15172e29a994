"""How long a session lasts: so long without a page, and so long in all. Real time, never the portal's clock.

Both moments stand in the session itself, as seconds since 1970. The last page is written down once a minute at most, so
that a page costs no write; a session may therefore end up to a minute sooner than the limit says, and never later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase

from teams.accounts.models import User

BEGAN, ACTIVE = "session_began", "session_active"
WRITE_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Limits:
    """What holds for a person."""

    idle: timedelta
    absolute: timedelta


def limits_for(person: User) -> Limits:
    """Administrators may be away for a shorter time than others."""
    minutes = settings.SESSION_IDLE_MINUTES_ADMINISTRATOR if person.is_site_admin else settings.SESSION_IDLE_MINUTES
    return Limits(timedelta(minutes=minutes), timedelta(hours=settings.SESSION_ABSOLUTE_HOURS))


def begin(session: SessionBase, *, at: datetime) -> None:
    """The person has signed in at `at`."""
    session[BEGAN] = session[ACTIVE] = int(at.timestamp())


def note_page(session: SessionBase, *, at: datetime) -> bool:
    """The person has opened a page at `at`; returns whether that was written down."""
    if at.timestamp() - session[ACTIVE] < WRITE_EVERY.total_seconds():
        return False
    session[ACTIVE] = int(at.timestamp())
    return True


def left_in_all(session: SessionBase, person: User, *, at: datetime) -> timedelta:
    """How much longer the session can last whatever the person does; negative when it is over."""
    return limits_for(person).absolute - timedelta(seconds=at.timestamp() - session[BEGAN])


def left(session: SessionBase, person: User, *, at: datetime) -> timedelta:
    """How much longer the session lasts without another page; negative when it is over."""
    idle = limits_for(person).idle - timedelta(seconds=at.timestamp() - session[ACTIVE])
    return min(idle, left_in_all(session, person, at=at))
