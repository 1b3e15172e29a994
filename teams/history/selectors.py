"""The activity feed: what changed, drawn from the rows that the triggers wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import reduce
from itertools import groupby
from typing import Any

from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    DurationField,
    F,
    IntegerField,
    Max,
    QuerySet,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.reasons import signed

from .feed import Followed, followed
from .models import HistoryDay

# The feed collapses what one request or one load did, so it reads more events than it shows.
EVENTS_READ = 400

# The people of an event.
WHO = ("by", "stands_in_for")

# One order for the events of a model; with its noun, for those of several. What was written in one transaction has the
# same instants, and without the last two it would stand in another order each time it is asked for.
NEWEST_FIRST = ("-at", "-pgh_created_at", "-pgh_id")


@dataclass(frozen=True, slots=True)
class Change:
    """One line of the feed: one change, or several of the same kind that were made together.

    `at` is on the portal's clock. `url` is None where the line stands for more than one row.
    """

    at: datetime
    noun: str
    title: str
    url: str | None
    verb: str
    body_id: int | None
    by: str
    count: int

    @property
    def what(self) -> str:
        """In words: "Milestone added", "5 milestones added", "2 versions of the statement of work added"."""
        if self.count == 1:
            return f"{self.noun[:1].upper()}{self.noun[1:]} {self.verb}"
        # "version of the statement of work", "reminder rule": what there are several of stands before the first "of".
        named, *rest = re.split(r" (?=(?:of|on|for|to|as) )", self.noun, maxsplit=1)
        plural = f"{named[:-1]}ies" if named.endswith(("dy", "ty")) else f"{named}s"
        return " ".join([str(self.count), plural, *rest, self.verb])


def recent_changes(
    person: User,
    *,
    since: datetime | None = None,
    limit: int = 20,
    body_id: int | None = None,
    group: str = "",
) -> list[Change]:
    """What changed after `since` (on the portal's clock) that the person may see: the newest first, two queries.

    `body_id` keeps the changes of one body, `group` (a slug) those of one group.
    """
    queries = [
        _events(each, person, since, body_id, group)
        for each in followed()
        if each.is_brief and (body_id is None or each.body is not None)
    ]
    if not queries:
        return []
    first, *rest = queries
    rows = list(
        reduce(lambda all_, one: all_.union(one, all=True), rest, first).order_by(*NEWEST_FIRST, "noun")[:EVENTS_READ]
    )
    people = {row[who] for row in rows for who in WHO if row[who]}
    names = dict(User.objects.filter(pk__in=people).values_list("pk", "name"))
    return _collapsed(rows, names)[:limit]


def _events(
    each: Followed, person: User, since: datetime | None, body_id: int | None, group: str
) -> QuerySet[Any, dict[str, Any]]:
    events = visible_events(each, person, group=group, body_id=body_id)
    if since is not None:
        events = events.filter(at__gt=since)
    return events.order_by(*NEWEST_FIRST)[:EVENTS_READ].values(
        "at",
        "pgh_created_at",
        "pgh_id",
        "pgh_label",
        "pgh_context_id",
        "by",
        "stands_in_for",
        noun=Value(each.noun, CharField()),
        row_title=Cast(each.called, CharField()),
        row_key=Cast(F(each.key), CharField()),
        row_group=F(each.group or ""),
        row_body=F(each.body) if each.body else Cast(Value(None), BigIntegerField()),
    )


def visible_events(each: Followed, person: User, *, group: str = "", body_id: int | None = None) -> QuerySet[Any, Any]:
    """Events of one model that the person may see now: of rows that are open to them, and were when it was written.

    Each has `at`, the instant on the portal's clock; `by`, the number of the person who made the change; and
    `stands_in_for`, that of the person for whom they stood in where they made it by a role that was lent to them.
    """
    model: Any = each.model
    today = clock.today()
    events: QuerySet[Any] = model.pgh_event_model.objects.filter(
        each.shown(person, today),
        pgh_label__in=("insert", "update"),
        pgh_obj_id__in=each.visible(person, today).values("pk"),
    )
    if group:
        events = events.filter(**{each.group or "": group})
    if body_id is not None:
        events = events.filter(**{each.body or "": body_id})
    return with_context(events)


def with_context(events: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """The events with three facts more.

    `at` is the instant on the portal's clock; `by`, the number of the person who made the change; `stands_in_for`, that
    of the person for whom they stood in where they made it by a role that was lent to them.
    """
    found: QuerySet[Any] = events.annotate(
        at=Coalesce(
            Cast(KeyTextTransform("at", "pgh_context__metadata"), DateTimeField()),
            # Written outside a request: as far from the portal's clock as the real time is now.
            F("pgh_created_at") + Value(clock.ahead(), DurationField()),
            output_field=DateTimeField(),
        ),
        by=Cast(KeyTextTransform("user", "pgh_context__metadata"), IntegerField()),
        stands_in_for=Cast(KeyTextTransform("stands_in_for", "pgh_context__metadata"), IntegerField()),
    )
    return found


def _collapsed(rows: list[dict[str, Any]], names: dict[int, str]) -> list[Change]:
    urls = {each.noun: each.url for each in followed()}
    changes = []

    def together(row: dict[str, Any]) -> tuple[Any, ...]:
        alone = row["pgh_created_at"] if row["pgh_context_id"] is None else None
        return (
            row["pgh_context_id"],
            alone,
            row["noun"],
            row["pgh_label"],
            row["row_body"],
            row["row_group"],
        )

    for _, same in groupby(sorted(rows, key=lambda row: (row["at"], str(together(row))), reverse=True), key=together):
        one, *more = {row["row_key"]: row for row in same}.values()
        url = urls[one["noun"]]
        changes.append(
            Change(
                at=one["at"],
                noun=one["noun"],
                title=one["row_title"],
                url=url(one["row_group"], one["row_key"]) if url and not more else None,
                verb="added" if one["pgh_label"] == "insert" else "changed",
                body_id=one["row_body"],
                by=signed(names.get(one["by"] or 0, ""), names.get(one["stands_in_for"] or 0, "")),
                count=1 + len(more),
            )
        )
    return changes


def last_sealed_day() -> date | None:
    """The last day of real time (UTC) whose history is sealed; None before the first."""
    last: date | None = HistoryDay.objects.aggregate(last=Max("day"))["last"]
    return last
