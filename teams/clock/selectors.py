"""What day it is: the one place that domain code asks. Import as `from teams.clock import selectors as clock`."""

from __future__ import annotations

from contextvars import ContextVar
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from .models import ClockSetting

# One answer for one request or one task, so that a page doesn't straddle midnight, and one query at most.
frozen: ContextVar[datetime | None] = ContextVar("frozen_clock", default=None)
# How far that answer was from the real time when it was taken: while it stands, the real time goes on.
frozen_ahead: ContextVar[timedelta | None] = ContextVar("frozen_ahead", default=None)


def real_now() -> datetime:
    """The real instant (UTC). For leases, heartbeats and log lines only: never for a rule about dates."""
    return timezone.now()


def offset() -> timedelta:
    """What is added to the real time: nothing, except in a demonstration whose clock was set."""
    if not settings.DEMONSTRATION:
        return timedelta(0)
    setting = ClockSetting.objects.first()
    return setting.offset if setting else timedelta(0)


def ahead() -> timedelta:
    """What turns a real instant of the record into one on the portal's clock; the same during one request."""
    held = frozen_ahead.get()
    return offset() if held is None else held


def now() -> datetime:
    """The instant that the portal goes by (aware, UTC)."""
    return frozen.get() or real_now() + offset()


def today(zone: ZoneInfo | str | None = None) -> date:
    """The date that the portal goes by, in `zone` (a ZoneInfo or an IANA name; without one, the active time zone)."""
    if isinstance(zone, str):
        zone = ZoneInfo(zone)
    return timezone.localdate(now(), zone)
