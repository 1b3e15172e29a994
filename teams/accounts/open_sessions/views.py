"""Pages for administrators: who is signed in at this moment, and ending it."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, administrators, asks_again, takes
from teams.accounts.models import User
from teams.clock import selectors as clock

from . import selectors, services
from .forms import EndingForm, SessionsFilter

PAGE_SIZE = 25
ENDED_SHOWN = 10
OVER = "That session is over already."


@administrators
def open_sessions(request: SignedInRequest) -> HttpResponse:
    """Everyone's open sessions. `?q=` chooses by the person's name or address."""
    chosen = SessionsFilter(request.GET)
    now = clock.real_now()
    found = selectors.open_sessions(at=now, words=chosen.chosen("q") or "")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "open_sessions/open_sessions.html",
        {
            "page": page,
            "sessions": selectors.described(page, at=now, own=request.session.session_key),
            "filter": chosen,
            "is_narrowed": bool(chosen.chosen("q")),
            "ended": list(selectors.ended_lately(ENDED_SHOWN)),
            "breadcrumb": _way()[:1],
        },
    )


@administrators
@takes("GET", "POST")
@asks_again
def end(request: SignedInRequest, session: int) -> HttpResponse:
    """End one session of somebody, for a reason. One's own is ended by signing out."""
    now = clock.real_now()
    rows = selectors.open_sessions(at=now).filter(pk=session)
    found = selectors.described(rows, at=now, own=request.session.session_key)
    if not found:
        messages.info(request, OVER)
        return redirect("open_sessions:open_sessions")
    shown = found[0]
    form = EndingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and not shown.is_own and form.is_valid():
        try:
            services.end(by=request.user, session=UserSession(pk=session), reason=form.cleaned_data["reason"])
        except services.AlreadyOver:
            messages.info(request, OVER)
        else:
            messages.success(request, f"The session of {shown.person} ({shown.device}) has ended.")
        return redirect("open_sessions:open_sessions")
    return render(
        request,
        "open_sessions/end.html",
        {"session": shown, "form": form, "breadcrumb": _way()},
    )


@administrators
@takes("GET", "POST")
@asks_again
def end_all(request: SignedInRequest, person: int) -> HttpResponse:
    """End all sessions of a person, for a reason; of one's own, all but the one that asks."""
    found = get_object_or_404(User, pk=person)
    form = EndingForm(request.POST if request.method == "POST" else None)
    is_own = found == request.user
    if request.method == "POST" and form.is_valid():
        number = services.end_all(
            by=request.user,
            person=found,
            reason=form.cleaned_data["reason"],
            but=request.session.session_key if is_own else None,
        )
        if number:
            messages.success(request, f"{number} session{'' if number == 1 else 's'} of {found} ended.")
        else:
            messages.info(request, f"{found} had no {'other ' if is_own else ''}session.")
        return redirect("open_sessions:open_sessions")
    now = clock.real_now()
    rows = selectors.open_sessions(at=now).filter(user=found)
    return render(
        request,
        "open_sessions/end_all.html",
        {
            "person": found,
            "is_own": is_own,
            "sessions": selectors.described(rows, at=now, own=request.session.session_key),
            "form": form,
            "breadcrumb": _way(),
        },
    )


def _way() -> list[tuple[str, str]]:
    return [("Administration", reverse("administration")), ("Open sessions", reverse("open_sessions:open_sessions"))]
