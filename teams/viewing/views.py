"""The administrators' page from which they see the portal as a role, and its end."""

from __future__ import annotations

from typing import Final

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from teams.accounts.access import SignedInRequest, administrators, takes
from teams.clock import selectors as clock

from . import selectors, services
from .forms import ViewAsForm

LATEST_SHOWN: Final = 10


@administrators
@takes("GET", "POST")
def view_as(request: SignedInRequest) -> HttpResponse:
    """Choose a body, a role and trade or government; a POST begins. Below stands who saw what lately."""
    form = ViewAsForm(request.POST if request.method == "POST" else None, bodies=selectors.seats())
    if request.method == "POST" and form.is_valid():
        viewing = services.start(by=request.user, **form.seat)
        request.session[selectors.SESSION_KEY] = viewing.key
        return redirect("home")
    latest = selectors.viewings_visible_to(request.user, clock.today()).select_related("administrator", "group")
    return render(
        request,
        "viewing/view_as.html",
        {
            "form": form,
            "minutes": int(services.LASTS.total_seconds() // 60),
            "latest": latest[:LATEST_SHOWN],
            "now": clock.now(),
            "breadcrumb": [("Administration", reverse("administration"))],
        },
    )


@administrators
@takes("POST")
def stop(request: SignedInRequest) -> HttpResponse:
    """See the portal as oneself again, on the same page (`next`). Nothing happens where it has ended already."""
    viewing = selectors.viewing_of(request.session, request.user, at=clock.now())
    if viewing is not None:
        services.stop(by=request.user, viewing=viewing)
        messages.success(request, f"You see the portal as yourself again, no longer as {viewing.in_a_sentence}.")
    request.session.pop(selectors.SESSION_KEY, None)
    return redirect(_back(request))


def _back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(address, allowed_hosts=None, require_https=request.is_secure())
    return address if is_ours and address.startswith("/") else "/"
