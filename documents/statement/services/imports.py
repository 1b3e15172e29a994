"""What a file says taken into a draft: its clauses become what the file says."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from documents.statement import prose, selectors
from documents.statement.models import Clause, Draft, DraftClause
from documents.statement.services.drafts import HEADING_LENGTH
from documents.statement.services.refusals import NotOpen, Refused
from documents.statement.services.versions import Wording, same_clauses
from teams.accounts.models import User
from teams.clock import selectors as clock


@dataclass(frozen=True, slots=True)
class Incoming:
    """A clause in a file: which one it says it is, its depth (1 for the top), its heading and its Markdown text."""

    clause_id: int | None
    depth: int
    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A clause as it would stand in the draft; a new one has a negative identity until it is there."""

    clause_id: int
    number: str
    depth: int
    heading: str
    text: str


def state_of(draft: Draft) -> str:
    """A sign of the draft's whole text: it is another one as soon as anything in it changes."""
    rows = DraftClause.objects.filter(draft=draft).order_by("pk")
    told = list(rows.values_list("pk", "parent", "position", "revision", "is_removed"))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def plan_of(draft: Draft, clauses: Sequence[Incoming]) -> list[Planned]:
    """The draft's clauses as the file has them: matched by the identity that the file carries, where the statement has
    such a clause; the others as `same_clauses` does. What says the same stays as it is written.
    """
    rows = {row.clause_id: row for row in DraftClause.objects.filter(draft=draft)}
    ours = set(Clause.objects.filter(statement=draft.statement_id).values_list("pk", flat=True))
    numbers = _numbers([each.depth for each in clauses])
    found: list[int | None] = []
    for each in clauses:
        known = each.clause_id if each.clause_id in ours and each.clause_id not in found else None
        found.append(known)
    before = [each for each in selectors.clauses_of_draft(draft) if each.clause_id not in found]
    open_places = [place for place, identity in enumerate(found) if identity is None]
    wordings = [Wording(numbers[place], clauses[place].heading, clauses[place].text) for place in open_places]
    same = same_clauses([Wording(each.number, each.heading, each.text) for each in before], wordings)
    for place, old in zip(open_places, same, strict=True):
        found[place] = before[old].clause_id if old is not None else -1 - place
    planned = []
    for each, number, identity in zip(clauses, numbers, found, strict=True):
        assert identity is not None
        row = rows.get(identity)
        says_the_same = row is not None and prose.read(row.text) == prose.read(each.text)
        text = row.text if row and says_the_same else each.text
        planned.append(Planned(identity, number, each.depth, each.heading, text))
    return planned


def _numbers(depths: Sequence[int]) -> list[str]:
    counted: list[int] = []
    found = []
    for depth in depths:
        counted = [*counted[:depth], *([0] * (depth - len(counted)))]
        counted[-1] += 1
        found.append(".".join(map(str, counted)))
    return found


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
