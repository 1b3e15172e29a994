"""The administrators' entry page, and where Django's own pages would have a password changed."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render

from teams.accounts.access import SignedInRequest, administrators
from teams.bodies.permissions import standings_of
from teams.clock import selectors as clock

from .matters import matters


@administrators
def administration(request: SignedInRequest) -> HttpResponse:
    """What to look at, the urgent first, and links to every page for administrators."""
    standings = list(standings_of(request).values())
    found = matters(request.user, standings)
    return render(
        request,
        "administration/administration.html",
        {
            "today": clock.today(),
            "matters": found,
            "urgent": sum(matter.is_now for matter in found),
            "soon": sum(matter.is_soon for matter in found),
            "standings": standings,
            "breadcrumb": [],
        },
    )


@administrators
def change_password(request: SignedInRequest) -> HttpResponse:
    """The one page on which a password is changed: not that of Django's pages, which asks for less."""
    return redirect("account_change_password")
