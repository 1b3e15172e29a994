"""The committee tree: its bodies, who reports to whom since when, and in which state."""

from __future__ import annotations

from datetime import date

import pghistory
from django.db import models
from django.db.models import Q
from django.urls import reverse

from teams.accounts.models import validate_timezone
from teams.dates import ApproximateDateField, WordingField
from teams.sources import Sourced


@pghistory.track()
class WorkingGroup(models.Model):
    """A section of the portal: one working group with the bodies above and below it, and all that is theirs.

    Everything that a group's file brings belongs to one working group; nothing is shared between two but people and
    organizations.
    """

    slug = models.SlugField(unique=True, help_text="Stands in the address of the group's pages.")
    timezone = models.CharField(max_length=50, default="America/New_York", validators=[validate_timezone])
    timezone_in_file = models.CharField(
        max_length=50, default="", editable=False, help_text="What the group's file said when it was last loaded."
    )
    as_of = models.DateField(help_text="The date that the group's file was true on.")
    loaded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        """The group's own page."""
        return reverse("bodies:group", args=[self.slug])


class GroupOwned(Sourced):
    """A row of one working group, known in the group's file by its key."""

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE)
    key = models.SlugField(max_length=80)

    class Meta:
        abstract = True
        constraints = [models.UniqueConstraint(fields=["group", "key"], name="%(app_label)s_%(class)s_key_once")]


class LoadedItem(models.Model):
    """What a group's file said of one item when it was last loaded, and the row that it became.

    Loading the file again then changes only what the file has changed since, and leaves alone what people have
    changed in the portal.
    """

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="loaded_items")
    section = models.CharField(max_length=40)
    key = models.CharField(max_length=255)
    said = models.JSONField(help_text="The item's fields as the file had them.")
    row = models.BigIntegerField(help_text="Primary key of the row that it became.")
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "section", "key"], name="loaded_item_once")]

    def __str__(self) -> str:
        return f"{self.section}/{self.key}"


@pghistory.track()
class Body(GroupOwned):
    """A committee, subcommittee, working group or team."""

    class Kind(models.TextChoices):
        """What kind of body it is, from the top of the tree down."""

        COMMITTEE = "committee", "Committee"
        SUBCOMMITTEE = "subcommittee", "Subcommittee"
        WORKING_GROUP = "working_group", "Working group"
        TEAM = "team", "Team"

    kind = models.CharField(max_length=16, choices=Kind)
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    name = models.CharField(max_length=200)
    acronym = models.CharField(max_length=20, blank=True)
    purpose = models.TextField(blank=True)
    formed = ApproximateDateField(null=True, blank=True, wording_field="formed_as_written")
    formed_as_written = WordingField(of="formed")
    position = models.PositiveSmallIntegerField(default=0, help_text="Its place in the group's file.")

    class Meta(GroupOwned.Meta):
        ordering = ["position", "id"]
        verbose_name_plural = "bodies"
        constraints = [
            *GroupOwned.Meta.constraints,
            models.UniqueConstraint(
                fields=["group"], condition=Q(kind="working_group"), name="one_working_group_in_a_section"
            ),
        ]

    def __str__(self) -> str:
        return f"Team {self.number}: {self.name}" if self.kind == self.Kind.TEAM and self.number else self.name

    @property
    def short_name(self) -> str:
        """ "Team 1", the acronym, or the name."""
        if self.kind == self.Kind.TEAM and self.number:
            return f"Team {self.number}"
        return self.acronym or self.name

    def get_absolute_url(self) -> str:
        """The team's page; other bodies stand on the group's page."""
        if self.kind == self.Kind.TEAM:
            return reverse("work:team", args=[self.group.slug, self.key])
        return f"{self.group.get_absolute_url()}#{self.key}"


class Dated(models.Model):
    """Something that holds from one date to another; without an end it still holds.

    `ended` is the first day on which it no longer holds (a parent until 2018-10-03 was it until October 2), so that
    what follows can start on the same date. A date of month or year precision counts from its first day at the start
    and until its first day at the end.
    """

    started = ApproximateDateField(null=True, blank=True)
    ended = ApproximateDateField(null=True, blank=True)

    class Meta:
        abstract = True

    def holds_on(self, day: date) -> bool:
        """Whether it holds on `day`."""
        return (self.started is None or self.started.first <= day) and (self.ended is None or day < self.ended.first)

    @classmethod
    def holding(cls, day: date, prefix: str = "") -> Q:
        """The same as a condition of a query, for rows reached by `prefix` (such as `memberships__`)."""
        return (Q(**{f"{prefix}started__isnull": True}) | Q(**{f"{prefix}started__startswith__lte": day})) & (
            Q(**{f"{prefix}ended__isnull": True}) | Q(**{f"{prefix}ended__startswith__gt": day})
        )


def ends_after_it_starts(name: str) -> models.CheckConstraint:
    """The rule that a dated row's end does not come before its start."""
    return models.CheckConstraint(
        condition=Q(started__isnull=True) | Q(ended__isnull=True) | Q(ended__gte=models.F("started")),
        name=name,
    )


@pghistory.track()
class BodyParent(Dated):
    """Which body reports to which, from when to when."""

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="parents")
    parent = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="children")

    class Meta:
        ordering = ["started", "id"]
        constraints = [
            ends_after_it_starts("body_parent_ends_after_start"),
            models.CheckConstraint(condition=~Q(body=models.F("parent")), name="body_not_its_own_parent"),
            models.UniqueConstraint(
                fields=["body", "parent", "started"], name="body_parent_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.body} reports to {self.parent}"


@pghistory.track()
class BodyState(models.Model):
    """The state a body went into, and when; it stays in it until its next row."""

    class State(models.TextChoices):
        """What a body is doing."""

        ACTIVE = "active", "Active"
        HIATUS = "hiatus", "On hiatus"
        CLOSED = "closed", "Closed"

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="states")
    state = models.CharField(max_length=8, choices=State)
    started = ApproximateDateField()

    class Meta:
        ordering = ["started", "id"]
        constraints = [models.UniqueConstraint(fields=["body", "started"], name="body_one_state_from_a_date")]

    def __str__(self) -> str:
        return f"{self.body}: {self.get_state_display()} since {self.started}"
