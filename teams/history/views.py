"""Pages of the room: all activity of a group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from teams.accounts.access import SignedInRequest
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.filters import address_with

from . import exports
from .activity import Told, changes, told
from .forms import ActivityFilter

PAGE_SIZE: Final = 25
LONGEST: Final = 300
TOLD_AT_ONCE: Final = 500


@requires(Action.READ_GROUP)
def activity(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Every change in the group that the reader may see, before and after, the newest first."""
    chosen = _filter(request, group)
    page = Paginator(changes(request.user, group, chosen.wanted), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "history/activity.html",
        {
            "group": group,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
            "filter": chosen,
            "page": page,
            "changes": told(request.user, list(page), bodies_of_request(request, group), longest=LONGEST),
            "spreadsheet": reverse("history:activity_csv", args=[group.slug]) + address_with(request),
        },
    )


@requires(Action.READ_GROUP)
def activity_csv(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The same as a file, all pages of it."""
    rows = changes(request.user, group, _filter(request, group).wanted)
    name = f"activity-{group.slug}-{clock.today().isoformat()}.csv"
    return HttpResponse(
        exports.activity_csv(_told(request, group, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _told(request: SignedInRequest, group: WorkingGroup, rows: QuerySet[Any, dict[str, Any]]) -> Iterator[Told]:
    found = list(rows)
    for start in range(0, len(found), TOLD_AT_ONCE):
        yield from told(request.user, found[start : start + TOLD_AT_ONCE], bodies_of_request(request, group))


def _filter(request: SignedInRequest, group: WorkingGroup) -> ActivityFilter:
    people = User.objects.filter(Q(memberships__body__group=group) | Q(is_site_admin=True)).distinct()
    return ActivityFilter(request.GET, bodies=bodies_of_request(request, group), people=people.only("name"))
