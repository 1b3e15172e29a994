"""The change that a file makes in the plan."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction

from milestones.work.models import Milestone
from milestones.work.services import (
    add_dependency,
    add_milestone,
    change_milestone,
    change_owner,
    move_due,
    remove_dependency,
)
from milestones.work.services.refusals import NotInTheGroup, Refused
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock

from .planning import ADDED, Comparison, Field, Planned, compare
from .reading import DUE, EVIDENCE, OWNER, TITLE, Reading


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
    by_ref = {**comparison.there.followable, **known}
    try:
        for planned in comparison.changing:
            if planned.kind == ADDED:
                by_ref[planned.ref] = _add(by, planned, comparison, token=f"{seen[:4]}{planned.row}")
            else:
                _change(by, planned, comparison, known[planned.key])
        _arrange(by, comparison, by_ref)
    except (Refused, NotInTheGroup) as refusal:
        raise PlanChanged from refusal
    return comparison


def _add(by: User, planned: Planned, comparison: Comparison, *, token: str) -> Milestone:
    there = comparison.there
    return add_milestone(
        by=by,
        deliverable=next(each for each in there.deliverables.values() if each.pk == planned.deliverable_id),
        title=planned.title,
        owner=_owner(planned, there),
        due=planned.date,
        token=token,
        evidence_asked=planned.evidence,
    )


def _change(by: User, planned: Planned, comparison: Comparison, milestone: Milestone) -> None:
    """Each part is a change of its own, that nobody made another meanwhile."""
    changed = {each.label for each in planned.changes}
    seen = milestone.edit_revision
    if changed & {TITLE, EVIDENCE}:
        change_milestone(by=by, milestone=milestone, title=planned.title, evidence_asked=planned.evidence, seen=seen)
        seen += 1
    if OWNER in changed:
        owner = _owner(planned, comparison.there)
        change_owner(by=by, milestone=milestone, to=owner, reason=planned.reason, seen=seen)
        seen += 1
    if DUE in changed:
        move_due(by=by, milestone=milestone, due=planned.date, reason=planned.reason, seen=seen)


def _arrange(by: User, comparison: Comparison, by_ref: Mapping[str, Milestone]) -> None:
    """What follows what: first what ends, then what begins, so that no step on the way makes a circle."""
    there = comparison.there.after
    wanted = [
        (by_ref[each.ref], each.follows, there.get(each.key, []))
        for each in comparison.changing
        if each.follows is not None
    ]
    for milestone, follows, followed in wanted:
        for each in followed:
            if each not in follows:
                remove_dependency(by=by, milestone=milestone, after=_found(by_ref, each, milestone))
    for milestone, follows, followed in wanted:
        for each in follows:
            if each not in followed:
                add_dependency(by=by, milestone=milestone, after=by_ref[each])


def _found(by_ref: Mapping[str, Milestone], key: str, beside: Milestone) -> Milestone:
    """A milestone of the group by its key, also one that was dropped."""
    return by_ref.get(key) or Milestone.objects.get(group=beside.group_id, key=key)


def _owner(planned: Planned, there: Field) -> User:
    return next(each for each in there.people.values() if each.pk == planned.owner_id)
