"""Due dates over every time zone, each reminder reckoned a second time by Python's own calendar and time zones.

The suite compares one for each zone; `script/test --whole tests/milestones -k own_instant` ten thousand.
"""

from __future__ import annotations

import calendar
import random
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db import connection

from milestones.reminders import selectors, services
from milestones.reminders.models import ReminderRule
from milestones.work.models import Milestone
from teams.accounts.models import User, known_timezones
from teams.bodies.models import Membership
from teams.dates import ApproximateDate
from teams.notices.models import Notice
from tests import factories

EIGHT: Final = time(8)
SECOND: Final = timedelta(seconds=1)
# Every zone that an account may have.
ZONES: Final = tuple(sorted(known_timezones()))
# Two years of changes of the clocks; the second is a leap year. Younger rules of zones can differ between the machine's
# table and PostgreSQL's.
YEARS: Final = (2018, 2024)
# The rules that a new group starts with, those of a week around, a leap year, and the furthest that can be set.
DAYS_AFTER: Final = (-365, -183, -60, -30, -14, -7, -3, -2, -1, 0, 1, 2, 3, 7, 14, 30, 60, 365)


@dataclass(frozen=True, slots=True)
class Case:
    """A due date in a zone, by a rule."""

    zone: str
    due: ApproximateDate
    days_after: int

    @property
    def due_at(self) -> datetime:
        """08:00 in the zone, so many days after the last day that the date can be."""
        day = _last_day(self.due) + timedelta(days=self.days_after)
        return datetime.combine(day, EIGHT, zoneinfo.ZoneInfo(self.zone)).astimezone(UTC)


def _last_day(due: ApproximateDate) -> date:
    """Reckoned from its first day and its precision, not taken from the date itself."""
    first = due.first
    match due.precision:
        case "year":
            return date(first.year, 12, 31)
        case "month":
            return date(first.year, first.month, calendar.monthrange(first.year, first.month)[1])
    return first


@dataclass(slots=True)
class Found:
    """What the comparison found: nothing but the first two should be there."""

    cases: int = 0
    instants: int = 0
    """Instants at which it was swept a second before, and at the instant itself."""
    wrong: list[tuple[Case, datetime]] = field(default_factory=list)
    missing: list[Case] = field(default_factory=list)
    too_early: list[tuple[Case, datetime]] = field(default_factory=list)
    too_late: list[tuple[Case, datetime]] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Every reminder is queued, for its own instant, and from that second on."""
        return not (self.wrong or self.missing or self.too_early or self.too_late)


def generate(number: int, seed: int) -> list[Case]:
    """So many cases: each zone in turn, half of them about a change of its clocks, days, months and years."""
    chance = random.Random(seed)
    changes = {zone: _days_of_change(zone) for zone in ZONES}
    cases = []
    for each in range(number):
        zone = ZONES[each % len(ZONES)]
        days_after = chance.choice(DAYS_AFTER)
        kind = chance.random()
        year = chance.choice(YEARS)
        if kind < 0.45 and changes[zone]:
            reminded_on = chance.choice(changes[zone]) + timedelta(days=chance.randint(-1, 1))
            due = ApproximateDate.day(reminded_on - timedelta(days=days_after))
        elif kind < 0.75:
            due = ApproximateDate.day(
                date(year, 1, 1) + timedelta(days=chance.randrange(366 if year % 4 == 0 else 365))
            )
        elif kind < 0.93:
            due = ApproximateDate.month(year, chance.randint(1, 12))
        else:
            due = ApproximateDate.year(year)
        cases.append(Case(zone, due, days_after))
    return cases


def _days_of_change(zone: str) -> list[date]:
    """The days of the years on which the zone's clocks change."""
    info = zoneinfo.ZoneInfo(zone)
    days = [date(year, 1, 1) + timedelta(days=number) for year in YEARS for number in range(365)]
    noons = [datetime.combine(day, time(12), info).utcoffset() for day in days]
    return [day for day, before, after in zip(days[1:], noons, noons[1:], strict=False) if before != after]


def enter(cases: Sequence[Case]) -> dict[str, Case]:
    """A milestone for each, in a group for each rule; returns the case of each notice's subject key."""
    people = {
        person.timezone: person
        for person in User.objects.bulk_create(
            User(email=f"zone{number}@example.test", name=zone, timezone=zone, password="!")
            for number, zone in enumerate(sorted({case.zone for case in cases}))
        )
    }
    milestones = []
    for days_after in sorted({case.days_after for case in cases}):
        group = factories.group(f"rule{days_after + 1000}")
        team = factories.team(group)
        deliverable = factories.deliverable(team)
        ReminderRule.objects.create(group=group, days_after=days_after)
        mine = [case for case in cases if case.days_after == days_after]
        Membership.objects.bulk_create(
            Membership(body=team, person=people[zone], role="member") for zone in {case.zone for case in mine}
        )
        milestones += [
            Milestone(
                group=group,
                key=f"m-{number}",
                body=team,
                deliverable=deliverable,
                title=case.zone,
                owner=people[case.zone],
                due=case.due,
                baseline_due=case.due,
            )
            for number, case in enumerate(mine)
        ]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does after so many rows, which can't see those of a test
    in_order = sorted(cases, key=lambda case: case.days_after)
    made = Milestone.objects.bulk_create(milestones, batch_size=2000)
    return {f"{selectors.SUBJECT}{each.pk}": case for each, case in zip(made, in_order, strict=True)}


def compare(cases: Sequence[Case], *, instants: int, seed: int = 1) -> Found:
    """Sweep along the instants at which they are due, and compare what is queued with what should be.

    At so many of the instants, chosen by chance, it is swept a second before, when nothing that is due then may be
    queued, and at the instant, when all of it must be. The last sweep is after all of them.
    """
    entered = enter(cases)
    found = Found(cases=len(cases))
    due_ats = sorted({case.due_at for case in cases})
    chosen = sorted(random.Random(seed).sample(due_ats, min(instants, len(due_ats))))
    for at in chosen:
        for now in (at - SECOND, at):
            services.sweep(now=now)
            queued = set(Notice.objects.values_list("subject_key", flat=True))
            due = {key for key, case in entered.items() if case.due_at <= now}
            found.too_early += [(entered[key], now) for key in sorted(queued - due)]
            found.too_late += [(entered[key], now) for key in sorted(due - queued)]
    found.instants = len(chosen)
    services.sweep(now=due_ats[-1])
    queued_at = dict(Notice.objects.values_list("subject_key", "due_at"))
    found.missing = [case for key, case in entered.items() if key not in queued_at]
    found.wrong = [(entered[key], at) for key, at in queued_at.items() if entered[key].due_at != at]
    return found
