"""Changes to meetings and what prepares them."""

from __future__ import annotations

from datetime import timedelta

from teams.dates import ApproximateDate


def due_before(starts: ApproximateDate, days_before: int) -> ApproximateDate:
    """The day on which something is due that prepares a meeting, counted back from the first day it can start."""
    return ApproximateDate.day(starts.first - timedelta(days=days_before))
