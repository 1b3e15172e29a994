"""Days that are over are sealed, and whatever is bent afterwards is named."""

# ruff: noqa: S608 - statements are put together from names that stand here

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pghistory
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from milestones.work.models import Milestone
from teams.history import guards, tasks
from teams.history.models import HistoryDay, SealedTable
from teams.history.services import MARGIN, NOTHING_BEFORE, seal
from teams.history.verification import verify
from tests import factories as make

pytestmark = pytest.mark.django_db

NOW = datetime.now(UTC)
TOMORROW = NOW + timedelta(days=1) + MARGIN  # by when today can be sealed
MILESTONES = "work_milestoneevent"
# How often the history is bent at random; docs/operations.md says how to ask for more.
BENT = int(os.environ.get("HISTORY_ATTEMPTS", "100"))


def run(statement: str, *parameters: Any) -> list[Any]:
    """Carry out a statement and return its rows."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def unguarded(*tables: str) -> Iterator[None]:
    """What only an owner of the tables can do: switch their triggers off, and on again without a trace."""
    check = "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED"
    run(check)
    for table in tables:
        run(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
    try:
        yield
    finally:
        run(check)
        for table in tables:
            run(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')
            for guard in guards.guarded_tables()[table]:
                run(f'ALTER TABLE "{table}" ENABLE ALWAYS TRIGGER "{guard}"')


def bend(statement: str, table: str = MILESTONES) -> None:
    """Change a table of the history as its owner could."""
    with unguarded(table):
        run(statement)


def unseal() -> None:
    """Take every seal away."""
    with unguarded("history_sealedtable", "history_historyday"):
        run("DELETE FROM history_sealedtable; DELETE FROM history_historyday")


def found(now: datetime = TOMORROW) -> list[str]:
    """What `verify` finds, without the day."""
    return [" ".join(filter(None, [each.table, each.what])) for each in verify(now=now).findings]


def key(title: str) -> int:
    """The key of the event in which a milestone has this title."""
    pk: int = run(f"SELECT pgh_id FROM {MILESTONES} WHERE title = %s", title)[0][0]
    return pk


@pytest.fixture
def recorded() -> Milestone:
    """A milestone that was renamed twice, in a context; today is sealed."""
    with pghistory.context(user=1):
        milestone = make.milestone(make.deliverable(make.team(make.group())), title="First")
        for title in ("Second", "Third"):
            milestone.title = title
            milestone.save()
    assert seal(now=TOMORROW) == 1
    return milestone


def test_a_sealed_day_fits(recorded: Milestone) -> None:
    day = HistoryDay.objects.get()
    assert (day.day, day.previous) == (NOW.date(), NOTHING_BEFORE)
    assert {each.table: each.rows for each in day.tables.all()}[MILESTONES] == 3
    assert found() == []


def test_each_day_stands_on_the_one_before_and_days_without_a_change_are_sealed_too(recorded: Milestone) -> None:
    assert seal(now=TOMORROW + timedelta(days=3)) == 3
    days = list(HistoryDay.objects.order_by("day"))
    assert [day.previous for day in days[1:]] == [day.hash for day in days[:-1]]
    assert len({day.hash for day in days}) == 4
    assert found(TOMORROW + timedelta(days=3)) == []


def test_sealing_again_changes_nothing(recorded: Milestone) -> None:
    before = list(HistoryDay.objects.values()), SealedTable.objects.count()
    assert seal(now=TOMORROW) == 0
    assert (list(HistoryDay.objects.values()), SealedTable.objects.count()) == before


def test_today_is_not_sealed_and_neither_is_yesterday_shortly_after_midnight() -> None:
    make.group()
    midnight = datetime(NOW.year, NOW.month, NOW.day, tzinfo=UTC) + timedelta(days=1)
    tasks.seal()
    assert seal(now=midnight + MARGIN - timedelta(seconds=1)) == 0
    assert seal(now=midnight + MARGIN) == 1


def test_a_portal_without_history_has_nothing_to_seal() -> None:
    assert seal(now=TOMORROW) == 0
    assert found() == []


def test_the_seal_is_the_same_whatever_the_session_writes_like(recorded: Milestone) -> None:
    run("SET LOCAL TimeZone = 'Asia/Tokyo'; SET LOCAL DateStyle = 'German'; SET LOCAL extra_float_digits = 0")
    assert found() == []


def test_a_column_that_a_later_version_adds_changes_no_seal(recorded: Milestone) -> None:
    run(f"ALTER TABLE {MILESTONES} ADD COLUMN added_later text DEFAULT 'x'")
    assert found() == []


def test_a_column_that_is_gone_is_named(recorded: Milestone) -> None:
    run(f"ALTER TABLE {MILESTONES} DROP COLUMN title")
    assert f"{MILESTONES} can't be compared without its column title" in found()


def test_a_row_that_was_changed_is_named(recorded: Milestone) -> None:
    second = key("Second")
    bend(f"UPDATE {MILESTONES} SET title = 'Bent' WHERE title = 'Second'")
    assert found() == [f"{MILESTONES} row {second} was changed"]


def test_a_row_that_is_missing_is_named(recorded: Milestone) -> None:
    second = key("Second")
    bend(f"DELETE FROM {MILESTONES} WHERE title = 'Second'")
    assert found() == [f"{MILESTONES} had 3 rows, and has 2", f"{MILESTONES} row {second} is missing"]


def test_a_row_that_was_added_is_named(recorded: Milestone) -> None:
    names = [field.column for field in Milestone.pgh_event_model._meta.concrete_fields]  # type: ignore[attr-defined]
    columns = ", ".join(f'"{name}"' for name in names if name != "pgh_id")
    bend(f"INSERT INTO {MILESTONES} ({columns}) SELECT {columns} FROM {MILESTONES} WHERE title = 'Second'")
    added = run(f"SELECT max(pgh_id) FROM {MILESTONES}")[0][0]
    assert found() == [f"{MILESTONES} had 3 rows, and has 4", f"{MILESTONES} row {added} was added"]


def test_a_row_moved_to_another_day_is_named_on_both(recorded: Milestone) -> None:
    assert seal(now=TOMORROW + timedelta(days=1)) == 1
    second = key("Second")
    bend(f"UPDATE {MILESTONES} SET pgh_created_at = pgh_created_at + interval '1 day' WHERE title = 'Second'")
    assert found(TOMORROW + timedelta(days=1)) == [
        f"{MILESTONES} had 3 rows, and has 2",
        f"{MILESTONES} row {second} is missing",
        f"{MILESTONES} had no row when the day was sealed, and has 1 row",
    ]


def test_a_context_that_was_changed_is_named(recorded: Milestone) -> None:
    context = run("SELECT id FROM pghistory_context")[0][0]
    bend("""UPDATE pghistory_context SET metadata = '{"user": 2}'""", "pghistory_context")
    assert found() == [f"pghistory_context row {context} was changed"]


def test_a_table_that_was_emptied_is_named_with_its_rows(recorded: Milestone) -> None:
    bend(f"TRUNCATE {MILESTONES}")
    assert found()[0] == f"{MILESTONES} had 3 rows, and has 0"
    assert len(found()) == 4


def test_a_table_that_is_gone_is_named_and_the_others_are_sealed_all_the_same(recorded: Milestone) -> None:
    run(f"DROP TABLE {MILESTONES}")
    assert seal(now=TOMORROW + timedelta(days=1)) == 1
    assert found(TOMORROW + timedelta(days=1)) == [f"{MILESTONES} is gone; it had 3 rows"]
    unseal()
    assert seal(now=TOMORROW) == 1


def test_a_seal_that_was_changed_or_is_missing_is_named(recorded: Milestone) -> None:
    assert seal(now=TOMORROW + timedelta(days=2)) == 2
    middle = NOW.date() + timedelta(days=1)
    bend(f"UPDATE history_historyday SET hash = repeat('a', 64) WHERE day = '{middle}'", "history_historyday")
    assert {str(each).partition(":")[0] for each in verify(now=TOMORROW + timedelta(days=2)).findings} == {
        str(middle),
        str(middle + timedelta(days=1)),
    }
    bend(f"DELETE FROM history_historyday WHERE day = '{middle}'", "history_historyday")
    assert found(TOMORROW + timedelta(days=2)) == ["the seal of this day is missing"]


def test_a_seal_of_a_table_fitted_to_bent_rows_is_named(recorded: Milestone) -> None:
    bend(f"DELETE FROM {MILESTONES}")
    bend(f"DELETE FROM history_sealedtable WHERE \"table\" = '{MILESTONES}'", "history_sealedtable")
    assert found() == ["the seal is not that of what it says of its tables"]


def test_days_that_nobody_sealed_are_named(recorded: Milestone) -> None:
    unseal()
    assert f"{MILESTONES} 3 rows of a day that should be sealed by now, and is not" in found(
        TOMORROW + timedelta(days=1)
    )


def test_a_guard_that_is_switched_off_is_named(recorded: Milestone) -> None:
    run(f"ALTER TABLE {MILESTONES} DISABLE TRIGGER {guards.APPEND_ONLY}")
    assert found() == [f"{MILESTONES} has no guard, or it is switched off"]


def command(*arguments: str) -> list[str]:
    """What `manage.py verify_history` prints."""
    out = StringIO()
    try:
        call_command("verify_history", *arguments, stdout=out)
    except CommandError as error:
        out.write(f"error: {error}")
    return out.getvalue().splitlines()


def test_the_command_says_that_all_fits(recorded: Milestone) -> None:
    rows = sum(each.rows for each in SealedTable.objects.all())
    assert command() == [f"The history fits its seals: 1 days and {rows} rows, from {NOW.date()} to {NOW.date()}."]


def test_the_command_names_what_does_not_fit(recorded: Milestone) -> None:
    second = key("Second")
    bend(f"UPDATE {MILESTONES} SET title = 'Bent' WHERE title = 'Second'")
    first, last = command()
    assert first == f"{NOW.date()}: {MILESTONES} row {second} was changed"
    assert last.startswith("error: 1 things do not fit")


def test_heads_kept_elsewhere_show_a_chain_that_was_computed_again(recorded: Milestone, tmp_path: Path) -> None:
    heads = command("--heads")
    assert heads == [f"{NOW.date()} {HistoryDay.objects.get().hash}"]
    kept = tmp_path / "heads"
    kept.write_text("\n".join(heads))
    assert command("--against", str(kept))[0].startswith("The history fits its seals and with 1 heads that were kept")
    bend(f"UPDATE {MILESTONES} SET title = 'Bent' WHERE title = 'Second'")
    unseal()
    assert seal(now=TOMORROW) == 1
    assert found() == []
    assert command("--against", str(kept))[0] == (
        f"{NOW.date()}: the head that was kept is another: the chain was computed again"
    )


def test_a_head_whose_day_is_gone_is_named(recorded: Milestone, tmp_path: Path) -> None:
    (tmp_path / "heads").write_text(f"2018-07-20 {'a' * 64}\n")
    assert command("--against", str(tmp_path / "heads"))[0] == "2018-07-20: has no seal, but a head of it was kept"


@pytest.mark.parametrize("text", ["nonsense", "2018-07-20", "yesterday abc"])
def test_a_file_without_heads_is_refused(recorded: Milestone, tmp_path: Path, text: str) -> None:
    (tmp_path / "heads").write_text(text)
    assert command("--against", str(tmp_path / "heads")) == [
        f"error: line 1 of {tmp_path / 'heads'} is no day with its hash"
    ]
    assert command("--against", str(tmp_path / "none"))[0].endswith("can't be read: No such file or directory")


def test_whatever_a_superuser_bends_at_random_is_found(recorded: Milestone) -> None:
    chance = random.Random(20180720)
    before = found()
    tables = [table for table, (count,) in _counts().items() if count]
    names = {table: guards.recorded_tables()[table][0] for table in tables}
    missed = []
    for number in range(BENT):
        table = chance.choice(tables)
        run("SAVEPOINT bent")
        statement = _bending(chance, table, names[table])
        bend(statement, table)
        findings = found()
        if not any(table in each for each in findings):
            missed.append((number, statement, findings))
        run("ROLLBACK TO SAVEPOINT bent")
    assert (before, missed) == ([], [])


def _counts() -> dict[str, tuple[int]]:
    return {table: run(f'SELECT count(*) FROM "{table}"')[0] for table in guards.recorded_tables()}


def _bending(chance: random.Random, table: str, key: str) -> str:
    one = f'"{key}" = (SELECT "{key}" FROM "{table}" ORDER BY md5("{key}"::text || \'{chance.random()}\') LIMIT 1)'
    written = guards.recorded_tables()[table][1]
    return chance.choice(
        [
            f'DELETE FROM "{table}" WHERE {one}',
            f'DELETE FROM "{table}"',
            f'TRUNCATE "{table}"',
            f'UPDATE "{table}" SET "{written}" = "{written}" + interval \'1 microsecond\' WHERE {one}',
            f'UPDATE "{table}" SET "{written}" = "{written}" - interval \'2 days\' WHERE {one}',
            f'UPDATE "{table}" SET metadata = metadata || \'{{"user": 999}}\' WHERE {one}'
            if table == "pghistory_context"
            else f"UPDATE \"{table}\" SET pgh_label = pgh_label || 'd' WHERE {one}",
        ]
    )
