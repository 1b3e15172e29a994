"""What a person chooses about their mail: the way of each kind of notice, and when it is quiet. It holds at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import time

from django.core.exceptions import ValidationError
from django.db import transaction

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices import kinds
from teams.notices.models import Choice, QuietTimes, Way
from teams.reasons import LINK_IN_MAIL, made_by

from .queueing import plan_again

ALL_DAYS = frozenset(range(1, 8))


@transaction.atomic
def choose(
    *,
    by: User,
    ways: Mapping[str, Way],
    quiet_hours: tuple[time, time] | None,
    working_days: Collection[int],
) -> None:
    """Let the person's mail come so from now on; what waits is planned again by it.

    `ways` by the kind's name; kinds that aren't named stay as they are. `quiet_hours` are a beginning and an end on
    the clock of the person's time zone, `working_days` days of the week (1 is Monday; all seven: none is quiet).
    Raises ValidationError for a way that a kind doesn't allow, an unknown kind, quiet hours that begin when they end,
    and days that aren't any or don't exist.
    """
    days = set(working_days)
    if not days or not days <= ALL_DAYS:
        raise ValidationError("Choose at least one day of the week.", code="days")
    if quiet_hours and quiet_hours[0] == quiet_hours[1]:
        raise ValidationError("Quiet hours end at another time than they begin.", code="hours")
    for name, way in ways.items():
        kind = kinds.find(name)
        if kind is None or way not in kind.ways:
            raise ValidationError(f"{name} can't come in the way {way}.", code="way")
    _one_at_a_time(by)
    for name, way in ways.items():
        _set(by, name, way)
    starts, ends = quiet_hours or (None, None)
    wanted = {"starts": starts, "ends": ends, "working_days": None if days == ALL_DAYS else sorted(days)}
    known = QuietTimes.objects.filter(person=by).first()
    if known is None and any(value is not None for value in wanted.values()):
        QuietTimes.objects.create(person=by, **wanted)
    elif known is not None and any(getattr(known, name) != value for name, value in wanted.items()):
        for name, value in wanted.items():
            setattr(known, name, value)
        known.save()
    plan_again_for(by)


@transaction.atomic
def least(*, person: User, names: Iterable[str]) -> None:
    """Let as little as may be come of these kinds: none, or a weekly digest of what can't be switched off.

    For the link in a mail, which works without signing in: the history names the link, not a person. Doing it again
    changes nothing.
    """
    with made_by(LINK_IN_MAIL, at=clock.now()):
        _one_at_a_time(person)
        for name in names:
            kind = kinds.find(name)
            if kind is not None and kind.is_chosen:
                _set(person, name, kind.least)
        plan_again_for(person)


def plan_again_for(person: User) -> None:
    """Plan again what waits for the person: they chose otherwise, or moved to another time zone."""
    plan_again(recipient=person.pk, now=clock.now())


def _one_at_a_time(person: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _set(person: User, name: str, way: Way) -> None:
    """Write a choice where it says another thing than before."""
    known = Choice.objects.filter(person=person, kind=name).first()
    if known is not None and known.way != way:
        known.way = way
        known.save()
    elif known is None and (kind := kinds.find(name)) is not None and way != kind.usual:
        Choice.objects.create(person=person, kind=name, way=way)
