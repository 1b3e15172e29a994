"""Rules that say when a reminder is due, and the trace of each look at the clock."""

from __future__ import annotations

from typing import Final

import pghistory
import pgtrigger
from django.db import models
from django.db.models import Case, CharField, F, Value, When
from django.db.models.functions import Cast, Concat

from teams.bodies.models import WorkingGroup

# A reminder a year away from a due date reminds of nothing.
MOST_DAYS: Final = 365
# A rule that repeats does so until this many days after the due date. Who did nothing by then is not moved by mail.
REPEATS_UNTIL: Final = 180


class To(models.TextChoices):
    """Whom a rule reminds of a milestone."""

    OWNER = "owner", "The owner"
    LEAD = "lead", "The team’s lead"
    CHAIR = "chair", "The chair"


_WORDS = CharField(max_length=20)
_DAYS = Cast(F("days_after"), _WORDS)
_DAYS_BEFORE = Cast(-F("days_after"), _WORDS)


# Of events of a rule too, which keep what it says alone.
WORDING: Final = Concat(
    Case(
        When(days_after=-1, then=Value("the day before it is due")),
        When(days_after__lt=0, then=Concat(_DAYS_BEFORE, Value(" days before it is due"))),
        When(days_after=0, then=Value("on the day it is due")),
        When(days_after=1, then=Value("the day after it was due")),
        default=Concat(_DAYS, Value(" days after it was due")),
    ),
    Case(
        When(every=1, then=Value(" and every day from then")),
        When(
            every__isnull=False, then=Concat(Value(" and every "), Cast(F("every"), _WORDS), Value(" days from then"))
        ),
        default=Value(""),
    ),
    Case(
        When(to=To.LEAD, then=Value(", to the team's lead")),
        When(to=To.CHAIR, then=Value(", to the chair")),
        default=Value(""),
    ),
)

# Runs after each write of a rule, and puts in anew on which days it reminds.
OCCASIONS = f"""
DELETE FROM reminders_occasion WHERE rule_id = NEW.id;
INSERT INTO reminders_occasion (rule_id, days_after, "until", key)
SELECT NEW.id, said.day, CASE WHEN said.day + NEW.every <= {REPEATS_UNTIL} THEN said.day + NEW.every - 1 END,
    CASE WHEN said.day = NEW.days_after THEN NEW.key
        ELSE CASE NEW."to" WHEN '{To.OWNER.value}' THEN '' ELSE NEW."to" || ':' END || 'after:' || said.day END
FROM generate_series(NEW.days_after, GREATEST(NEW.days_after, {REPEATS_UNTIL}), NEW.every) AS said (day)
    WHERE NEW.every IS NOT NULL
UNION ALL SELECT NEW.id, NEW.days_after, NULL, NEW.key WHERE NEW.every IS NULL;
RETURN NULL;
"""  # noqa: S608 - numbers and names of our own


@pghistory.track(exclude=["key", "wording"])
class ReminderRule(models.Model):
    """Remind of a milestone so many days before (or after) its due date, and where it says so again and again.

    `to` says whom: the owner; the lead of its body, or of the next one above that has one; the chair. What repeats does
    so every so many days from its first day, until REPEATS_UNTIL days after the due date. The rule's name and its
    wording are columns that the database makes, because the sweep writes them into notices without ever holding a rule
    in Python.
    """

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="reminder_rules")
    to = models.CharField(max_length=5, choices=To, default=To.OWNER, db_default=To.OWNER)
    days_after = models.SmallIntegerField(help_text="Days after the due date: -7 is a week before, 0 the day itself.")
    every = models.SmallIntegerField(
        null=True, blank=True, help_text="Again every so many days from then on; None: once."
    )
    key = models.GeneratedField(
        expression=Concat(
            Case(
                When(to=To.LEAD, then=Value(f"{To.LEAD.value}:")),
                When(to=To.CHAIR, then=Value(f"{To.CHAIR.value}:")),
                default=Value(""),
            ),
            Case(
                When(days_after__lt=0, then=Concat(Value("before:"), _DAYS_BEFORE)),
                When(days_after=0, then=Value("on_the_day")),
                default=Concat(Value("after:"), _DAYS),
            ),
        ),
        output_field=CharField(max_length=40),
        db_persist=True,
        help_text="As a notice of its first day keeps it: before:7, on_the_day, after:3, lead:after:7.",
    )
    wording = models.GeneratedField(
        expression=WORDING,
        output_field=CharField(max_length=120),
        db_persist=True,
    )

    class Meta:
        ordering = ["group", "days_after", "id"]
        constraints = [
            models.UniqueConstraint(fields=["group", "to", "days_after"], name="reminder_rule_once"),
            models.CheckConstraint(
                condition=models.Q(days_after__gte=-MOST_DAYS, days_after__lte=MOST_DAYS),
                name="reminder_rule_within_a_year",
            ),
            models.CheckConstraint(condition=models.Q(to__in=To.values), name="reminder_rule_to_someone"),
            models.CheckConstraint(
                condition=models.Q(every__isnull=True)
                | models.Q(every__gte=1, days_after__gte=1, days_after__lt=REPEATS_UNTIL),
                name="reminder_rule_repeats_when_late",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="occasions",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=OCCASIONS,
            )
        ]

    def __str__(self) -> str:
        return str(self.wording)

    @property
    def said(self) -> str:
        """What it says, for a form to know whether somebody changed it meanwhile."""
        return f"{self.to} {self.days_after} {self.every or ''}".strip()


class Occasion(models.Model):
    """A day on which a rule reminds, counted from the due date. The database writes them whenever a rule is written.

    It is the latest of its rule until the day `until`; None: for good. `key` is what a notice of that day keeps, so
    that one day is one reminder however the rule that names it was changed.
    """

    rule = models.ForeignKey(ReminderRule, on_delete=models.CASCADE, related_name="occasions")
    days_after = models.SmallIntegerField()
    until = models.SmallIntegerField(null=True)
    key = models.CharField(max_length=40)

    class Meta:
        ordering = ["rule", "days_after"]
        constraints = [models.UniqueConstraint(fields=["rule", "days_after"], name="occasion_once")]

    def __str__(self) -> str:
        return self.key


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
