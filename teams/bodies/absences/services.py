"""Setting, changing and ending an absence. Whether `by` may do it for that person is asked before.

Days are counted on the portal's clock. Both people get a mail of each change.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Final

from django.db import IntegrityError, transaction

from teams.accounts.models import User
from teams.bodies.models import Absence, LentRole, Membership, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.notices.services import owe_to_person

from . import selectors

# The rules by which a notice is owed: what happened to the absence.
SET, CHANGED, ENDED = "set", "changed", "ended"
# A mail that could not go for so long is of no use any more.
USEFUL_FOR: Final = timedelta(days=7)


class Overlapping(Exception):
    """The person is away from that group on some of these days already."""


class InThePast(Exception):
    """An absence is set for today or later; what has passed stays as it was."""


class EndsInThePast(InThePast):
    """Its last day has passed."""


class EndsBeforeItStarts(Exception):
    """The last day lies before the first."""


class CanNotStandIn(Exception):
    """Somebody else stands in, who belongs to the group today and whose account is open."""


class NotTheirRole(Exception):
    """Only what the person holds in the group today can pass to a stand-in, and only if they belong to it."""


class OnlyForGovernment(Exception):
    """The role of a CBP reviewer passes to someone who works for the government, and to nobody else."""


class ChangedMeanwhile(Exception):
    """The absence is no longer as the person saw it."""


class NotOpen(Exception):
    """The absence is over, was ended or called off: its record stays as it is."""


@transaction.atomic
def set_absence(
    *,
    by: User,
    person: User,
    group: WorkingGroup,
    first_day: date,
    last_day: date,
    stand_in: User,
    roles: Collection[Membership] = (),
    note: str = "",
) -> Absence:
    """Note that the person is away from the group from the first to the last day, both included.

    `roles` are those memberships of theirs whose role passes to the stand-in meanwhile; with none, reminders alone do.

    Raises InThePast, EndsBeforeItStarts, CanNotStandIn, NotTheirRole, OnlyForGovernment, Overlapping.
    """
    if first_day < selectors.earliest_day(by, person):
        raise InThePast
    absence = Absence(
        person=person, group=group, first_day=first_day, last_day=last_day, stand_in=stand_in, note=note.strip()
    )
    _check(absence, roles)
    with _alone():
        absence.save()
    LentRole.objects.bulk_create(LentRole(absence=absence, membership=membership) for membership in roles)
    _tell(absence, SET, by)
    return absence


@transaction.atomic
def change(
    *,
    by: User,
    absence: Absence,
    revision: int,
    first_day: date,
    last_day: date,
    stand_in: User,
    roles: Collection[Membership] = (),
    note: str = "",
) -> Absence:
    """Let it be as said from now on. `revision` is that of the absence as the person saw it.

    The first day of one that has begun stays. When somebody else stands in from now on, both of them are told. Raises
    what `set_absence` raises, ChangedMeanwhile, NotOpen.
    """
    found = _locked(absence)
    today = selectors.earliest_day(by, found.person)
    if not found.is_open_on(today):
        raise NotOpen
    if found.revision != revision:
        raise ChangedMeanwhile
    if last_day < today:
        raise EndsInThePast
    if first_day != found.first_day and min(first_day, found.first_day) < today:
        raise InThePast
    before = found.stand_in
    found.first_day, found.last_day, found.stand_in, found.note = first_day, last_day, stand_in, note.strip()
    lent = set(found.lent_roles.values_list("membership_id", flat=True))
    _check(found, roles, lent=lent)
    found.revision += 1
    with _alone():
        found.save()
    wanted = {membership.pk for membership in roles}
    for role in found.lent_roles.exclude(membership__in=wanted):
        role.delete()
    LentRole.objects.bulk_create(LentRole(absence=found, membership_id=pk) for pk in sorted(wanted - lent))
    _tell(found, CHANGED, by, also=before)
    return found


@transaction.atomic
def end(*, by: User, absence: Absence, revision: int) -> Absence:
    """Take everything back now: the person is back today, or does not go at all. Raises ChangedMeanwhile, NotOpen.

    The absence no longer holds today in anybody's time zone.
    """
    found = _locked(absence)
    today = selectors.day_of(found)
    if not found.is_open_on(today):
        raise NotOpen
    if found.revision != revision:
        raise ChangedMeanwhile
    found.returned_on = max(today, found.first_day)
    found.revision += 1
    found.save(update_fields=["returned_on", "revision"])
    _tell(found, ENDED, by)
    return found


def _locked(absence: Absence) -> Absence:
    found = Absence.objects.select_for_update(of=("self",)).select_related("group", "person", "stand_in")
    return found.get(pk=absence.pk)


@contextmanager
def _alone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if "absence_one_at_a_time" in str(error):
            raise Overlapping from error
        raise


def _check(absence: Absence, roles: Collection[Membership], *, lent: Collection[int] = ()) -> None:
    """What a constraint can't say. A role that is lent already may stay so when it has ended: it opens nothing then."""
    if absence.last_day < absence.first_day:
        raise EndsBeforeItStarts
    today = clock.today(absence.group.timezone)
    held = {each.pk for each in selectors.roles_of(absence.person, absence.group, today)}
    own = {membership.pk for membership in roles}
    if not held or not own <= held | set(lent):
        raise NotTheirRole
    if not selectors.who_can_stand_in(absence.person, absence.group, today).filter(pk=absence.stand_in.pk).exists():
        raise CanNotStandIn
    if not absence.stand_in.is_government and any(membership.role == Role.REVIEWER for membership in roles):
        raise OnlyForGovernment


def _tell(absence: Absence, what: str, by: User, *, also: User | None = None) -> None:
    """Owe a mail to who is away, to who stands in, and to who stood in until now."""
    now = clock.now()
    said = {SET: "set", CHANGED: "changed", ENDED: "ended"}[what]
    of = "" if by == absence.person else f" of {absence.person.name}"
    for person in {each.pk: each for each in (absence.person, absence.stand_in, also) if each is not None}.values():
        which = "your absence" if person == absence.person else f"an absence{of} with you as the stand-in"
        owe_to_person(
            kind=selectors.KIND,
            rule=what,
            subject_key=f"{selectors.SUBJECT}{absence.pk}",
            revision=absence.revision,
            recipient=person,
            why=f"{'You' if person == by else by.name} {said} {which}."[:300],
            now=now,
            useless_after=now + USEFUL_FOR,
        )
