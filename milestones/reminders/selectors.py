"""Questions about reminders."""

from __future__ import annotations

from teams.clock import selectors as clock
from teams.notices.models import Notice

from .models import Sweep


def seconds_since_last_sweep() -> float | None:
    """Real seconds since beat's tick last led to a sweep; None when it never did."""
    last = Sweep.objects.first()
    return (clock.real_now() - last.swept_at).total_seconds() if last else None


def seconds_oldest_notice_waits() -> float:
    """How long, in seconds on the portal's clock, the oldest unsent notice has been due; 0 when none is."""
    oldest = Notice.objects.filter(state=Notice.State.WAITING).order_by("due_at").first()
    return max(0.0, (clock.now() - oldest.due_at).total_seconds()) if oldest else 0.0
