"""What the worker does for this room at beat's ticks. Tasks only call services."""

from __future__ import annotations

from celery import shared_task

from . import services


@shared_task
def seal() -> None:
    """Seal the days of the history that are over; at most ticks there is none."""
    services.seal()
