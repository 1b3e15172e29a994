"""Questions about absences, for those who set them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from teams.accounts.models import User
from teams.bodies.models import Absence, Body, Membership, WorkingGroup
from teams.bodies.permissions import Action, Standing
from teams.clock import selectors as clock
from teams.notices.models import Notice

KIND: Final = "absence"
SUBJECT: Final = "absence:"


def day_of(absence: Absence) -> date:
    """The date on which what is still open of an absence is judged: the earliest for anybody who goes by it."""
    return earliest_day(absence.person, absence.stand_in)


def earliest_day(*people: User) -> date:
    """The earliest of the dates that the portal's clock shows in the people's time zones."""
    return min(clock.today(person.timezone) for person in people)


def roles_of(person: User, group: WorkingGroup, day: date) -> QuerySet[Membership]:
    """What the person holds in the group on `day`, in the order of the bodies."""
    held = Membership.objects.filter(Membership.holding(day), person=person, body__group=group)
    return held.select_related("body__group").order_by("body__position", "id")


def who_can_stand_in(person: User, group: WorkingGroup, day: date) -> QuerySet[User]:
    """Everyone else who belongs to the group on `day` with an open account, by name."""
    held = Membership.objects.filter(Membership.holding(day), person=OuterRef("pk"), body__group=group)
    found = User.objects.filter(Exists(held), is_active=True).exclude(pk=person.pk)
    return found.select_related("organization").order_by("name", "id")


def kept_by(standing: Standing, bodies: Iterable[Body]) -> QuerySet[User]:
    """People for whom the owner of the standing may set an absence, beside themselves, by name.

    It takes the right to keep the memberships in every body where the person holds one today, so that nobody gives away
    a role that they could not give; and it takes it by an own role, since what is lent is not passed on.
    """
    kept = [body.pk for body in bodies if standing.may_by_own_role(Action.KEEP_MEMBERSHIPS, body)]
    if not kept:
        return User.objects.none()
    held = Membership.objects.filter(
        Membership.holding(standing.day), person=OuterRef("pk"), body__group=standing.group
    )
    found = User.objects.filter(Exists(held), ~Exists(held.exclude(body__in=kept)), is_active=True)
    return found.select_related("organization").order_by("name", "id")


def may_change(by: User, standing: Standing, absence: Absence, held: Collection[Membership]) -> bool:
    """Whether `by` (whose standing it is) changes and ends the absence: who is away, or who may set it for them.

    `held` is what the absent person holds today. Who stands in does not, whatever they keep: else they could make their
    own rights last.
    """
    if absence.person_id == by.pk:
        return True
    if absence.stand_in_id == by.pk:
        return False
    keeps = [standing.may_by_own_role(Action.KEEP_MEMBERSHIPS, membership.body) for membership in held]
    return standing.is_administrator or (bool(keeps) and all(keeps))


@dataclass(frozen=True, slots=True)
class AwayOrNot:
    """What absences say of one membership: that of its person, whether its role passes over, and those stood in for."""

    own: Absence | None
    passes_over: bool
    stands_in: list[Absence]


def who_is_away(holding: Iterable[Absence], membership: Membership) -> AwayOrNot:
    """Of absences as `bodies.selectors.absences_holding` gives them, what concerns the membership."""
    own, stands_in = None, []
    for absence in holding:
        if absence.person_id == membership.person_id:
            own = absence
        elif absence.stand_in_id == membership.person_id:
            stands_in.append(absence)
    return AwayOrNot(own, own is not None and membership in own.roles.all(), stands_in)


def absences_spoken_of(ids: Iterable[int]) -> dict[int, Absence]:
    """Absences by their key, with all that a mail says of them at hand: two queries."""
    roles = Membership.objects.select_related("body").order_by("body__position", "id")
    found = Absence.objects.select_related("group", "person", "stand_in").prefetch_related(Prefetch("roles", roles))
    return found.in_bulk(set(ids))


def mails_of(absence: Absence) -> QuerySet[Notice]:
    """The mails about the absence, the newest first."""
    return Notice.objects.filter(kind=KIND, subject_key=f"{SUBJECT}{absence.pk}").order_by("-id")


def narrowed(found: QuerySet[Absence], *, state: str, day: date) -> QuerySet[Absence]:
    """Those that hold on `day` or are to come; all where `state` is "all"."""
    if state == "all":
        return found
    return found.filter(last_day__gte=day).filter(Q(returned_on__isnull=True) | Q(returned_on__gt=day))
