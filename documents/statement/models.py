"""The statement of work: versions made of numbered clauses, and what is owed under each clause."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.urls import reverse

from milestones.work.models import Deliverable
from teams.bodies.models import Body, WorkingGroup
from teams.dates import ApproximateDateField
from teams.sources import Sourced


class StatementOfWork(models.Model):
    """The statement of work of a body."""

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="statements")
    body = models.OneToOneField(Body, on_delete=models.CASCADE, related_name="statement")

    class Meta:
        verbose_name_plural = "statements of work"

    def __str__(self) -> str:
        return f"Statement of work of the {self.body}"


@pghistory.track()
class StatementVersion(Sourced):
    """A version of the statement of work that was adopted. It is in force until the next one is adopted."""

    statement = models.ForeignKey(StatementOfWork, on_delete=models.CASCADE, related_name="versions")
    number = models.CharField(max_length=20)
    adopted = ApproximateDateField()
    summary = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["statement", "adopted"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="statement_version_number_once"),
            models.UniqueConstraint(fields=["statement", "adopted"], name="statement_one_version_from_a_date"),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def get_absolute_url(self) -> str:
        """This version, whichever is in force."""
        return reverse("statement:version", args=[self.statement.group.slug, self.number])


class Clause(models.Model):
    """A clause through all versions: what it is stays the same when it is reworded, renumbered or moved."""

    statement = models.ForeignKey(StatementOfWork, on_delete=models.CASCADE, related_name="clauses")
    deliverables = models.ManyToManyField(Deliverable, related_name="clauses", blank=True)

    def __str__(self) -> str:
        return f"Clause {self.pk}"


@pghistory.track()
class ClauseText(models.Model):
    """What a clause says in one version, and its number there."""

    version = models.ForeignKey(StatementVersion, on_delete=models.CASCADE, related_name="texts")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="texts")
    position = models.PositiveSmallIntegerField()
    number = models.CharField(max_length=20)
    heading = models.CharField(max_length=200)
    text = models.TextField(blank=True, help_text="Markdown.")

    class Meta:
        ordering = ["version", "position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "number"], name="clause_number_once_in_a_version"),
            models.UniqueConstraint(fields=["version", "clause"], name="clause_once_in_a_version"),
            models.UniqueConstraint(fields=["version", "position"], name="clause_position_once_in_a_version"),
        ]
        indexes = [GinIndex(SearchVector("heading", "text", config="english"), name="clause_text_search")]

    def __str__(self) -> str:
        return f"{self.number} {self.heading}"

    @property
    def depth(self) -> int:
        """1 for "4", 2 for "4.1"."""
        return self.number.count(".") + 1

    @property
    def anchor(self) -> str:
        """The clause's place on the page of its version."""
        return f"clause-{self.number.replace('.', '-')}"

    def get_absolute_url(self) -> str:
        """A stable link to the clause in this version."""
        return f"{self.version.get_absolute_url()}#{self.anchor}"
