"""Questions about the statement of work. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Generic, TypeVar

from django.db.models import Q, QuerySet

from documents.statement.models import ClauseText, StatementVersion
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.bodies.selectors import groups_entered_by

from .searching import fitting
from .signatures import with_signatures

DEEPEST_HEADING = 6


T = TypeVar("T", bound=Any)


@dataclass(slots=True)
class Node(Generic[T]):
    """A clause with those that its number puts under it."""

    clause: T
    level: int  # of its heading on the page: 2 for "4", 3 for "4.1"
    nodes: list[Node[T]] = field(default_factory=list)


def versions_visible_to(person: User, day: date) -> QuerySet[StatementVersion]:
    """Versions of the statements of the groups that the person may enter on `day`."""
    return StatementVersion.objects.filter(statement__group__in=groups_entered_by(person, day)).select_related(
        "statement__group", "statement__body__group"
    )


def versions_shown(person: User, day: date) -> Q:
    """For the activity feed: that a version came. It stays as it is; that it was sealed, and that the next one ended
    its time, is no change of it.
    """
    return Q(pgh_label="insert")


def texts_in_force_visible_to(person: User, day: date) -> QuerySet[ClauseText]:
    """The clauses of the versions that are in force on `day`, in the groups that the person may enter."""
    return ClauseText.objects.filter(
        version__statement__group__in=groups_entered_by(person, day), version__in_force__contains=day
    )


def versions_of(person: User, group: WorkingGroup, day: date) -> list[StatementVersion]:
    """The versions of the group's statement of work, the newest first; those of its first body if several have one.

    One query, with what `signatures_at_hand` reads.
    """
    found = versions_visible_to(person, day).filter(statement__group=group)
    versions = list(with_signatures(found).order_by("statement__body__position", "statement", "-in_force"))
    return [version for version in versions if version.statement_id == versions[0].statement_id]


def in_force(versions: Iterable[StatementVersion], day: date) -> StatementVersion | None:
    """The one of the versions that is in force on `day`.

    A version of which only the month or the year of adoption is known counts from its first day, as everything does
    that holds from a date on.
    """
    return next((version for version in versions if day in version.in_force), None)


def clauses_of(*versions: StatementVersion, words: str = "") -> dict[int, list[ClauseText]]:
    """The clauses of the versions in their order, by the version's id: one query. With words each says if it `fits`."""
    found: dict[int, list[ClauseText]] = {version.pk: [] for version in versions}
    by_id = {version.pk: version for version in versions}
    rows = ClauseText.objects.filter(version__in=by_id).annotate(**fitting(words))
    for text in rows.order_by("version", "position"):
        text.version = by_id[text.version_id]
        found[text.version_id].append(text)
    return found


def tree(clauses: Iterable[T]) -> list[Node[T]]:
    """The clauses under one another by their numbers: "4.1" under "4". Without a "4" it stands at the top."""
    top: list[Node[T]] = []
    by_number: dict[str, Node[T]] = {}
    for clause in clauses:
        above = by_number.get(clause.number.rpartition(".")[0])
        level = min(above.level + 1, DEEPEST_HEADING) if above else 2
        node = by_number[clause.number] = Node(clause, level)
        (above.nodes if above else top).append(node)
    return top
