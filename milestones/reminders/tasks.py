"""What the worker does for this room at beat's ticks. Tasks only call services."""

from __future__ import annotations

import logging

from celery import current_app, shared_task
from kombu.exceptions import OperationalError

from . import services

log = logging.getLogger(__name__)


@shared_task
def sweep() -> None:
    """Look for what is due, and have it sent at once rather than at the next tick."""
    if not services.sweep():
        return
    try:
        current_app.send_task("teams.notices.tasks.send_due")
    except OperationalError as error:
        log.warning("the broker is away, so mail waits for a later tick: %s", error)
