"""Changes to memberships: each is written to the history with the reason that was given.

Dates are days: from `on` a membership holds, or holds no longer. Whether `by` may do it in that body is asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from django.db import transaction

from teams.accounts.models import User
from teams.bodies.models import Body, Membership
from teams.bodies.permissions import may_give_role
from teams.clock import selectors as clock
from teams.dates import ApproximateDate
from teams.reasons import because
from teams.sources import Source

from . import selectors


class AlreadyHeld(Exception):
    """The person has that role in that body at that time."""


class AlreadyEnded(Exception):
    """The membership ended before; an end that has passed is not moved."""


class EndsBeforeItStarts(Exception):
    """The date lies before the membership's start."""


class MayNotGive(Exception):
    """The role is given by others (`teams.bodies.permissions.may_give_role`)."""


class ListChanged(Exception):
    """The body's memberships are no longer those that the person saw."""


@transaction.atomic
def add(*, by: User, body: Body, person: User, role: str, on: date, reason: str) -> Membership:
    """Give the person the role in the body from `on`. Raises AlreadyHeld, MayNotGive."""
    _lock(body)
    if not may_give_role(by, role):
        raise MayNotGive
    with because(reason, by=by):
        return _begin(body, person, role, on)


@transaction.atomic
def end(*, by: User, membership: Membership, on: date, reason: str) -> Membership:
    """Let it end: from `on` it opens nothing. Raises AlreadyEnded, EndsBeforeItStarts."""
    _lock(membership.body)
    with because(reason, by=by):
        return _end(membership, on)


@transaction.atomic
def change_role(*, by: User, membership: Membership, role: str, on: date, reason: str) -> Membership:
    """Let it end on `on`, and another begin that day with the role. Returns the new one.

    Raises AlreadyEnded, EndsBeforeItStarts, AlreadyHeld (also for the role that the person has), MayNotGive.
    """
    _lock(membership.body)
    if not may_give_role(by, role):
        raise MayNotGive
    with because(reason, by=by):
        if membership.role == role:
            raise AlreadyHeld
        _end(membership, on)
        return _begin(membership.body, membership.person, role, on)


@transaction.atomic
def begin_term(*, by: User, body: Body, on: date, roles: Mapping[int, str], reason: str) -> list[Membership]:
    """End every membership of the body on `on`, and begin those of the new term that day.

    `roles` says for the key of each membership that holds or is to come the role of the new term, or nothing where it
    ends. Returns the new memberships. Raises ListChanged when `roles` speaks of other memberships than there are,
    EndsBeforeItStarts when one of them begins after `on`, AlreadyHeld when somebody would get a role twice, MayNotGive
    for a new role that others give (one that is held may go on).
    """
    _lock(body)
    held = list(selectors.not_ended(body, clock.today(body.group.timezone)))
    if {membership.pk for membership in held} != set(roles):
        raise ListChanged
    if any(roles[each.pk] not in ("", each.role) and not may_give_role(by, roles[each.pk]) for each in held):
        raise MayNotGive
    with because(reason, by=by):
        for membership in held:
            _end(membership, on)
        return [_begin(body, each.person, roles[each.pk], on) for each in held if roles[each.pk]]


def _lock(body: Body) -> None:
    """One change of a body's memberships at a time, so that what was checked still holds when it is written."""
    Body.objects.select_for_update(of=("self",)).get(pk=body.pk)


def _begin(body: Body, person: User, role: str, on: date) -> Membership:
    first = ApproximateDate.day(on)
    held = Membership.objects.filter(body=body, person=person, role=role)
    if any(each.ended is None or each.ended.first > on or each.started == first for each in held):
        raise AlreadyHeld
    return Membership.objects.create(body=body, person=person, role=role, started=first, source=Source.PORTAL)


def _end(membership: Membership, on: date) -> Membership:
    found = Membership.objects.select_related("body__group", "person").get(pk=membership.pk)
    today = clock.today(found.body.group.timezone)
    if found.ended is not None and found.ended.first <= today:
        raise AlreadyEnded
    if found.started is not None and on < found.started.first:
        raise EndsBeforeItStarts
    if found.started is not None and on == found.started.first:
        # A month that it began in is no longer than the day on which it ended.
        found.started = ApproximateDate.day(on)
    found.ended = ApproximateDate.day(on)
    found.save(update_fields=["started", "ended"])
    return found
