"""Questions about notices and about the demonstration's mailbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Exists, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest

from teams.accounts.models import User

from .models import MailboxMessage, Notice

# What makes a notice the same as another (the model's constraint `notice_once`).
KEY = ("kind", "rule", "subject_key", "revision", "recipient_id")

# The columns of a query whose rows are notices that are owed.
COLUMNS = (*KEY, "scope", "why", "due_at", "useless_after")


def not_yet_queued(owed: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The rows of a query with the columns KEY for which there is no notice yet."""
    same = Notice.objects.filter(**{name: OuterRef(name) for name in KEY})
    return owed.filter(~Exists(same))


def oldest_wait(now: datetime) -> float:
    """Seconds on the portal's clock for which the longest waiting notice that is due has waited; 0 when none does.

    Waiting begins when the notice is due and written: one that was found late has not waited since it was due.
    """
    since: datetime | None = Notice.objects.filter(state=Notice.State.WAITING, due_at__lte=now).aggregate(
        since=Min(Greatest("due_at", "created_at"))
    )["since"]
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def notices_of(scope: str) -> QuerySet[Notice]:
    """A group's notices with their recipients at hand."""
    return Notice.objects.filter(scope=scope).select_related("recipient")


def recipients_of(scope: str) -> QuerySet[User]:
    """Everyone to whom a notice of the group was ever owed, by name."""
    return User.objects.filter(Exists(Notice.objects.filter(scope=scope, recipient=OuterRef("pk")))).order_by(
        "name", "id"
    )


def messages(search: str = "") -> QuerySet[MailboxMessage]:
    """The demonstration's mail, newest first; `search` looks in recipients and subjects."""
    found = MailboxMessage.objects.defer("html", "headers")
    if search:
        found = found.filter(Q(recipients__icontains=search) | Q(subject__icontains=search))
    return found
