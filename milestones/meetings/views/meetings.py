"""The page of a meeting."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from milestones.meetings import sections, selectors
from milestones.meetings.clocks import clocks_of
from milestones.work.selectors import clauses_of
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.clock import selectors as clock

from .actions import owing


@requires(Action.READ_GROUP)
def meeting(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """When it is for the reader, what it is for, what must be ready, and what came of it."""
    today = clock.today()
    meeting = get_object_or_404(selectors.meeting_in_full(request.user, today), group=group, key=key)
    preparations, actions = selectors.milestones_around(meeting)
    return render(
        request,
        "meetings/meeting.html",
        {
            "meeting": meeting,
            "clocks": clocks_of(meeting, request.user.timezone),
            "clauses": clauses_of(meeting),
            "group": group,
            "preparations": preparations,
            "actions": actions,
            "may_add_action": meeting.takes_actions and bool(owing(request, group)),
            "sections": sections.sections_of(request.user, today, meeting),
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Calendar", reverse("meetings:calendar", args=[group.slug])),
            ],
        },
    )
