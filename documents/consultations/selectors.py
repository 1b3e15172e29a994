"""Questions about consultations. What a person sees starts from that person, and from the document that it is about."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from documents.library.selectors import documents_visible_to
from teams.accounts.models import User
from teams.bodies.models import Membership, Role

from .models import Consultation


def consultations_visible_to(person: User, day: date) -> QuerySet[Consultation]:
    """Consultations on documents that the person may see on `day`, with group and document at hand."""
    return Consultation.objects.filter(document__in=documents_visible_to(person, day)).select_related(
        "group", "document__group"
    )


def open_to(person: User, today: date) -> QuerySet[Consultation]:
    """Consultations that take comments on `today` and ask this person: the first to close first.

    Asked are those who belong to a body of the audience on that day in any role, and the group's CBP reviewers.
    """
    held = Membership.objects.filter(Membership.holding(today), person=person)
    asked = Consultation.audience.through.objects.filter(body__in=held.values("body"))
    reviewed = held.filter(role=Role.REVIEWER).values("body__group")
    return (
        consultations_visible_to(person, today)
        .filter(Q(pk__in=asked.values("consultation")) | Q(group__in=reviewed))
        .filter(opens_on__lte=today, closes_on__gte=today)
        .order_by("closes_on", "id")
    )
