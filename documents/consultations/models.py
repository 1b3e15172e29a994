"""Consultations: a document put before some bodies for comment, from one day to another."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from documents.library.models import Document
from milestones.meetings.models import Meeting
from teams.bodies.models import Body, GroupOwned


@pghistory.track()
class Consultation(GroupOwned):
    """A round of comments on a document."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="consultations")
    title = models.CharField(max_length=200)
    opens_on = models.DateField()
    closes_on = models.DateField(help_text="The last day on which comments are taken.")
    audience = models.ManyToManyField(Body, related_name="consultations")
    for_meeting = models.ForeignKey(
        Meeting, on_delete=models.PROTECT, null=True, blank=True, related_name="consultations"
    )
    revision = models.PositiveIntegerField(default=1, db_default=1, help_text="Rises with each change of its dates.")
    dates_moved_at = models.DateTimeField(null=True, blank=True, help_text="On the portal's clock.")

    class Meta(GroupOwned.Meta):
        ordering = ["closes_on", "id"]
        constraints = [
            *GroupOwned.Meta.constraints,
            models.CheckConstraint(condition=Q(closes_on__gte=F("opens_on")), name="consultation_closes_after_opening"),
        ]
        indexes = [GinIndex(SearchVector("title", config="english"), name="consultation_search")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The consultation's own page."""
        return reverse("consultations:consultation", args=[self.group.slug, self.key])

    def is_open(self, today: date) -> bool:
        """Whether comments are taken on `today`."""
        return self.opens_on <= today <= self.closes_on

    @property
    def closes_at(self) -> datetime:
        """The instant at which it closes: the end of its last day, in the group's time zone."""
        return datetime.combine(self.closes_on + timedelta(days=1), time(), ZoneInfo(self.group.timezone))
