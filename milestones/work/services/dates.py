"""Due dates: each new one has a reason and is kept as a slip; what follows can move along."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from milestones.work.models import Deliverable, DeliverableSlip, Milestone, Slip
from milestones.work.selectors.following import ids_after, shifted
from milestones.work.selectors.rights import OWN, InRight, Verb
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

from .acting import check, check_planning, derived_from, locked, reason_of, recorded
from .refusals import ChangedMeanwhile, Refused
from .telling import tell

ASK = "Say why it needs another date."


def slip(
    found: Milestone,
    *,
    due: ApproximateDate,
    reason: str,
    by: User | None = None,
    right: InRight = OWN,
    moved_with: Milestone | None = None,
) -> Slip:
    """Write the slip, and the new date into the locked row. Its revision rises, so that it gets new reminders."""
    found.due_revision += 1
    found.edit_revision += 1
    made = Slip.objects.create(
        milestone=found,
        revision=found.due_revision,
        due_before=found.due,
        due_after=due,
        reason=reason,
        moved_with=moved_with,
        by=by,
        instead_of_id=right.stands_in_for,
        at=clock.now(),
    )
    found.due = due
    found.save(update_fields=["due", "due_revision", "edit_revision"])
    return made


@transaction.atomic
def move_due(
    *,
    by: User,
    milestone: Milestone,
    due: ApproximateDate,
    reason: str,
    seen: int | None = None,
    along: Mapping[int, int | None] | None = None,
) -> list[Slip]:
    """Give an open milestone another due date, and with it those `along` that follow it, by as many days.

    `along` has the keys of the followers in the database, each with the revision that `by` saw. Who owns the milestone
    may move it, and who plans for its body; the same holds for each follower. All move or none. Returns the slips, the
    milestone's own first.

    Raises NotYours; ChangedMeanwhile for any of them; Refused without a reason, for the date that it has, for one that
    has passed, and for a follower that follows no more.
    """
    found = locked(milestone, seen)
    right = check(by, Verb.MOVE, found)
    reason = reason_of(reason, ASK)
    if due == found.due:
        raise Refused(f"It is due {'on' if due.is_day else 'in'} {due} already.")
    if due.last < clock.today(found.group.timezone):
        raise Refused("That day has passed: choose a later one.")
    days = (due.last - found.due.last).days
    with recorded(by, right, reason):
        slips = [slip(found, due=due, reason=reason, by=by, right=right)]
    tell(by, Verb.MOVE, found)
    following = set(ids_after(found)) if along else set()
    for pk, revision in sorted((along or {}).items()):
        slips.append(_move_along(by, found, pk, revision, days, reason, follows=pk in following))
    return slips


def _move_along(
    by: User, first: Milestone, pk: int, seen: int | None, days: int, reason: str, *, follows: bool
) -> Slip:
    follower = Milestone.objects.filter(pk=pk, group=first.group_id).first()
    if follower is None or not follows:
        raise ChangedMeanwhile("One of the milestones doesn’t follow it any more.", first)
    found = locked(follower, seen)
    right = check(by, Verb.MOVE, found)
    due = shifted(found.due, days)
    if due == found.due:
        raise Refused(f"“{found}” can’t move by so few days: of its date only the {found.due.precision} is known.")
    if due.last < clock.today(found.group.timezone):
        raise Refused(f"“{found}” would be due on a day that has passed.")
    with recorded(by, right, reason):
        made = slip(found, due=due, reason=reason, by=by, right=right, moved_with=first)
    tell(by, Verb.MOVE, found)
    return made


@transaction.atomic
def move_deliverable_due(
    *, by: User, deliverable: Deliverable, due: ApproximateDate, reason: str, seen: int | None = None
) -> Deliverable:
    """Give a deliverable another due date; it is kept as a slip. Its milestones keep theirs. Raises as `move_due`.

    Whoever plans for its body may, and while it has no milestones its owner too.
    """
    found = locked(deliverable, seen)
    has_milestones = derived_from(found).exists()
    right = check_planning(by, found) if has_milestones else check(by, Verb.MOVE, found)
    reason = reason_of(reason, ASK)
    if not found.is_open:
        raise Refused(f"It is {found.get_state_display().lower()}: its date stays.")
    if due == found.due:
        raise Refused(f"It is due {'on' if due.is_day else 'in'} {due} already.")
    if due.last < clock.today(found.group.timezone):
        raise Refused("That day has passed: choose a later one.")
    with recorded(by, right, reason):
        slip_deliverable(found, due=due, reason=reason, by=by, right=right)
    tell(by, Verb.MOVE, found)
    return found


def slip_deliverable(
    found: Deliverable, *, due: ApproximateDate, reason: str, by: User | None = None, right: InRight = OWN
) -> None:
    """Write the slip of a deliverable, and the new date into the locked row, as `slip` does of a milestone."""
    found.due_revision += 1
    found.edit_revision += 1
    DeliverableSlip.objects.create(
        deliverable=found,
        revision=found.due_revision,
        due_before=found.due,
        due_after=due,
        reason=reason,
        by=by,
        instead_of_id=right.stands_in_for,
        at=clock.now(),
    )
    found.due = due
    found.save(update_fields=["due", "due_revision", "edit_revision"])
