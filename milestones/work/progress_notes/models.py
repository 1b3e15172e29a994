"""A progress note of a body on a month."""

from __future__ import annotations

from typing import ClassVar

import pghistory
from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import formats

from teams.bodies.models import Body
from teams.remarks.models import TEXT_AT_MOST, Remark


@pghistory.track()
class ProgressNote(Remark):
    """What a body did in a month (`text`), what comes next, and what blocks.

    A draft is for those who write it. `figures` are what the plan said when it was published, and stay as they were:
    see `figures.figures_of`. Of each month a body has one note that is not withdrawn, beside those for the government
    alone, of which the trade must not even learn that they are there.
    """

    WORDS: ClassVar[tuple[str, ...]] = ("text", "next_steps", "blocks")

    body = models.ForeignKey(Body, on_delete=models.PROTECT, related_name="progress_notes")
    month = models.DateField(help_text="Its first day.")
    next_steps = models.TextField("what is next", max_length=TEXT_AT_MOST, blank=True)
    blocks = models.TextField("what blocks", max_length=TEXT_AT_MOST, blank=True)
    figures = models.JSONField(default=dict, blank=True)
    published_at = models.DateTimeField("published", null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta(Remark.Meta):
        app_label = "work"
        ordering = ["-month", "body", "-id"]
        constraints = [
            *Remark.Meta.constraints,
            models.CheckConstraint(condition=Q(month__day=1), name="progress_note_of_a_month"),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True, published_by__isnull=True)
                | Q(published_at__isnull=False, published_by__isnull=False),
                name="progress_note_published_by",
            ),
            models.UniqueConstraint(
                fields=["body", "month"],
                condition=Q(withdrawn_at__isnull=True, is_government_only=False),
                name="progress_note_once_a_month",
            ),
        ]
        indexes = [
            GinIndex(SearchVector("text", "next_steps", "blocks", config="english"), name="progress_note_search"),
            models.Index(fields=["body", "-month"], name="progress_note_of_body"),
        ]

    def __str__(self) -> str:
        return f"Progress of {self.body.short_name} in {self.period}"

    @property
    def period(self) -> str:
        """The month in words: "July 2018"."""
        return formats.date_format(self.month, "F Y")

    @property
    def is_draft(self) -> bool:
        """Whether only those who write it see it."""
        return self.published_at is None

    def get_absolute_url(self) -> str:
        """The note's own page."""
        return reverse("work:progress_note", args=[self.group.slug, self.key])
