"""What a change of the rules would do to the notices of a group, found by making it and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction

from milestones.reminders.sources import registered
from teams.bodies.models import WorkingGroup
from teams.notices.models import Notice
from teams.notices.selectors import KEY

FORECAST: Final = timedelta(days=30)

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """How many notices a change of the rules touches.

    `at_once` will be queued by the next look for what is due, though nothing new became due; `coming` become due in the
    next 30 days, instead of `coming_before`; `dropped` wait to be sent now and need not go any more.
    """

    at_once: int
    coming: int
    coming_before: int
    dropped: int

    @property
    def sentences(self) -> list[str]:
        """In words, the next 30 days first."""
        told = [
            f"In the next 30 days {_reminders(self.coming)} will become due"
            + (f", instead of {self.coming_before}." if self.coming != self.coming_before else ", as many as now.")
        ]
        if self.at_once:
            told.append(f"{_reminders(self.at_once)} will go out at once, for days that have just passed.")
        if self.dropped:
            told.append(f"{_reminders(self.dropped)} now waiting to be sent will not go any more.")
        return told


def effect_of(change: Callable[[], object], group: WorkingGroup, now: datetime) -> Effect:
    """What `change`, which writes rules of the group, would do at `now`; nothing of it stays.

    Asks every source of reminders, before and after, two queries each. Raises what `change` raises.
    """
    owed_before, coming_before = _owed(group, now)
    with transaction.atomic():
        change()
        owed, coming = _owed(group, now)
        transaction.set_rollback(True)
    known = {
        tuple(row[name] for name in KEY): row["state"]
        for row in Notice.objects.filter(scope=group.slug).values(*KEY, "state")
    }
    waiting = {key for key, state in known.items() if state == Notice.State.WAITING}
    return Effect(
        at_once=len(owed - known.keys() - owed_before),
        coming=coming,
        coming_before=coming_before,
        dropped=len(waiting & owed_before - owed),
    )


def _owed(group: WorkingGroup, now: datetime) -> tuple[set[Key], int]:
    """What holds at `now` and has not lost its use, and how much becomes due in the next 30 days."""
    owed, coming = set(), 0
    for source in registered():
        for row in source.due(now).filter(scope=group.slug):
            if row["useless_after"] is None or row["useless_after"] > now:
                owed.add(tuple(row[name] for name in KEY))
        coming += source.coming(now, now + FORECAST).filter(scope=group.slug).count()
    return owed, coming


def _reminders(number: int) -> str:
    return f"{number} reminder{'' if number == 1 else 's'}"
