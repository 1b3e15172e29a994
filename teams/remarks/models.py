"""What every remark has, whatever it is about."""

from __future__ import annotations

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from teams.bodies.models import GroupOwned

TEXT_AT_MOST = 10_000
REASON_AT_MOST = 300


def new_key() -> str:
    """A key that can't be guessed and says nothing of how many remarks there are."""
    return secrets.token_hex(8)


class Remark(GroupOwned):
    """A text that a person wrote at a time; instants are those of the portal's clock.

    `revision` rises with every change: whoever sends one names the revision that they saw, so that nobody's change is
    written over unseen. A withdrawn remark stays on the record; its words are its author's alone from then on.
    """

    # The fields that hold the author's words.
    WORDS: ClassVar[tuple[str, ...]] = ("text",)

    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField(max_length=TEXT_AT_MOST)
    is_government_only = models.BooleanField("government only", default=False)
    written_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField("withdrawn", null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField("reason", max_length=REASON_AT_MOST, blank=True)
    revision = models.PositiveIntegerField(default=1)

    class Meta(GroupOwned.Meta):
        abstract = True
        ordering = ["-written_at", "-id"]
        constraints = [
            *GroupOwned.Meta.constraints,
            models.CheckConstraint(condition=~Q(text=""), name="%(app_label)s_%(class)s_says_something"),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawn_reason="")
                | (Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False) & ~Q(withdrawn_reason="")),
                name="%(app_label)s_%(class)s_withdrawn_by_and_why",
            ),
        ]

    @property
    def is_withdrawn(self) -> bool:
        """Whether it was taken back."""
        return self.withdrawn_at is not None
