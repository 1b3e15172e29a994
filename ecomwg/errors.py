"""Error pages: what went wrong, in words, and what to do next."""

from __future__ import annotations

import sys

import psycopg_pool
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token

from teams.accounts.access import public

# The database being away is no fault of the request: say so (503) and when to try again.
AWAY = (OperationalError, InterfaceError, psycopg_pool.PoolTimeout, psycopg_pool.PoolClosed)
TRY_AGAIN_SECONDS = 10


@requires_csrf_token
@public
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or not for this person; the two look the same."""
    return render(request, "errors/404.html", status=404)


@requires_csrf_token
@public
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: inside the group, but the role does not allow it."""
    return render(request, "errors/403.html", {"reason": str(exception)}, status=403)


@requires_csrf_token
@public
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request can't be understood."""
    return HttpResponse(render_to_string("errors/400.html"), status=400)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 while the database is away. Asks the database for nothing."""
    if isinstance(sys.exc_info()[1], AWAY):
        response = HttpResponse(render_to_string("errors/503.html"), status=503)
        response["Retry-After"] = str(TRY_AGAIN_SECONDS)
        return response
    return HttpResponse(render_to_string("errors/500.html"), status=500)


@requires_csrf_token
@public
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that was sent from another site, or after its cookie had gone."""
    return render(request, "errors/csrf.html", status=403)
