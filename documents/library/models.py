"""Documents that the group works from and makes."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.urls import reverse

from milestones.meetings.models import Meeting, WorkStream
from teams.accounts.models import Organization
from teams.bodies.models import GroupOwned
from teams.dates import ApproximateDateField


@pghistory.track()
class Document(GroupOwned):
    """A document: where it comes from, of which date, and who may see it."""

    class Kind(models.TextChoices):
        """What kind of text it is."""

        STRATEGY = "strategy", "Strategy"
        STANDARD = "standard", "Standard"
        RECOMMENDATION = "recommendation", "Recommendation"
        REPORT = "report", "Report"
        MINUTES = "minutes", "Minutes"
        PAPER = "paper", "Paper"

    class Access(models.TextChoices):
        """Who may see it."""

        PUBLIC = "public", "Public"
        GROUP = "group", "The group"
        GOVERNMENT = "government", "Government only"

    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=Kind)
    issuer = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    dated = ApproximateDateField(null=True, blank=True)
    access = models.CharField(max_length=12, choices=Access, default=Access.GROUP)
    link = models.URLField(blank=True)
    work_stream = models.ForeignKey(
        WorkStream, on_delete=models.PROTECT, null=True, blank=True, related_name="documents"
    )
    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")

    class Meta(GroupOwned.Meta):
        ordering = ["title", "id"]
        indexes = [GinIndex(SearchVector("title", config="english"), name="document_search")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The document's own page."""
        return reverse("library:document", args=[self.group.slug, self.key])
