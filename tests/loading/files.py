"""Files for these tests: the shipped example with small edits, and what loading them says."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from django.db import connection
from psycopg import sql

from ecomwg.loading.complaints import FileRefused
from ecomwg.loading.load import load

EXAMPLE = Path(__file__).resolve().parents[2] / "ecomwg" / "examples" / "ecomwg.yaml"
SECOND = Path(__file__).resolve().parent / "second_group.yaml"


def edited(folder: Path, *edits: tuple[str, str], of: Path = EXAMPLE, name: str = "group.yaml") -> Path:
    """A copy of a file in which the first place of each text stands as another."""
    text = of.read_text(encoding="utf-8")
    for old, new in edits:
        assert old in text, f"the file does not say {old!r}"
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def line_of(words: str, path: Path) -> int:
    """The number of the first line in which the words stand."""
    text = path.read_text(encoding="utf-8")
    return text.count("\n", 0, text.index(words)) + 1


def faults(path: Path) -> list[str]:
    """What a load says of the file, a line for each fault; none where it was loaded."""
    try:
        load(path)
    except FileRefused as refused:
        return refused.lines()
    return []


def counts() -> dict[str, int]:
    """The number of rows of every table of the database, those of the history among them."""
    count = sql.SQL("SELECT {}, count(*) FROM {}")
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        cursor.execute(sql.SQL(" UNION ALL ").join(count.format(table, sql.Identifier(table)) for table in tables))
        return dict(cursor.fetchall())


def loaded_counts() -> dict[str, int]:
    """The same for the tables that a group's file fills, without those that are empty."""
    rooms = "bodies account accounts work meetings reminders statement library consultations papers pghistory clock"
    return {table: count for table, count in counts().items() if count and table.partition("_")[0] in rooms.split()}


class Fault(NamedTuple):
    """An edit of the example, and the one complaint that it must lead to.

    `line` are words of the line that the complaint must name, where the line isn't that of the edit.
    """

    old: str
    new: str
    place: str
    message: str
    line: str = ""

    def said_in(self, folder: Path) -> list[str]:
        """What a load says of the edited example."""
        return faults(edited(folder, (self.old, self.new)))

    def expected_in(self, folder: Path) -> list[str]:
        """What it must say."""
        line = line_of(self.line or self.new, folder / "group.yaml")
        return [f"group.yaml:{line}: {self.place}: {self.message}"]
