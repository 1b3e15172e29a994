"""Where reminders come from. A room registers its source when the application starts (`AppConfig.ready`).

The sweep, the forecast and the ledger ask every source alike; milestones are this room's own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, Case, CharField, F, IntegerField, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat
from django.urls import reverse

from teams.bodies.models import WorkingGroup
from teams.sources import Source as Made


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that notices are about, as the ledger names it."""

    key: str
    title: str
    url: str
    is_sample: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """One sort of thing that people are reminded of.

    A row goes to `recipient_id` and is owed to `owed_to_id`: the same person, unless somebody stands in for them.
    `due(now)` and `coming(now, until)` are queries whose rows have the columns `teams.notices.services.COLUMNS`: what
    is to be queued at the instant `now`, and what will become due after `now` and up to `until` if nothing changes
    (for the forecast, which may be shown twice as long before it is due: its rows are reckoned each time). `subjects`
    gives everything of a group that its notices can be about, as `named` makes it; `page` is the name of the address of
    one. Where another source speaks of the same things, it says nothing.
    """

    name: str
    due: Callable[[datetime], QuerySet[Any, dict[str, Any]]]
    coming: Callable[[datetime, datetime], QuerySet[Any, dict[str, Any]]]
    subjects: Callable[[WorkingGroup], QuerySet[Any, dict[str, Any]]] | None = None
    page: str = ""


_sources: dict[str, Source] = {}


def register(source: Source) -> None:
    """Make a source known. Raises ValueError when another has its name."""
    if _sources.setdefault(source.name, source) != source:
        raise ValueError(f"there is another source of reminders named {source.name!r}")


def registered() -> list[Source]:
    """Every source, in the order in which they were registered."""
    return list(_sources.values())


def named(
    things: QuerySet[Any, Any],
    *,
    subject: str,
    title: Combinable,
    on: Combinable,
    place: str = "key",
    is_sample: Combinable | None = None,
) -> QuerySet[Any, dict[str, Any]]:
    """Things as the ledger names them: the key under which notices speak of each, its title, and what is its address.

    `on` is a date by which they are sorted, and `place` the field that stands in the address after the group's.
    """
    sample = is_sample or Case(When(source=Made.ILLUSTRATIVE, then=Value(value=True)), default=Value(value=False))
    named: QuerySet[Any, Any] = things.order_by().annotate(
        subject_key=Concat(Value(subject), Cast(F("id"), CharField(max_length=20)), output_field=CharField()),
        subject_title=Cast(title, TextField()),
        subject_place=Cast(F(place), CharField(max_length=80)),
        subject_on=on,
        subject_is_sample=Cast(sample, BooleanField()),
    )
    return named.values("subject_key", "subject_title", "subject_place", "subject_on", "subject_is_sample")


def subjects_of(group: WorkingGroup) -> dict[str, Subject]:
    """Everything of the group that notices can be about, by its key: one query, whatever the number of sources."""
    naming = [(source.page, source.subjects) for source in registered() if source.subjects is not None]
    rows = [
        subjects(group).annotate(source_place=Value(number, IntegerField()))
        for number, (_, subjects) in enumerate(naming)
    ]
    found = rows[0].union(*rows[1:], all=True) if rows else []
    in_order = sorted(found, key=lambda row: (row["source_place"], row["subject_on"], row["subject_key"]))
    return {
        row["subject_key"]: Subject(
            row["subject_key"],
            row["subject_title"],
            reverse(naming[row["source_place"]][0], args=[group.slug, row["subject_place"]]),
            row["subject_is_sample"],
        )
        for row in in_order
    }
