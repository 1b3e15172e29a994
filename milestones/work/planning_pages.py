"""Pages of who plans what a body owes: adding and changing deliverables and milestones. A deliverable's own page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock

from . import selectors, services
from .answering import OF_DERIVED, Answering
from .models import Deliverable, Milestone
from .note_pages import may_write
from .planning_forms import (
    AfterForm,
    ChangeDeliverableForm,
    ChangeMilestoneForm,
    NewDeliverableForm,
    NewMilestoneForm,
    OwnerForm,
)
from .selectors import Verb
from .work_forms import MoveForm

NOT_THERE = "This person can’t own it: they don’t belong to the group today."


def may_plan(request: SignedInRequest, body: Body) -> bool:
    """Whether the reader may add and change what the body owes."""
    return standings_of(request)[body.group.slug].may(Action.PLAN_WORK, body)


def _check(request: SignedInRequest, body: Body) -> None:
    if not may_plan(request, body):
        raise PermissionDenied("your role does not allow you to plan what this body owes")


def _tried(form: Any, change: Callable[[], Any], owner_field: str | None = None) -> Any:
    """What the change gives; None where it is refused, which the form then says, and keeps what was typed."""
    try:
        return change() or True
    except services.ChangedMeanwhile as changed:
        since = form.cleaned_data.get("revision", 0)
        told = " ".join(each.told for each in selectors.what_happened(changed.current, since=since))
        again = form.data.copy()
        again[form.add_prefix("revision")] = str(changed.current.edit_revision)
        form.data = again
        form.add_error(
            None, f"It was changed after you opened the page, so nothing was done. {told} What you typed is kept."
        )
    except services.NotInTheGroup:
        form.add_error(owner_field, NOT_THERE)
    except services.Refused as refusal:
        form.add_error(None, str(refusal))
    return None


@requires(Action.PLAN_WORK)
@takes("GET", "POST")
def add_deliverable(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that adds something that a team owes."""
    body = next((each for each in bodies_of_request(request, group) if each.key == key), None)
    if body is None or body.kind != Body.Kind.TEAM:
        raise Http404("no such team in this group")
    _check(request, body)
    day = clock.today(group.timezone)
    form = NewDeliverableForm(request.POST if request.method == "POST" else None, body=body, day=day)
    if request.method == "POST" and form.is_valid():
        made = _tried(form, lambda: services.add_deliverable(by=request.user, body=body, **form.cleaned_data), "owner")
        if made is not None:
            messages.success(request, "Added. Give it milestones next: its state comes from them.")
            return redirect(made.page)
    return render(
        request,
        "work/add.html",
        {
            "group": group,
            "form": form,
            "heading": "Add a deliverable",
            "lede": f"Owed by {body}. Its clause of the statement of work is set from the clause.",
            "button": "Add the deliverable",
            "back": body.get_absolute_url(),
            "breadcrumb": _breadcrumb(group, body),
        },
    )


@requires(Action.PLAN_WORK)
@takes("GET", "POST")
def add_milestone(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that adds a milestone to a deliverable."""
    below = _deliverable(request, group, key)
    _check(request, below.body)
    today = clock.today(group.timezone)
    form = NewMilestoneForm(request.POST if request.method == "POST" else None, body=below.body, day=today)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        follows = [each for each in [said.pop("follows")] if each]
        made = _tried(
            form,
            lambda: services.add_milestone(by=request.user, deliverable=below, follows=follows, **said),
            "owner",
        )
        if made is not None:
            messages.success(request, f"Added. {made.owner} owns it.")
            return redirect(made)
    return render(
        request,
        "work/add.html",
        {
            "group": group,
            "form": form,
            "heading": "Add a milestone",
            "lede": f"A step towards “{below.title}”, due {below.due}.",
            "button": "Add the milestone",
            "back": below.page,
            "breadcrumb": [*_breadcrumb(group, below.body), (below.title, below.page)],
        },
    )


@requires(Action.PLAN_WORK)
@takes("GET", "POST")
def change_milestone(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """Forms that change a milestone: title and evidence, owner, and what it follows."""
    today = clock.today()
    found = get_object_or_404(selectors.milestone_of(request.user, group, today), key=key)
    _check(request, found.body)
    by, sent = request.user, request.POST.get("change", "") if request.method == "POST" else ""
    seen = {"revision": found.edit_revision}
    day = clock.today(group.timezone)
    words = ChangeMilestoneForm(
        request.POST if sent == "words" else None,
        initial={**seen, "title": found.title, "evidence_asked": found.evidence_asked},
        auto_id="words-%s",
    )
    owner = OwnerForm(
        request.POST if sent == "owner" else None, body=found.body, day=day, initial=seen, auto_id="owner-%s"
    )
    after = AfterForm(request.POST if sent == "after" else None, milestone=found, auto_id="after-%s")
    done = ""
    if sent == "words" and words.is_valid():
        said = {**words.said, "seen": words.cleaned_data["revision"]}
        done = _tried(words, lambda: services.change_milestone(by=by, milestone=found, **said)) and "Saved."
    elif sent == "owner" and owner.is_valid():
        to, why = owner.said["owner"], owner.said["reason"]
        seen_revision = owner.cleaned_data["revision"]
        done = (
            _tried(
                owner,
                lambda: services.change_owner(by=by, milestone=found, to=to, reason=why, seen=seen_revision),
                "owner",
            )
            and f"{to} owns it now, and gets its reminders."
        )
    elif sent == "after" and after.is_valid():
        first = after.cleaned_data["after"]
        done = (
            _tried(after, lambda: services.add_dependency(by=by, milestone=found, after=first))
            and f"It follows “{first}” now."
        )
    elif sent == "no_more":
        first = get_object_or_404(Milestone, group=group, key=request.POST.get("after", "")[:80])
        services.remove_dependency(by=by, milestone=found, after=first)
        done = f"It follows “{first}” no more."
    if done:
        messages.success(request, done)
        return redirect(found)
    return render(
        request,
        "work/change.html",
        {
            "group": group,
            "milestone": found,
            "words": words,
            "owner": owner,
            "after": after,
            "follows": Milestone.objects.filter(successors__milestone=found).order_by("due", "id"),
            "breadcrumb": [*_breadcrumb(group, found.body), (found.title, found.get_absolute_url())],
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def deliverable(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """A deliverable: what it is, its milestones, what the reader may do with it, and what happened."""

    def find() -> Deliverable:
        return _deliverable(request, group, key)

    found = find()
    today = clock.today()
    whole = selectors.plan_of_body(request.user, found.body, today)
    steps = [step for step in whole.steps if step.deliverable_id == found.pk]
    progress = whole.progress(steps)
    answering = Answering(request, found, find, OF_DERIVED if progress.total else tuple(Verb))
    plans = may_plan(request, found.body)
    sent = request.POST.get("change", "") if request.method == "POST" else ""
    may_move = plans or (not progress.total and answering.has_right_to(Verb.MOVE))
    if (sent == "words" and not plans) or (sent == "due" and not may_move):
        raise PermissionDenied("your role does not allow you to plan what this body owes")
    seen = {"revision": found.edit_revision}
    words = ChangeDeliverableForm(
        request.POST if sent == "words" else None,
        deliverable=found,
        day=clock.today(group.timezone),
        initial={
            **seen,
            "title": found.title,
            "kind": found.kind,
            "strategy_goal": found.strategy_goal_id,
            "owner": found.owner_id,
        },
        auto_id="words-%s",
    )
    due = MoveForm(request.POST if sent == "due" else None, initial={**seen, "due": found.due}, auto_id="due-%s")
    if done := answering.save() or _changed(request, found, words, due):
        messages.success(request, done)
        return redirect(found.page)
    return render(
        request,
        "work/deliverable.html",
        {
            "group": group,
            "deliverable": answering.owed,
            "breadcrumb": _breadcrumb(group, found.body),
            "is_late": found.is_late(today),
            "steps": steps,
            "progress": progress,
            "clauses": selectors.clauses_of(found),
            "answering": answering,
            "may_plan": plans,
            "words": words,
            "due": due if may_move and (found.is_open or due.errors) else None,
            "slips": selectors.slips_of_deliverable(found) if found.due_revision > 1 else [],
            "changes": selectors.changes_of(found),
            "may_write": may_write(request, found.body),
        },
    )


def _changed(request: SignedInRequest, found: Deliverable, words: ChangeDeliverableForm, due: MoveForm) -> str:
    """Save what was sent by one of the forms. Returns what was done, in a sentence; nothing where it was not."""
    by = request.user
    form: forms.Form
    field = None
    if words.is_bound and words.is_valid():
        seen = words.cleaned_data["revision"]
        form, field = words, "owner"
        change = lambda: services.change_deliverable(by=by, deliverable=found, seen=seen, **words.said)  # noqa: E731
        said = "Saved."
    elif due.is_bound and due.is_valid():
        seen = due.cleaned_data["revision"]
        form = due
        change = lambda: services.move_deliverable_due(by=by, deliverable=found, seen=seen, **due.said)  # noqa: E731
        said = "The date is changed. Milestones keep theirs." if found.milestones.exists() else "The date is changed."
    else:
        return ""
    return said if _tried(form, change, field) else ""


def _deliverable(request: SignedInRequest, group: WorkingGroup, key: str) -> Deliverable:
    today = clock.today()
    seen = selectors.with_clauses(selectors.deliverables_of(request.user, group, today), today)
    found: Deliverable = get_object_or_404(
        seen.select_related(
            "group", "body__group", "owner", "strategy_goal__strategy", "handed_in_by", "drop_asked_by"
        ),
        key=key,
    )
    return found


def _breadcrumb(group: WorkingGroup, body: Body) -> list[tuple[str, str]]:
    return [(group.slug.upper(), group.get_absolute_url()), (body.short_name, body.get_absolute_url())]
