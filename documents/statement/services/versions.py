"""Recording an adopted version, with clauses that stay themselves."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction
from psycopg.types.range import DateRange

from documents.statement.models import Clause, ClauseText, StatementOfWork, StatementVersion
from teams.dates import ApproximateDate

SIMILAR_ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Wording:
    """What a clause says in a version: its number there ("4.1"), its heading, its text (Markdown)."""

    number: str
    heading: str
    text: str = ""

    @property
    def whole(self) -> str:
        """Heading and text, for comparing."""
        return f"{self.heading}\n{self.text}"


def same_clauses(before: Sequence[Wording], after: Sequence[Wording]) -> list[int | None]:
    """For each wording of a new version, the position in the version before of the clause that it is.

    A clause is the one of the same heading (in any case), whatever its number now; where several have that heading,
    the one of the same number first. Among the rest it is the one of the same number, if heading and text are alike
    for at least half. Else it is a new clause: None.
    """
    left = dict(enumerate(before))
    found: list[int | None] = [None] * len(after)

    def take(position: int, old: int | None) -> None:
        if old is not None:
            found[position] = old
            del left[old]

    def named(wording: Wording, number: str | None) -> int | None:
        heading = wording.heading.casefold()
        fits = (i for i, old in left.items() if old.heading.casefold() == heading and number in (None, old.number))
        return next(fits, None)

    for number_counts in (True, False):
        for position, wording in enumerate(after):
            if found[position] is None:
                take(position, named(wording, wording.number if number_counts else None))
    for position, wording in enumerate(after):
        if found[position] is None:
            at_number = next((i for i, old in left.items() if old.number == wording.number), None)
            if at_number is not None and _likeness(left[at_number], wording) >= SIMILAR_ENOUGH:
                take(position, at_number)
    return found


def _likeness(one: Wording, other: Wording) -> float:
    return difflib.SequenceMatcher(None, one.whole, other.whole, autojunk=False).ratio()


@dataclass(frozen=True, slots=True)
class Placed:
    """A clause of a new version: which clause it is, and what it says there."""

    clause_id: int
    wording: Wording


@transaction.atomic
def adopt_version(
    *,
    statement: StatementOfWork,
    number: str,
    adopted: ApproximateDate,
    clauses: Sequence[Wording],
    source: str,
    summary: str = "",
) -> StatementVersion:
    """Record a version that was adopted elsewhere; its clauses keep who they are. In force from the date of adoption.

    Raises ValueError where a version of a later or the same date is recorded already.
    """
    last = statement.versions.order_by("-in_force").first()
    if last is not None and (adopted.first, adopted.last) <= (last.adopted.first, last.adopted.last):
        raise ValueError(f"version {last.number} was adopted {last.adopted} already")
    before = list(last.texts.order_by("position")) if last else []
    same = same_clauses([Wording(text.number, text.heading, text.text) for text in before], clauses)
    new = iter(Clause.objects.bulk_create(Clause(statement=statement) for old in same if old is None))
    placed = [
        Placed(before[old].clause_id if old is not None else next(new).pk, wording)
        for old, wording in zip(same, clauses, strict=True)
    ]
    return record(
        statement=statement,
        number=number,
        adopted=adopted,
        in_force_from=adopted.first,
        clauses=placed,
        source=source,
        summary=summary,
    )


@transaction.atomic
def record(
    *,
    statement: StatementOfWork,
    number: str,
    adopted: ApproximateDate,
    in_force_from: date,
    clauses: Sequence[Placed],
    source: str,
    summary: str = "",
) -> StatementVersion:
    """Write a version, end the time of the one before it on that day, and seal it: from then on it stays as it is.

    Raises ValueError where a version is in force from that day or a later one already.
    """
    with connection.cursor() as cursor:
        # Where the transaction checks its constraints at once, this one waits: the version is whole only at its end.
        cursor.execute("SET CONSTRAINTS adopted_version_is_whole DEFERRED")
    last = statement.versions.select_for_update().order_by("-in_force").first()
    if last is not None:
        if in_force_from <= last.in_force.lower:
            raise ValueError(f"version {last.number} is in force from {last.in_force.lower} already")
        last.in_force = DateRange(last.in_force.lower, in_force_from)
        last.save(update_fields=["in_force"])
    version = StatementVersion.objects.create(
        statement=statement,
        number=number,
        adopted=adopted,
        in_force=DateRange(in_force_from, None),
        source=source,
        summary=summary,
    )
    ClauseText.objects.bulk_create(
        ClauseText(
            version=version,
            clause_id=placed.clause_id,
            position=position,
            number=placed.wording.number,
            heading=placed.wording.heading,
            text=placed.wording.text,
        )
        for position, placed in enumerate(clauses, 1)
    )
    version.is_sealed = True
    version.save(update_fields=["is_sealed"])
    return version
