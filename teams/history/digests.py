"""The hash of one row of the history, and of all that a table holds of a day, as SQL.

A row is read as its columns in the order given, each as PostgreSQL writes it in UTC and ISO 8601, with its length in
bytes before it (`-` for NULL), so that no two rows read the same. The order of the columns is kept with each seal: a
column that a later version adds does not change what was sealed before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.db import connection
from psycopg import sql

MARK: Final = 16  # hexadecimal digits of a row's hash that are kept to name it

# What decides how PostgreSQL writes a value. In force until the transaction ends, as is the time that it may take.
_WRITTEN_ALIKE: Final = """
SET LOCAL TimeZone = 'UTC';
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'iso_8601';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';
SET LOCAL statement_timeout = 0;
"""

_ROWS: Final = """
SELECT ({written} AT TIME ZONE 'UTC')::date AS day, {key} AS key, sha256(convert_to({text}, 'UTF8')) AS digest
FROM {table}
WHERE {written} >= {since}::date::timestamp AT TIME ZONE 'UTC'
  AND {written} < {until}::date::timestamp AT TIME ZONE 'UTC'
"""

_VALUE: Final = "coalesce(octet_length({column}::text) || ':' || {column}::text, '-')"

HASH_OF_ROWS: Final = "encode(sha256(string_agg(digest, ''::bytea ORDER BY key)), 'hex')"


def write_alike() -> None:
    """Have values written the same whatever the session's settings; call it in the transaction that hashes."""
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN_ALIKE)


def columns_of(table: str) -> list[str]:
    """The columns that a table has now, in order of their names; none where there is no such table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = to_regclass(quote_ident(%s)) AND attnum > 0 "
            'AND NOT attisdropped ORDER BY attname COLLATE "C"',
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


def rows_of_days(table: str, key: str, written: str, columns: Sequence[str]) -> sql.Composable:
    """A query for (day, key, digest) of the rows written from the parameter `since` to before `until` (dates, UTC)."""
    texts = [sql.SQL(_VALUE).format(column=sql.Identifier(column)) for column in columns]
    return sql.SQL(_ROWS).format(
        table=sql.Identifier(table),
        key=sql.Identifier(key),
        written=sql.Identifier(written),
        text=sql.SQL(" || ',' || ").join(texts),
        since=sql.Placeholder("since"),
        until=sql.Placeholder("until"),
    )
