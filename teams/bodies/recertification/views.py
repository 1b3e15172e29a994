"""The pages of administrators who go through everybody's access."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.absences.selectors import who_is_away
from teams.bodies.models import AccessDecision, AccessRound, WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.bodies.selectors import absences_holding
from teams.clock import selectors as clock

from . import selectors, services

PAGE_SIZE = 50
REASON_LENGTH = 300


@requires(Action.RECERTIFY_ACCESS)
@takes("GET", "POST")
def access_rounds(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The rounds so far; a POST starts one, unless one is open."""
    if request.method == "POST":
        try:
            begun = services.start(by=request.user, group=group)
        except services.AlreadyOpen:
            messages.error(request, "There is an open round: sign it off before another starts.")
            return redirect("bodies:access_rounds", group.slug)
        return redirect(begun)
    page = Paginator(selectors.rounds_of(group), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "bodies/recertifications.html",
        {
            "group": group,
            "page": page,
            "is_one_open": any(each.signed_off_at is None for each in page),
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.RECERTIFY_ACCESS)
@takes("GET", "POST")
def access_round(request: SignedInRequest, group: WorkingGroup, round_pk: int) -> HttpResponse:
    """One round: who has what and was here when; keep or end each, sign off. Raises Http404 for another group's."""
    found = get_object_or_404(selectors.rounds_of(group), pk=round_pk)
    page = Paginator(selectors.decisions_of(found), PAGE_SIZE).get_page(request.GET.get("page"))
    complaints: dict[int, str] = {}
    if request.method == "POST":
        try:
            complaints = _decide(request, found, page)
            if not complaints and "sign" in request.POST:
                services.sign_off(by=request.user, of=found)
                messages.success(request, "Signed off. What was to end has ended today.")
            elif not complaints:
                messages.success(request, "Saved. Nothing ends before the round is signed off.")
        except services.SignedOff:
            messages.error(request, "This round is signed off: its record stays as it is.")
        except services.Undecided as undecided:
            messages.error(request, f"Not signed off: {undecided.number} of the memberships are not decided yet.")
        if not complaints:
            return redirect(request.get_full_path())
    away = list(absences_holding(group, clock.today()))
    return render(
        request,
        "bodies/recertification.html",
        {
            "group": group,
            "round": found,
            "page": page,
            "rows": [(each, who_is_away(away, each.membership), complaints.get(each.pk)) for each in page],
            "has_complaints": bool(complaints),
            "choices": AccessDecision.Choice.choices,
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Recertification", reverse("bodies:access_rounds", args=[group.slug])),
            ],
        },
    )


def _decide(request: SignedInRequest, found: AccessRound, page: Page[AccessDecision]) -> dict[int, str]:
    """Save what was chosen for the memberships of the page; nothing, and what is wrong with which, where one is."""
    choices: dict[int, tuple[str, str]] = {}
    complaints: dict[int, str] = {}
    for decision in page:
        choice = request.POST.get(f"choice-{decision.pk}", "")
        reason = request.POST.get(f"reason-{decision.pk}", "").replace("\x00", "").strip()
        if choice not in AccessDecision.Choice.values:
            choice = ""
        if choice == AccessDecision.Choice.END and not reason:
            complaints[decision.pk] = "Say why it ends."
        elif len(reason) > REASON_LENGTH:
            complaints[decision.pk] = f"Say it in at most {REASON_LENGTH} characters."
        choices[decision.pk] = choice, reason
    if complaints:
        for decision in page:
            decision.choice, decision.reason = choices[decision.pk]
        return complaints
    services.decide(by=request.user, of=found, choices=choices)
    return {}
