"""Pages of the room: all activity of a group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from teams.accounts.access import SignedInRequest
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.filters import address_with

from . import exports
from .activity import Changes, Told, changes, told
from .forms import ActivityFilter

PAGE_SIZE: Final = 25
LONGEST: Final = 300
TOLD_AT_ONCE: Final = 500


@requires(Action.READ_GROUP)
def activity(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Every change in the group that the reader may see, before and after, the newest first."""
    chosen = _filter(request, group)
    found: Any = changes(request.user, _standing(request), chosen.wanted)
    page: Page[Any] = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "history/activity.html",
        {
            "group": group,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
            "filter": chosen,
            "page": page,
            "changes": told(
                request.user, _standing(request), list(page), bodies_of_request(request, group), longest=LONGEST
            ),
            "spreadsheet": reverse("history:activity_csv", args=[group.slug]) + address_with(request),
        },
    )


@requires(Action.READ_GROUP)
def activity_csv(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The same as a file, all pages of it."""
    rows = changes(request.user, _standing(request), _filter(request, group).wanted)
    name = f"activity-{group.slug}-{clock.today().isoformat()}.csv"
    return HttpResponse(
        exports.activity_csv(_told(request, group, rows)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _told(request: SignedInRequest, group: WorkingGroup, rows: Changes) -> Iterator[Told]:
    found = list(rows)
    for start in range(0, len(found), TOLD_AT_ONCE):
        some = found[start : start + TOLD_AT_ONCE]
        yield from told(request.user, _standing(request), some, bodies_of_request(request, group))


def _standing(request: SignedInRequest) -> Standing:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    return standing


def _filter(request: SignedInRequest, group: WorkingGroup) -> ActivityFilter:
    """People to choose from: who belongs to the group or did, and administrators; who will, where one keeps it."""
    of_group = Q(memberships__body__group=group)
    kept = _standing(request).bodies_for(Action.KEEP_MEMBERSHIPS)
    if kept is not None:
        begun = Q(memberships__started__isnull=True) | Q(memberships__started__startswith__lte=clock.today())
        of_group &= begun | Q(memberships__body__in=kept)
    people = User.objects.filter(of_group | Q(is_site_admin=True)).distinct()
    return ActivityFilter(request.GET, bodies=bodies_of_request(request, group), people=people.only("name"))
