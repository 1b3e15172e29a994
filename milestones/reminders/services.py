"""Setting a group's rules, and the sweep: the look for what is due."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from django.db import connection, transaction

from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock
from teams.clock.services import held_still
from teams.notices import services as notices

from . import sources
from .models import ReminderRule, Sweep, To

log = logging.getLogger(__name__)

# To whom, on which day, and again every so many days. What is a week late is the lead's matter too, and what is three
# weeks late the chair's.
DEFAULT_RULES: Final[tuple[tuple[To, int, int | None], ...]] = (
    (To.OWNER, -7, None),
    (To.OWNER, -1, None),
    (To.OWNER, 0, None),
    (To.OWNER, 3, 7),
    (To.LEAD, 7, None),
    (To.CHAIR, 21, None),
)

# Any number will do, if no other advisory lock of the portal has it.
SWEEP_LOCK: Final = 2018_07_20


def set_default_rules(*, group: WorkingGroup) -> None:
    """Give the group the rules that every group starts with; rules that it has stay as they are."""
    ReminderRule.objects.bulk_create(
        [ReminderRule(group=group, to=to, days_after=days, every=every) for to, days, every in DEFAULT_RULES],
        ignore_conflicts=True,
    )


def sweep(*, now: datetime | None = None) -> int | None:
    """Write a notice for each reminder that is due and has none, whatever ticks were missed.

    `now` is the instant to go by; without it, the portal's clock. Returns how many it wrote; None when another sweep
    runs at this moment, which does the same. A source that fails stops no other; the sweep then isn't noted, so that
    `/readyz` and the ledger show that something is wrong.
    """
    with transaction.atomic(), held_still(now) as at:
        if not _is_alone():
            return None
        queued, is_whole = 0, True
        for source in sources.registered():
            try:
                with transaction.atomic():
                    queued += notices.queue(owed=source.due(at), now=at)
            except Exception:
                log.exception("the sweep of %s failed", source.name)
                is_whole = False
        if is_whole:
            Sweep.objects.update_or_create(
                id=1, defaults={"swept_at": clock.real_now(), "shown_at": at, "queued": queued}
            )
    if queued:
        log.info("queued %d notices", queued)
    return queued


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SWEEP_LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])
