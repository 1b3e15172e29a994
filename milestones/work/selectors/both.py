"""Milestones and deliverables in one query, in short: what a line says of them; the rest is read when asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    CharField,
    Count,
    F,
    IntegerField,
    Model,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce

from milestones.work.models import Deliverable, Milestone
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.dates import first_day, last_day

Owed = Milestone | Deliverable

# Columns of both, and of what they hang on.
_OWN: Final = (
    *("id", "key", "title", "state", "source", "due", "group_id", "body_id", "owner_id"),
    *("handed_in_by_id", "handed_in_at", "drop_asked_by_id", "drop_asked_because"),
)
_PERSON: Final[tuple[type[Model], Sequence[str]]] = (User, ("id", "name"))
_NEAR: Final[dict[str, tuple[type[Model], Sequence[str]]]] = {
    "group": (WorkingGroup, ("id", "slug")),
    "body": (Body, ("id", "group_id", "key", "kind", "number", "name", "acronym")),
    "owner": _PERSON,
    "handed_in_by": _PERSON,
    "drop_asked_by": _PERSON,
}
# Columns of milestones alone, and what stands there for a deliverable.
_NO_KEY: Final = Cast(Value(None), BigIntegerField())
_NO_WORDS: Final = Cast(Value(""), TextField())
_OF_MILESTONES: Final = {"deliverable_id": _NO_KEY, "disclaimed_by_id": _NO_KEY, "disclaimed_because": _NO_WORDS}
_NEAR_MILESTONES: Final[dict[str, tuple[type[Model], Sequence[str]]]] = {
    "deliverable": (Deliverable, ("id", "title")),
    "disclaimed_by": _PERSON,
}
_NO_NEIGHBOUR: Final = {"id": _NO_KEY, "title": _NO_WORDS, "name": _NO_WORDS}


@dataclass(frozen=True, slots=True)
class First:
    """The first of what is owed, how much there is `in_all`, and how much of that is `late`."""

    owed: list[Owed]
    in_all: int
    late: int


def in_order_of_due(milestones: QuerySet[Milestone], deliverables: QuerySet[Deliverable]) -> list[Owed]:
    """All of them, the first due first."""
    return [_owed(row) for row in _rows(milestones, deliverables)]


def first_of(milestones: QuerySet[Milestone], deliverables: QuerySet[Deliverable], *, today: date, most: int) -> First:
    """The `most` that are due first; `late` is what was due before `today`."""
    late = Q(last__lt=today)
    counts = {
        "in_all": _number(milestones) + _number(deliverables),
        "late_in_all": _number(_dated(milestones).filter(late)) + _number(_dated(deliverables).filter(late)),
    }
    rows = list(_rows(milestones, deliverables, **counts)[:most])
    return First([_owed(row) for row in rows], *((rows[0]["in_all"], rows[0]["late_in_all"]) if rows else (0, 0)))


def _dated(owed: QuerySet[Any]) -> QuerySet[Any]:
    dated: QuerySet[Any] = owed.order_by().annotate(first=first_day("due"), last=last_day("due"))
    return dated


def _number(owed: QuerySet[Any]) -> Coalesce:
    """How many there are, counted once for the whole query."""
    number = owed.order_by().values(nothing=Value(1)).annotate(number=Count("pk")).values("number")
    return Coalesce(Subquery(number, output_field=IntegerField()), 0)


def _rows(milestones: QuerySet[Milestone], deliverables: QuerySet[Deliverable], **more: Any) -> QuerySet[Any, Any]:
    names = [*_OWN, *(f"{near}__{name}" for near, (_, columns) in _NEAR.items() for name in columns)]
    of_milestones = dict(_OF_MILESTONES) | {
        f"{near}__{name}": _NO_NEIGHBOUR[name] for near, (_, columns) in _NEAR_MILESTONES.items() for name in columns
    }
    columns = {_column(name): F(name) for name in names}
    shown = ["first", "last", "of_kind", *columns, *(_column(name) for name in of_milestones), *more]
    parts = [
        _dated(milestones).annotate(
            of_kind=Value("milestone", CharField()),
            **columns,
            **{_column(name): F(name) for name in of_milestones},
            **more,
        ),
        _dated(deliverables).annotate(
            of_kind=Value("deliverable", CharField()),
            **columns,
            **{_column(name): nothing for name, nothing in of_milestones.items()},
            **more,
        ),
    ]
    read = [part.values(*shown) for part in parts]
    both: QuerySet[Any, Any] = read[0].union(read[1], all=True)
    return both.order_by("last", "first", "of_kind", _column("id"))


def _column(name: str) -> str:
    return f"of_{name.replace('__', '_of_')}"


def _owed(row: dict[str, Any]) -> Owed:
    is_milestone = row["of_kind"] == "milestone"
    model: type[Owed] = Milestone if is_milestone else Deliverable
    owed: Owed = _made(model, [*_OWN, *(_OF_MILESTONES if is_milestone else ())], row)
    for near, (neighbour, columns) in (_NEAR | (_NEAR_MILESTONES if is_milestone else {})).items():
        there = row[_column(f"{near}__id")] is not None
        setattr(owed, near, _made(neighbour, columns, row, f"{near}__") if there else None)
    owed.body.group = owed.group
    return owed


def _made(model: type[Any], columns: Sequence[str], row: dict[str, Any], before: str = "") -> Any:
    in_order = [field.attname for field in model._meta.concrete_fields if field.attname in columns]  # noqa: SLF001
    known = {name: row[_column(f"{before}{name}")] for name in in_order}
    return model.from_db("default", list(known), list(known.values()))
