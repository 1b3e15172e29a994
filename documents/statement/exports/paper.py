"""What stands in a file of the statement of work, whatever its format: title, facts, clauses, signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import formats

from documents.statement import changes, prose, selectors
from documents.statement.models import ClauseText, Draft, StatementVersion
from documents.statement.prose import Line
from teams.sources import Source

from . import tracking
from .tracking import Tracked


@dataclass(frozen=True)
class Entry:
    """A clause: which one it is, its number, how deep it stands (1 for the top), its heading and its Markdown text.

    `author` and `at` say who wrote it last, where that is known.
    """

    clause_id: int
    number: str
    depth: int
    heading: str
    text: str
    author: str = ""
    at: datetime | None = None

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its text as paragraphs; links within the portal lead to its address."""
        return prose.read(self.text, site=settings.SITE_URL)


@dataclass(frozen=True)
class Signed:
    """A row of the table of signatures, in words."""

    deed: str
    name: str
    role: str
    on: str
    reason: str = ""


@dataclass(frozen=True)
class Paper:
    """A version or a draft as it is written into a file. `made_at` is the instant of the export."""

    title: str
    name: str  # "Version 2.0"
    facts: list[tuple[str, str]]
    entries: list[Entry]
    signatures: list[Signed]
    unsigned: str  # why there are no signatures
    is_sample: bool
    made_at: datetime
    timezone: str
    author: str = ""  # whose changes they are, where an entry does not say
    at: datetime | None = None

    @property
    def made_on(self) -> str:
        """The day of the export in the group's time zone, in words."""
        return _day(self.made_at, self.timezone)


@dataclass(frozen=True)
class Marked:
    """A clause in a comparison: what became of it, and its words with their fates."""

    entry: Entry  # as it is in the new one, or was in the old one where it is gone
    what: str  # "Changed", "Added, was 4.1"; empty where nothing changed
    number: Tracked
    heading: Tracked
    lines: list[Tracked]
    is_gone: bool


@dataclass(frozen=True)
class Comparison:
    """What changed from one paper to another."""

    old: Paper
    new: Paper
    summary: str
    clauses: list[Marked] = field(default_factory=list)

    @property
    def name(self) -> str:
        """What is compared, in words."""
        return f"{self.old.name} compared with {self.new.name[:1].lower() + self.new.name[1:]}"


def paper_of_version(version: StatementVersion, *, now: datetime) -> Paper:
    """The version with its clauses and signatures: four queries. `version.statement.body` is at hand."""
    zone = version.statement.group.timezone
    signatures = selectors.signatures_of(version)
    until = version.in_force.upper
    facts = [
        ("Adopted", str(version.adopted)),
        ("In force from", str(version.since)),
        ("In force until", f"the day before {_date(until)}" if until else ""),
        ("What it changed", version.summary),
    ]
    adopted = signatures[-1] if signatures else None
    return Paper(
        title=str(version.statement),
        name=str(version),
        facts=[(label, words) for label, words in facts if words],
        entries=entries_of(version),
        signatures=_signed(signatures, zone),
        unsigned=_unsigned(version),
        is_sample=version.is_sample,
        made_at=now,
        timezone=zone,
        author=f"{adopted.person} (adopted)" if adopted else str(version),
        at=adopted.at if adopted else datetime.combine(version.since.first, datetime.min.time(), ZoneInfo(zone)),
    )


def _unsigned(version: StatementVersion) -> str:
    if version.source == Source.PORTAL:
        return "No proposal and no agreement are recorded for this version."
    return "Recorded from the group’s file, which does not say who proposed, agreed to and adopted this version."


def paper_of_draft(draft: Draft, *, now: datetime) -> Paper:
    """The draft as it stands, with those who have answered its open proposal: four queries."""
    zone = draft.statement.group.timezone
    facts = [
        ("State", str(draft.get_state_display())),
        ("Based on", str(draft.based_on or "no version")),
        ("Started", f"{_day(draft.started_at, zone)} by {draft.started_by}"),
        ("Ended", f"{_day(draft.ended_at, zone)} by {draft.ended_by}" if draft.ended_at else ""),
        ("Because", draft.ended_because),
    ]
    return Paper(
        title=str(draft.statement),
        name=f"Draft: {draft.title}",
        facts=[(label, words) for label, words in facts if words],
        entries=[
            Entry(
                each.clause_id,
                each.number,
                each.depth,
                each.heading,
                each.text,
                str(each.row.edited_by or ""),
                each.row.edited_at,
            )
            for each in selectors.clauses_of_draft(draft)
        ],
        signatures=_signed(selectors.signatures_on_draft(draft), zone),
        unsigned="A draft: it is not adopted, and nobody is asked to agree to it yet.",
        is_sample=False,
        made_at=now,
        timezone=zone,
        author=str(draft.started_by),
        at=draft.started_at,
    )


def entries_of(version: StatementVersion) -> list[Entry]:
    """The version's clauses in their order, as deep as they stand under one another: one query."""

    def walk(nodes: Sequence[selectors.Node[ClauseText]], depth: int) -> Iterable[Entry]:
        for node in nodes:
            text = node.clause
            yield Entry(text.clause_id, text.number, depth, text.heading, text.text)
            yield from walk(node.nodes, depth + 1)

    return list(walk(selectors.tree(selectors.clauses_of(version)[version.pk]), 1))


def comparison(old: Paper, new: Paper) -> Comparison:
    """What changed from `old` to `new`, clause by clause and word by word."""
    before = {entry.clause_id: entry for entry in old.entries}
    after = {entry.clause_id: entry for entry in new.entries}
    found = changes.changes(old.entries, new.entries)
    marked = [_marked(change, before.get(change.clause_id), after.get(change.clause_id)) for change in found]
    return Comparison(old, new, changes.summary(found), marked)


def _marked(change: changes.Change, old: Entry | None, new: Entry | None) -> Marked:
    entry = new or old
    assert entry is not None
    headings = tracking.tracked(_words(old.heading if old else ""), _words(new.heading if new else ""))
    number = tracking.tracked(_words(old.number if old and not new else ""), _words(new.number if new else ""))
    if old and new:  # another number is no change
        number = tracking.tracked(_words(new.number), _words(new.number))
    what = "" if change.kind is changes.Kind.UNCHANGED else change.kind.capitalize()
    return Marked(
        entry=entry,
        what=f"{what}, was {change.was}" if change.was else what,
        number=number[0],
        heading=headings[0],
        lines=tracking.tracked(old.lines if old else (), new.lines if new else ()),
        is_gone=new is None,
    )


def _words(text: str) -> list[Line]:
    return [Line(prose.Kind.HEADING, (prose.Span(text),), rank=1)] if text else []


def _signed(signatures: Iterable[selectors.Signature], zone: str) -> list[Signed]:
    return [Signed(each.deed, str(each.person), each.role, _day(each.at, zone), each.reason) for each in signatures]


def _day(at: datetime, zone: str) -> str:
    return _date(at.astimezone(ZoneInfo(zone)))


def _date(day: date) -> str:
    return formats.date_format(day, "F j, Y")
