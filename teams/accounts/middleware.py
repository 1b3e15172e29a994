"""Remembers when each person was last here, for "what changed since your last visit"."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase

from teams.clock import selectors as clock

from . import services


class VisitMiddleware:
    """Notes the visit of a signed-in person before the view runs; must stand after the clock's middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Note it; costs a statement once in five minutes."""
        if request.user.is_authenticated:
            services.note_visit(person=request.user, at=clock.now())
