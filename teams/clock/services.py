"""Setting the demonstration's clock, and holding it still for the length of a request or a task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from . import selectors
from .models import ClockSetting


class NotADemonstration(Exception):
    """The clock can only be set where the demonstration is on."""


def set_clock(*, to: datetime) -> datetime:
    """Let the portal's time be `to` (aware) from now on; it runs on from there. Returns `to`.

    Raises NotADemonstration outside a demonstration, ValueError for a naive instant.
    """
    if not settings.DEMONSTRATION:
        raise NotADemonstration("the clock can only be set in a demonstration (DEMONSTRATION=on)")
    if timezone.is_naive(to):
        raise ValueError("an instant with its time zone is needed")
    ClockSetting.objects.update_or_create(id=1, defaults={"shown_at": to, "real_at": selectors.real_now()})
    return to


@contextmanager
def held_still(at: datetime | None = None) -> Iterator[datetime]:
    """Within the block the clock stands at `at`, or where it stands now."""
    ahead = at - selectors.real_now() if at else selectors.ahead()
    instant = at or selectors.frozen.get() or selectors.real_now() + ahead
    token, token_ahead = selectors.frozen.set(instant), selectors.frozen_ahead.set(ahead)
    try:
        yield instant
    finally:
        selectors.frozen.reset(token)
        selectors.frozen_ahead.reset(token_ahead)
