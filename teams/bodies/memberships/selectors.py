"""Questions about memberships of a group, for those who keep them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db.models import Q, QuerySet

from teams.accounts.models import User
from teams.bodies.models import Body, Membership

NOW, LATER, ENDED, ALL = "now", "later", "ended", "all"
STATES: Final = {NOW: "Now", LATER: "To come", ENDED: "Ended", ALL: "All"}


def memberships_in(bodies: Iterable[Body]) -> QuerySet[Membership]:
    """The memberships of the bodies at any time, by body and name, with person and organization at hand."""
    found = Membership.objects.filter(body__in=[body.pk for body in bodies])
    return found.select_related("person__organization", "body__group").order_by(
        "body__position", "body", "person__name", "started", "id"
    )


def narrowed(found: QuerySet[Membership], *, words: str, body: str, state: str, day: date) -> QuerySet[Membership]:
    """Those whose person (or organization) has the words in the name, of the body (its key), in the state on `day`."""
    for word in words.split():
        found = found.filter(
            Q(person__name__icontains=word)
            | Q(person__email__icontains=word)
            | Q(person__organization__name__icontains=word)
        )
    if body:
        found = found.filter(body__key=body)
    match state:
        case "now":
            return found.filter(Membership.holding(day))
        case "later":
            return found.filter(started__startswith__gt=day)
        case "ended":
            return found.filter(ended__startswith__lte=day)
    return found


def ending(after: date, until: date) -> QuerySet[Membership]:
    """Memberships of every group that hold on `after` and end later, by the end of `until`."""
    return Membership.objects.filter(
        Membership.holding(after), ended__startswith__gt=after, ended__startswith__lte=until
    )


def not_ended(body: Body, day: date) -> QuerySet[Membership]:
    """The memberships of the body that hold on `day` or begin later."""
    return memberships_in([body]).filter(Q(ended__isnull=True) | Q(ended__startswith__gt=day))


def people_to_add(by: User, bodies: Iterable[Body]) -> QuerySet[User]:
    """Whom the person may give a membership: an administrator everybody with an open account, others those known here.

    Known are people who have or had a role in one of the bodies. Whoever else the portal knows is nobody's business;
    such people are invited.
    """
    people = User.objects.filter(is_active=True).select_related("organization")
    if by.is_site_admin:
        return people
    known = Membership.objects.filter(body__in=[body.pk for body in bodies])
    return people.filter(pk__in=known.values("person"))
