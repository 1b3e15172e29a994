"""Offers of a role, and the rounds in which everybody's access is gone through."""

from __future__ import annotations

from datetime import datetime

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse

from teams.accounts.models import Organization, User

from .people import Membership, Role
from .tree import Body, WorkingGroup


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
