"""Questions about notices and about the demonstration's mailbox."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Exists, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import LessThanOrEqual

from teams.accounts.models import User

from . import kinds, plan
from .models import Bounce, Choice, MailboxMessage, Notice, QuietTimes, Way

# What makes a notice the same as another (the model's constraint `notice_once`).
KEY = ("kind", "rule", "subject_key", "revision", "owed_to_id")

# The columns of a query whose rows are notices that are owed.
COLUMNS = (*KEY, "recipient_id", "scope", "why", "due_at", "useless_after")


# When a notice that waits goes: what the outbox's indexes are sorted by.
GOES_AT = Coalesce("held_until", "due_at")


# The notice whose mail carried a notice: its digest, or itself.
_WENT_AS = Coalesce(OuterRef("digest_id"), OuterRef("pk"))


def goes_by(waiting: QuerySet[Notice], now: datetime) -> QuerySet[Notice]:
    """Of the notices those that go at `now` or went before."""
    return waiting.filter(LessThanOrEqual(GOES_AT, now))


def not_yet_queued(owed: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The rows of a query with the columns KEY for which there is no notice yet."""
    same = Notice.objects.filter(**{name: OuterRef(name) for name in KEY})
    return owed.filter(~Exists(same))


def oldest_wait(now: datetime) -> float:
    """Seconds on the portal's clock for which the longest waiting notice that should go has waited; 0 when none does.

    Waiting begins when the notice goes and is written: one that was found late has not waited since it was due, and
    one that its recipient's quiet hours hold doesn't wait.
    """
    waiting = goes_by(Notice.objects.filter(state=Notice.State.WAITING, way=Way.AT_ONCE), now)
    since: datetime | None = waiting.aggregate(since=Min(Greatest(GOES_AT, "created_at")))["since"]
    return max(0.0, (now - since).total_seconds()) if since else 0.0


def notices_of(scope: str) -> QuerySet[Notice]:
    """A group's notices, with whom each goes to and whose it is at hand."""
    return Notice.objects.filter(scope=scope).select_related("recipient", "owed_to")


def with_bounces(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """The notices, each with `bounce_action` and `bounce_answer` of its bounce, the final one first; None without.

    What went in a digest bounced with it.
    """
    theirs = Bounce.objects.filter(notice_id=_WENT_AS).order_by("-action")  # "failed" after "delayed"
    return notices.annotate(
        bounce_action=Subquery(theirs.values("action")[:1]), bounce_answer=Subquery(theirs.values("answer")[:1])
    )


def came_back(notices: QuerySet[Notice]) -> QuerySet[Notice]:
    """Of the notices those whose mail came back for good, alone or with the digest that they were in."""
    return notices.filter(Exists(Bounce.objects.filter(notice_id=_WENT_AS, action=Bounce.Action.FAILED)))


def bounces_of(notice: Notice) -> QuerySet[Bounce]:
    """What was reported of the notice's mail, or of the digest that it went in, the oldest first."""
    return Bounce.objects.filter(notice_id=notice.digest_id or notice.pk)


def last_came_back_from(person: User) -> Bounce | None:
    """The last mail that came back for good from the address that the person has now."""
    theirs = Bounce.objects.filter(notice__recipient=person, action=Bounce.Action.FAILED)
    return theirs.filter(address__iexact=person.email).order_by("reported_at", "id").last()


def recipients_of(scope: str) -> QuerySet[User]:
    """Everyone to whom a notice of the group was ever owed, or went in their stead, by name."""
    theirs = Notice.objects.filter(Q(recipient=OuterRef("pk")) | Q(owed_to=OuterRef("pk")), scope=scope)
    return User.objects.filter(Exists(theirs)).order_by("name", "id")


def gone_wrong(since: datetime) -> QuerySet[Notice]:
    """Notices of every group, and of none, that failed or of which it is uncertain whether they went, due since then.

    `since` is on the portal's clock.
    """
    return Notice.objects.filter(state__in=[Notice.State.FAILED, Notice.State.UNCERTAIN], due_at__gte=since)


def messages(search: str = "") -> QuerySet[MailboxMessage]:
    """The demonstration's mail, newest first; `search` looks in recipients and subjects."""
    found = MailboxMessage.objects.defer("html", "headers")
    if search:
        found = found.filter(Q(recipients__icontains=search) | Q(subject__icontains=search))
    return found


@dataclass(frozen=True, slots=True)
class Planned:
    """How and when a notice will go."""

    way: Way
    goes_at: datetime
    is_held: bool


def planned(owed: QuerySet[Any, Any], now: datetime) -> list[tuple[dict[str, Any], Planned]]:
    """The rows of a query with the columns COLUMNS, each with how it will go by its recipient's present choices.

    As planned at `now`, for what is due then or later. One query.
    """
    try:
        select, params = owed.query.sql_with_params()
    except EmptyResultSet:
        return []
    columns = ", ".join(f"owed.{name}" for name in COLUMNS)
    statement = f"""
        SELECT {columns}, coalesce((plan.made).way, 'at_once'), (plan.made).held_until
        FROM ({select}) AS owed {plan.JOINS}
    """  # noqa: S608 - every name in it is our own, values are parameters
    with connection.cursor() as cursor:
        cursor.execute(statement, [*params, *plan.parameters(now)])
        found = cursor.fetchall()
    rows = []
    for *values, way, held_until in found:
        row = dict(zip(COLUMNS, values, strict=True))
        rows.append((row, Planned(Way(way), held_until or row["due_at"], held_until is not None)))
    return rows


def ways_of(person: User) -> dict[str, Way]:
    """By the name of each kind for which people have a choice, the way in which it comes to the person."""
    chosen = dict(Choice.objects.filter(person=person).values_list("kind", "way"))
    return {
        kind.name: Way(chosen[kind.name]) if chosen.get(kind.name) in kind.ways else kind.usual
        for kind in kinds.chosen()
    }


def quiet_times_of(person: User) -> QuietTimes:
    """When the person wants no mail; a row that isn't saved where there is no such time."""
    return QuietTimes.objects.filter(person=person).first() or QuietTimes(person=person)
