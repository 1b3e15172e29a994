"""The outbox: one row for each mail that is owed to a person, kept after it went; how each person wants their mail; and
the demonstration's mailbox."""

from __future__ import annotations

from datetime import datetime

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce


class Way(models.TextChoices):
    """How notices of a kind come to a person."""

    AT_ONCE = "at_once", "At once"
    DAILY = "daily", "Daily digest"
    WEEKLY = "weekly", "Weekly digest"
    OFF = "off", "Off"


DIGESTS = (Way.DAILY, Way.WEEKLY)

# The kind of a notice that is a digest of others.
DIGEST = "digest"


@pghistory.track()
class Choice(models.Model):
    """The way that a person chose for a kind of notice. Without a row the kind's usual way holds."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notice_choices")
    kind = models.CharField(max_length=40, help_text="As the rows of notices carry it, such as milestone_due.")
    way = models.CharField(max_length=10, choices=Way)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="notice_choice_once"),
            models.CheckConstraint(condition=Q(way__in=Way.values), name="notice_choice_is_a_way"),
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.get_way_display()}"


@pghistory.track()
class QuietTimes(models.Model):
    """When a person wants no mail, on the clock of their own time zone; without a row there is no such time.

    Quiet hours last from `starts` to `ends` and may pass midnight. Days of the week that are not among
    `working_days` (1 is Monday, 7 is Sunday) are quiet as a whole; None means that all days are working days.
    """

    person = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quiet_times")
    starts = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)
    working_days = ArrayField(models.SmallIntegerField(), null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__isnull=True, ends__isnull=True)
                | (Q(starts__isnull=False, ends__isnull=False) & ~Q(starts=F("ends"))),
                name="quiet_hours_have_two_ends",
            ),
            models.CheckConstraint(
                condition=Q(working_days__isnull=True)
                | Q(working_days__len__gt=0, working_days__contained_by=[1, 2, 3, 4, 5, 6, 7]),
                name="working_days_are_days_of_the_week",
            ),
        ]
        verbose_name_plural = "quiet times"

    def __str__(self) -> str:
        return f"{self.starts}–{self.ends} on {self.working_days or 'all days'}"


class Notice(models.Model):
    """A mail that a rule owes to a person about an object, once for each revision of the object's date.

    The unique key makes a second one impossible, however often the sweep runs, and whoever gets it: while the person is
    away, `recipient` is who stands in for them, and `owed_to` stays. Instants are on the portal's clock;
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
        OFF = "off", "Switched off"

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
    owed_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Whose reminder it is: another than the recipient where that one stands in for them.",
    )
    scope = models.CharField(
        max_length=50, blank=True, help_text="The part of the portal it belongs to: a group's slug."
    )
    why = models.CharField(max_length=300, help_text="Why this person gets it, in words.")

    due_at = models.DateTimeField()
    useless_after = models.DateTimeField(null=True, blank=True, help_text="Past this instant it is skipped, in sight.")
    way = models.CharField(
        max_length=10,
        choices=Way,
        default=Way.AT_ONCE,
        db_default=Way.AT_ONCE,
        help_text="How it goes, by the person's choice.",
    )
    held_until = models.DateTimeField(
        null=True, blank=True, help_text="It goes no sooner: quiet times, or its digest's hour. None: when it is due."
    )
    digest = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="items",
        db_index=False,
        help_text="The digest that it went in.",
    )
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
            models.UniqueConstraint(fields=["kind", "rule", "subject_key", "revision", "owed_to"], name="notice_once"),
            models.UniqueConstraint(
                fields=["kind", "rule", "subject_key", "revision", "address"],
                condition=Q(recipient__isnull=True),
                name="notice_to_address_once",
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=False) | ~Q(address=""), name="notice_goes_to_someone"
            ),
            models.CheckConstraint(
                condition=Q(recipient__isnull=True, owed_to__isnull=True)
                | Q(recipient__isnull=False, owed_to__isnull=False),
                name="notice_owed_to_someone",
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
            models.CheckConstraint(
                condition=Q(digest__isnull=True) | Q(way__in=["daily", "weekly"]), name="notice_in_a_digest_was_to_be"
            ),
            models.CheckConstraint(condition=~Q(state="off") | Q(way="off"), name="notice_off_was_switched_off"),
        ]
        indexes = [
            models.Index(
                Coalesce("held_until", "due_at"),
                "id",
                condition=Q(state="waiting", way="at_once"),
                name="notice_waiting_to_go",
            ),
            models.Index(
                Coalesce("held_until", "due_at"),
                "id",
                condition=Q(state="waiting", way__in=["daily", "weekly"]),
                name="notice_waiting_for_digest",
            ),
            models.Index(fields=["digest"], condition=Q(digest__isnull=False), name="notice_of_digest"),
            models.Index(fields=["lease_ends_at"], condition=Q(state="sending"), name="notice_being_sent"),
            models.Index(fields=["scope", "-due_at", "-id"], name="notice_of_scope"),
            models.Index(fields=["subject_key"], name="notice_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.rule} {self.subject_key} to {self.recipient_id or self.address}"

    @property
    def goes_at(self) -> datetime:
        """When it goes, while it waits: when it is due, or when what holds it ends."""
        return self.held_until or self.due_at

    @property
    def is_held(self) -> bool:
        """Whether it waits longer than until it is due."""
        return self.state == self.State.WAITING and self.held_until is not None and self.held_until > self.due_at


class Bounce(models.Model):
    """What a mail server reported of a notice that had gone: it failed for good, or is delayed. Each at most once.

    A mark beside the notice's state and never a state of its own, because anyone can write such a report.
    """

    class Action(models.TextChoices):
        """What became of the mail (RFC 3464, 2.3.3); other actions are no bounces."""

        FAILED = "failed", "Came back"
        DELAYED = "delayed", "Delayed on its way"

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="bounces", db_index=False)
    action = models.CharField(max_length=10, choices=Action)
    status = models.CharField(max_length=11, blank=True, help_text="RFC 3463, such as 5.1.1; empty: not said.")
    answer = models.CharField(max_length=300, blank=True, help_text="What the server answered, shortened.")
    address = models.EmailField(help_text="The address reported, which is where the notice went.")
    reported_at = models.DateTimeField(help_text="When the report was taken in, on the portal's clock.")

    class Meta:
        ordering = ["reported_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "action"], name="bounce_once"),
            models.CheckConstraint(condition=Q(action__in=["failed", "delayed"]), name="bounce_failed_or_delayed"),
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.answer}"

    @property
    def is_final(self) -> bool:
        """Whether the mail will not arrive any more."""
        return self.action == self.Action.FAILED


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
