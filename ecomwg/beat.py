"""Beat that keeps no file: what is due is decided from the database, so that a tick too many does no harm."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from celery.beat import ScheduleEntry
from celery.beat import Scheduler as InMemory

LONG_AGO: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Scheduler(InMemory):
    """Ticks at once when it starts, however long it was away, and then at each entry's own pace.

    After each tick that the broker took it touches the file that BEAT_SIGN names, for script/probe.
    """

    def setup_schedule(self) -> None:
        """Read the schedule from the settings and make all of it due."""
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at = LONG_AGO

    def apply_async(self, entry: ScheduleEntry, producer: Any = None, advance: bool = True, **kwargs: Any) -> Any:
        """Send one tick. Raises SchedulingError when the broker does not take it."""
        result = super().apply_async(entry, producer=producer, advance=advance, **kwargs)
        if sign := os.environ.get("BEAT_SIGN"):
            Path(sign).touch()
        return result
