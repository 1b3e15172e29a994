"""Does the history still say what it said when it was sealed? Every day, table and row that does not fit is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from django.db import connection, transaction
from psycopg import sql

from teams.clock import selectors as clock

from . import digests
from .guards import recorded_tables, unguarded_tables
from .models import HistoryDay, SealedTable
from .services import NOTHING_BEFORE, first_open_day, hash_of_day

# Of the rows of one table and day that do not fit, so many are named; the others are counted.
NAMED: Final = 20

_BY_DAY: Final = "SELECT day, count(*), {hash} FROM ({rows}) AS rows GROUP BY day"

_DIFFERENCES: Final = """
WITH there AS (SELECT key::text AS key, left(encode(digest, 'hex'), {mark}) AS mark FROM ({rows}) AS rows),
     sealed AS (SELECT key, mark FROM jsonb_each_text(
         (SELECT marks FROM history_sealedtable WHERE id = {seal})) AS each (key, mark))
SELECT CASE WHEN sealed.mark IS NULL THEN 'was added' WHEN there.mark IS NULL THEN 'is missing' ELSE 'was changed' END,
       key, count(*) OVER ()
FROM there FULL JOIN sealed USING (key) WHERE there.mark IS DISTINCT FROM sealed.mark
ORDER BY length(key), key LIMIT {named}
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit: on which day (None: of no day), in which table ("": in none), and what."""

    day: date | None
    table: str
    what: str

    def __str__(self) -> str:
        return " ".join(filter(None, [f"{self.day}:" if self.day else "", self.table, self.what]))


@dataclass(slots=True)
class Verified:
    """What was looked at, and what was found."""

    days: int
    rows: int
    first: date | None
    last: date | None
    findings: list[Finding]


def heads() -> Iterator[tuple[date, str]]:
    """Each sealed day and its hash, for keeping elsewhere."""
    return HistoryDay.objects.values_list("day", "hash").iterator()


def verify(*, now: datetime | None = None, against: Mapping[date, str] | None = None) -> Verified:
    """Compare the whole history with its seals, and the seals with the heads that were kept elsewhere (`against`).

    `now` is the real instant to go by, for tests. One pass over each table, in PostgreSQL.
    """
    with transaction.atomic():
        digests.write_alike()
        days = list(HistoryDay.objects.order_by("day"))
        seals = list(SealedTable.objects.order_by("day", "table").defer("marks"))
        findings = [Finding(None, table, "has no guard, or it is switched off") for table in unguarded_tables()]
        findings += _chain(days, seals)
        findings += _unsealed(days, first_open_day((now or clock.real_now()) - timedelta(days=1)))
        if days:
            findings += _tables(seals, days[-1].day + timedelta(days=1))
        findings += _against(days, against or {})
    return Verified(
        len(days),
        sum(seal.rows for seal in seals),
        days[0].day if days else None,
        days[-1].day if days else None,
        sorted(findings, key=lambda each: (each.day or date.min, each.table)),
    )


def _chain(days: list[HistoryDay], seals: list[SealedTable]) -> Iterator[Finding]:
    """Days that are missing, do not stand on the day before, or whose hash is not that of what they say."""
    tables = {day: list(of_day) for day, of_day in groupby(seals, key=lambda seal: seal.day_id)}
    expected, next_day = NOTHING_BEFORE, days[0].day if days else None
    for each in days:
        if each.day != next_day:
            yield Finding(next_day, "", "the seal of this day is missing")
        elif each.previous != expected:
            yield Finding(each.day, "", "the seal does not stand on that of the day before")
        if each.hash != hash_of_day(each.day, each.previous, tables.pop(each.day, ())):
            yield Finding(each.day, "", "the seal is not that of what it says of its tables")
        tables.pop(each.day, None)
        expected, next_day = each.hash, each.day + timedelta(days=1)
    for day in tables:
        yield Finding(day, "", "tables are sealed for this day, but not the day")


def _unsealed(days: list[HistoryDay], until: date) -> Iterator[Finding]:
    """Rows of days that should have been sealed by now."""
    since = days[-1].day + timedelta(days=1) if days else date(2000, 1, 1)
    for table, (key, written) in recorded_tables().items():
        if not digests.columns_of(table):
            continue  # no such table: it is gone, which its seals tell, or a migration is still to make it
        for day, (count, _) in _by_day(table, key, written, [key], since, until).items():
            yield Finding(day, table, f"{_rows(count)} of a day that should be sealed by now, and is not")


def _tables(seals: list[SealedTable], until: date) -> Iterator[Finding]:
    by_table: dict[str, list[SealedTable]] = {}
    for seal in seals:
        by_table.setdefault(seal.table, []).append(seal)
    known = recorded_tables()
    for table in sorted({*by_table, *known}):
        key, written = known.get(table, ("pgh_id", "pgh_created_at"))
        yield from _table(table, key, written, by_table.get(table, []), until)


def _table(table: str, key: str, written: str, seals: list[SealedTable], until: date) -> Iterator[Finding]:
    columns_there = digests.columns_of(table)
    if not columns_there:
        yield from (Finding(seal.day_id, table, f"is gone; it had {_rows(seal.rows)}") for seal in seals)
        return
    unseen = _by_day(table, key, written, [key], date(2000, 1, 1), until)
    for columns, of_columns in _by_columns(seals):
        if gone := [name for name in columns if name not in columns_there]:
            for seal in of_columns:
                unseen.pop(seal.day_id, None)
                yield Finding(seal.day_id, table, f"can't be compared without its column {', '.join(gone)}")
            continue
        first, last = of_columns[0].day_id, of_columns[-1].day_id
        found = _by_day(table, key, written, columns, first, last + timedelta(days=1))
        for seal in of_columns:
            unseen.pop(seal.day_id, None)
            count, hashed = found.get(seal.day_id, (0, ""))
            if (count, hashed) != (seal.rows, seal.hash):
                yield from _differences(seal, key, written, count)
    for day, (count, _) in unseen.items():
        yield Finding(day, table, f"had no row when the day was sealed, and has {_rows(count)}")


def _by_columns(seals: list[SealedTable]) -> Iterable[tuple[list[str], list[SealedTable]]]:
    found: dict[tuple[str, ...], list[SealedTable]] = {}
    for seal in seals:
        found.setdefault(tuple(seal.columns), []).append(seal)
    return [(list(columns), of_columns) for columns, of_columns in found.items()]


def _by_day(
    table: str, key: str, written: str, columns: list[str], since: date, until: date
) -> dict[date, tuple[int, str]]:
    """The number of rows and their hash for each day that has any."""
    statement = sql.SQL(_BY_DAY).format(
        hash=sql.SQL(digests.HASH_OF_ROWS), rows=digests.rows_of_days(table, key, written, columns)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(), {"since": since, "until": until})
        return {day: (count, hashed) for day, count, hashed in cursor.fetchall()}


def _differences(seal: SealedTable, key: str, written: str, count: int) -> Iterator[Finding]:
    statement = sql.SQL(_DIFFERENCES).format(
        mark=sql.Literal(digests.MARK),
        seal=sql.Literal(seal.pk),
        named=sql.Literal(NAMED),
        rows=digests.rows_of_days(seal.table, key, written, seal.columns),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(), {"since": seal.day_id, "until": seal.day_id + timedelta(days=1)})
        rows: list[Any] = cursor.fetchall()
    if count != seal.rows:
        yield Finding(seal.day_id, seal.table, f"had {_rows(seal.rows)}, and has {count}")
    for what, pk, _ in rows:
        yield Finding(seal.day_id, seal.table, f"row {pk} {what}")
    if rows and rows[0][2] > NAMED:
        yield Finding(seal.day_id, seal.table, f"and {_rows(rows[0][2] - NAMED)} more do not fit")
    if not rows and count == seal.rows:
        yield Finding(seal.day_id, seal.table, "the seal of the table does not fit its rows, whose marks do")


def _against(days: list[HistoryDay], kept: Mapping[date, str]) -> Iterator[Finding]:
    there = {each.day: each.hash for each in days}
    for day, head in kept.items():
        if day not in there:
            yield Finding(day, "", "has no seal, but a head of it was kept")
        elif there[day] != head:
            yield Finding(day, "", "the head that was kept is another: the chain was computed again")


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"
