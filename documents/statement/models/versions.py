"""Adopted versions made of numbered clauses, and what hangs on each clause.

What was adopted never changes: triggers of the database refuse it to every role (migration 0005). The one thing that
may still happen to a version is that the next one ends the time in which it is in force.
"""

from __future__ import annotations

from typing import Any, Final

import pghistory
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q
from django.db.models.lookups import Exact
from django.urls import reverse

from documents.library.models import Document
from milestones.meetings.models import Meeting
from milestones.work.models import Deliverable, Milestone, StrategyGoal
from teams.bodies.models import Body, WorkingGroup
from teams.dates import ApproximateDate, ApproximateDateField
from teams.sources import Sourced

# What can hang on a clause: the names of the columns of a ClauseLink.
TARGETS: Final = ("deliverable", "milestone", "document", "meeting", "goal")


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
    """A version of the statement of work that was adopted.

    `in_force` are the days on which it is the one in force: from its date of adoption, or the date that the adoption
    names, until the next version's; without an end it still is. Only one is in force on any day.
    """

    statement = models.ForeignKey(StatementOfWork, on_delete=models.CASCADE, related_name="versions")
    number = models.CharField(max_length=20)
    adopted = ApproximateDateField()
    in_force = DateRangeField()
    summary = models.CharField(max_length=300, blank=True)
    is_sealed = models.BooleanField(default=False, help_text="It is whole; from now on it stays as it is.")

    class Meta:
        ordering = ["statement", "in_force"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "number"], name="statement_version_number_once"),
            models.CheckConstraint(
                condition=Q(in_force__isempty=False, in_force__lower_inf=False), name="statement_version_in_force_once"
            ),
            ExclusionConstraint(
                name="statement_one_version_in_force",
                expressions=[("statement", RangeOperators.EQUAL), ("in_force", RangeOperators.OVERLAPS)],
            ),
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    @property
    def since(self) -> ApproximateDate:
        """From when on it is in force, as exactly as that is known."""
        lower = self.in_force.lower
        return self.adopted if lower == self.adopted.first else ApproximateDate.day(lower)

    def get_absolute_url(self) -> str:
        """This version, whichever is in force."""
        return reverse("statement:version", args=[self.statement.group.slug, self.number])


class Clause(models.Model):
    """A clause through all versions: what it is stays the same when it is reworded, renumbered or moved."""

    statement = models.ForeignKey(StatementOfWork, on_delete=models.CASCADE, related_name="clauses")
    deliverables: models.ManyToManyField[Deliverable, ClauseLink] = models.ManyToManyField(
        Deliverable, through="ClauseLink", related_name="clauses", blank=True
    )

    def __str__(self) -> str:
        return f"Clause {self.pk}"


@pghistory.track()
class ClauseLink(models.Model):
    """Something that hangs on a clause: what is owed under it, what it speaks of, what it serves.

    The link is to the clause and no version of it, so that it stays when the clause is reworded, renumbered or moved.
    An adoption that ends a link or moves it to another clause does so here; the history keeps what was.
    """

    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="links")
    deliverable = models.ForeignKey(
        Deliverable, on_delete=models.CASCADE, null=True, blank=True, related_name="clause_links"
    )
    milestone = models.ForeignKey(
        Milestone, on_delete=models.CASCADE, null=True, blank=True, related_name="clause_links"
    )
    document = models.ForeignKey(Document, on_delete=models.CASCADE, null=True, blank=True, related_name="clause_links")
    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, null=True, blank=True, related_name="clause_links")
    goal = models.ForeignKey(StrategyGoal, on_delete=models.CASCADE, null=True, blank=True, related_name="clause_links")

    class Meta:
        ordering = ["clause", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Exact(models.Func(*TARGETS, function="num_nonnulls", output_field=models.IntegerField()), 1),
                name="clause_link_to_one_thing",
            ),
            *(
                models.UniqueConstraint(fields=["clause", target], name=f"clause_link_to_{target}_once")
                for target in TARGETS
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clause}: {self.target}"

    @property
    def target(self) -> Deliverable | Milestone | Document | Meeting | StrategyGoal:
        """What hangs on the clause."""
        found: Any = next(value for name in TARGETS if (value := getattr(self, name)) is not None)
        return found  # type: ignore[no-any-return]

    @property
    def sort(self) -> str:
        """What it is, in a word: "deliverable", "milestone", "document", "meeting" or "goal"."""
        return next(name for name in TARGETS if getattr(self, f"{name}_id") is not None)


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
