"""`/healthz` and `/readyz`, for supervisors and load balancers.

They answer before anything else of the portal runs: no session, no host check, no redirect to HTTPS. Neither says
which versions run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from milestones.reminders import selectors as reminders

log = logging.getLogger(__name__)

# Beat ticks twice a minute; a few lost ticks are no reason to call anybody.
BEAT_MAY_BE_SILENT_SECONDS = 300


class HealthMiddleware:
    """Must be the first middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        match request.path:
            case "/healthz":
                return _answer({"process": "ok"}, 200)
            case "/readyz":
                return ready()
        return self.get_response(request)


def ready() -> JsonResponse:
    """200 when pages can be served; 503 when not. Without broker or beat pages work and mail waits: "degraded"."""
    parts = {"database": _database()}
    if parts["database"] != "ok":
        return _answer(parts, 503)
    parts["migrations"] = _migrations()
    if parts["migrations"] != "ok":
        return _answer(parts, 503)
    parts["broker"] = _broker()
    parts["beat"] = _beat()
    parts["mail"] = _mail()
    return _answer(parts, 200)


def _answer(parts: dict[str, str], status: int) -> JsonResponse:
    word = "unavailable" if status != 200 else "ok" if all(v == "ok" for v in parts.values()) else "degraded"
    response = JsonResponse({"status": word, **parts}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _database() -> str:
    try:
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # whatever the driver or the pool raises, the answer is the same
        log.warning("the database does not answer: %s", type(error).__name__)
        return "unavailable"
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connections[DEFAULT_DB_ALIAS])
    return "pending" if executor.migration_plan(executor.loader.graph.leaf_nodes()) else "ok"


def _broker() -> str:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            client.ping()
    except (redis.RedisError, OSError) as error:
        log.warning("the broker does not answer: %s", type(error).__name__)
        return "unavailable"
    return "ok"


def _beat() -> str:
    age = reminders.seconds_since_last_sweep()
    if age is None:
        return "never ticked"
    return "ok" if age <= BEAT_MAY_BE_SILENT_SECONDS else f"silent for {age:.0f} s"


def _mail() -> str:
    waiting = reminders.seconds_oldest_notice_waits()
    return "ok" if waiting <= BEAT_MAY_BE_SILENT_SECONDS else f"a notice has waited {waiting:.0f} s"
