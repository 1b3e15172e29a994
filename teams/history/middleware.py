"""Gives each change of a row its context: who asked for it, in which request, and on which date of the portal."""

from __future__ import annotations

import uuid
from typing import Any

import pghistory.middleware
from django.http import HttpRequest

from teams.accounts.addresses import address_kept
from teams.clock import selectors as clock


class HistoryMiddleware(pghistory.middleware.HistoryMiddleware):
    """Must stand after authentication and after the clock's middleware."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        """The person's id, the path, the request's own id, and the instant on the portal's clock (ISO 8601, UTC).

        Of an address that opens something by itself the path says only how it starts.
        """
        context: dict[str, Any] = super().get_context(request)
        return {
            **context,
            "url": address_kept(request.path),
            "request": uuid.uuid4().hex,
            "at": clock.now().isoformat(),
        }
