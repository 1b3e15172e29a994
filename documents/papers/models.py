"""What the quarterly issue paper is made from: each fact once, with its date, its subject and its sections."""

from __future__ import annotations

import pghistory
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import Q

from documents.library.models import Document
from milestones.meetings.models import Meeting
from milestones.work.models import Deliverable
from teams.accounts.models import Organization
from teams.bodies.models import Body, GroupOwned
from teams.dates import ApproximateDateField, WordingField


class Section(models.TextChoices):
    """The three headings of an issue paper."""

    BACKGROUND = "background", "Background"
    ISSUE = "issue", "Issue"
    NEXT_STEPS = "next_steps", "Next Steps"


class Placed(models.Model):
    """A fact, and the sections of the issue paper that it stands in."""

    text = models.TextField()
    sections = ArrayField(models.CharField(max_length=12, choices=Section))
    position = models.PositiveSmallIntegerField(default=0, help_text="Its place in the group's file.")

    class Meta:
        abstract = True

    @property
    def section_names(self) -> list[str]:
        """The headings it stands under."""
        return [Section(section).label for section in self.sections]


@pghistory.track()
class Development(Placed, GroupOwned):
    """Something that happened, and what it is about: a body, an organization, a document or a meeting."""

    class Kind(models.TextChoices):
        """What kind of event it is."""

        EVENT = "event", "Event"
        DECISION = "decision", "Decision"
        CONGRESSIONAL_REQUEST = "congressional_request", "Congressional request"
        CAMPAIGN = "campaign", "Campaign"
        OUTREACH = "outreach", "Outreach"

    kind = models.CharField(max_length=24, choices=Kind, default=Kind.EVENT)
    happened = ApproximateDateField(wording_field="as_written")
    as_written = WordingField(of="happened")
    until = ApproximateDateField(null=True, blank=True)
    link = models.URLField(blank=True)
    about_body = models.ForeignKey(Body, on_delete=models.PROTECT, null=True, blank=True, related_name="developments")
    about_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="developments"
    )
    about_document = models.ForeignKey(
        Document, on_delete=models.PROTECT, null=True, blank=True, related_name="developments"
    )
    about_meeting = models.ForeignKey(
        Meeting, on_delete=models.PROTECT, null=True, blank=True, related_name="developments"
    )

    class Meta(GroupOwned.Meta):
        ordering = ["-happened", "position"]
        constraints = [
            *GroupOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=models.F("happened")),
                name="development_ends_after_start",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        about_organization__isnull=True,
                        about_document__isnull=True,
                        about_meeting__isnull=True,
                    )
                    | Q(about_body__isnull=True, about_document__isnull=True, about_meeting__isnull=True)
                    | Q(about_body__isnull=True, about_organization__isnull=True, about_meeting__isnull=True)
                    | Q(about_body__isnull=True, about_organization__isnull=True, about_document__isnull=True)
                ),
                name="development_about_one_thing",
            ),
        ]
        indexes = [GinIndex(SearchVector("text", config="english"), name="development_search")]

    def __str__(self) -> str:
        return self.text

    @property
    def about(self) -> Body | Organization | Document | Meeting | None:
        """What it is about, if it says so."""
        return self.about_body or self.about_organization or self.about_document or self.about_meeting


@pghistory.track()
class Commitment(Placed, GroupOwned):
    """What a body or an organization has said it will do, with whom, and for which meeting or deliverables."""

    by_body = models.ForeignKey(Body, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments")
    by_organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments"
    )
    with_bodies = models.ManyToManyField(Body, related_name="shared_commitments", blank=True)
    with_organizations = models.ManyToManyField(Organization, related_name="shared_commitments", blank=True)
    for_meeting = models.ForeignKey(
        Meeting, on_delete=models.PROTECT, null=True, blank=True, related_name="commitments"
    )
    deliverables = models.ManyToManyField(Deliverable, related_name="commitments", blank=True)

    class Meta(GroupOwned.Meta):
        ordering = ["position", "id"]
        constraints = [
            *GroupOwned.Meta.constraints,
            models.CheckConstraint(
                condition=Q(by_body__isnull=False, by_organization__isnull=True)
                | Q(by_body__isnull=True, by_organization__isnull=False),
                name="commitment_by_one",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def by(self) -> Body | Organization:
        """Who has said so."""
        by = self.by_body or self.by_organization
        assert by is not None
        return by
