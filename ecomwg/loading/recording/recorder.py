"""How items become rows: new ones all at once, changed ones field by field, what hangs on them along with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.db import models

from ecomwg.loading.entries import MODELS, Entry, Standing, rows
from ecomwg.loading.sections import GroupFile
from teams.bodies.models import GroupOwned, WorkingGroup

M = TypeVar("M", bound=models.Model)

BATCH = 500


@dataclass
class Books:
    """What the recorders share: the group, the file, every entry, and the primary keys of the rows by key."""

    group: WorkingGroup
    file: GroupFile
    entries: dict[str, list[Entry]]
    ids: dict[str, dict[str, int]] = field(default_factory=dict)
    step: Callable[[], None] = lambda: None

    def id_of(self, section: str, key: str) -> int | None:
        """The primary key of the row that an item became; None for no key."""
        return self.ids[section][key] if key else None

    def section_of(self, key: str, *sections: str) -> str | None:
        """The first of the sections that has an item of this key."""
        return next((section for section in sections if key in self.ids[section]), None)


class Recorder:
    """Turns the entries of one list into rows of one model.

    Subclasses say in `columns` which columns each field of the file fills; `fresh` adds what only a new row gets.
    """

    section: str
    has_position = False

    @property
    def model(self) -> type[models.Model]:
        """What the items become."""
        return MODELS[self.section]

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        """For each field of the file, the columns that it fills, with their values."""
        raise NotImplementedError

    def fresh(self, entry: Entry, books: Books) -> dict[str, Any]:
        """Columns that only a new row gets from the file."""
        return {}

    def change(self, row: Any, column: str, value: Any) -> bool:
        """Give a row that is there another value; returns whether it is still to be saved."""
        setattr(row, column, value)
        return True

    def save(self, row: Any) -> None:
        """Write a row that is there already and was given other values."""
        row.save()

    def attach(self, entries: list[Entry], books: Books) -> None:
        """Record what hangs on the rows of new and changed entries."""

    def record(self, books: Books) -> None:
        """Record every entry of the list."""
        entries = books.entries[self.section]
        self.add([entry for entry in entries if entry.standing is Standing.NEW], books)
        for entry in entries:
            if entry.standing is Standing.CHANGED:
                self.update(entry, books)
            books.step()
        books.ids[self.section] |= {entry.key: entry.row for entry in entries if entry.row is not None}
        self.attach([entry for entry in entries if entry.standing is not Standing.UNCHANGED], books)
        if self.has_position:
            self._arrange(entries)

    def add(self, entries: list[Entry], books: Books) -> None:
        """Make the rows of new entries, in few statements."""
        made = rows(self.model).bulk_create([self.new_row(entry, books) for entry in entries], batch_size=BATCH)
        for entry, row in zip(entries, made, strict=True):
            entry.row = row.pk

    def new_row(self, entry: Entry, books: Books) -> models.Model:
        """The row of a new entry, not saved yet."""
        values: dict[str, Any] = {}
        if issubclass(self.model, GroupOwned):
            values |= {"group": books.group, "key": entry.key}
        if self.has_position:
            values["position"] = entry.position
        for columns in self.columns(entry, books).values():
            values |= columns
        return self.model(**values, **self.fresh(entry, books))

    def update(self, entry: Entry, books: Books) -> None:
        """Bring the row to what the file says, in the fields in which the file says something new."""
        row = rows(self.model).get(pk=entry.row)
        columns = self.columns(entry, books)
        wanted = {column: value for name in columns if name in entry.changed for column, value in columns[name].items()}
        unsaved = [column for column, value in wanted.items() if self.change(row, column, value)]
        if unsaved:
            self.save(row)

    def _arrange(self, entries: list[Entry]) -> None:
        """Let the rows stand in the order of the file."""
        wanted = {entry.row: entry.position for entry in entries}
        there = rows(self.model).filter(pk__in=wanted).values_list("pk", "position")
        for pk, position in list(there):
            if position != wanted[pk]:
                rows(self.model).filter(pk=pk).update(position=wanted[pk])


def hang(
    entries: Iterable[Entry], model: type[M], owner: str, wanted: Callable[[Entry], list[M]], *, known_by: Sequence[str]
) -> None:
    """Let exactly the `wanted` rows of `model` hang on the rows of the entries.

    `owner` is the column that names the row they hang on, `known_by` the columns by which one is the same as before.
    A row that is there already and says the same stays untouched.
    """
    new: list[M] = []
    for entry in entries:
        there = [] if entry.standing is Standing.NEW else rows(model).filter(**{owner: entry.row})
        left = {tuple(getattr(row, name) for name in known_by): row for row in there}
        missing: list[M] = []
        for row in wanted(entry):
            old = left.pop(tuple(getattr(row, name) for name in known_by), None)
            if old is None:
                missing.append(row)
            else:
                _copy(row, old)
        for row in left.values():
            row.delete()
        new += missing
    rows(model).bulk_create(new, batch_size=BATCH)


def _copy(wanted: models.Model, old: models.Model) -> None:
    fields = old._meta.concrete_fields  # noqa: SLF001 - documented by Django under this name
    names = [field.attname for field in fields if not field.primary_key]
    changed = [name for name in names if getattr(old, name) != getattr(wanted, name)]
    if changed:
        for name in changed:
            setattr(old, name, getattr(wanted, name))
        old.save()


def link(
    entries: Iterable[Entry], field_name: str, model: type[models.Model], wanted: Callable[[Entry], Iterable[int]]
) -> None:
    """Let the many-to-many field of the entries' rows hold exactly the `wanted` primary keys."""
    relation = model._meta.get_field(field_name)  # noqa: SLF001 - documented by Django under this name
    assert isinstance(relation, models.ManyToManyField)
    through: Any = relation.remote_field.through
    mine, theirs = f"{relation.m2m_field_name()}_id", f"{relation.m2m_reverse_field_name()}_id"
    hang(
        entries,
        through,
        mine,
        lambda entry: [through(**{mine: entry.row, theirs: pk}) for pk in wanted(entry)],
        known_by=[theirs],
    )
