"""Questions about documents: here, and only here, stands who may see which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Count, F, OrderBy, Prefetch, Q, QuerySet, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Lower

from milestones.meetings.models import Meeting
from milestones.meetings.sections import Section
from milestones.meetings.selectors import meetings_visible_to
from teams.accounts.models import User
from teams.accounts.selectors import unless_government_only
from teams.bodies.selectors import groups_entered_by
from teams.dates import last_day

from .models import Document

# What a list of documents can be narrowed by: the name of the choice, the field it is compared with, the field of its
# label, and its heading.
FACETS = {
    "kind": ("kind", "kind", "Kind"),
    "issuer": ("issuer__key", "issuer__name", "Issuer"),
    "access": ("access", "access", "Who may see it"),
    "stream": ("work_stream__key", "work_stream__name", "Stream of work"),
}

ORDERS: dict[str, list[Combinable]] = {
    "title": [Lower("title"), F("pk")],
    "-title": [Lower("title").desc(), F("pk")],
    "kind": [F("kind"), Lower("title"), F("pk")],
    "-kind": [F("kind").desc(), Lower("title"), F("pk")],
    "issuer": [Lower("issuer__name").asc(nulls_last=True), Lower("title"), F("pk")],
    "-issuer": [Lower("issuer__name").desc(nulls_last=True), Lower("title"), F("pk")],
    "dated": [OrderBy(last_day("dated"), nulls_last=True), Lower("title"), F("pk")],
    "-dated": [OrderBy(last_day("dated"), descending=True, nulls_last=True), Lower("title"), F("pk")],
}


@dataclass(frozen=True, slots=True)
class Option:
    """One value that a list can be narrowed to, and how many documents it would leave."""

    value: str
    label: str
    number: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    """The values of one property of the documents at hand, the most frequent first."""

    name: str
    heading: str
    options: list[Option]

    @property
    def is_chosen(self) -> bool:
        """Whether the list is narrowed by it."""
        return any(option.is_chosen for option in self.options)


def documents_visible_to(person: User, day: date) -> QuerySet[Document]:
    """Documents of the groups that the person may enter on `day`; government-only ones for federal people alone.

    Whoever shows documents through a reverse name prefetches them with this.
    """
    seen = Document.objects.filter(shown_to(person, day), group__in=groups_entered_by(person, day))
    return seen.select_related("group", "issuer")


def shown_to(person: User, day: date) -> Q:
    """What a document's history shows to the person: to the trade nothing of a time when it was government-only."""
    return unless_government_only(person, Q(access=Document.Access.GOVERNMENT))


def with_their_places(documents: QuerySet[Document], person: User, day: date) -> QuerySet[Document]:
    """The documents with work stream and meeting at hand; a meeting that the person may not see is None."""
    return documents.select_related("work_stream__forum").prefetch_related(
        Prefetch("meeting", meetings_visible_to(person, day))
    )


def papers_of(person: User, day: date, meeting: Meeting) -> list[Section]:
    """The documents for a meeting, as a section of its page."""
    papers = documents_visible_to(person, day).filter(meeting=meeting).select_related("work_stream")
    return [Section("Papers", "library/_of_meeting.html", list(papers))]


def with_words(documents: QuerySet[Document], words: str) -> QuerySet[Document]:
    """Those whose title has each of the words, in any order and without regard to case."""
    for word in words.split():
        documents = documents.filter(title__icontains=word)
    return documents


def narrowed(documents: QuerySet[Document], chosen: Mapping[str, str]) -> QuerySet[Document]:
    """Those that have the values chosen, by the name of the facet; an empty value narrows nothing."""
    return documents.filter(**{FACETS[name][0]: value for name, value in chosen.items() if value})


def facets_of(documents: QuerySet[Document], chosen: Mapping[str, str]) -> list[Facet]:
    """What `documents` can be narrowed by, in one query.

    The numbers of a facet count what the choices in the other facets leave, so that each says what choosing it
    would give.
    """
    branches = [_counted(documents, name, chosen) for name in FACETS]
    rows = branches[0].union(*branches[1:], all=True)
    return [
        Facet(name, heading, _options(name, chosen.get(name, ""), (row for row in rows if row["facet"] == name)))
        for name, (_, _, heading) in FACETS.items()
    ]


def number_of(facets: Iterable[Facet]) -> int:
    """How many documents the choices of the facets leave: each document has one kind."""
    kind = next(facet for facet in facets if facet.name == "kind")
    return sum(option.number for option in kind.options if option.is_chosen or not kind.is_chosen)


def _counted(documents: QuerySet[Document], name: str, chosen: Mapping[str, str]) -> QuerySet[Document, Any]:
    field, label, _ = FACETS[name]
    others = narrowed(documents, {other: value for other, value in chosen.items() if other != name})
    return (
        others.filter(**{f"{field}__isnull": False})
        .order_by()
        .values(
            facet=Value(name, CharField()),
            value=Cast(field, CharField()),
            label=Cast(label, CharField()),
        )
        .annotate(number=Count("pk"))
    )


def _options(name: str, chosen: str, rows: Iterable[dict[str, Any]]) -> list[Option]:
    labels = {"kind": dict(Document.Kind.choices), "access": dict(Document.Access.choices)}.get(name, {})
    options = [
        Option(
            value=row["value"],
            label=str(labels.get(row["value"], row["label"])),
            number=row["number"],
            is_chosen=row["value"] == chosen,
        )
        for row in rows
    ]
    if chosen and not any(option.is_chosen for option in options):
        options.append(Option(chosen, str(labels.get(chosen, chosen)), 0, is_chosen=True))
    return sorted(options, key=lambda option: (-option.number, option.label.lower()))
