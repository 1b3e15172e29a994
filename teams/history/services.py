"""Sealing the history: each day that is over gets a hash that stands on that of the day before."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Final

from django.db import connection, transaction
from psycopg import sql

from teams.clock import selectors as clock

from . import digests
from .guards import recorded_tables
from .models import HistoryDay, SealedTable

NOTHING_BEFORE: Final = "0" * 64

# A row carries the instant at which its transaction began: one that runs longer than this over midnight comes late.
MARGIN: Final = timedelta(hours=1)

# Any number will do, if no other advisory lock of the portal has it.
SEAL_LOCK: Final = 2018_07_21

_SEAL: Final = """
INSERT INTO history_sealedtable (day_id, "table", columns, rows, hash, marks)
SELECT day, {table}, {columns}::jsonb, count(*), {hash},
       jsonb_object_agg(key::text, left(encode(digest, 'hex'), {mark}))
FROM ({rows}) AS rows GROUP BY day
"""


def first_open_day(now: datetime) -> date:
    """The first day of real time (UTC) that can't be sealed yet at `now`: all days before it are over."""
    return (now - MARGIN).astimezone(UTC).date()


def seal(*, now: datetime | None = None) -> int:
    """Seal every day of real time that is over and not sealed yet, those without a change too; returns how many.

    `now` is the real instant to go by, for tests. Sealing again changes nothing; when another worker is sealing at
    this moment, it is left to that one. All of it is done by PostgreSQL, whatever the number of rows.
    """
    until = first_open_day(now or clock.real_now())
    if HistoryDay.objects.filter(day__gte=until - timedelta(days=1)).exists():
        return 0
    with transaction.atomic():
        if not _is_alone():
            return 0
        digests.write_alike()
        last = HistoryDay.objects.order_by("day").last()
        since = last.day + timedelta(days=1) if last else _first_day()
        if since is None or since >= until:
            return 0
        for table, (key, written) in recorded_tables().items():
            _seal_table(table, key, written, since, until)
        return _chain(since, until, last.hash if last else NOTHING_BEFORE)


def hash_of_day(day: date, previous: str, tables: Iterable[SealedTable]) -> str:
    """SHA-256 (hexadecimal) of the hash before, the day, and each table's name, columns, rows and hash, a line each."""
    lines = [previous, day.isoformat()]
    lines += sorted(f"{each.table} {','.join(each.columns)} {each.rows} {each.hash}" for each in tables)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _is_alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])


def _first_day() -> date | None:
    """The day of the first row of the history; None where there is none."""
    earliest = sql.SQL("SELECT min({written}) AS written FROM {table}")
    each = [
        earliest.format(written=sql.Identifier(written), table=sql.Identifier(table))
        for table, (_, written) in recorded_tables().items()
        if digests.columns_of(table)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT (min(written) AT TIME ZONE 'UTC')::date FROM ({}) AS all_of_them")
            .format(sql.SQL(" UNION ALL ").join(each))
            .as_string()
        )
        row = cursor.fetchone()
    first: date | None = row[0] if row else None
    return first


def _seal_table(table: str, key: str, written: str, since: date, until: date) -> None:
    columns = digests.columns_of(table)
    if not columns:
        return
    statement = sql.SQL(_SEAL).format(
        table=sql.Literal(table),
        columns=sql.Literal(json.dumps(columns)),
        hash=sql.SQL(digests.HASH_OF_ROWS),
        mark=sql.Literal(digests.MARK),
        rows=digests.rows_of_days(table, key, written, columns),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(), {"since": since, "until": until})


def _chain(since: date, until: date, previous: str) -> int:
    tables: dict[date, list[SealedTable]] = {}
    for table in SealedTable.objects.filter(day__gte=since, day__lt=until).defer("marks"):
        tables.setdefault(table.day_id, []).append(table)
    days = []
    for number in range((until - since).days):
        day = since + timedelta(days=number)
        hashed = hash_of_day(day, previous, tables.get(day, ()))
        days.append(HistoryDay(day=day, previous=previous, hash=hashed, sealed_at=clock.real_now()))
        previous = hashed
    HistoryDay.objects.bulk_create(days)
    return len(days)
