"""The record of who saw the portal as what."""

from __future__ import annotations

import uuid
from datetime import datetime

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup


def new_key() -> str:
    """A key that nobody can guess."""
    return uuid.uuid4().hex


@pghistory.track()
class Viewing(models.Model):
    """An administrator sees the portal as somebody with a role in a body would, or as someone outside the group.

    Instants are on the portal's clock. It ends when it is stopped, with the administrator's session, and at `ends_at`.
    Nothing but `stopped_at` changes afterwards.
    """

    key = models.SlugField(unique=True, default=new_key, editable=False)
    administrator = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(WorkingGroup, on_delete=models.CASCADE, related_name="+")
    body = models.ForeignKey(Body, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    role = models.CharField(max_length=12, choices=Role, blank=True)
    affiliation = models.CharField("works for", max_length=12, choices=User.Affiliation)
    seen_as = models.CharField(max_length=150, help_text="In words: Member of Team 1 (trade).")
    started_at = models.DateTimeField("started")
    ends_at = models.DateTimeField("ends by itself")
    stopped_at = models.DateTimeField("stopped", null=True, blank=True)

    class Meta:
        ordering = ["-started_at", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(body__isnull=True, role="") | (Q(body__isnull=False) & ~Q(role="")),
                name="viewing_role_in_a_body",
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("started_at")), name="viewing_ends_after_start"),
        ]

    def __str__(self) -> str:
        return self.seen_as

    @property
    def in_a_sentence(self) -> str:
        """ "a Member of Team 1 (trade)", "an Observer of …", "someone outside the group (trade)"."""
        if not self.role:
            return f"{self.seen_as[:1].lower()}{self.seen_as[1:]}"
        article = "an" if self.seen_as[0] in "AEIO" else "a"
        return f"{article} {self.seen_as}"

    def goes_on_at(self, now: datetime) -> bool:
        """Whether it has neither been stopped nor ended by itself at `now` (on the portal's clock)."""
        return self.stopped_at is None and self.started_at <= now < self.ends_at
