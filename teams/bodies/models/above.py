"""Which bodies stand above which, directly or not, and from when to when: read from the database, never written."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q

from .tree import Body


class BodyAbove(models.Model):
    """A body and one that it reports to, directly or not; each body stands above itself too, at distance 0.

    A view on BodyParent. It holds from `since` on, until the day before `until`; None: always, and for good.
    """

    body = models.ForeignKey(Body, on_delete=models.DO_NOTHING, related_name="bodies_above")
    above = models.ForeignKey(Body, on_delete=models.DO_NOTHING, related_name="bodies_below")
    distance = models.SmallIntegerField()
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    class Meta:
        managed = False
        db_table = "bodies_bodyabove"

    def __str__(self) -> str:
        return f"{self.above} above {self.body}"

    @staticmethod
    def holding(day: Any) -> Q:
        """That it holds on `day` (a date, or an expression), as a condition of a query."""
        return (Q(since__isnull=True) | Q(since__lte=day)) & (Q(until__isnull=True) | Q(until__gt=day))
