"""What a file says taken into a draft: its clauses become what the file says."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from django.db import transaction

from documents.statement import prose, selectors
from documents.statement.models import Clause, Draft, DraftClause, StatementOfWork, StatementVersion
from documents.statement.services.drafts import HEADING_LENGTH, start_draft
from documents.statement.services.refusals import NotOpen, Refused
from documents.statement.services.versions import Wording, same_clauses
from teams.accounts.models import User
from teams.clock import selectors as clock

# A clause with another heading and another number is still the same where so much of the words of both is shared.
ALIKE: Final = 0.6
# Each with each is compared only up to so many pairs: beyond, the file is of another text.
MOST_PAIRS: Final = 40_000


@dataclass(frozen=True, slots=True)
class Incoming:
    """A clause in a file: which one it says it is, its depth (1 for the top), its heading and its Markdown text."""

    clause_id: int | None
    depth: int
    heading: str
    text: str


class Match(StrEnum):
    """By what a clause of a file was known again."""

    MARK = "the mark in the file"
    HEADING = "number and heading"
    LIKENESS = "likeness of the text"
    NEW = "nothing: it is new"


class Standing(Protocol):
    """A clause as it stands in a version or a draft."""

    @property
    def clause_id(self) -> int: ...
    @property
    def number(self) -> str: ...
    @property
    def heading(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Planned:
    """A clause as it would stand in the draft; a new one has a negative identity until it is there."""

    clause_id: int
    number: str
    depth: int
    heading: str
    text: str
    match: Match = Match.NEW


def state_of(draft: Draft) -> str:
    """A sign of the draft's whole text: it is another one as soon as anything in it changes."""
    rows = DraftClause.objects.filter(draft=draft).order_by("pk")
    told = list(rows.values_list("pk", "parent", "position", "revision", "is_removed"))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def plan_of(draft: Draft, clauses: Sequence[Incoming]) -> list[Planned]:
    """The draft's clauses as the file has them (see `plan_over`)."""
    said = dict(DraftClause.objects.filter(draft=draft).values_list("clause_id", "text"))
    return plan_over(draft.statement_id, selectors.clauses_of_draft(draft), clauses, said)


def plan_over(
    statement: int, before: Sequence[Standing], clauses: Sequence[Incoming], said: dict[int, str] | None = None
) -> list[Planned]:
    """What the clauses `before`, of the statement of that key, become by the file.

    A clause is known by the identity that the file carries, where the statement has such a clause; else by its heading
    and number, as `same_clauses` does; else by the likeness of its words. What says the same stays as it is written;
    `said` are the texts by identity, also of clauses that were removed.
    """
    said = {each.clause_id: each.text for each in before} if said is None else said
    ours = set(Clause.objects.filter(statement=statement).values_list("pk", flat=True))
    numbers = _numbers([each.depth for each in clauses])
    found: list[tuple[int, Match] | None] = []
    marked: set[int] = set()
    for each in clauses:
        known = each.clause_id if each.clause_id in ours and each.clause_id not in marked else None
        marked |= {known} if known else set()
        found.append((known, Match.MARK) if known else None)
    rest = [each for each in before if each.clause_id not in marked]
    places = [place for place, identity in enumerate(found) if identity is None]
    wordings = [Wording(numbers[place], clauses[place].heading, clauses[place].text) for place in places]
    same = same_clauses([Wording(each.number, each.heading, each.text) for each in rest], wordings)
    for place, wording, old in zip(places, wordings, same, strict=True):
        if old is not None:
            is_named = rest[old].heading.casefold() == wording.heading.casefold()
            found[place] = rest[old].clause_id, Match.HEADING if is_named else Match.LIKENESS
    taken = {at for at in same if at is not None}
    left = [each for at, each in enumerate(rest) if at not in taken]
    places = [place for place in places if found[place] is None]
    for place, identity in _alike(left, [clauses[place] for place in places]):
        found[places[place]] = identity, Match.LIKENESS
    planned = []
    for place, (each, number, match) in enumerate(zip(clauses, numbers, found, strict=True)):
        identity, by = match or (-1 - place, Match.NEW)
        text = said.get(identity)
        text = text if text is not None and prose.read(text) == prose.read(each.text) else each.text
        planned.append(Planned(identity, number, each.depth, each.heading, text, by))
    return planned


def _alike(before: Sequence[Standing], clauses: Sequence[Incoming]) -> list[tuple[int, int]]:
    """Pairs of a place among the clauses and the identity of the one before that it is most like; the likest first."""
    if len(before) * len(clauses) > MOST_PAIRS:
        return []
    old = [Counter(each.text.casefold().split()) for each in before]
    pairs = []
    for place, each in enumerate(clauses):
        words = Counter(each.text.casefold().split())
        for at, others in enumerate(old):
            in_all = words.total() + others.total()
            likeness = 2 * (words & others).total() / in_all if in_all else 0
            if likeness >= ALIKE:
                pairs.append((-likeness, place, at))
    found: list[tuple[int, int]] = []
    taken: set[int] = set()
    placed: set[int] = set()
    for _, place, at in sorted(pairs):
        if place not in placed and at not in taken:
            placed.add(place)
            taken.add(at)
            found.append((place, before[at].clause_id))
    return found


def _numbers(depths: Sequence[int]) -> list[str]:
    counted: list[int] = []
    found = []
    for depth in depths:
        counted = [*counted[:depth], *([0] * (depth - len(counted)))]
        counted[-1] += 1
        found.append(".".join(map(str, counted)))
    return found


@transaction.atomic
def draft_from(
    *,
    by: User,
    statement: StatementOfWork,
    title: str,
    clauses: Sequence[Incoming],
    seen: StatementVersion | None,
) -> Draft:
    """A new draft with the clauses of the file, based on the version in force.

    `seen` is the version that the person was shown it against. Raises DraftThere where a draft is under work, and
    Refused where another version is in force by now, and for what `import_into` refuses; then there is no draft.
    """
    draft = start_draft(by=by, statement=statement, title=title)
    if draft.based_on != seen:
        raise Refused("Another version is in force by now: look at what would change once more.")
    return import_into(by=by, draft=draft, clauses=clauses, seen=state_of(draft))


@transaction.atomic
def import_into(*, by: User, draft: Draft, clauses: Sequence[Incoming], seen: str) -> Draft:
    """Make the draft's clauses those of the file; the clauses that it does not have are removed, and can come back.

    `seen` is `state_of` the draft that the person was shown. Raises NotOpen, and Refused where the draft changed since
    then, where the file has no clause, and for a heading that is too long.
    """
    draft = Draft.objects.select_for_update(of=("self",)).select_related("statement").get(pk=draft.pk)
    if not draft.is_open:
        raise NotOpen(f"The draft is {draft.get_state_display().lower()}: its text stands still.")
    if state_of(draft) != seen:
        raise Refused("The draft was changed meanwhile: look at what would change once more.")
    if not clauses:
        raise Refused("The file has no clause.")
    if any(not each.heading or len(each.heading) > HEADING_LENGTH for each in clauses):
        raise Refused(f"Each clause has a heading of at most {HEADING_LENGTH} characters.")
    rows = {row.clause_id: row for row in DraftClause.objects.filter(draft=draft)}
    above: list[DraftClause] = []
    planned = plan_of(draft, clauses)
    for place, each in enumerate(planned, 1):
        del above[each.depth - 1 :]
        parent = above[-1] if above else None
        row = rows.pop(each.clause_id, None)
        if row is None:
            identity = each.clause_id if each.clause_id > 0 else Clause.objects.create(statement=draft.statement).pk
            row = DraftClause(draft=draft, clause_id=identity, revision=0)
        was = (row.heading, row.text, row.is_removed, row.revision == 0)
        row.heading, row.text, row.is_removed, row.merged_into = each.heading, each.text, False, None
        row.parent, row.position = parent, place
        if was != (row.heading, row.text, False, False):
            row.revision, row.edited_by, row.edited_at = row.revision + 1, by, clock.now()
        row.save()
        above.append(row)
    for row in rows.values():
        if not row.is_removed:
            row.is_removed, row.revision, row.edited_by, row.edited_at = True, row.revision + 1, by, clock.now()
            row.save()
    return draft
