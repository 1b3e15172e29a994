"""A plan taken in from an Excel file: what it would change is shown first, and only the confirmation changes it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.exports import XLSX

from .imports.planning import ADDED, Comparison, Field, compare
from .imports.reading import Line, Reading, Unreadable, read_file
from .imports.services import PlanChanged, take_in
from .imports.template import template_of

KEPT = timedelta(days=1)
FAULTS_SHOWN = 50
MEANWHILE = "The plan was changed after you looked at it. What the file would change now stands below."
TOO_OLD = "The preview is too old, or not of this group: send the file once more."


class FileForm(forms.Form):
    """The file that somebody sends."""

    file = forms.FileField(
        label="File",
        help_text="An Excel workbook (.xlsx) of at most 2 MB. You see first what it would change.",
        widget=forms.FileInput(attrs={"accept": ".xlsx"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )


@requires(Action.PLAN_WORK)
def plan_template(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The file to fill in: the open milestones that the reader may plan, and what to choose from."""
    today = clock.today()
    content = template_of(
        Field(group, _bodies(request, group), today), title=f"Plan of {group.slug.upper()} to fill in"
    )
    name = f"plan-{group.slug}-to-fill-in-{today.isoformat()}.xlsx"
    return HttpResponse(content, content_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@requires(Action.PLAN_WORK)
@takes("GET", "POST")
def import_plan(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Choose a file; see what it would add and change, and what is wrong in which cell; confirm.

    What was read stands signed in the page of the preview: it is that person's, for that group, for a day.
    """
    bodies = _bodies(request, group)
    salt = f"work.import.{request.user.pk}.{group.pk}"
    context: dict[str, Any] = {
        "group": group,
        "breadcrumb": [
            (group.slug.upper(), group.get_absolute_url()),
            ("Plan", reverse("work:plan", args=[group.slug])),
        ],
        "bodies": sorted(_names(request, group, bodies)),
    }
    form = FileForm()
    reading = None
    if request.method == "POST" and "read" in request.POST:
        reading = _kept(request, salt)
        if reading is None:
            context["refused"] = TOO_OLD
        else:
            try:
                done = take_in(
                    by=request.user, group=group, bodies=bodies, reading=reading, seen=request.POST.get("seen", "")
                )
            except PlanChanged:
                context["refused"] = MEANWHILE
            else:
                messages.success(request, _said(done))
                return redirect("work:plan", group.slug)
    elif request.method == "POST":
        form = FileForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                reading = read_file(form.cleaned_data["file"])
            except Unreadable as reason:
                form.add_error("file", str(reason))
    if reading is not None:
        found = compare(reading, Field(group, bodies, clock.today()))
        context |= {
            "found": found,
            "faults": found.faults[:FAULTS_SHOWN],
            "more_faults": max(0, len(found.faults) - FAULTS_SHOWN),
            "read": signing.dumps(asdict(reading), salt=salt, compress=True),
            "is_confirmable": bool(found.changing) and not found.faults,
        }
    return render(request, "work/import_plan.html", {**context, "form": form})


def _bodies(request: SignedInRequest, group: WorkingGroup) -> frozenset[int] | None:
    return standings_of(request)[group.slug].bodies_for(Action.PLAN_WORK)


def _names(request: SignedInRequest, group: WorkingGroup, bodies: frozenset[int] | None) -> list[str]:
    """The bodies whose work the reader may plan, by name; none where it is all of them."""
    if bodies is None:
        return []
    return [str(each) for each in bodies_of_request(request, group) if each.pk in bodies]


def _kept(request: SignedInRequest, salt: str) -> Reading | None:
    """What the page of the preview carried; None where it is too old, or was not made for this."""
    try:
        kept = signing.loads(request.POST["read"], salt=salt, max_age=KEPT)
    except signing.BadSignature:
        return None
    return Reading([Line(**each) for each in kept["lines"]], kept["letters"], [])


def _said(done: Comparison) -> str:
    added = done.counts[ADDED]
    changed = len(done.changing) - added
    return (
        f"The file is taken in: {added} milestone{'' if added == 1 else 's'} added, "
        f"{changed} milestone{'' if changed == 1 else 's'} changed."
    )
