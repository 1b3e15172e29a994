"""Loading a group's file: everything is checked before anything is written, and all of it happens or none.

The same file twice changes nothing. Of a file that was changed, only what it says anew is taken over, so that what
people have changed in the portal since stays.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import DataError, IntegrityError, connection, transaction

from milestones.reminders import services as reminders
from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.bodies.models import LoadedItem, WorkingGroup
from teams.clock import selectors as clock
from teams.clock import services as clock_services
from teams.clock.models import ClockSetting
from teams.reasons import made_by
from teams.sources import Source

from . import portal, rules
from .complaints import Complaint, Complaints, FileRefused
from .entries import Entry, Standing, entries_of
from .items import read_item
from .kinds import Spot
from .recording import RECORDERS
from .recording.recorder import BATCH, Books
from .sections import GroupFile
from .tree import MAX_BYTES, read_tree

# Any number will do, as long as nothing else of the portal uses it: loads wait for one another.
LOCK = 20_180_720


@dataclass(slots=True)
class Count:
    """What became of the items of one list."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    kept: int = 0


@dataclass(slots=True)
class Outcome:
    """What a load did, or with `--check` would do."""

    slug: str
    counts: dict[str, Count] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    @property
    def total(self) -> Count:
        """All lists together."""
        counts = self.counts.values()
        return Count(
            sum(count.new for count in counts),
            sum(count.changed for count in counts),
            sum(count.unchanged for count in counts),
            sum(count.kept for count in counts),
        )


class _Undo(Exception):
    """Takes back all that was written."""


def read_file(path: Path) -> tuple[GroupFile, Complaints]:
    """The items of a file, and what is wrong with them. Raises FileRefused where there are no items to look at."""
    complaints = Complaints()
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise FileRefused(path.name, [Complaint(1, "", f"the file can't be read: {error.strerror}")]) from None
    tree = read_tree(content, complaints)
    if tree is None:
        raise FileRefused(path.name, complaints.in_order())
    group = read_item(GroupFile, tree, Spot(complaints, "", tree.line))
    rules.check(group)
    return group, complaints


def load(
    path: Path,
    *,
    is_check: bool = False,
    on_total: Callable[[int], None] | None = None,
    step: Callable[[], None] = lambda: None,
) -> Outcome:
    """Read the file at `path` into the tables; with `is_check` everything is tried and taken back.

    `on_total` is told the number of items once it is known, and `step` is called for each. Raises FileRefused with
    every fault of the file; then nothing was written.
    """
    file, complaints = read_file(path)
    if file.working_group is None:
        raise FileRefused(path.name, complaints.in_order())
    entries = entries_of(file)
    if on_total:
        on_total(sum(map(len, entries.values())))
    outcome = Outcome(file.working_group.key)
    try:
        with transaction.atomic():
            _wait_for_other_loads()
            _load(file, entries, complaints, outcome, path.name, step)
            if is_check:
                raise _Undo
    except _Undo:
        pass
    except (IntegrityError, DataError) as error:
        message = f"the database refuses it: {str(error).splitlines()[0]}"
        raise FileRefused(path.name, [Complaint(1, "", message)]) from error
    return outcome


def _wait_for_other_loads() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0")
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _load(
    file: GroupFile,
    entries: dict[str, list[Entry]],
    complaints: Complaints,
    outcome: Outcome,
    name: str,
    step: Callable[[], None],
) -> None:
    group = WorkingGroup.objects.filter(slug=outcome.slug).first()
    outcome.kept = portal.compare(entries, group)
    portal.check(entries, file, group)
    if complaints:
        raise FileRefused(name, complaints.in_order())
    _count(entries, outcome)
    if group is None:
        _set_first_clock(file)
    with made_by("command load_group", at=clock.now(), note=f"loaded from {name}"):
        group = _group(file, group, outcome.slug)
        books = Books(group, file, entries, {section: {} for section in entries}, step)
        for recorder in RECORDERS:
            recorder.record(books)
        _remember(group, entries)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        if settings.DEMONSTRATION:
            people = [entry.row for entry in entries["people"] if entry.row is not None]
            accounts.open_for_demonstration(
                people=list(User.objects.filter(pk__in=people, source=Source.ILLUSTRATIVE, loaded_with=group.slug))
            )


def _set_first_clock(file: GroupFile) -> None:
    """A demonstration starts at noon of the day that its first file was true on."""
    if settings.DEMONSTRATION and not ClockSetting.objects.exists():
        clock_services.set_clock(to=datetime.combine(file.as_of, time(12), ZoneInfo(file.timezone)).astimezone(UTC))


def _group(file: GroupFile, group: WorkingGroup | None, slug: str) -> WorkingGroup:
    if group is None:
        group = WorkingGroup.objects.create(
            slug=slug, timezone=file.timezone, timezone_in_file=file.timezone, as_of=file.as_of
        )
        reminders.set_default_rules(group=group)
    elif (group.timezone_in_file, group.as_of) != (file.timezone, file.as_of):
        if group.timezone_in_file != file.timezone:
            group.timezone = group.timezone_in_file = file.timezone
        group.as_of = file.as_of
        group.save(update_fields=["timezone", "timezone_in_file", "as_of"])
    return group


def _count(entries: dict[str, list[Entry]], outcome: Outcome) -> None:
    for section, of_section in entries.items():
        count = Count(kept=sum(place.startswith(f"{section}/") for place in outcome.kept))
        for entry in of_section:
            match entry.standing:
                case Standing.NEW:
                    count.new += 1
                case Standing.CHANGED:
                    count.changed += 1
                case Standing.UNCHANGED:
                    count.unchanged += 1
        if of_section or count.kept:
            outcome.counts[section] = count


def _remember(group: WorkingGroup, entries: dict[str, list[Entry]]) -> None:
    new: list[LoadedItem] = []
    for of_section in entries.values():
        for entry in of_section:
            if entry.row is None or (entry.remembered is not None and not entry.changed):
                continue
            if entry.remembered is None:
                new.append(
                    LoadedItem(group=group, section=entry.section, key=entry.key, said=entry.said(), row=entry.row)
                )
            else:
                entry.remembered.said, entry.remembered.row = entry.said(), entry.row
                entry.remembered.save()
    LoadedItem.objects.bulk_create(new, batch_size=BATCH)
