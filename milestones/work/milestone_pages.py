"""The page of a milestone with what its reader may do, and the page that moves its date."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock

from . import selectors
from .answering import Answering
from .models import Milestone
from .moving import Moving
from .note_pages import may_write
from .planning_pages import may_plan


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def milestone(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """What exactly, by whom, by when, and what is its state; what the reader may do; what became of it."""
    today = clock.today()

    def find() -> Milestone:
        return get_object_or_404(selectors.milestone_of(request.user, group, today), key=key)

    answering = Answering(request, find(), find)
    if done := answering.save():
        messages.success(request, done)
        return redirect(answering.owed)
    found = answering.owed
    assert isinstance(found, Milestone)
    whole = selectors.plan_around(request.user, found, today)
    step = whole.by_id[found.pk]
    deliverable = None
    if found.deliverable_id is not None:
        own = selectors.deliverables_of(request.user, group, today).filter(pk=found.deliverable_id)
        deliverable = selectors.with_clauses(own, today).get()
        deliverable.body = next(each for each in bodies_of_request(request, group) if each.pk == deliverable.body_id)
    standing = standings_of(request)[group.slug]
    reads_ledger = standing.may(Action.READ_LEDGER)
    return render(
        request,
        "work/milestone.html",
        {
            "group": group,
            "milestone": found,
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                (found.body.short_name, found.body.get_absolute_url()),
            ],
            "today": today,
            "is_late": found.is_late(today),
            "slip": step.slip,
            "preparation": found.preparation if step.prepares else None,
            "agreed_at": selectors.agreed_at(found),
            "risk": whole.risk(step),
            "before": whole.before(step),
            "after": whole.after(step),
            "deliverable": deliverable,
            "clauses": selectors.clauses_of(deliverable) if deliverable else [],
            "may_plan": may_plan(request, found.body),
            "own_clauses": selectors.clauses_of(found),
            "answering": answering,
            "move": reverse("work:move_milestone", args=[group.slug, key]) if answering.may_move else "",
            "slips": selectors.slips_of(found) if found.due_revision > 1 else [],
            "changes": selectors.changes_of(found),
            "reminders": selectors.reminders_of(found, only_to=None if reads_ledger else request.user),
            "reads_ledger": reads_ledger,
            "notes": selectors.notes_of(found, request.user),
            "may_write": may_write(request, found.body),
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def move_milestone(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """A new due date with its reason; then what follows it, with the dates that it would move to.

    Raises PermissionDenied for a POST of someone who may only read.
    """
    today = clock.today()

    def find() -> Milestone:
        return get_object_or_404(selectors.milestone_of(request.user, group, today), key=key)

    moving = Moving(request, find)
    if done := moving.save():
        messages.success(request, done)
        return redirect(moving.milestone)
    found = moving.milestone
    return render(
        request,
        "work/move.html",
        {
            "group": group,
            "milestone": found,
            "moving": moving,
            "slips": selectors.slips_of(found),
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                (found.body.short_name, found.body.get_absolute_url()),
                (found.title, found.get_absolute_url()),
            ],
        },
    )
