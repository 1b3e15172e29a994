"""What a file would change in the plan: each row is known again by its key, and compared with what is there."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Final, TypeVar

from django.db.models import Q

from milestones.work.models import OPEN_STATES, REASON_AT_MOST, Deliverable, Dependency, Milestone, State
from milestones.work.services.planning import TITLE_AT_MOST
from milestones.work.timeline import EARLIEST, LATEST
from teams.accounts.models import User
from teams.bodies.models import Membership, WorkingGroup
from teams.dates import ApproximateDate, first_day, last_day

from .reading import (
    DELIVERABLE,
    DUE,
    EVIDENCE,
    FOLLOWS,
    KEY,
    MOST_ROWS,
    OWNER,
    REASON,
    TITLE,
    Fault,
    Line,
    Reading,
)

T = TypeVar("T")

ADDED, CHANGED, UNCHANGED = "added", "changed", "unchanged"
EVIDENCE_AT_MOST: Final = 300
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Change:
    """One value that a row changes, as a page writes both."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Planned:
    """What a row comes to. `key` is that of the milestone; a new one has none yet. `due` is as in ISO 8601.

    `follows` are the keys of what it follows, and of a new row "row:7"; None where the file doesn't say.
    """

    row: int
    kind: str
    key: str
    title: str
    deliverable: str
    deliverable_id: int | None
    owner: str
    owner_id: int
    due: str
    reason: str
    evidence: str
    follows: list[str] | None = None
    follows_in_words: list[str] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def ref(self) -> str:
        """How another row names it in its `follows`."""
        return self.key or _ref(self.row)

    @property
    def date(self) -> ApproximateDate:
        """When it is due."""
        return ApproximateDate.parse(self.due)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a file would change, row by row, and what is wrong with it."""

    planned: list[Planned]
    faults: list[Fault]
    there: Field

    @property
    def counts(self) -> dict[str, int]:
        """How many rows are added, changed and unchanged."""
        found = Counter(each.kind for each in self.planned)
        return {kind: found[kind] for kind in (ADDED, CHANGED, UNCHANGED)}

    @property
    def changing(self) -> list[Planned]:
        """The rows that change something."""
        return [each for each in self.planned if each.kind != UNCHANGED]

    @property
    def digest(self) -> str:
        """Stands for the plan as it is and for all that would change: any change meanwhile gives another one."""
        said = json.dumps([self.there.state, [asdict(each) for each in self.changing]], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()


class Field:
    """What of a group's plan a person may change by a file: `bodies` are the keys of its bodies, None for all."""

    def __init__(self, group: WorkingGroup, bodies: frozenset[int] | None, today: date) -> None:
        within = Q() if bodies is None else Q(body__in=bodies)
        # In the order of their due dates, as on the plan's page.
        order = (last_day("due"), first_day("due"), "id")
        self.today = today
        milestones = Milestone.objects.filter(within, group=group).select_related("owner", "deliverable")
        self.milestones = list(milestones.order_by(*order))
        deliverables = Deliverable.objects.filter(within, group=group, state__in=OPEN_STATES).order_by(*order)
        self.deliverables = _labelled((each.title, each.key, each) for each in deliverables)
        held = Membership.objects.filter(Membership.holding(today), body__group=group, person__is_active=True)
        people = User.objects.filter(pk__in=held.values("person")).select_related("organization").order_by("name", "pk")
        self.people = _labelled((each.name, str(each.organization or each.pk), each) for each in people)
        others = Milestone.objects.filter(group=group).exclude(state=State.DROPPED).only("key", "title", "group_id")
        self.followable = {each.key: each for each in others.order_by("due", "id")}
        self.by_label = _labelled((each.title, each.key, each) for each in self.followable.values())
        # A title with a semicolon could not be told from two.
        self.label_of = {each.key: each.key if ";" in label else label for label, each in self.by_label.items()}
        self.after: dict[str, list[str]] = defaultdict(list)
        pairs = Dependency.objects.filter(milestone__group=group).order_by("after__due", "after_id")
        for key, before in pairs.values_list("milestone__key", "after__key"):
            self.after[key].append(before)
        self.label_of_deliverable = {each.pk: label for label, each in self.deliverables.items()}
        self.label_of_person = {each.pk: label for label, each in self.people.items()}

    @property
    def state(self) -> list[list[str | int]]:
        """What a file is compared with, of each milestone."""
        return [
            [
                *(each.key, each.edit_revision, each.title, each.owner_id, each.due.isoformat(), each.state),
                *(each.evidence_asked, *sorted(self.after.get(each.key, ()))),
            ]
            for each in self.milestones
        ]

    def follows_of(self, milestone: Milestone) -> str:
        """What a milestone follows, as its row says it."""
        return "; ".join(self.names_of(self.after.get(milestone.key, ())))

    def names_of(self, keys: Iterable[str]) -> list[str]:
        """Milestones as a row names them; a dropped one by its key."""
        return [self.label_of.get(key, key) for key in keys]

    @property
    def open_milestones(self) -> list[Milestone]:
        """The milestones that stand in the file to be filled in."""
        return [each for each in self.milestones if each.is_open][:MOST_ROWS]

    def line_of(self, milestone: Milestone) -> tuple[str, str, str, str, ApproximateDate]:
        """Key, title, deliverable, owner and due date of a milestone, as its row says them."""
        deliverable = milestone.deliverable
        return (
            milestone.key,
            milestone.title,
            self.label_of_deliverable.get(deliverable.pk, deliverable.title) if deliverable else "",
            self.label_of_person.get(milestone.owner_id, milestone.owner.name),
            milestone.due,
        )


def _labelled(rows: Iterable[tuple[str, str, T]]) -> dict[str, T]:
    found = list(rows)
    often = Counter(name.casefold() for name, _, _ in found)
    labels: dict[str, T] = {}
    for name, more, each in found:
        label = f"{name} ({more})" if often[name.casefold()] > 1 else name
        number = 2
        while label in labels:
            label, number = f"{name} ({more}, {number})", number + 1
        labels[label] = each
    return labels


def compare(reading: Reading, there: Field) -> Comparison:
    """What the file would change in the plan as it is now."""
    reader = _Comparing(reading, there)
    planned = [each for line in reading.lines if (each := reader.plan(line)) is not None]
    reader.refuse_circles(planned)
    faults = sorted([*reading.faults, *reader.faults], key=lambda each: _place(each.cell))
    return Comparison(planned, faults, there)


def _ref(row: int) -> str:
    return f"row:{row}"


def _place(cell: str) -> tuple[int, str]:
    letters = cell.rstrip("0123456789")
    return int(cell[len(letters) :]), letters


class _Comparing:
    """Compares row by row, and notes what is wrong by its cell."""

    def __init__(self, reading: Reading, there: Field) -> None:
        self.reading, self.there = reading, there
        self.faults: list[Fault] = []
        self.broken = {each.cell for each in reading.faults}
        self.by_key = {each.key: each for each in there.milestones}
        self.deliverables = {label.casefold(): each for label, each in there.deliverables.items()}
        self.people = {label.casefold(): each for label, each in there.people.items()}
        self.rows: dict[str, int] = {}
        self.says_follows, self.says_evidence = (each in reading.letters for each in (FOLLOWS, EVIDENCE))
        self.labels = {label.casefold(): each.key for label, each in there.by_label.items()}
        self.new_rows: dict[str, list[int]] = defaultdict(list)
        for line in reading.lines:
            if not line[KEY].strip():
                self.new_rows[line[TITLE].strip().casefold()].append(line.number)
        self.title_of_new = {line.number: line[TITLE].strip() for line in reading.lines}

    def plan(self, line: Line) -> Planned | None:
        """What the row comes to; None where something in it is wrong."""
        before = len(self.faults)
        known = self._known(line)
        title = self._title(line)
        due = self._due(line)
        owner = self._owner(line, known)
        deliverable = self._deliverable(line, known)
        follows, evidence = self._follows(line, known), self._evidence(line, known)
        if len(self.faults) > before or self._is_broken(line) or due is None or owner is None:
            return None
        changes = self._changes(line, known, title, due, owner, follows, evidence) if known else []
        if (known is None or any(each.label == DUE for each in changes)) and due.last < self.there.today:
            self._fault(line, DUE, f"{due} has passed: choose a later date")
        reason = self._reason(line, known, changes)
        if len(self.faults) > before:
            return None
        return Planned(
            row=line.number,
            kind=ADDED if known is None else CHANGED if changes else UNCHANGED,
            key=known.key if known else "",
            title=title,
            deliverable=deliverable.title if deliverable else "",
            deliverable_id=deliverable.pk if deliverable else None,
            owner=owner.name,
            owner_id=owner.pk,
            due=due.isoformat(),
            reason=reason,
            evidence=evidence,
            follows=follows,
            follows_in_words=self.names(follows or ()),
            changes=changes,
        )

    def _fault(self, line: Line, heading: str, why: str) -> None:
        cell = self.reading.cell(line, heading)
        if cell not in self.broken:
            self.faults.append(Fault(cell, why))

    def _is_broken(self, line: Line) -> bool:
        return any(self.reading.cell(line, heading) in self.broken for heading in self.reading.letters)

    def _known(self, line: Line) -> Milestone | None:
        key = line[KEY].strip()
        if not key:
            return None
        known = self.by_key.get(key)
        if known is None:
            self._fault(line, KEY, f"no milestone that you plan has the key “{key}”; a new one has none")
        elif key in self.rows:
            self._fault(line, KEY, f"the milestone “{key}” stands in row {self.rows[key]} already")
        self.rows.setdefault(key, line.number)
        return known

    def _title(self, line: Line) -> str:
        title = line[TITLE].strip()
        if not title:
            self._fault(line, TITLE, "a milestone needs a title")
        elif len(title) > TITLE_AT_MOST:
            self._fault(line, TITLE, f"the title has {len(title)} characters; at most {TITLE_AT_MOST} fit")
        return title

    def _due(self, line: Line) -> ApproximateDate | None:
        text = line[DUE].strip()
        if not text:
            self._fault(line, DUE, "a milestone needs a due date")
            return None
        try:
            due = ApproximateDate.parse(text)
        except ValueError:
            why = f"no day like {text}" if _DAY.fullmatch(text) else f"“{text}” is no date: write 2018-03-06 or 2018-03"
            self._fault(line, DUE, why)
            return None
        if not EARLIEST <= due.first <= due.last <= LATEST:
            self._fault(line, DUE, f"the plan goes from {EARLIEST.year} to {LATEST.year}")
        return due

    def _owner(self, line: Line, known: Milestone | None) -> User | None:
        name = line[OWNER].strip()
        if not name:
            self._fault(line, OWNER, "a milestone needs an owner")
            return None
        if known and name.casefold() == self.there.line_of(known)[3].casefold():
            return known.owner
        found = self.people.get(name.casefold())
        if found is None:
            self._fault(line, OWNER, f"nobody in the group is called “{name}”: take a name of the sheet “Lists”")
        return found

    def _deliverable(self, line: Line, known: Milestone | None) -> Deliverable | None:
        label = line[DELIVERABLE].strip()
        if known:
            if label.casefold() != self.there.line_of(known)[2].casefold():
                self._fault(line, DELIVERABLE, "a milestone stays with its deliverable")
            return known.deliverable
        if not label:
            self._fault(line, DELIVERABLE, "a new milestone needs a deliverable of the sheet “Lists”")
            return None
        found = self.deliverables.get(label.casefold())
        if found is None:
            self._fault(line, DELIVERABLE, f"you plan no open deliverable “{label}”: take one of the sheet “Lists”")
        return found

    def _follows(self, line: Line, known: Milestone | None) -> list[str] | None:
        """The keys of what the row follows; None where the file has no such column."""
        if not self.says_follows:
            return None
        found: list[str] = []
        own = known.key if known else _ref(line.number)
        for part in filter(None, (each.strip() for each in line[FOLLOWS].split(";"))):
            rows = self.new_rows.get(part.casefold(), [])
            key = part if part in self.there.followable else self.labels.get(part.casefold())
            # A milestone that was dropped since stays named by its key.
            if key is None and known and part in self.there.after.get(known.key, ()):
                key = part
            if key is None and len(rows) > 1:
                self._fault(line, FOLLOWS, f"“{part}” is the title of rows {rows[0]} and {rows[1]}: name one otherwise")
            elif key is None and not rows:
                self._fault(line, FOLLOWS, f"no milestone is called “{part}”: write its title or its key")
            elif (ref := key or _ref(rows[0])) == own:
                self._fault(line, FOLLOWS, "a milestone can’t follow itself")
            elif ref not in found:
                found.append(ref)
        return found

    def _evidence(self, line: Line, known: Milestone | None) -> str:
        if not self.says_evidence:
            return known.evidence_asked if known else ""
        evidence = line[EVIDENCE].strip()
        if len(evidence) > EVIDENCE_AT_MOST:
            self._fault(line, EVIDENCE, f"the evidence has {len(evidence)} characters; at most {EVIDENCE_AT_MOST} fit")
        return evidence

    def names(self, refs: Iterable[str]) -> list[str]:
        """Milestones and new rows, as a page names them."""
        new = {_ref(number): title for number, title in self.title_of_new.items()}
        return [new[each] if each in new else self.there.names_of([each])[0] for each in refs]

    def refuse_circles(self, planned: list[Planned]) -> None:
        """Name each cell by which a milestone would come to follow itself, with the others of the circle."""
        after: dict[str, list[str]] = {**self.there.after}
        after |= {each.ref: each.follows for each in planned if each.follows is not None}
        lines = {line.number: line for line in self.reading.lines}
        for each in planned:
            if not each.follows or set(each.follows) == set(self.there.after.get(each.key, ())):
                continue
            if way := _way_back(each.ref, after):
                self._fault(
                    lines[each.row],
                    FOLLOWS,
                    f"it would follow itself, by way of {', '.join(f'“{each}”' for each in self.names(way))}",
                )

    def _changes(
        self,
        line: Line,
        known: Milestone,
        title: str,
        due: ApproximateDate,
        owner: User,
        follows: list[str] | None,
        evidence: str,
    ) -> list[Change]:
        followed = self.there.after.get(known.key, [])
        pairs: Mapping[str, tuple[str, str]] = {
            TITLE: (known.title, title),
            OWNER: (known.owner.name, owner.name),
            DUE: (known.due.short, due.short),
            FOLLOWS: ("; ".join(self.names(followed)) or "nothing", "; ".join(self.names(follows or ())) or "nothing"),
            EVIDENCE: (known.evidence_asked or "none", evidence or "none"),
        }
        differs = {
            TITLE: known.title != title,
            OWNER: known.owner_id != owner.pk,
            DUE: known.due != due,
            FOLLOWS: follows is not None and set(follows) != set(followed),
            EVIDENCE: known.evidence_asked != evidence,
        }
        found = [Change(label, *pair) for label, pair in pairs.items() if differs[label]]
        if found and not known.is_open:
            self._fault(line, KEY, f"it is {known.get_state_display().lower()}, so nothing of it changes by a file")
        return found

    def _reason(self, line: Line, known: Milestone | None, changes: list[Change]) -> str:
        reason = line[REASON].strip()
        if len(reason) > REASON_AT_MOST:
            self._fault(line, REASON, f"the reason has {len(reason)} characters; at most {REASON_AT_MOST} fit")
        needing = [each.label for each in changes if each.label in (DUE, OWNER)]
        if known and needing and not reason:
            what = "due date" if needing[-1] == DUE else "owner"
            self._fault(line, REASON, f"another {what} needs a reason")
        return reason


def _way_back(start: str, after: Mapping[str, Iterable[str]]) -> list[str]:
    """A way by which something follows itself: what it passes, in order; empty where there is none."""
    ways = [[each] for each in after.get(start, ())]
    seen: set[str] = set()
    while ways:
        way = ways.pop()
        if way[-1] == start:
            return way[:-1]
        if way[-1] not in seen:
            seen.add(way[-1])
            ways += [[*way, each] for each in after.get(way[-1], ())]
    return []
