"""The role that the portal runs as: it owns nothing, and only reads and adds to the history."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from psycopg import sql

from .guards import guarded_tables

# Who may do more than that by what the role is, whatever it is granted.
_MIGHTY: Final = {
    "rolsuper": "is a superuser",
    "rolcreaterole": "may create roles",
    "rolcreatedb": "may create databases",
    "rolreplication": "may replicate",
    "rolbypassrls": "bypasses row security",
}


class RoleRefused(Exception):
    """The role can't be the portal's; the text says why."""


def grant_application_role(*, name: str) -> dict[str, int]:
    """Let the role `name` run the portal, and no more; returns how many tables and views it got with which rights.

    Called as the owner of the tables, after each `migrate`. What the role was granted before is taken away first.
    Raises RoleRefused when there is no such role, when it could do more by what it is, or when the caller is not the
    owner.
    """
    with transaction.atomic():
        _check(name)
        tables = _relations("r", "p")
        role = sql.Identifier(name)
        schema, database = _place()
        rights = {table: _rights(table) for table in tables} | dict.fromkeys(_relations("v"), "SELECT")
        _run(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA {} FROM {}, PUBLIC").format(schema, role))
        _run(sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA {} FROM {}, PUBLIC").format(schema, role))
        # A table in a schema of its own, or a temporary one, would be written to in place of one of the history.
        _run(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM {}, PUBLIC").format(schema, role))
        _run(sql.SQL("REVOKE CREATE, TEMPORARY ON DATABASE {} FROM {}, PUBLIC").format(database, role))
        _run(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
        _run(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role))
        _run(sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {} TO {}").format(schema, role))
        for table, right in rights.items():
            _run(sql.SQL("GRANT {} ON {} TO {}").format(sql.SQL(right), sql.Identifier(table), role))
    return {right: list(rights.values()).count(right) for right in sorted(set(rights.values()), key=len)}


def _rights(table: str) -> str:
    if table == "django_migrations":
        return "SELECT"
    return "SELECT, INSERT" if table in guarded_tables() else "SELECT, INSERT, UPDATE, DELETE"


def _check(name: str) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, _MIGHTY))
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT {} FROM pg_roles WHERE rolname = %s").format(columns).as_string(), [name])
        is_mighty = cursor.fetchone()
        if is_mighty is None:
            raise RoleRefused(f"There is no role {name}: CREATE ROLE {name} LOGIN PASSWORD '…'; makes it.")
        cursor.execute(
            "SELECT bool_or(pg_has_role(%s, relowner, 'MEMBER')), bool_and(pg_has_role(relowner, 'USAGE')) "
            "FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) AND relkind IN ('r', 'p', 'S')",
            [name],
        )
        row = cursor.fetchone()
    for what, word in zip(is_mighty, _MIGHTY.values(), strict=True):
        if what:
            raise RoleRefused(f"The role {name} {word}: the portal's role must not.")
    if row is None or row[0]:
        raise RoleRefused(f"The role {name} owns tables of the portal, or is a member of their owner.")
    if not row[1]:
        raise RoleRefused("Only the owner of the portal's tables can grant them: run this as the role that migrates.")


def _relations(*kinds: str) -> list[str]:
    """The names of tables (r, p) or views (v), as pg_class.relkind says."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()) "
            "AND relkind = ANY (%s) ORDER BY relname",
            [list(kinds)],
        )
        return [name for (name,) in cursor.fetchall()]


def _place() -> tuple[sql.Identifier, sql.Identifier]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema(), current_database()")
        row = cursor.fetchone()
    assert row is not None
    return sql.Identifier(row[0]), sql.Identifier(row[1])


def _run(statement: sql.Composed) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string())
