"""What hangs on a person's account, from every house."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from django.db.models import Count, Q, QuerySet

from milestones.work.models import OPEN_STATES, Deliverable, Milestone
from teams.accounts.models import User
from teams.accounts.selectors import lacking_second_factor
from teams.bodies.models import Invitation, Membership, Role
from teams.dates import first_day, last_day


def people(*, words: str = "", state: str = "") -> QuerySet[User]:
    """Everyone with an account, by name: those with `words` in name or address, and "open" or "closed" ones alone.

    "lacking" are those of `teams.accounts.selectors.lacking_second_factor`.
    """
    found = User.objects.select_related("organization").order_by("name", "id")
    if words:
        found = found.filter(Q(name__icontains=words) | Q(email__icontains=words))
    if state == "lacking":
        return found.filter(pk__in=lacking_second_factor().values("pk"))
    if state:
        found = found.filter(is_active=state == "open")
    return found


def open_memberships(person: User, today: date) -> QuerySet[Membership]:
    """What the person holds on `today`, or will hold later."""
    not_ended = Q(ended__isnull=True) | Q(ended__startswith__gt=today)
    return (
        Membership.objects.filter(not_ended, person=person)
        .select_related("body__group", "person")
        .order_by("body__group__slug", "body__position", "id")
    )


def open_milestones(person: User) -> QuerySet[Milestone]:
    """What the person still owes, in every group: the first due first."""
    owed = Milestone.objects.filter(owner=person, state__in=OPEN_STATES)
    return owed.select_related("group", "body__group").order_by(last_day("due"), first_day("due"), "id")


def open_deliverables(person: User) -> QuerySet[Deliverable]:
    """The same for deliverables that the person owns."""
    owed = Deliverable.objects.filter(owner=person, state__in=OPEN_STATES)
    return owed.select_related("group", "body__group").order_by(last_day("due"), first_day("due"), "id")


def open_invitations(person: User, now: datetime) -> QuerySet[Invitation]:
    """Invitations that the person sent and that can be accepted at `now` (on the portal's clock), in every group."""
    return Invitation.objects.filter(_open_at(now), invited_by=person).order_by("id")


def with_their_invitations(people: QuerySet[User], now: datetime) -> QuerySet[User]:
    """The people with `number_of_invitations`, how many of `open_invitations` each has at `now`."""
    sent = Count("invitations_sent", filter=Q(invitations_sent__in=Invitation.objects.filter(_open_at(now))))
    return people.annotate(number_of_invitations=sent)


def _open_at(now: datetime) -> Q:
    return Q(accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=now)


def heirs(
    owed: Iterable[Milestone | Deliverable], *, instead_of: User, by: User, today: date
) -> dict[Milestone | Deliverable, list[User]]:
    """Whom each of what is owed can be given to: the leads of its body first, then the others of its group.

    `by`, an administrator, comes last, so that an account can always be closed. One query.
    """
    wanted = list(owed)
    members: dict[int, dict[User, set[int]]] = {}
    held = (
        Membership.objects.filter(
            Membership.holding(today), body__group__in={each.group_id for each in wanted}, person__is_active=True
        )
        .exclude(person=instead_of)
        .select_related("person", "body")
        .order_by("person__name", "person_id")
    )
    for membership in held:
        led = members.setdefault(membership.body.group_id, {}).setdefault(membership.person, set())
        if membership.role == Role.LEAD:
            led.add(membership.body_id)
    found = {}
    for each in wanted:
        of_group = members.get(each.group_id, {})
        people = sorted(of_group, key=lambda person: each.body_id not in of_group[person])
        found[each] = [*(person for person in people if person != by), by]
    return found
