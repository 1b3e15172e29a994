"""Holds the clock still for the length of a request, in the reader's own time zone."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

from . import services


class ClockMiddleware:
    """One instant for the whole request; must stand after authentication, whose user has the time zone."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        zone = getattr(request.user, "timezone", "")
        with services.held_still(), timezone.override(zoneinfo.ZoneInfo(zone) if zone else None):
            return self.get_response(request)
