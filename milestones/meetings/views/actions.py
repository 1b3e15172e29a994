"""The page on which what a meeting agreed on becomes a milestone."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from milestones.meetings import selectors, services
from milestones.meetings.forms.actions import ActionForm
from milestones.work import services as work
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock


def owing(request: SignedInRequest, group: WorkingGroup) -> list[Body]:
    """The working group and its teams, as far as the reader may plan what they owe."""
    standing = standings_of(request)[group.slug]
    kinds = (Body.Kind.WORKING_GROUP, Body.Kind.TEAM)
    return [
        body
        for body in bodies_of_request(request, group)
        if body.kind in kinds and standing.may(Action.PLAN_WORK, body)
    ]


@requires(Action.PLAN_WORK)
@takes("GET", "POST")
def add_action(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that adds what a meeting agreed on."""
    meeting = get_object_or_404(selectors.meetings_visible_to(request.user, clock.today()), group=group, key=key)
    bodies = owing(request, group)
    if not bodies:
        raise PermissionDenied("your role does not allow you to plan what a team of this group owes")
    if not meeting.takes_actions:
        messages.info(request, f"The meeting is {meeting.get_state_display().lower()}: nothing was agreed there.")
        return redirect(meeting)
    form = ActionForm(
        request.POST if request.method == "POST" else None,
        bodies=bodies,
        meeting=meeting,
        day=clock.today(group.timezone),
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.add_action(by=request.user, meeting=meeting, **form.cleaned_data)
        except work.NotInTheGroup:
            form.add_error("owner", "This person can’t own it: they don’t belong to the group today.")
        except work.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Added: {made.owner} owns it, and is reminded of it.")
            return redirect(f"{meeting.get_absolute_url()}#actions")
    return render(
        request,
        "work/add.html",
        {
            "group": group,
            "form": form,
            "heading": "Add an action item",
            "lede": f"What {meeting}, {meeting.dates}, agreed on. It becomes a milestone that links back.",
            "button": "Add the action item",
            "back": meeting.get_absolute_url(),
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Calendar", reverse("meetings:calendar", args=[group.slug])),
                (str(meeting), meeting.get_absolute_url()),
            ],
        },
    )
