"""The calendar."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render

from milestones.meetings import selectors
from milestones.meetings.calendar import Asked, Kind, entries
from milestones.meetings.calendar import month as months
from milestones.meetings.forms.calendar import CalendarFilter
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.dates import ApproximateDate
from teams.filters import address_with

DAYS_AHEAD = 90


@requires(Action.READ_GROUP)
def calendar(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """What is on and what is due: a month as a grid with its list, or a list alone."""
    today = clock.today()
    forums = selectors.forums_of(request.user, group, today)
    filters = CalendarFilter(request.GET, bodies=bodies_of_request(request, group), forums=forums)
    this_month = ApproximateDate.month(today.year, today.month)
    as_list = filters.chosen("view") == CalendarFilter.LIST
    if not as_list:
        shown: ApproximateDate | None = filters.chosen("month") or this_month
    elif filters.chosen("days") == "all":
        shown = None
    else:
        shown = ApproximateDate(today, today + timedelta(days=DAYS_AHEAD))
    asked = Asked(
        person=request.user,
        group=group,
        body_ids=standings_of(request)[group.slug].body_ids,
        today=today,
        days=shown if as_list or shown is None else months.days_shown(shown),
    )
    found = [entry for entry in entries(asked, filters.kinds) if filters.keeps(entry)]
    grid = None
    if not as_list and shown is not None:
        grid = months.month_of(shown, found, today)
        found = [e for e in found if e.when.first <= shown.last and e.when.last >= shown.first]
    return render(
        request,
        "meetings/calendar.html",
        {
            "grid": grid,
            "shown": shown,
            "headings": months.listed(found, shown, today),
            "this_month": this_month,
            "mine": filters.chosen("mine"),
            "filters": filters,
            "kinds": [(kind, kind in filters.kinds) for kind in Kind],
            "tabs": [
                ("Month", address_with(request, view=None, days=None), not as_list),
                ("List", address_with(request, view=CalendarFilter.LIST, month=None), as_list),
            ],
            "ranges": [
                (label, address_with(request, days=value), (filters.chosen("days") or "90") == value)
                for value, label in (("90", f"Next {DAYS_AHEAD} days"), ("all", "All dates"))
            ],
            "forums": forums,
            "group": group,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )
