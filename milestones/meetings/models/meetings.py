"""Meetings of the group's bodies and of outside forums, what prepares them, and the forums' work streams."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pghistory
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import formats

from milestones.work.models import Milestone
from teams.accounts.models import Organization, validate_timezone
from teams.bodies.models import Body, GroupOwned
from teams.dates import ApproximateDate, ApproximateDateField, span_of_days


@pghistory.track()
class WorkStream(GroupOwned):
    """A stream of work in an outside forum, and the part that a party has in it."""

    class PartyRole(models.TextChoices):
        """What the party does in the stream."""

        LEAD = "lead", "Lead"
        CO_LEAD = "co-lead", "Co-lead"
        PARTICIPANT = "participant", "Participant"

    forum = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="work_streams")
    name = models.CharField(max_length=200)
    party = models.CharField(max_length=100)
    role = models.CharField(max_length=12, choices=PartyRole)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta(GroupOwned.Meta):
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


@pghistory.track()
class Meeting(GroupOwned):
    """A meeting of a body of the group or of an outside forum: of some days, of a month not known closer, or at a time.

    `starts` and `ends` are dates of the place; `starts_at` and `ends_at` are set where the time of day is known too.
    """

    class State(models.TextChoices):
        """Where the meeting stands."""

        DRAFT = "draft", "Draft"
        PLANNED = "planned", "Planned"
        HELD = "held", "Held"
        CANCELLED = "cancelled", "Cancelled"

    class Change(models.TextChoices):
        """What was last changed of an announced meeting."""

        MOVED = "moved", "Moved"
        PLACE = "place", "Another place"
        CANCELLED = "cancelled", "Cancelled"
        ON_AGAIN = "on_again", "On again"

    body = models.ForeignKey(Body, on_delete=models.PROTECT, null=True, blank=True, related_name="meetings")
    forum = models.ForeignKey(Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="meetings")
    series = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200)
    starts = ApproximateDateField()
    ends = ApproximateDateField()
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    timezone = models.CharField(max_length=50, validators=[validate_timezone])
    place = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    outcome = models.TextField(blank=True)
    note = models.TextField(blank=True)
    attended_by = models.ManyToManyField(Organization, related_name="attended_meetings", blank=True)
    revision = models.PositiveIntegerField(
        default=1, db_default=1, help_text="Rises with each change of when, where and whether it is."
    )
    changed_at = models.DateTimeField(
        null=True, blank=True, help_text="When that was last changed after it was announced. On the portal's clock."
    )
    last_change = models.CharField(max_length=10, choices=Change, blank=True, db_default="")
    was = models.CharField(max_length=300, blank=True, db_default="", help_text="When and where before that change.")

    class Meta(GroupOwned.Meta):
        ordering = ["starts", "id"]
        constraints = [
            *GroupOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(body__isnull=False, forum__isnull=True) | Q(body__isnull=True, forum__isnull=False),
                name="meeting_of_a_body_or_a_forum",
            ),
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="meeting_ends_after_start"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="meeting_times_in_order",
            ),
            models.CheckConstraint(
                condition=Q(changed_at__isnull=True, last_change="")
                | (Q(changed_at__isnull=False) & ~Q(last_change="")),
                name="meeting_changed_at_and_how",
            ),
        ]
        indexes = [
            GinIndex(
                SearchVector("title", "series", "place", "outcome", "note", config="english"), name="meeting_search"
            ),
            models.Index(fields=["group", "starts"], name="meeting_by_date"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The meeting's own page."""
        return reverse("meetings:meeting", args=[self.group.slug, self.key])

    @property
    def takes_actions(self) -> bool:
        """Whether something can have been agreed there: it is no draft and was not cancelled."""
        return self.state not in (self.State.DRAFT, self.State.CANCELLED)

    @property
    def convener(self) -> str:
        """Who holds it, in short: the body or the forum."""
        holder = self.body or self.forum
        return holder.short_name if holder else ""

    @property
    def dates(self) -> str:
        """Its date or dates in words: "October 8-12, 2018" (with an en dash), "July 2018"."""
        if self.starts.is_day and self.ends.is_day:
            return span_of_days(self.starts.first, self.ends.first)
        return str(self.starts)

    @property
    def when_and_where(self) -> str:
        """ "August 14, 2018, 10:00 a.m. EDT, Washington, D.C.", by the clock of the place, as far as it is known."""
        at = self.starts_in(self.timezone)
        time = f", {formats.date_format(at, 'g:i a')} {at.tzname()}" if at else ""
        return f"{self.dates}{time}{f', {self.place}' if self.place else ''}"

    @property
    def span(self) -> ApproximateDate:
        """From the first to the last day it can take."""
        return ApproximateDate(self.starts.first, self.ends.last)

    def starts_in(self, zone: str) -> datetime | None:
        """When it starts on the clock of `zone` (an IANA name); None where the time of day isn't known."""
        return self.starts_at.astimezone(ZoneInfo(zone)) if self.starts_at else None


@pghistory.track()
class AgendaItem(models.Model):
    """One topic of a meeting."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="agenda")
    position = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=200)

    class Meta:
        ordering = ["meeting", "position"]
        constraints = [models.UniqueConstraint(fields=["meeting", "position"], name="agenda_item_position_once")]

    def __str__(self) -> str:
        return self.title


@pghistory.track()
class Preparation(models.Model):
    """A milestone that prepares a meeting, due so many days before it starts."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="preparations")
    milestone = models.OneToOneField(Milestone, on_delete=models.CASCADE, related_name="preparation")
    days_before = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["meeting", "-days_before"]

    def __str__(self) -> str:
        return f"{self.milestone}, {self.days_before} days before {self.meeting}"


@pghistory.track()
class ActionItem(models.Model):
    """A milestone that a meeting agreed on."""

    meeting = models.ForeignKey(Meeting, on_delete=models.CASCADE, related_name="action_items")
    milestone = models.OneToOneField(Milestone, on_delete=models.CASCADE, related_name="action_item")

    class Meta:
        ordering = ["meeting", "id"]

    def __str__(self) -> str:
        return f"{self.milestone}, from {self.meeting}"
