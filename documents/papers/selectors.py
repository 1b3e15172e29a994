"""Questions about what happened and what was promised. What a person sees starts from that person."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from documents.library.selectors import documents_visible_to
from milestones.meetings.selectors import meetings_visible_to
from teams.accounts.models import User
from teams.bodies.selectors import groups_entered_by

from .models import Commitment, Development


def developments_visible_to(person: User, day: date) -> QuerySet[Development]:
    """Developments of the groups that the person may enter on `day`, with what each is about at hand.

    One about a document or a meeting that the person may not see is left out.
    """
    return Development.objects.filter(
        Q(about_document__isnull=True) | Q(about_document__in=documents_visible_to(person, day)),
        Q(about_meeting__isnull=True) | Q(about_meeting__in=meetings_visible_to(person, day)),
        group__in=groups_entered_by(person, day),
    ).select_related(
        "group", "about_body__group", "about_organization", "about_document__group", "about_meeting__group"
    )


def commitments_visible_to(person: User, day: date) -> QuerySet[Commitment]:
    """Commitments of the groups that the person may enter on `day`."""
    return Commitment.objects.filter(group__in=groups_entered_by(person, day)).select_related(
        "group", "by_body__group", "by_organization"
    )
