"""The outbox: one row for each mail that is owed to a person, kept after it went; and the demonstration's mailbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q


class Notice(models.Model):
    """A mail that a rule owes to a person about an object, once for each revision of the object's date.

    The unique key makes a second one impossible, however often the sweep runs. Instants are on the portal's clock;
    the lease, the hand-over and the next try alone are real time, because they guard against processes and servers.
    """

    class State(models.TextChoices):
        """Where the notice stands."""

        WAITING = "waiting", "Waiting"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Skipped"
        UNCERTAIN = "uncertain", "Uncertain"

    kind = models.CharField(max_length=40, help_text="What composes it, such as milestone_due.")
    rule = models.CharField(max_length=40, help_text="Which rule owes it, such as before:7.")
    subject_key = models.CharField(max_length=80, help_text="What it is about, such as milestone:12.")
    revision = models.PositiveIntegerField(default=1, help_text="Revision of the date that it speaks of.")
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="notices",
        help_text="None where it goes to an address alone, such as an invitation to someone who has no account yet.",
    )
    scope = models.CharField(
        max_length=50, blank=True, help_text="The part of the portal it belongs to: a group's slug."
    )
    why = models.CharField(max_length=300, help_text="Why this person gets it, in words.")

    due_at = models.DateTimeField()
    useless_after = models.DateTimeField(null=True, blank=True, help_text="Past this instant it is skipped, in sight.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING, db_default=State.WAITING)
    remark = models.CharField(
        max_length=500, blank=True, db_default="", help_text="Why it was skipped, or what failed."
    )

    claimed_by = models.UUIDField(null=True, blank=True, help_text="The sender that has it, or had it last.")
    lease_ends_at = models.DateTimeField(null=True, blank=True, help_text="Real time.")
    handed_over_at = models.DateTimeField(
        null=True, blank=True, help_text="When the present sender began to hand the mail over. Real time."
    )
    next_try_at = models.DateTimeField(null=True, blank=True, help_text="Not tried again before this. Real time.")
    attempts = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="How often a mail server was asked to take it."
    )

    address = models.EmailField(blank=True, db_default="", help_text="Where it went; or goes, without a recipient.")
    message_id = models.CharField(max_length=200, blank=True, db_default="")
    subject = models.CharField(max_length=300, blank=True, db_default="")
    text = models.TextField(blank=True, db_default="")
    html = models.TextField(blank=True, db_default="")
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-due_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "rule", "subject_key", "revision", "recipient"], name="notice_once"
            ),
            models.UniqueConstraint(
                fields=["kind", "rule", "subject_key", "revision", "address"],
                condition=Q(recipient__isnull=True),
                name="notice_to_address_once",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | ~Q(address=""), name="notice_goes_to_someone"
            ),
            models.CheckConstraint(
                condition=Q(state="sent", sent_at__isnull=False) | ~Q(state="sent"),
                name="sent_notice_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", claimed_by__isnull=False, lease_ends_at__isnull=False)
                | ~Q(state="sending"),
                name="notice_being_sent_is_claimed",
            ),
            models.CheckConstraint(
                condition=Q(handed_over_at__isnull=True) | ~Q(message_id=""),
                name="notice_handed_over_has_message_id",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at", "id"], condition=Q(state="waiting"), name="notice_waiting"),
            models.Index(fields=["lease_ends_at"], condition=Q(state="sending"), name="notice_being_sent"),
            models.Index(fields=["scope", "-due_at", "-id"], name="notice_of_scope"),
            models.Index(fields=["subject_key"], name="notice_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.rule} {self.subject_key} to {self.recipient_id or self.address}"


class MailboxMessage(models.Model):
    """A mail of the demonstration, which is kept here instead of being sent, for anyone to read in the browser."""

    message_id = models.CharField(max_length=200, unique=True)
    sender = models.CharField(max_length=300)
    recipients = models.TextField(help_text="Addresses with commas between.")
    subject = models.CharField(max_length=500)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    headers = models.TextField(blank=True, help_text="As they stand above the mail, one a line.")
    arrived_at = models.DateTimeField()

    class Meta:
        ordering = ["-arrived_at", "-id"]

    def __str__(self) -> str:
        return self.subject
