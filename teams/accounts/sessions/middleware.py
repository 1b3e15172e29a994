"""Ends sessions that have lasted too long, and keeps what their people were just sending."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.usersessions.models import UserSession
from django.contrib import auth, messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from teams.accounts.access import PUBLIC, access_of
from teams.clock import selectors as clock

from . import kept, limits

# Whose session ended in this browser, until somebody signs in again.
ENDED = "ended_for"


class SessionLimitMiddleware:
    """Must stand after the messages and allauth, and before what decides who may come in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated:
            self._look(request)
        return self.get_response(request)

    def _look(self, request: HttpRequest) -> None:
        assert request.user.is_authenticated
        session, now = request.session, clock.real_now()
        if limits.BEGAN not in session:  # it is older than the limits
            limits.begin(session, at=now)
        is_question = request.method in ("GET", "HEAD") and request.path == reverse("sessions:session")
        remaining = limits.left(session, request.user, at=now)
        if remaining <= timedelta(0):
            if not is_question:
                self._end(request)
            return
        if not is_question and limits.note_page(session, at=now):
            UserSession.objects.filter(session_key=session.session_key).update(
                last_seen_at=now, ip=get_adapter().get_client_ip(request)
            )
            remaining = limits.left(session, request.user, at=now)
        request.session_left = int(remaining.total_seconds())  # type: ignore[attr-defined]

    def _end(self, request: HttpRequest) -> None:
        assert request.user.is_authenticated
        person, minutes = request.user.pk, limits.limits_for(request.user).idle.total_seconds() // 60
        is_absolute = limits.left_in_all(request.session, request.user, at=clock.real_now()) <= timedelta(0)
        UserSession.objects.filter(session_key=request.session.session_key).delete()
        auth.logout(request)
        request.session[ENDED] = person
        messages.info(
            request,
            "Your session ended, since it had lasted as long as one may. Sign in again to go on."
            if is_absolute
            else f"Your session ended after {minutes:.0f} minutes without a page. Sign in again to go on.",
        )

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponseBase | None:
        """Keep a form whose session has ended and ask to sign in; forget a kept form that is sent again."""
        match = request.resolver_match
        if request.method != "POST" or match is None:
            return None
        if request.user.is_authenticated:
            if request.session.get(kept.KEPT, {}).get("path") == request.get_full_path():
                kept.throw_away(request.session)
            return None
        person = request.session.get(ENDED)
        if person is None or access_of(match) in (None, PUBLIC) or match.func.__module__.startswith("allauth."):
            return None
        if not kept.keep(request, person=person, at=clock.real_now()):
            return None
        messages.info(request, "What you sent was not lost: sign in, and it is offered to you again.")
        return redirect_to_login(reverse("sessions:kept"))
