"""Notes on milestones, deliverables and teams."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast, Coalesce, JSONObject

from milestones.work.models import Deliverable, Milestone, Note
from teams.accounts.models import Organization, User
from teams.bodies.models import Body
from teams.bodies.selectors import groups_entered_by
from teams.remarks.selectors import PEOPLE, as_read_by, open_to

# What a note is called by: the title of what it is about.
ABOUT = Coalesce("milestone__title", "deliverable__title", Cast("body__name", CharField()))

# So many notes stand on the page of a milestone or a team.
FIRST_SHOWN = 5

# What is read of a note, of its people, and of what it is about.
_FIELDS = ("key", "text", "source", "is_government_only", "written_at", "edited_at")
_WITHDRAWN = ("withdrawn_at", "withdrawn_reason", "author_id")


def notes_visible_to(person: User, day: date) -> QuerySet[Note]:
    """Notes of the groups that the person may enter on `day`, the newest first; those marked for the government alone.

    Of a withdrawn one the author alone may read the words: pages draw what `as_read_by` gives.
    """
    seen = Note.objects.filter(open_to(person), group__in=groups_entered_by(person, day))
    return seen.select_related(*PEOPLE, "body__group", "milestone__group", "deliverable__body__group")


def notes_that_say(person: User, day: date) -> QuerySet[Note]:
    """The same without those that were withdrawn."""
    return notes_visible_to(person, day).filter(withdrawn_at__isnull=True)


def notes_about(notes: QuerySet[Note], *, body: str = "", milestone: str = "", deliverable: str = "") -> QuerySet[Note]:
    """Those of a body, on a milestone, on a deliverable with its milestones (by their keys); an empty key is none."""
    if body:
        notes = notes.filter(body__key=body)
    if milestone:
        notes = notes.filter(milestone__key=milestone)
    if deliverable:
        notes = notes.filter(Q(deliverable__key=deliverable) | Q(milestone__deliverable__key=deliverable))
    return notes


def first_notes(person: User, day: date, **of: Any) -> ArraySubquery:
    """The newest notes, one more than are shown, as a part of the page's own query: `notes_read` makes them of it.

    `of` says of what, such as `milestone=OuterRef("pk")`.
    """
    found = notes_visible_to(person, day).filter(**of)
    people = {
        "by": "author__name",
        "affiliation": "author__affiliation",
        "organization": "author__organization__name",
        "acronym": "author__organization__acronym",
        "withdrawn_by_name": "withdrawn_by__name",
        "milestone_key": "milestone__key",
        "milestone_title": "milestone__title",
        "deliverable_key": "deliverable__key",
        "deliverable_title": "deliverable__title",
    }
    said = {name: F(name) for name in (*_FIELDS, *_WITHDRAWN)} | {name: F(path) for name, path in people.items()}
    return ArraySubquery(found.values(it=JSONObject(**said))[: FIRST_SHOWN + 1])


def notes_read(rows: list[Mapping[str, Any]], person: User, body: Body) -> list[Note]:
    """The notes that `first_notes` brought, about what `body` does, as the person reads them: no query."""
    return as_read_by(person, (_note(row, body) for row in rows))


def _note(row: Mapping[str, Any], body: Body) -> Note:
    organization = row["organization"] and Organization(name=row["organization"], acronym=row["acronym"])
    group = body.group
    note = Note(
        group=group, body=body, **{name: row[name] for name in _FIELDS}, withdrawn_reason=row["withdrawn_reason"]
    )
    for name in ("written_at", "edited_at", "withdrawn_at"):
        setattr(note, name, row[name] and datetime.fromisoformat(row[name]))
    note.author = User(
        pk=row["author_id"], name=row["by"], affiliation=row["affiliation"], organization=organization or None
    )
    if row["withdrawn_by_name"]:
        note.withdrawn_by = User(name=row["withdrawn_by_name"])
    if row["milestone_key"]:
        note.milestone = Milestone(group=group, body=body, key=row["milestone_key"], title=row["milestone_title"])
    if row["deliverable_key"]:
        note.deliverable = Deliverable(
            group=group, body=body, key=row["deliverable_key"], title=row["deliverable_title"]
        )
    return note
