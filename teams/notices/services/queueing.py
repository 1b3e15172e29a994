"""Queueing what is owed, as its recipient wants it, and planning again what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection as database
from django.db.models import QuerySet

from teams.accounts.models import User
from teams.notices import plan
from teams.notices.models import Notice
from teams.notices.selectors import COLUMNS, KEY

TABLE = Notice._meta.db_table  # noqa: SLF001 - public by Django's documentation of Model._meta


def queue(*, owed: QuerySet[Any, Any], now: datetime) -> int:
    """Write a notice for each row of `owed` that has none yet: one statement, however many rows.

    `owed` is a query with the columns COLUMNS, and `now` the instant on the portal's clock. Each is written with the
    way that its recipient chose and, where something holds it, until when; what they switched off is written as that.
    Returns how many were written. Two that do it at the same time write each once.
    """
    try:
        select, params = owed.query.sql_with_params()
    except EmptyResultSet:
        return 0
    columns = ", ".join(COLUMNS)
    # A source that says NULL for all its rows gives that column no type.
    selected = columns.replace("useless_after", "CAST(useless_after AS timestamptz) AS useless_after")
    written = ", ".join(f"owed.{name}" for name in COLUMNS)
    is_same = " AND ".join(f"known.{name} = owed.{name}" for name in KEY)
    # Sorted, so that every row is looked up before the first is written: a plan made for an empty table would
    # otherwise search, for each row, through all that the statement wrote so far.
    # Every name in it is one of our own columns; values are parameters.
    statement = f"""
        INSERT INTO {TABLE} ({columns}, created_at, way, held_until, state, remark)
        SELECT {written}, %s, {plan.COLUMNS}
        FROM (
            SELECT * FROM (SELECT {selected} FROM ({select}) AS due) AS owed
            WHERE NOT EXISTS (SELECT 1 FROM {TABLE} AS known WHERE {is_same})
            ORDER BY due_at, recipient_id, subject_key
        ) AS owed
        {plan.JOINS}
        ON CONFLICT ON CONSTRAINT notice_once DO NOTHING
    """  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(statement, [now, plan.REMARK_OFF, *params, *plan.parameters(now)])
        return int(cursor.rowcount)


def owe_to_address(
    *,
    kind: str,
    rule: str,
    subject_key: str,
    revision: int,
    address: str,
    why: str,
    now: datetime,
    useless_after: datetime,
    due_at: datetime | None = None,
) -> Notice:
    """Write a notice to an address whose owner may have no account; one that is there already is given.

    It is due at once, or at `due_at`: before it goes then, its kind is asked whether it still must.

    Instants are on the portal's clock. It belongs to no group's ledger: what it is about shows it. Nobody chose
    anything for an address, so it goes at once.
    """
    notice, _ = Notice.objects.get_or_create(
        kind=kind,
        rule=rule,
        subject_key=subject_key,
        revision=revision,
        recipient=None,
        address=address,
        defaults={"why": why, "due_at": due_at or now, "created_at": now, "useless_after": useless_after},
    )
    return notice


def owe_to_person(
    *,
    kind: str,
    rule: str,
    subject_key: str,
    revision: int,
    recipient: User,
    why: str,
    now: datetime,
    useless_after: datetime,
) -> Notice:
    """Write a notice to a person, due at once, as `owe_to_address` does to an address; of a kind that comes at once."""
    notice, _ = Notice.objects.get_or_create(
        kind=kind,
        rule=rule,
        subject_key=subject_key,
        revision=revision,
        owed_to=recipient,
        defaults={"recipient": recipient, "why": why, "due_at": now, "created_at": now, "useless_after": useless_after},
    )
    return notice


def plan_again(
    *,
    now: datetime,
    recipient: int | None = None,
    ids: Sequence[int] | None = None,
    not_before: datetime | None = None,
) -> int:
    """Plan again what waits, of one person or of these ids, by what the recipient chooses now: one statement.

    What is on its way in a digest at this moment is left alone. With `not_before` the notices go in a digest after
    that instant. Returns how many go otherwise than before.
    """
    assert (recipient is None) != (ids is None)
    which, value = ("recipient_id = %s", recipient) if ids is None else ("id = ANY (%s)", list(ids))
    # The names are our own; values are parameters.
    statement = f"""
        UPDATE {TABLE} AS notice
        SET way = planned.way, held_until = planned.held_until, state = planned.state, remark = planned.remark
        FROM (
            SELECT owed.id, {plan.COLUMNS}
            FROM (SELECT * FROM {TABLE} WHERE {which} AND state = 'waiting' AND digest_id IS NULL) AS owed
            {plan.JOINS}
        ) AS planned
        WHERE notice.id = planned.id AND notice.state = 'waiting' AND notice.digest_id IS NULL
            AND (notice.way, notice.held_until) IS DISTINCT FROM (planned.way, planned.held_until)
    """  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(statement, [plan.REMARK_OFF, value, *plan.parameters(now, not_before=not_before)])
        return int(cursor.rowcount)
