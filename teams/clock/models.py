"""The clock's setting. There is a row only where a demonstration shows another date than the real one."""

from __future__ import annotations

from datetime import timedelta

from django.db import models


class ClockSetting(models.Model):
    """How far the demonstration's date is from the real one; at most one row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    shown_at = models.DateTimeField("the instant shown")
    real_at = models.DateTimeField("the real instant at which it was set")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clock_setting_one_row")]

    def __str__(self) -> str:
        return f"{self.shown_at:%Y-%m-%d %H:%M %Z}"

    @property
    def offset(self) -> timedelta:
        """What is added to the real time to get the time shown."""
        return self.shown_at - self.real_at
