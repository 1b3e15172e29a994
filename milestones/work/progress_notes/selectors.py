"""Which progress notes a person may read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, F, Func, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, JSONObject

from milestones.work.models import ProgressNote
from teams.accounts.models import Organization, User
from teams.bodies.models import Body
from teams.bodies.permissions import ALLOWED, Action
from teams.bodies.selectors import groups_entered_by, memberships_counting_for
from teams.remarks.selectors import PEOPLE, open_to, shown_to


def _month_in_words() -> Func:
    return Func(F("month"), Value("FMMonth YYYY"), function="to_char", output_field=CharField())


# So many stand on the page of a team.
FIRST_SHOWN = 2

# What is read of a progress note there.
_FIELDS = ("key", "text", "next_steps", "blocks", "source", "is_government_only")
_INSTANTS = ("written_at", "edited_at", "published_at")

# What a progress note is called by.
CALLED = Concat(Value("Progress of "), Cast("body__name", CharField()), Value(" in "), _month_in_words())


def progress_notes_visible_to(person: User, day: date) -> QuerySet[ProgressNote]:
    """Progress notes of the groups that the person may enter on `day`; drafts for those alone who write them.

    Those marked for the government alone stay with it. Of a withdrawn one the author alone may read the words: pages
    draw what `as_read_by` gives.
    """
    entered = groups_entered_by(person, day)
    return ProgressNote.objects.filter(
        open_to(person), _published_or_own(person, day), group__in=entered
    ).select_related(*PEOPLE, "body__group", "published_by")


def progress_notes_that_say(person: User, day: date) -> QuerySet[ProgressNote]:
    """The same without those that were withdrawn."""
    return progress_notes_visible_to(person, day).filter(withdrawn_at__isnull=True)


def progress_note_shown_to(person: User, day: date) -> Q:
    """What a progress note's history shows: as that of any remark, and of the time before it was published nothing."""
    return shown_to(person, day) & (Q(published_at__isnull=False) | Q(author=person))


def _published_or_own(person: User, day: date) -> Q:
    """Published, or of a body for which the person may write: by a role in it, or in the working group above it."""
    if person.is_site_admin:
        return Q()
    held = memberships_counting_for(person, day).filter(role__in=ALLOWED[Action.REPORT_PROGRESS])
    above = held.filter(body__kind=Body.Kind.WORKING_GROUP)
    return (
        Q(published_at__isnull=False)
        | Q(author=person)
        | Q(body__in=held.values("body"))
        | Q(group__in=above.values("body__group"))
    )


def first_progress_notes(person: User, day: date, **of: Any) -> ArraySubquery:
    """The newest that say something, as a part of the page's own query: `progress_notes_read` makes them of it."""
    found = progress_notes_that_say(person, day).filter(**of).order_by("-month", "-pk")
    people = {
        "by": "author__name",
        "affiliation": "author__affiliation",
        "organization": "author__organization__name",
        "acronym": "author__organization__acronym",
    }
    said = {name: F(name) for name in (*_FIELDS, *_INSTANTS, "month", "author_id")}
    said |= {name: F(path) for name, path in people.items()}
    return ArraySubquery(found.values(it=JSONObject(**said))[:FIRST_SHOWN])


def progress_notes_read(rows: list[Mapping[str, Any]], body: Body) -> list[ProgressNote]:
    """The notes that `first_progress_notes` brought of the body: no query."""
    return [_note(row, body) for row in rows]


def _note(row: Mapping[str, Any], body: Body) -> ProgressNote:
    note = ProgressNote(group=body.group, body=body, **{name: row[name] for name in _FIELDS})
    note.month = date.fromisoformat(row["month"])
    for name in _INSTANTS:
        setattr(note, name, row[name] and datetime.fromisoformat(row[name]))
    organization = row["organization"] and Organization(name=row["organization"], acronym=row["acronym"])
    note.author = User(
        pk=row["author_id"], name=row["by"], affiliation=row["affiliation"], organization=organization or None
    )
    return note
