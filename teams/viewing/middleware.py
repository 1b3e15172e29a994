"""Answers an administrator's requests as somebody with a role would be answered, while they see the portal as that."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any, Final, cast

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import Resolver404, ResolverMatch, resolve

from teams.accounts.access import READING
from teams.clock import selectors as clock

from . import selectors, services
from .models import Viewing

# What is about the administrator's own account and session.
OWN_PAGES: Final = frozenset({"profile", "choices", "sessions", "identities"})
# Asked by pages that stand open in other windows; it must go on telling how long the session really lasts.
SESSION_LEFT: Final = "sessions:session"
STOP: Final = "viewing:stop"
# An answer that is sent in pieces is held in memory up to this many bytes, and in a file beyond.
HELD_IN_MEMORY: Final = 1 << 20


class _NotKept(SessionBase):
    """A session that nobody keeps: what is written in it ends with the request."""

    def load(self) -> dict[str, Any]:
        return {}

    def exists(self, session_key: str | None) -> bool:
        return False

    def create(self) -> None:
        return None

    def save(self, must_create: bool = False) -> None:
        return None

    def delete(self, session_key: str | None = None) -> None:
        return None


class ViewingMiddleware:
    """Must stand after the session's limits, the clock and the history, and before what decides who may come in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer as ever where no view as a role goes on in the session."""
        if not request.user.is_authenticated or selectors.SESSION_KEY not in request.session:
            return self.get_response(request)
        viewing = selectors.viewing_of(request.session, request.user, at=clock.now())
        match = _match(request.path_info)
        if viewing is None:
            del request.session[selectors.SESSION_KEY]
            if match is None or match.view_name != SESSION_LEFT:
                messages.info(request, "You see the portal as yourself again: the view as a role has ended.")
            return self.get_response(request)
        request.viewing = viewing  # type: ignore[attr-defined]
        name = match.view_name if match is not None else ""
        if (name == STOP and request.method == "POST") or (name == SESSION_LEFT and request.method in READING):
            return self.get_response(request)
        return self._seen_as_somebody(request, viewing, match)

    def _seen_as_somebody(
        self, request: HttpRequest, viewing: Viewing, match: ResolverMatch | None
    ) -> HttpResponseBase:
        own = request.user, request.session, getattr(request, "session_left", None)
        try:
            with services.somebody(viewing) as person:
                request.user, request.session = person, _NotKept()
                # Nothing can be typed meanwhile that an end of the session could lose.
                request.session_left = None  # type: ignore[attr-defined]
                if request.method not in READING:
                    return _refused(request, is_change=True)
                if match is not None and _is_own_page(match):
                    return _refused(request, is_change=False)
                answer = self.get_response(request)
                if answer.streaming:
                    _read_to_the_end(cast(StreamingHttpResponse, answer))
                return answer
        finally:
            request.user, request.session, request.session_left = own  # type: ignore[attr-defined]


def _match(path: str) -> ResolverMatch | None:
    try:
        return resolve(path)
    except Resolver404:
        return None


def _is_own_page(match: ResolverMatch) -> bool:
    return bool(OWN_PAGES & set(match.namespaces)) or match.func.__module__.startswith("allauth.")


def _refused(request: HttpRequest, *, is_change: bool) -> HttpResponseBase:
    answer = render(request, "viewing/refused.html", {"is_change": is_change, "breadcrumb": []}, status=403)
    answer["Cache-Control"] = "no-store, private"
    return answer


def _read_to_the_end(answer: StreamingHttpResponse) -> None:
    """Draw all pieces of an answer now, while the person is still there who may see them."""
    held = tempfile.SpooledTemporaryFile(HELD_IN_MEMORY)  # noqa: SIM115 - the answer closes it
    for piece in answer:
        held.write(piece)
    held.seek(0)
    answer.streaming_content = held
