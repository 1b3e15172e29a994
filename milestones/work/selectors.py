"""Questions about what is owed. What a person sees starts from that person."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from teams.accounts.models import User
from teams.bodies.selectors import groups_entered_by

from .models import OPEN_STATES, Deliverable, Milestone


def milestones_visible_to(person: User, day: date) -> QuerySet[Milestone]:
    """Milestones of the groups that the person may enter on `day`."""
    return Milestone.objects.filter(group__in=groups_entered_by(person, day))


def deliverables_visible_to(person: User, day: date) -> QuerySet[Deliverable]:
    """Deliverables of the groups that the person may enter on `day`."""
    return Deliverable.objects.filter(group__in=groups_entered_by(person, day))


def waiting_on(person: User, day: date) -> QuerySet[Milestone]:
    """What the person still owes, in groups that they may enter on `day`: the first due first."""
    return milestones_visible_to(person, day).filter(owner=person, state__in=OPEN_STATES).order_by("due", "id")


def number_waiting_on(person: User, day: date) -> int:
    """How many milestones the person still owes."""
    return waiting_on(person, day).count()
