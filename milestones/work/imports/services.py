"""The change that a file makes in the plan."""

from __future__ import annotations

from django.db import transaction

from milestones.work.models import Milestone
from milestones.work.services import add_milestone, change_milestone, change_owner, move_due
from milestones.work.services.refusals import NotInTheGroup, Refused
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock

from .planning import ADDED, Comparison, Field, Planned, compare
from .reading import DUE, OWNER, TITLE, Reading


class PlanChanged(Exception):
    """The plan is another by now than the person was shown; nothing was changed."""


@transaction.atomic
def take_in(*, by: User, group: WorkingGroup, bodies: frozenset[int] | None, reading: Reading, seen: str) -> Comparison:
    """Change the plan as the file says, all of it or nothing; returns what changed.

    `bodies` are those whose work `by` may plan (None: all), `seen` is the digest of the comparison that they were
    shown. One after the other: a file that is sent twice is taken in once. Raises PlanChanged, also for a file that
    has faults, and PermissionDenied.
    """
    WorkingGroup.objects.select_for_update(no_key=True).get(pk=group.pk)
    comparison = compare(reading, Field(group, bodies, clock.today(group.timezone)))
    if comparison.digest != seen or comparison.faults:
        raise PlanChanged
    known = {each.key: each for each in comparison.there.milestones}
    try:
        for planned in comparison.changing:
            if planned.kind == ADDED:
                _add(by, planned, comparison, token=f"{seen[:4]}{planned.row}")
            else:
                _change(by, planned, comparison, known[planned.key])
    except (Refused, NotInTheGroup) as refusal:
        raise PlanChanged from refusal
    return comparison


def _add(by: User, planned: Planned, comparison: Comparison, *, token: str) -> None:
    there = comparison.there
    add_milestone(
        by=by,
        deliverable=next(each for each in there.deliverables.values() if each.pk == planned.deliverable_id),
        title=planned.title,
        owner=_owner(planned, there),
        due=planned.date,
        token=token,
    )


def _change(by: User, planned: Planned, comparison: Comparison, milestone: Milestone) -> None:
    """Each part is a change of its own, that nobody made another meanwhile."""
    changed = {each.label for each in planned.changes}
    seen = milestone.edit_revision
    if TITLE in changed:
        evidence = milestone.evidence_asked
        change_milestone(by=by, milestone=milestone, title=planned.title, evidence_asked=evidence, seen=seen)
        seen += 1
    if OWNER in changed:
        owner = _owner(planned, comparison.there)
        change_owner(by=by, milestone=milestone, to=owner, reason=planned.reason, seen=seen)
        seen += 1
    if DUE in changed:
        move_due(by=by, milestone=milestone, due=planned.date, reason=planned.reason, seen=seen)


def _owner(planned: Planned, there: Field) -> User:
    return next(each for each in there.people.values() if each.pk == planned.owner_id)
