"""Changes to what is owed that follow from something else: the group's file, an adoption, a closed account."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet

from milestones.work.models import OPEN_STATES, Deliverable, Milestone, Note, State
from teams.accounts.models import User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

from .acting import derive
from .dates import slip, slip_deliverable
from .refusals import NotInTheGroup


@transaction.atomic
def hand_over(*, owed: Milestone | Deliverable, to: User) -> None:
    """Give it to another owner, whom its reminders then go to. Raises NotInTheGroup."""
    belongs = Membership.objects.filter(
        Membership.holding(clock.today(owed.group.timezone)), body__group=owed.group_id, person=to
    )
    if not to.is_active or not (to.is_site_admin or belongs.exists()):
        raise NotInTheGroup
    owed.owner = to
    if isinstance(owed, Milestone):
        owed.disclaimed_by, owed.disclaimed_because = None, ""
        owed.save(update_fields=["owner", "disclaimed_by", "disclaimed_because"])
    else:
        owed.save(update_fields=["owner"])


@transaction.atomic
def set_due(*, milestone: Milestone, due: ApproximateDate, reason: str) -> None:
    """Give the milestone another due date because a meeting or the group's file says so; it is kept as a slip.

    The plan as it was adopted (`baseline_due`) stays. The same date changes nothing. A person calls `move_due`.
    """
    found = Milestone.objects.select_for_update(no_key=True).get(pk=milestone.pk)
    if found.due == due:
        return
    slip(found, due=due, reason=reason)
    milestone.refresh_from_db(fields=["due", "due_revision", "edit_revision"])


@transaction.atomic
def set_deliverable_due(*, deliverable: Deliverable, due: ApproximateDate, reason: str) -> None:
    """The same for a deliverable. A person calls `move_deliverable_due`."""
    found = Deliverable.objects.select_for_update(no_key=True).get(pk=deliverable.pk)
    if found.due == due:
        return
    slip_deliverable(found, due=due, reason=reason)
    deliverable.refresh_from_db(fields=["due", "due_revision", "edit_revision"])


@transaction.atomic
def move_deliverable(*, deliverable: Deliverable, body: Body) -> None:
    """Give the deliverable, and with it its milestones and the notes on them, to another body."""
    deliverable.body = body
    deliverable.save(update_fields=["body"])
    moved = Milestone.objects.filter(deliverable=deliverable)
    moved.exclude(body=body).update(body=body)
    Note.objects.filter(Q(deliverable=deliverable) | Q(milestone__in=moved)).exclude(body=body).update(body=body)


@transaction.atomic
def drop_deliverable(*, deliverable: Deliverable) -> None:
    """Owe it no more, nor the milestones towards it that are open; what was accepted stays accepted."""
    _drop(Deliverable.objects.filter(pk=deliverable.pk))
    _drop(Milestone.objects.filter(deliverable=deliverable))


@transaction.atomic
def drop_milestone(*, milestone: Milestone) -> None:
    """Owe it no more, unless it was accepted."""
    if milestone.deliverable_id is not None:
        Deliverable.objects.select_for_update(no_key=True).get(pk=milestone.deliverable_id)
    _drop(Milestone.objects.filter(pk=milestone.pk))
    derive([milestone.deliverable_id])


def _drop(owed: QuerySet[Any]) -> None:
    owed.filter(state__in=OPEN_STATES).update(
        state=State.DROPPED, drop_asked_by=None, drop_asked_because="", edit_revision=F("edit_revision") + 1
    )


@transaction.atomic
def derive_states(*, group: WorkingGroup) -> int:
    """Draw the state of each of the group's deliverables from its milestones; returns how many changed."""
    return derive(Deliverable.objects.filter(group=group).values_list("pk", flat=True))


@transaction.atomic
def take_baseline(*, group: WorkingGroup) -> int:
    """Let the plan as it is now be the adopted one, which slips are measured against; returns how many dates moved.

    What was accepted or dropped keeps the date that it was measured against.
    """
    return sum(
        model._default_manager.filter(group=group, state__in=OPEN_STATES)  # noqa: SLF001
        .exclude(baseline_due=F("due"))
        .update(baseline_due=F("due"))
        for model in (Deliverable, Milestone)
    )
