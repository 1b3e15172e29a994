"""The items of a file in the order in which they become rows, compared with what the file said the last time."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Manager, Model
from django.utils.text import slugify

from documents.consultations.models import Consultation
from documents.library.models import Document
from documents.papers.models import Commitment, Development
from documents.statement.models import StatementVersion
from milestones.meetings import services as meetings
from milestones.meetings.models import Meeting, WorkStream
from milestones.work.models import Deliverable, Milestone, Strategy, StrategyGoal
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, LoadedItem, Membership

from .items import Item, plain
from .sections import GroupFile, MeetingItem, MembershipItem, PreparationItem

# Each list of items and what its items become, in the order in which they are recorded.
MODELS: dict[str, type[Model]] = {
    "bodies": Body,
    "organizations": Organization,
    "people": User,
    "memberships": Membership,
    "strategy": Strategy,
    "goals": StrategyGoal,
    "workstreams": WorkStream,
    "meetings": Meeting,
    "preparations": Milestone,
    "deliverables": Deliverable,
    "milestones": Milestone,
    "versions": StatementVersion,
    "documents": Document,
    "consultations": Consultation,
    "developments": Development,
    "commitments": Commitment,
}


def rows(model: type[Model]) -> Manager[Any]:
    """All rows of a model that is only known when the portal runs."""
    return model._default_manager  # noqa: SLF001 - documented by Django under this name


KEY_LENGTH = 80


class Standing(enum.Enum):
    """What loading an item means."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass
class Entry:
    """An item on its way into the tables.

    `more` are values that follow from other items (a milestone's body from its deliverable), which count like fields
    of its own. `changed` has the names of the fields that say something else than at the last load.
    """

    section: str
    key: str
    item: Item
    position: int
    more: dict[str, Any] = field(default_factory=dict)
    remembered: LoadedItem | None = None
    row: int | None = None
    standing: Standing = Standing.NEW
    changed: frozenset[str] = frozenset()

    @property
    def pk(self) -> int:
        """The primary key of the row that it became."""
        assert self.row is not None
        return self.row

    def said(self) -> dict[str, Any]:
        """All that the file says of it, for JSON."""
        more = {name: plain(value) for name, value in self.more.items() if value not in (None, "")}
        return {**self.item.said(), **more}

    def compare(self, remembered: LoadedItem | None, is_there: bool) -> None:
        """Find out what loading it means, from what the file said the last time and whether the row is still there.

        A row that was removed in the portal stays so until the file says something else of it.
        """
        self.remembered = remembered
        said = self.said()
        if remembered is None:
            return
        before = remembered.said
        self.changed = frozenset(name for name in {*said, *before} if said.get(name) != before.get(name))
        self.row = remembered.row if is_there else None
        if not self.changed:
            self.standing = Standing.UNCHANGED
        elif is_there:
            self.standing = Standing.CHANGED


def entries_of(file: GroupFile) -> dict[str, list[Entry]]:
    """The entries of a file, by the names of `MODELS`: those whose key could be read, each once."""
    entries: dict[str, list[Entry]] = {name: [] for name in MODELS}
    seen: set[tuple[str, str]] = set()
    for section, key, item, more in _items(file):
        if key and (section, key) not in seen:
            seen.add((section, key))
            entries[section].append(Entry(section, key, item, len(entries[section]) + 1, more))
    return entries


def _items(file: GroupFile) -> Iterator[tuple[str, str, Item, dict[str, Any]]]:
    plain_sections = (
        "bodies",
        "organizations",
        "workstreams",
        "documents",
        "consultations",
        "developments",
        "commitments",
    )
    for section in plain_sections:
        for item in getattr(file, section):
            yield section, item.key, item, {}
    for person in file.people:
        yield "people", person.key, person, {"timezone": person.timezone or file.timezone}
    sources = {person.key: person.source for person in file.people}
    for membership in file.memberships:
        more = {"source": membership.source or sources.get(membership.person, "")}
        yield "memberships", membership_key(membership), membership, more
    if file.strategy:
        yield "strategy", file.strategy.key, file.strategy, {}
        for goal in file.strategy.goals:
            yield "goals", f"{file.strategy.key}-{goal.number}", goal, {"strategy": file.strategy.key}
    for meeting in file.meetings:
        yield "meetings", meeting.key, meeting, {"timezone": meeting.timezone or file.timezone}
        if "starts" not in meeting.unread:
            for preparation in meeting.prepare:
                yield "preparations", *_preparation(meeting, preparation, file)
    teams = {deliverable.key: deliverable.team for deliverable in file.deliverables}
    for deliverable in file.deliverables:
        yield "deliverables", deliverable.key, deliverable, {}
    for milestone in file.milestones:
        yield "milestones", milestone.key, milestone, {"team": teams.get(milestone.deliverable, "")}
    if file.statement_of_work:
        for version in file.statement_of_work.versions:
            yield "versions", version.version, version, {"body": file.statement_of_work.body}


def membership_key(item: MembershipItem) -> str:
    """What makes a membership this one: who, where, as what, since when. Empty where one could not be read."""
    if item.unread & {"person", "body", "role", "from"}:
        return ""
    return f"{item.person}@{item.body}:{item.role}:{item.from_.isoformat() if item.from_ else ''}"


def preparation_key(meeting: MeetingItem, preparation: PreparationItem) -> str:
    """The key of the milestone that a preparation becomes: from the meeting and the title, so that order is free.

    Empty where either could not be read.
    """
    if preparation.unread & {"title"} or meeting.unread & {"key"}:
        return ""
    words = slugify(preparation.title)
    key = f"{meeting.key}-{words}"
    if words and len(key) <= KEY_LENGTH:
        return key
    digest = hashlib.sha256(preparation.title.encode()).hexdigest()[:8]
    return f"{key[: KEY_LENGTH - 9].rstrip('-')}-{digest}"


def _preparation(meeting: MeetingItem, item: PreparationItem, file: GroupFile) -> tuple[str, Item, dict[str, Any]]:
    working_group = file.working_group
    days = 0 if "days_before" in item.unread else item.days_before
    more = {
        "meeting": meeting.key,
        "body": meeting.body or (working_group.key if working_group else ""),
        "due": meetings.due_before(meeting.starts.date, days),
        "source": item.source or meeting.source,
    }
    return preparation_key(meeting, item), item, more
