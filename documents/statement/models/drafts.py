"""A draft of the next version: the clauses as they are being worked on, and what members say of them."""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from .versions import Clause, StatementOfWork, StatementVersion


@pghistory.track()
class Draft(models.Model):
    """The next version while it is worked on: from the version in force until it is adopted or abandoned.

    A statement of work has one draft under work at a time, which several administrators may work on. While it is
    proposed for adoption its text stands still; withdrawing the proposal opens it again. A draft that was adopted or
    abandoned stays as the record of how the text came about.
    """

    class State(models.TextChoices):
        """Where the draft stands."""

        OPEN = "open", "Under work"
        PROPOSED = "proposed", "Proposed for adoption"
        ADOPTED = "adopted", "Adopted"
        ABANDONED = "abandoned", "Abandoned"

    statement = models.ForeignKey(StatementOfWork, on_delete=models.CASCADE, related_name="drafts")
    based_on = models.ForeignKey(
        StatementVersion, on_delete=models.PROTECT, null=True, blank=True, related_name="drafts"
    )
    title = models.CharField(max_length=200, help_text="What it is to change, in a few words.")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_because = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["statement"], condition=Q(state__in=["open", "proposed"]), name="statement_one_draft_under_work"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed"], ended_at__isnull=True, ended_by__isnull=True)
                | Q(state="adopted", ended_at__isnull=False, ended_by__isnull=False)
                | (Q(state="abandoned", ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_because="")),
                name="draft_ended_by_someone_because",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        """Whether its text can be worked on."""
        return self.state == self.State.OPEN

    @property
    def is_under_work(self) -> bool:
        """Whether it is neither adopted nor abandoned."""
        return self.state in (self.State.OPEN, self.State.PROPOSED)

    def get_absolute_url(self) -> str:
        """The draft's page."""
        return reverse("statement:draft", args=[self.statement.group.slug, self.pk])


@pghistory.track()
class DraftClause(models.Model):
    """A clause in a draft: where it stands, what it says, and whether it is to go.

    Its number follows from its place (`documents.statement.selectors.clauses_of_draft`). `revision` rises with each
    change of heading or text; the history keeps each, which is what two people's changes are merged by. A clause that
    was removed, or merged into another, keeps its row so that it can come back.
    """

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="clauses")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="in_drafts")
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    position = models.PositiveSmallIntegerField(help_text="Its place among those under the same clause.")
    heading = models.CharField(max_length=200)
    text = models.TextField(blank=True, help_text="Markdown.")
    revision = models.PositiveIntegerField(default=1)
    is_removed = models.BooleanField(default=False)
    merged_into = models.ForeignKey(
        Clause, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Whose text took it in."
    )
    split_from = models.ForeignKey(
        Clause,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Whose part it was.",
    )
    edited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    edited_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["draft", "position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["draft", "clause"], name="draft_clause_once"),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(is_removed=True), name="draft_clause_merged_is_removed"
            ),
            models.CheckConstraint(condition=~Q(parent=models.F("id")), name="draft_clause_not_under_itself"),
        ]

    def __str__(self) -> str:
        return self.heading


@pghistory.track()
class DraftComment(models.Model):
    """What someone says of a clause of a draft, or answers to what was said; resolved when it has been dealt with."""

    draft = models.ForeignKey(Draft, on_delete=models.CASCADE, related_name="comments")
    clause = models.ForeignKey(Clause, on_delete=models.PROTECT, related_name="draft_comments")
    answers = models.ForeignKey("self", on_delete=models.CASCADE, null=True, blank=True, related_name="replies")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="draft_comments")
    text = models.TextField()
    is_government_only = models.BooleanField(default=False)
    written_at = models.DateTimeField()
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["written_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True)
                | Q(resolved_at__isnull=False, resolved_by__isnull=False),
                name="draft_comment_resolved_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(answers__isnull=True) | Q(resolved_at__isnull=True), name="draft_reply_not_resolved_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.author} on {self.draft}"
