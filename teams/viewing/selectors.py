"""Questions about who saw the portal as what."""

from __future__ import annotations

from datetime import date, datetime

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet

from teams.accounts.models import User
from teams.bodies.models import Body

from .models import Viewing

# What the session remembers: the key of the row, and nothing of what it allows.
SESSION_KEY = "viewing"


def viewings_visible_to(person: User, day: date) -> QuerySet[Viewing]:
    """The whole record for administrators of the portal, nothing for anyone else."""
    return Viewing.objects.all() if person.is_site_admin else Viewing.objects.none()


def viewing_of(session: SessionBase, person: User, *, at: datetime) -> Viewing | None:
    """The view as a role that goes on in the session at `at`; None where there is none, or no longer.

    Only a row that the person started themselves counts, and only while they are an administrator.
    """
    key = session.get(SESSION_KEY)
    if not isinstance(key, str) or not person.is_site_admin:
        return None
    found = Viewing.objects.filter(key=key, administrator=person).select_related("group", "body").first()
    if found is None or not found.goes_on_at(at):
        return None
    found.administrator = person
    return found


def seats() -> QuerySet[Body]:
    """Every body of every group, to choose from: by group, in the order of its file."""
    return Body.objects.select_related("group").order_by("group__slug", "position", "id")
