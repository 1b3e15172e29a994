"""What the worker does for this room at beat's ticks. Tasks only call services."""

from __future__ import annotations

from celery import shared_task

from . import services


@shared_task
def clear_sessions() -> None:
    """Forget the sessions that are over."""
    services.clear_sessions()
