"""The list of consultations, and the page of one."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.filters import address_with

from . import selectors
from .forms import STATES, ConsultationFilter

PAGE_SIZE = 25


@requires(Action.READ_GROUP)
def consultations(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The group's consultations that the reader may see: open ones, those to come, closed ones."""
    today = clock.today()
    filters = ConsultationFilter(request.GET, bodies=bodies_of_request(request, group))
    state, body = filters.chosen("state") or "", filters.chosen("body")
    seen = selectors.consultations_visible_to(request.user, today).filter(group=group)
    if body:
        seen = seen.filter(audience__key=body)
    found = selectors.in_order(selectors.in_state(seen, state, today), today)
    paginator = Paginator(selectors.with_their_places(found, request.user, today), PAGE_SIZE)
    return render(
        request,
        "consultations/consultations.html",
        {
            "page": paginator.get_page(request.GET.get("page")),
            "filters": filters,
            "state": state,
            "is_narrowed": bool(state or body),
            "tabs": [
                (label, address_with(request, state=value or None), state == value)
                for value, label in [("", "All"), *STATES]
            ],
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.READ_GROUP)
def consultation(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """What is asked about which document, of whom, and until when."""
    today = clock.today()
    seen = selectors.in_order(selectors.consultations_visible_to(request.user, today), today)
    consultation = get_object_or_404(selectors.with_their_places(seen, request.user, today), group=group, key=key)
    return render(
        request,
        "consultations/consultation.html",
        {
            "consultation": consultation,
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Consultations", reverse("consultations:consultations", args=[group.slug])),
            ],
        },
    )
