"""What keeps the history as it was written: triggers on every table of events, and on that of their contexts.

`install` runs after each `migrate`, so that no table of events stays without them.
"""

from __future__ import annotations

from typing import Any, Final

import pghistory.models
from django.apps import apps
from django.db import connection
from django.db.models import Model
from psycopg import sql

from .models import HistoryDay, SealedTable

# Both fire whatever `session_replication_role` says (ENABLE ALWAYS).
APPEND_ONLY: Final = "history_append_only"
OWN_TIME: Final = "history_own_time"

_REFUSE: Final = """
CREATE OR REPLACE FUNCTION history_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'history is only added to: % on % is refused%',
        TG_OP, TG_TABLE_NAME, CASE TG_OP WHEN 'INSERT' THEN ', since the row claims another time' ELSE '' END
        USING ERRCODE = 'insufficient_privilege';
END $$
"""

# In place of the function that pghistory's migrations install, which changes a context that is there. Here a context
# whose metadata changed on the way (somebody signed in, say) becomes a second row, and each event keeps the one that
# was true when it was written. Nothing is ever changed.
_ATTACH_CONTEXT: Final = """
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    given uuid := NULLIF(current_setting('pghistory.context_id', true), '')::uuid;
    said jsonb := NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb;
    before jsonb;
BEGIN
    IF given IS NULL OR said IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT metadata INTO before FROM pghistory_context WHERE id = given;
    IF before IS NOT NULL AND before IS DISTINCT FROM said THEN
        given := md5(given::text || said::text)::uuid;
    END IF;
    INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
        VALUES (given, said, now(), now()) ON CONFLICT (id) DO NOTHING;
    RETURN given;
END $$
"""

_CREATE: Final = """
CREATE OR REPLACE TRIGGER {append_only} BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION history_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {append_only};
"""

_CREATE_FOR_TIME: Final = """
CREATE OR REPLACE TRIGGER {own_time} BEFORE INSERT ON {table}
    FOR EACH ROW WHEN (NEW.{written} IS DISTINCT FROM now()) EXECUTE FUNCTION history_refuse();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {own_time};
"""


def event_models() -> list[type[Model]]:
    """Every model of events that pghistory keeps for a tracked model, in order of their tables."""
    found = [
        model
        for model in apps.get_models()
        if issubclass(model, pghistory.models.Event) and model._meta.managed and not model._meta.proxy  # noqa: SLF001 - documented by Django under this name
    ]
    return sorted(found, key=lambda model: model._meta.db_table)  # noqa: SLF001


def recorded_tables() -> dict[str, tuple[str, str]]:
    """The tables that are sealed day by day, each with its key and the column of the instant it was written."""
    events = {model._meta.db_table: ("pgh_id", "pgh_created_at") for model in event_models()}  # noqa: SLF001
    return {**events, pghistory.models.Context._meta.db_table: ("id", "created_at")}  # noqa: SLF001


def guarded_tables() -> dict[str, list[str]]:
    """Every table of the history with the names of the triggers that it must have."""
    seals = {model._meta.db_table: [APPEND_ONLY] for model in (HistoryDay, SealedTable)}  # noqa: SLF001
    return {table: [APPEND_ONLY, OWN_TIME] for table in recorded_tables()} | seals


def unguarded_tables() -> list[str]:
    """Tables of the history that lack a trigger or have it switched off; one query."""
    there = _guards_there()
    return [table for table, guards in guarded_tables().items() if table in there and not set(guards) <= there[table]]


def _guards_there() -> dict[str, set[str]]:
    """The guards in force of each table of the history that exists."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT relname, coalesce(array_agg(tgname::text) FILTER (WHERE tgenabled = 'A'), '{}')
            FROM pg_class LEFT JOIN pg_trigger ON tgrelid = pg_class.oid
            WHERE pg_class.oid = to_regclass(quote_ident(relname)) AND relname = ANY(%s) GROUP BY relname
            """,
            [list(guarded_tables())],
        )
        return {table: set(guards) for table, guards in cursor.fetchall()}


def install(**_signal: Any) -> None:
    """Give every table of the history its guards, and the database the function that attaches contexts.

    Called after `migrate`, as the owner of the tables. What is there already is left alone.
    """
    tables = recorded_tables()
    with connection.cursor() as cursor:
        cursor.execute(_REFUSE)
        if pghistory.models.Context._meta.db_table in _guards_there():  # noqa: SLF001
            cursor.execute(_ATTACH_CONTEXT)
        for table in unguarded_tables():
            names = {"table": sql.Identifier(table), "append_only": sql.Identifier(APPEND_ONLY)}
            cursor.execute(sql.SQL(_CREATE).format(**names).as_string())
            if table in tables:
                written = sql.Identifier(tables[table][1])
                own_time = sql.Identifier(OWN_TIME)
                own = sql.SQL(_CREATE_FOR_TIME).format(table=names["table"], written=written, own_time=own_time)
                cursor.execute(own.as_string())
