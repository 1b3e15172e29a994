"""The record of what happened, and what was promised."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.clock import selectors as clock

from . import selectors
from .forms import DevelopmentFilter

PAGE_SIZE = 25


@requires(Action.READ_GROUP)
def developments(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """What happened, the newest first, each fact once with its source; then who has committed to what."""
    today = clock.today()
    filters = DevelopmentFilter(request.GET)
    kind, section = filters.chosen("kind"), filters.chosen("section")
    found = selectors.developments_visible_to(request.user, today).filter(group=group)
    committed = selectors.commitments_visible_to(request.user, today).filter(group=group)
    if kind:
        found = found.filter(kind=kind)
    if section:
        found = found.filter(sections__contains=[section])
        committed = committed.filter(sections__contains=[section])
    page = Paginator(selectors.newest_first(found), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "papers/developments.html",
        {
            "page": page,
            "periods": selectors.by_period(page.object_list),
            "promises": selectors.promises(committed, request.user, today),
            "filters": filters,
            "is_narrowed": bool(kind or section),
            "today": today,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )
