"""How long the session lasts, and what was sent after it had ended."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render

from teams.accounts.access import SignedInRequest, public, signed_in, takes
from teams.clock import selectors as clock

from . import kept as keeping
from . import limits


@public
@takes("GET", "POST")
def session(request: HttpRequest) -> JsonResponse:
    """Seconds that are left of the session, 0 for nobody. Asking is no sign of life (GET); staying is (POST)."""
    if not request.user.is_authenticated:
        return JsonResponse({"left": 0, "left_in_all": 0})
    now = clock.real_now()
    if request.method == "POST":
        request.session[limits.ACTIVE] = int(now.timestamp())
        UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=now)
    answer = JsonResponse(
        {
            "left": max(0, int(limits.left(request.session, request.user, at=now).total_seconds())),
            "left_in_all": max(0, int(limits.left_in_all(request.session, request.user, at=now).total_seconds())),
        }
    )
    answer["Cache-Control"] = "no-store"
    return answer


@signed_in
@takes("GET", "POST")
def kept(request: SignedInRequest) -> HttpResponseBase:
    """What the person sent after their session had ended, to be sent now or thrown away."""
    form = keeping.kept_for(request.session, request.user, at=clock.real_now())
    if request.method == "POST":
        keeping.throw_away(request.session)
        messages.success(request, "It is thrown away.")
        return redirect("home")
    if form is None:
        messages.info(request, "Nothing is kept for you. What is sent after a session ended is kept for half an hour.")
        return redirect("home")
    answer = render(request, "usersessions/kept.html", {"kept": form})
    answer["Cache-Control"] = "no-store"
    return answer
