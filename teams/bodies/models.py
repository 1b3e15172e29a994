"""The committee tree: who reports to whom since when, in which state, and who belongs to it in which role."""

from __future__ import annotations

from datetime import date, datetime

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from teams.accounts.models import Organization, User, validate_timezone
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


class Role(models.TextChoices):
    """What a person is in a body."""

    CHAIR = "chair", "Chair"
    LEAD = "lead", "Lead"
    MEMBER = "member", "Member"
    ALTERNATE = "alternate", "Alternate"
    OBSERVER = "observer", "Observer"
    REVIEWER = "reviewer", "CBP reviewer"


@pghistory.track()
class Membership(Dated, Sourced):
    """A person's role in a body, from when to when."""

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="memberships")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)

    class Meta:
        ordering = ["body", "id"]
        constraints = [
            ends_after_it_starts("membership_ends_after_start"),
            models.UniqueConstraint(
                fields=["body", "person", "role", "started"], name="membership_once", nulls_distinct=False
            ),
        ]
        indexes = [models.Index(fields=["person", "body"], name="membership_of_person")]

    def __str__(self) -> str:
        return f"{self.person}, {self.get_role_display()} of {self.body.short_name}"


@pghistory.track(exclude=["nonce", "token_hash"])
class Invitation(models.Model):
    """A role in a body that was offered to the owner of an e-mail address, who may have no account yet.

    Instants are on the portal's clock. Of the token in the link only the SHA-256 is kept: the link is made of the row's
    nonce and the portal's secret key (see invitations/links.py). Each sending has a new nonce, so that the links before
    it end.
    """

    class State(models.TextChoices):
        """What became of it, drawn from the instants."""

        OPEN = "open", "Open"
        EXPIRED = "expired", "Expired"
        ACCEPTED = "accepted", "Accepted"
        REVOKED = "revoked", "Revoked"

    body = models.ForeignKey(Body, on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=12, choices=Role)
    email = models.EmailField("e-mail address", help_text="In small letters.")
    name = models.CharField(max_length=150)
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations"
    )
    affiliation = models.CharField(max_length=12, choices=User.Affiliation, default=User.Affiliation.TRADE)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations_sent")
    created_at = models.DateTimeField()
    sendings = models.PositiveSmallIntegerField(default=1, help_text="How often it was sent.")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="invitations_accepted"
    )
    revoked_at = models.DateTimeField(null=True, blank=True)
    nonce = models.UUIDField()
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the link's token, in hexadecimal.")

    class Meta:
        ordering = ["-created_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                "body",
                "role",
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="invitation_open_once",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_accepted_or_revoked",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="invitation_accepted_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.get_role_display()} of {self.body.short_name}"

    def state_at(self, now: datetime) -> Invitation.State:
        """What it is at `now` (on the portal's clock)."""
        if self.accepted_at is not None:
            return self.State.ACCEPTED
        if self.revoked_at is not None:
            return self.State.REVOKED
        return self.State.OPEN if now < self.expires_at else self.State.EXPIRED

    def get_absolute_url(self) -> str:
        """Its page for those who invite."""
        return reverse("bodies:invitation", args=[self.body.group.slug, self.pk])


@pghistory.track()
class AccessRound(models.Model):
    """One round in which an administrator goes through everybody's roles in a group: keep or end, then signed off.

    Instants are on the portal's clock. A round that was signed off stays as it is.
    """

    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="access_rounds")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    signed_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_off_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["group"], condition=Q(signed_off_at__isnull=True), name="access_round_open_once"
            ),
            models.CheckConstraint(
                condition=Q(signed_off_at__isnull=True, signed_off_by__isnull=True)
                | Q(signed_off_at__isnull=False, signed_off_by__isnull=False),
                name="access_round_signed_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"Access of {self.group}, started on {self.started_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("bodies:access_round", args=[self.group.slug, self.pk])


@pghistory.track()
class AccessDecision(models.Model):
    """What a round says of one membership: as it was when the round started, and whether it is kept or ends."""

    class Choice(models.TextChoices):
        """What becomes of the membership."""

        KEEP = "keep", "Keep"
        END = "end", "End"

    round = models.ForeignKey(AccessRound, on_delete=models.CASCADE, related_name="decisions")
    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(null=True, blank=True, help_text="When the person was last here before the round.")
    choice = models.CharField(max_length=4, choices=Choice, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "membership"], name="access_decision_once"),
            models.CheckConstraint(condition=~Q(choice="end") | ~Q(reason=""), name="access_decision_end_has_a_reason"),
            models.CheckConstraint(
                condition=Q(choice="", decided_by__isnull=True) | (~Q(choice="") & Q(decided_by__isnull=False)),
                name="access_decision_by_someone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.membership}: {self.get_choice_display() or 'not decided'}"
