"""Changes of consultations."""

from __future__ import annotations

from django.db import transaction

from teams.clock import selectors as clock

from .models import Consultation


@transaction.atomic
def save_changes(*, consultation: Consultation) -> None:
    """Write a consultation of which fields were changed.

    Other dates raise its revision, so that who is asked is told of them and reminded anew; what was due before they
    moved is over.
    """
    before = Consultation.objects.select_for_update().get(pk=consultation.pk)
    if (before.opens_on, before.closes_on) != (consultation.opens_on, consultation.closes_on):
        consultation.revision = before.revision + 1
        consultation.dates_moved_at = clock.now()
    consultation.save()
