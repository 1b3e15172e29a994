"""What the worker does for this room. Tasks only call services; nothing depends on a task's message arriving."""

from __future__ import annotations

from celery import shared_task

from . import services


@shared_task
def send_due() -> None:
    """Send what is due."""
    services.send_due()
