"""Starting and stopping, and the person who is there for the length of one request."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import pgtrigger
from django.db import transaction

from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.clock import selectors as clock

from .models import Viewing

LASTS: Final = timedelta(minutes=30)


class NotTheirs(Exception):
    """The body belongs to another group, or a role was given without a body."""


class NotAdministrator(Exception):
    """Only administrators of the portal see it as others do."""


@transaction.atomic
def start(*, by: User, group: WorkingGroup, body: Body | None, role: str, affiliation: str) -> Viewing:
    """Begin to see the portal as a role in a body of the group; without a body, as someone outside the group.

    Raises NotAdministrator and NotTheirs.
    """
    if not by.is_site_admin:
        raise NotAdministrator
    if (body is None) != (role == "") or (body is not None and body.group_id != group.pk):
        raise NotTheirs
    now = clock.now()
    return Viewing.objects.create(
        administrator=by,
        group=group,
        body=body,
        role=role,
        affiliation=affiliation,
        seen_as=_in_words(body, role, affiliation),
        started_at=now,
        ends_at=now + LASTS,
    )


def _in_words(body: Body | None, role: str, affiliation: str) -> str:
    works_for = User.Affiliation(affiliation).label.lower()
    seat = f"{Role(role).label} of {body.short_name}"[:120] if body else "Someone outside the group"
    return f"{seat} ({works_for})"


@transaction.atomic
def stop(*, by: User, viewing: Viewing) -> None:
    """End it. What was stopped before stays as it was, and so does another administrator's."""
    found = Viewing.objects.select_for_update().get(pk=viewing.pk)
    if found.stopped_at is None and found.administrator_id == by.pk:
        found.stopped_at = clock.now()
        found.save(update_fields=["stopped_at"])


@contextmanager
def somebody(viewing: Viewing) -> Iterator[User]:
    """A person who is what the viewing says, for as long as the block runs; afterwards nothing of it is left.

    They are made in a transaction that is always taken back, together with whatever else was written in it: nobody else
    ever sees them, and every rule meets a real row. The history doesn't note them, so that a feed read inside shows
    what a real person's does.
    """
    with transaction.atomic():
        try:
            yield _made_up(viewing)
        finally:
            transaction.set_rollback(True)


def _made_up(viewing: Viewing) -> User:
    with pgtrigger.ignore("accounts.User:insert_insert", "bodies.Membership:insert_insert"):
        person = User(
            email=f"{uuid.uuid4().hex}@view-as.invalid",
            name=viewing.seen_as,
            affiliation=viewing.affiliation,
            timezone=viewing.administrator.timezone,
            seen_at=clock.now(),  # so that the visit needs no note
        )
        person.set_unusable_password()
        person.save(force_insert=True)
        if viewing.body is not None:
            Membership.objects.create(person=person, body=viewing.body, role=viewing.role)
    return person
