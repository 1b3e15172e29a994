"""Changes to what is owed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from teams.accounts.models import User
from teams.bodies.models import Body, Membership
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

from .models import Deliverable, Milestone


class NotInTheGroup(Exception):
    """Only someone who belongs to the group today, or an administrator of the portal, can own its milestones."""


@transaction.atomic
def hand_over(*, milestone: Milestone, to: User) -> None:
    """Give the milestone to another owner, whom its reminders then go to. Raises NotInTheGroup."""
    belongs = Membership.objects.filter(
        Membership.holding(clock.today(milestone.group.timezone)), body__group=milestone.group_id, person=to
    )
    if not to.is_active or not (to.is_site_admin or belongs.exists()):
        raise NotInTheGroup
    milestone.owner = to
    milestone.save(update_fields=["owner"])


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
