"""What of the plan a person may see, and what waits on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q, QuerySet

from milestones.work.models import OPEN_STATES, Deliverable, Milestone
from teams.accounts.models import User
from teams.bodies.permissions import Standing
from teams.bodies.selectors import groups_entered_by
from teams.dates import first_day, last_day


def milestones_visible_to(person: User, day: date) -> QuerySet[Milestone]:
    """Milestones of the groups that the person may enter on `day`."""
    return Milestone.objects.filter(group__in=groups_entered_by(person, day))


def deliverables_visible_to(person: User, day: date) -> QuerySet[Deliverable]:
    """Deliverables of the groups that the person may enter on `day`."""
    return Deliverable.objects.filter(group__in=groups_entered_by(person, day))


def waiting_on(person: User, day: date, standings: Iterable[Standing] = ()) -> QuerySet[Milestone]:
    """What the person still owes, in groups that they may enter on `day`: the first due first.

    With the person's `standings` also what those owe there for whom they stand in. What is due in a month is due on its
    last day, so it comes after what is due on a day of that month.
    """
    owners = Q(owner=person)
    for standing in standings:
        if standing.stands_in:
            owners |= Q(group=standing.group, owner__in=[each.person for each in standing.stands_in])
    owed = milestones_visible_to(person, day).filter(owners, state__in=OPEN_STATES)
    return owed.order_by(last_day("due"), first_day("due"), "id")
