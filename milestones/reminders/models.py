"""Rules that say when a reminder is due, and the trace of each look at the clock."""

from __future__ import annotations

from typing import Final

import pghistory
from django.db import models
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Concat

from teams.bodies.models import WorkingGroup

# A reminder a year away from a due date reminds of nothing.
MOST_DAYS: Final = 365

_DAYS = Cast(F("days_after"), CharField(max_length=6))
_DAYS_BEFORE = Cast(-F("days_after"), CharField(max_length=6))


# Of events of a rule too, which keep the days alone.
WORDING: Final = Case(
    When(days_after=-1, then=Value("the day before it is due")),
    When(days_after__lt=0, then=Concat(_DAYS_BEFORE, Value(" days before it is due"))),
    When(days_after=0, then=Value("on the day it is due")),
    When(days_after=1, then=Value("the day after it was due")),
    default=Concat(_DAYS, Value(" days after it was due")),
)


@pghistory.track(exclude=["key", "wording"])
class ReminderRule(models.Model):
    """Remind a milestone's owner so many days before (or after) its due date.

    The rule's name and its wording are columns that the database makes from the number of days, because the sweep
    writes them into notices without ever holding a rule in Python.
    """

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="reminder_rules")
    days_after = models.SmallIntegerField(help_text="Days after the due date: -7 is a week before, 0 the day itself.")
    key = models.GeneratedField(
        expression=Case(
            When(days_after__lt=0, then=Concat(Value("before:"), _DAYS_BEFORE)),
            When(days_after=0, then=Value("on_the_day")),
            default=Concat(Value("after:"), _DAYS),
        ),
        output_field=CharField(max_length=40),
        db_persist=True,
        help_text="As a notice keeps it: before:7, on_the_day, after:3.",
    )
    wording = models.GeneratedField(
        expression=WORDING,
        output_field=CharField(max_length=60),
        db_persist=True,
    )

    class Meta:
        ordering = ["group", "days_after"]
        constraints = [
            models.UniqueConstraint(fields=["group", "days_after"], name="reminder_rule_once"),
            models.CheckConstraint(
                condition=models.Q(days_after__gte=-MOST_DAYS, days_after__lte=MOST_DAYS),
                name="reminder_rule_within_a_year",
            ),
        ]

    def __str__(self) -> str:
        return str(self.wording)


class Sweep(models.Model):
    """The last look for what is due in which every source could answer; at most one row."""

    id = models.SmallIntegerField(primary_key=True, default=1, editable=False)
    swept_at = models.DateTimeField(help_text="Real time.")
    shown_at = models.DateTimeField(help_text="The same on the portal's clock.")
    queued = models.PositiveIntegerField(default=0, help_text="Notices that it wrote.")

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="sweep_one_row")]

    def __str__(self) -> str:
        return f"Sweep of {self.swept_at:%Y-%m-%d %H:%M:%S %Z}"
