"""Where a fact of the record comes from, so that a page never shows a made-up example as a fact."""

from __future__ import annotations

from django.db import models


class Source(models.TextChoices):
    """Where a row of a group's file comes from."""

    PAPER = "paper", "the group's issue paper"
    PUBLIC = "public", "another public record"
    ILLUSTRATIVE = "illustrative", "made up as a sample"
    PORTAL = "portal", "entered in the portal"


class Sourced(models.Model):
    """A row that says where its facts come from."""

    source = models.CharField(max_length=12, choices=Source, default=Source.PORTAL)

    class Meta:
        abstract = True

    @property
    def is_sample(self) -> bool:
        """Whether the row was made up so that the portal has something to show; pages mark it."""
        return self.source == Source.ILLUSTRATIVE
