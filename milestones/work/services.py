"""Changes to what is owed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from teams.bodies.models import Body
from teams.dates import ApproximateDate

from .models import Deliverable, Milestone


@transaction.atomic
def move_due(*, milestone: Milestone, due: ApproximateDate) -> None:
    """Give the milestone another due date; the plan as it was adopted (`baseline_due`) stays.

    The revision rises, so that the new date gets reminders of its own. The same date changes nothing.
    """
    if milestone.due == due:
        return
    Milestone.objects.filter(pk=milestone.pk).update(due=due, due_revision=F("due_revision") + 1)
    milestone.refresh_from_db(fields=["due", "due_revision"])


@transaction.atomic
def move_deliverable(*, deliverable: Deliverable, body: Body) -> None:
    """Give the deliverable, and with it its milestones, to another body."""
    deliverable.body = body
    deliverable.save(update_fields=["body"])
    deliverable.milestones.exclude(body=body).update(body=body)
