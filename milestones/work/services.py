"""Changes to what is owed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F, Q

from teams.accounts.models import User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.clock import selectors as clock
from teams.dates import ApproximateDate
from teams.remarks import services as remarks
from teams.remarks.models import new_key

from .models import OPEN_STATES, Deliverable, Milestone, Note, State


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
    """Give the deliverable, and with it its milestones and the notes on them, to another body."""
    deliverable.body = body
    deliverable.save(update_fields=["body"])
    moved = Milestone.objects.filter(deliverable=deliverable)
    moved.exclude(body=body).update(body=body)
    Note.objects.filter(Q(deliverable=deliverable) | Q(milestone__in=moved)).exclude(body=body).update(body=body)


@transaction.atomic
def drop_deliverable(*, deliverable: Deliverable) -> None:
    """Owe it no more, nor the milestones towards it that are open; what was accepted stays accepted."""
    Deliverable.objects.filter(pk=deliverable.pk, state__in=OPEN_STATES).update(state=State.DROPPED)
    deliverable.milestones.filter(state__in=OPEN_STATES).update(state=State.DROPPED)


@transaction.atomic
def drop_milestone(*, milestone: Milestone) -> None:
    """Owe it no more, unless it was accepted."""
    Milestone.objects.filter(pk=milestone.pk, state__in=OPEN_STATES).update(state=State.DROPPED)


@transaction.atomic
def take_baseline(*, group: WorkingGroup) -> int:
    """Let the plan as it is now be the adopted one, which slips are measured against; returns how many dates moved.

    What was accepted or dropped keeps the date that it was measured against.
    """
    moved = Milestone.objects.filter(group=group, state__in=OPEN_STATES).exclude(baseline_due=F("due"))
    return moved.update(baseline_due=F("due"))


def write_note(
    *, by: User, about: Milestone | Deliverable | Body, text: str, is_government_only: bool = False, key: str = ""
) -> Note:
    """Write a note; whether `by` may in that body is asked before. Sent twice with the same `key`, it is written once.

    Raises PermissionDenied where someone of the trade marks it as government-only.
    """
    note = Note(
        group=about.group,
        key=key or new_key(),
        body=about if isinstance(about, Body) else about.body,
        deliverable=about if isinstance(about, Deliverable) else None,
        milestone=about if isinstance(about, Milestone) else None,
        text=text,
        is_government_only=is_government_only,
    )
    return remarks.write(note, by=by)
