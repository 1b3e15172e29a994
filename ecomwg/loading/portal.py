"""The file beside what the portal has already: what is new or changed, and what a file may not change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import Model
from django.db.models.functions import Lower

from documents.statement.models import StatementOfWork, StatementVersion
from teams.accounts.models import Organization, User
from teams.bodies.models import GroupOwned, LoadedItem, WorkingGroup

from .entries import MODELS, Entry, Standing, rows
from .items import Item
from .rules import NOUNS, is_after
from .sections import GroupFile, OrganizationItem, PersonItem, VersionItem


def compare(entries: dict[str, list[Entry]], group: WorkingGroup | None) -> list[str]:
    """Set each entry's standing; returns the places of items that were loaded once and that the file no longer names.

    One query for what was remembered, and one a list for the rows that are still there.
    """
    remembered: dict[str, dict[str, LoadedItem]] = {section: {} for section in MODELS}
    if group:
        for item in LoadedItem.objects.filter(group=group).order_by("id"):
            remembered[item.section][item.key] = item
    kept: list[str] = []
    for section, of_section in entries.items():
        known = remembered[section]
        there = _there(MODELS[section], (item.row for item in known.values()))
        for entry in of_section:
            item_of = known.pop(entry.key, None)
            entry.compare(item_of, item_of is not None and item_of.row in there)
        kept += [f"{section}/{key}" for key, item in known.items() if item.row in there]
    return kept


def _there(model: type[Model], pks: Iterable[int]) -> set[int]:
    wanted = list(pks)
    return set(rows(model).filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()


def check(entries: dict[str, list[Entry]], file: GroupFile, group: WorkingGroup | None) -> None:
    """Complain about everything that the portal doesn't let this file do."""
    slug = file.working_group.key if file.working_group else ""
    _organizations(entries["organizations"], slug)
    _people(entries["people"], slug)
    if group:
        _keys(entries, group)
        _statement(entries["versions"], file, group)
        _removed(entries)


def _organizations(entries: list[Entry], slug: str) -> None:
    """Organizations belong to the whole portal; only the file that brought one changes it."""
    there = {row.key: row for row in Organization.objects.filter(key__in=[entry.key for entry in entries])}
    names = _by_lower(Organization, "name", [getattr(entry.item, "name", None) for entry in entries])
    for entry in entries:
        item = cast(OrganizationItem, entry.item)
        row = there.get(entry.key)
        if entry.standing is Standing.UNCHANGED:
            continue
        if row is not None and (entry.row is None or row.loaded_with != slug):
            said = {
                "name": (item.name, row.name),
                "kind": (item.kind, row.kind),
                "acronym": (item.acronym or row.acronym, row.acronym),
                "sector": (item.sector or row.sector, row.sector),
                "small_business": (item.small_business or row.is_small_business, row.is_small_business),
            }
            _take_as_it_is(entry, said, row.pk, f"the portal has the organization {entry.key!r}")
        elif (same := names.get((item.name or "").lower())) is not None and same.pk != entry.row:
            item.complain("name", f"the portal has an organization of this name, under the key {same.key!r}")


def _people(entries: list[Entry], slug: str) -> None:
    """People belong to the whole portal, known by their address; only the file that brought one changes them."""
    there = _by_lower(User, "email", [getattr(entry.item, "email", None) for entry in entries])
    organizations = dict(Organization.objects.values_list("pk", "key"))
    for entry in entries:
        item = cast(PersonItem, entry.item)
        row = there.get((item.email or "").lower())
        if entry.standing is Standing.UNCHANGED or row is None:
            continue
        if entry.row is not None and row.pk != entry.row:
            item.complain("email", f"another person of the portal has this address: {row.name}")
        elif entry.row is None or row.loaded_with != slug:
            organization = organizations.get(row.organization_id or 0, "")
            said = {
                "name": (item.name, row.name),
                "affiliation": (item.affiliation, row.affiliation),
                "organization": (item.organization or organization, organization),
                "timezone": (item.timezone or row.timezone, row.timezone),
                "site_admin": (item.site_admin, row.is_site_admin),
            }
            _take_as_it_is(entry, said, row.pk, f"the portal has the person {row.email}")


def _by_lower(model: type[Any], column: str, words: Iterable[str | None]) -> dict[str, Any]:
    wanted = [word.lower() for word in words if word]
    rows = model.objects.annotate(word=Lower(column)).filter(word__in=wanted)
    return {row.word: row for row in rows}


def _take_as_it_is(entry: Entry, said: dict[str, tuple[Any, Any]], row: int, what: str) -> None:
    """Let the entry stand for a row that isn't this file's to change; what it says must agree with the row."""
    for name, (here, there) in said.items():
        if here is not None and here != there:
            entry.item.complain(name, f"{what} with {name} {plain_word(there)}; this file can't change that")
    entry.row = row
    entry.standing = Standing.UNCHANGED


def plain_word(value: Any) -> str:
    """A value as the file would write it."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _keys(entries: dict[str, list[Entry]], group: WorkingGroup) -> None:
    """A key that a row made in the portal has can't be taken by an item of the file."""
    for section, of_section in entries.items():
        model = MODELS[section]
        if not issubclass(model, GroupOwned):
            continue
        new = {entry.key: entry for entry in of_section if entry.standing is Standing.NEW}
        taken = rows(model).filter(group=group, key__in=list(new)).values_list("key", flat=True)
        for key in taken:
            entry = new[key]
            name = "key" if "key" in entry.item.lines else "title"
            entry.item.complain(name, f"the key {key!r} is taken in the portal already")


def _statement(entries: list[Entry], file: GroupFile, group: WorkingGroup) -> None:
    """Adopted versions never change, and a new one comes after those that are there."""
    if file.statement_of_work is None:
        return
    statement = StatementOfWork.objects.filter(group=group).select_related("body").first()
    if statement is None:
        return
    if file.statement_of_work.body not in (None, statement.body.key):
        file.statement_of_work.complain("body", f"the statement of work is that of {statement.body.key!r}")
    there = list(StatementVersion.objects.filter(statement=statement))
    last = max(there, key=lambda version: version.in_force.lower, default=None)
    for entry in entries:
        item = cast(VersionItem, entry.item)
        if entry.standing is Standing.CHANGED:
            _unchanged_version(entry, item)
        elif entry.standing is Standing.NEW:
            if any(version.number == item.version for version in there):
                item.complain("version", f"version {item.version} was adopted in the portal already")
            elif last and "adopted" not in item.unread and not is_after(item.adopted, last.adopted):
                item.complain("adopted", f"version {last.number} was adopted {last.adopted} already")
            elif last and "adopted" not in item.unread and item.adopted.first <= last.in_force.lower:
                item.complain("adopted", f"version {last.number} is in force from {last.in_force.lower} already")


def _unchanged_version(entry: Entry, item: VersionItem) -> None:
    assert entry.remembered is not None
    rule = f"version {item.version} is adopted and stays as it is; what is new goes into a new version"
    for name in ("adopted", "summary", "source"):
        if name in entry.changed:
            item.complain(name, rule)
    if "clauses" not in entry.changed:
        return
    before = {clause["number"]: clause for clause in entry.remembered.said["clauses"]}
    numbers = [clause.number for clause in item.clauses]
    if None in numbers or len(set(numbers)) < len(numbers):
        return  # which was complained about
    for clause in item.clauses:
        old = before.get(clause.number)
        if old is None:
            clause.complain("number", rule)
            continue
        for name in ("heading", "text"):
            if name not in clause.unread and getattr(clause, name) != old.get(name, ""):
                clause.complain(name, rule)
    gone = [number for number in before if number not in numbers]
    if gone:
        item.complain("clauses", f"clause {gone[0]} is no longer there; {rule}")
    elif [number for number in before if number in numbers] != [number for number in numbers if number in before]:
        item.complain("clauses", f"the clauses stand in another order; {rule}")


def _removed(entries: dict[str, list[Entry]]) -> None:
    """What is new or changed can't refer to a row that was removed in the portal."""
    removed = {
        section: {entry.key for entry in of_section if entry.standing is Standing.UNCHANGED and entry.row is None}
        for section, of_section in entries.items()
    }
    if not any(removed.values()):
        return
    for of_section in entries.values():
        for entry in of_section:
            if entry.standing is not Standing.UNCHANGED:
                for item in entry.item.within():
                    _refers_to_removed(item, removed)


def _refers_to_removed(item: Item, removed: dict[str, set[str]]) -> None:
    for kind, key in item.references():
        for section in kind.sections:
            if key in removed[section]:
                key.spot.complain(f"the {NOUNS[section]} {key!r} was removed in the portal")
