"""Rules that say when a reminder is due, and the trace of each look at the clock."""

from __future__ import annotations

from django.db import models

from teams.bodies.models import WorkingGroup


class ReminderRule(models.Model):
    """Remind a milestone's owner so many days before (or after) its due date."""

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="reminder_rules")
    days_after = models.SmallIntegerField(help_text="Days after the due date: -7 is a week before, 0 the day itself.")

    class Meta:
        ordering = ["group", "days_after"]
        constraints = [models.UniqueConstraint(fields=["group", "days_after"], name="reminder_rule_once")]

    def __str__(self) -> str:
        if self.days_after < 0:
            return f"{-self.days_after} days before it is due" if self.days_after < -1 else "the day before it is due"
        if self.days_after == 0:
            return "on the day it is due"
        return f"{self.days_after} days after it was due" if self.days_after > 1 else "the day after it was due"

    @property
    def key(self) -> str:
        """As a notice keeps it: `before:7`, `on_the_day`, `after:3`."""
        if self.days_after == 0:
            return "on_the_day"
        return f"before:{-self.days_after}" if self.days_after < 0 else f"after:{self.days_after}"


class Sweep(models.Model):
    """The last look for what is due; at most one row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    swept_at = models.DateTimeField(help_text="Real time.")
    shown_at = models.DateTimeField(help_text="The same on the portal's clock.")
    queued = models.PositiveIntegerField(default=0, help_text="Notices that it wrote.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="sweep_one_row")]

    def __str__(self) -> str:
        return f"Sweep of {self.swept_at:%Y-%m-%d %H:%M:%S %Z}"
