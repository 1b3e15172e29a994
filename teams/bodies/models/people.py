"""Who belongs to the bodies in which role, who is away, and who stands in for them."""

from __future__ import annotations

from datetime import date
from typing import Any

import pghistory
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Least
from django.urls import reverse

from teams.sources import Sourced

from .tree import Body, Dated, WorkingGroup, ends_after_it_starts


class Role(models.TextChoices):
    """What a person is in a body."""

    CHAIR = "chair", "Chair"
    LEAD = "lead", "Lead"
    MEMBER = "member", "Member"
    ALTERNATE = "alternate", "Alternate"
    OBSERVER = "observer", "Observer"
    REVIEWER = "reviewer", "CBP reviewer"


@pghistory.track()
class Membership(Dated, Sourced):
    """A person's role in a body, from when to when."""

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)

    class Meta:
        ordering = ["body", "id"]
        constraints = [
            ends_after_it_starts("membership_ends_after_start"),
            models.UniqueConstraint(
                fields=["body", "person", "role", "started"], name="membership_once", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["person", "body"], name="membership_of_person")]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()} of {self.body.short_name}"


def _same(field: str) -> Func:
    """A number as a range of its own, which overlaps with the same number alone: equality without an extension."""
    return Func(F(field), F(field), Value("[]"), function="int8range")


# The days of an absence; none at all where it was called off. LEAST of PostgreSQL leaves NULL out.
_DAYS_AWAY = Func(
    F("first_day"),
    Least(Func(F("last_day"), template="(%(expressions)s + 1)", output_field=models.DateField()), F("returned_on")),
    function="daterange",
)


@pghistory.track()
class Absence(models.Model):
    """Days on which a person is away from a group, and who stands in for them there.

    The row stays when the days are over. Who came back early has `returned_on`, the first day on which the absence no
    longer holds; where that is its first day, it was called off and never held, or ended on the day it began.
    """

    class State(models.TextChoices):
        """Where it stands on a day, drawn from its days."""

        TO_COME = "to_come", "To come"
        UNDER_WAY = "under_way", "Away now"
        OVER = "over", "Over"
        ENDED = "ended", "Ended early"
        CALLED_OFF = "called_off", "Called off"

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences")
    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="absences")
    first_day = models.DateField()
    last_day = models.DateField(help_text="The last day away; the person is back on the day after.")
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences_stood_in", verbose_name="stand-in"
    )
    roles: models.ManyToManyField[Membership, LentRole] = models.ManyToManyField(
        Membership, through="LentRole", related_name="absences", help_text="Which pass over; none: reminders alone."
    )
    note = models.CharField(max_length=300, blank=True)
    returned_on = models.DateField(null=True, blank=True, verbose_name="back on")
    revision = models.PositiveIntegerField(default=1, help_text="Rises with each change.")

    class Meta:
        ordering = ["-first_day", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="absence_ends_after_start"),
            models.CheckConstraint(condition=~Q(person=F("stand_in")), name="absence_stood_in_by_another"),
            models.CheckConstraint(
                condition=Q(returned_on__isnull=True)
                | Q(returned_on__gte=F("first_day"), returned_on__lte=F("last_day")),
                name="absence_returned_within",
            ),
            ExclusionConstraint(
                name="absence_one_at_a_time",
                expressions=[
                    (_same("person"), RangeOperators.OVERLAPS),
                    (_same("group"), RangeOperators.OVERLAPS),
                    (_DAYS_AWAY, RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person}, away {self.first_day} to {self.last_day}, {self.stand_in} stands in"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("bodies:absence", args=[self.group.slug, self.pk])

    @staticmethod
    def holding(day: Any, prefix: str = "") -> Q:
        """That it holds on `day` (a date, or an expression), as a condition for rows reached by `prefix`."""
        return Q(**{f"{prefix}first_day__lte": day, f"{prefix}last_day__gte": day}) & (
            Q(**{f"{prefix}returned_on__isnull": True}) | Q(**{f"{prefix}returned_on__gt": day})
        )

    def state_on(self, day: date) -> Absence.State:
        """What it is on `day`."""
        if self.returned_on is not None and self.returned_on <= self.first_day:
            return self.State.CALLED_OFF
        if day < self.first_day:
            return self.State.TO_COME
        if self.returned_on is not None and day >= self.returned_on:
            return self.State.ENDED
        return self.State.UNDER_WAY if day <= self.last_day else self.State.OVER

    def is_open_on(self, day: date) -> bool:
        """Whether it holds on `day` or is to come, so that it can still be changed."""
        return self.state_on(day) in (self.State.TO_COME, self.State.UNDER_WAY)


@pghistory.track()
class LentRole(models.Model):
    """A membership whose role passes to the stand-in while the absence holds."""

    absence = models.ForeignKey(Absence, on_delete=models.CASCADE, related_name="lent_roles")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="lendings")

    class Meta:
        ordering = ["absence", "membership"]
        constraints = [models.UniqueConstraint(fields=["absence", "membership"], name="lent_role_once")]

    def __str__(self) -> str:
        return f"{self.membership}, lent to {self.absence.stand_in}"
