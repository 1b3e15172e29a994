"""The ledger: which mail went to whom and why, which did not, and what will go next."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.clock import selectors as clock
from teams.filters import address_with
from teams.notices import selectors as notices
from teams.notices.models import Notice
from teams.notices.preview import framed

from . import selectors, sources
from .forms import CAME_BACK, ForecastFilter, LedgerFilter

PAGE_SIZE: Final = 25
FORECAST: Final = timedelta(days=30)


@requires(Action.READ_LEDGER)
def ledger(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Every notice of the group that was queued: waiting, sent, failed, skipped."""
    subjects = sources.subjects_of(group)
    chosen = LedgerFilter(request.GET, people=notices.recipients_of(group.slug), subjects=subjects.values())
    rows = notices.notices_of(group.slug)
    if person := chosen.person_id:
        rows = rows.filter(Q(recipient_id=person) | Q(owed_to_id=person))
    if about := chosen.chosen("about"):
        rows = rows.filter(subject_key=about)
    if state := chosen.chosen("state"):
        rows = notices.came_back(rows) if state == CAME_BACK else rows.filter(state=state)
    page = Paginator(notices.with_bounces(rows).order_by(*chosen.order), PAGE_SIZE).get_page(request.GET.get("page"))
    is_oldest_first = chosen.chosen("sort") == "due"
    return render(
        request,
        "reminders/ledger.html",
        {
            **_around(group, "ledger"),
            "page": page,
            "rows": [(notice, subjects.get(notice.subject_key)) for notice in page],
            "filter": chosen,
            "is_oldest_first": is_oldest_first,
            "sorted_otherwise": address_with(request, sort=None if is_oldest_first else "due"),
        },
    )


@requires(Action.READ_LEDGER)
def forecast(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """What will be queued in the coming thirty days if nothing changes."""
    now = clock.now()
    subjects = sources.subjects_of(group)
    people = selectors.people_of(group)
    chosen = ForecastFilter(request.GET, people=people.values(), subjects=subjects.values())
    rows = selectors.forecast_of(group, now, now + FORECAST)
    if person := chosen.person_id:
        rows = [(row, plan) for row, plan in rows if person in (row["recipient_id"], row["owed_to_id"])]
    if about := chosen.chosen("about"):
        rows = [(row, plan) for row, plan in rows if row["subject_key"] == about]
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "reminders/forecast.html",
        {
            **_around(group, "forecast"),
            "page": page,
            "rows": [
                (
                    row,
                    people.get(row["recipient_id"]),
                    people.get(row["owed_to_id"]) if row["owed_to_id"] != row["recipient_id"] else None,
                    subjects.get(row["subject_key"]),
                    plan,
                )
                for row, plan in page
            ],
            "filter": chosen,
            "until": now + FORECAST,
        },
    )


@requires(Action.READ_LEDGER)
def notice(request: SignedInRequest, group: WorkingGroup, pk: int) -> HttpResponse:
    """One notice: the mail as it went, and what became of it."""
    found = get_object_or_404(notices.notices_of(group.slug), pk=pk)
    return render(
        request,
        "reminders/notice.html",
        {
            "notice": found,
            "bounces": notices.bounces_of(found),
            "subject": sources.subjects_of(group).get(found.subject_key),
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Reminder ledger", reverse("reminders:ledger", args=[group.slug])),
            ],
        },
    )


@requires(Action.READ_LEDGER)
def notice_mail(request: SignedInRequest, group: WorkingGroup, pk: int) -> HttpResponse:
    """The HTML of a notice's mail, for the frame on its page."""
    found = get_object_or_404(Notice, scope=group.slug, pk=pk)
    if not found.html:
        raise Http404("no mail was written for this notice")
    return framed(found.html)


def _around(group: WorkingGroup, tab: str) -> dict[str, Any]:
    """What the two tabs have in common."""
    return {
        "tabs": [
            ("Queued and sent", reverse("reminders:ledger", args=[group.slug]), tab == "ledger"),
            ("Next 30 days", reverse("reminders:forecast", args=[group.slug]), tab == "forecast"),
        ],
        "last_sweep": selectors.last_sweep(),
        "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
    }
