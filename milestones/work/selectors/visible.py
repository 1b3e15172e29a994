"""What of the plan a person may see, and what waits on them."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from milestones.work.models import OPEN_STATES, Deliverable, Milestone
from teams.accounts.models import User
from teams.bodies.selectors import groups_entered_by
from teams.dates import first_day, last_day


def milestones_visible_to(person: User, day: date) -> QuerySet[Milestone]:
    """Milestones of the groups that the person may enter on `day`."""
    return Milestone.objects.filter(group__in=groups_entered_by(person, day))


def deliverables_visible_to(person: User, day: date) -> QuerySet[Deliverable]:
    """Deliverables of the groups that the person may enter on `day`."""
    return Deliverable.objects.filter(group__in=groups_entered_by(person, day))


def waiting_on(person: User, day: date) -> QuerySet[Milestone]:
    """What the person still owes, in groups that they may enter on `day`: the first due first.

    What is due in a month is due on its last day, so it comes after what is due on a day of that month.
    """
    owed = milestones_visible_to(person, day).filter(owner=person, state__in=OPEN_STATES)
    return owed.order_by(last_day("due"), first_day("due"), "id")


def number_waiting_on(person: User, day: date) -> int:
    """How many milestones the person still owes."""
    return milestones_visible_to(person, day).filter(owner=person, state__in=OPEN_STATES).count()
