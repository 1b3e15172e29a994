"""Work on a draft: starting it, and changing, adding, splitting, merging, moving and removing its clauses.

Every change takes the lock of the draft's row first, so that two changes come one after the other; what hangs on a
clause is never touched here (that is decided before the adoption, see `adoption`). All raise NotOpen where the draft's
text stands still, and Gone where the clause was removed meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from django.db import IntegrityError, models, transaction

from documents.statement import merging, selectors
from documents.statement.models import Clause, ClauseText, Draft, DraftClause, StatementOfWork, StatementVersion
from documents.statement.services.refusals import Conflict, DraftThere, Gone, NotOpen, Refused
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.reasons import because

DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Saved:
    """A clause as it was saved; `merged` says that someone else's change since then is in it too."""

    row: DraftClause
    merged: bool = False


def base_of(statement: StatementOfWork) -> StatementVersion | None:
    """What a draft would start from: the version in force today, or the last one, or none where there is none."""
    versions = list(statement.versions.order_by("-in_force"))
    today = clock.today(statement.group.timezone)
    return selectors.in_force(versions, today) or (versions[0] if versions else None)


@transaction.atomic
def start_draft(*, by: User, statement: StatementOfWork, title: str) -> Draft:
    """A draft with the clauses of the version that `base_of` gives. Raises DraftThere."""
    base = base_of(statement)
    try:
        with transaction.atomic():
            draft = Draft.objects.create(
                statement=statement, based_on=base, title=title, started_by=by, started_at=clock.now()
            )
    except IntegrityError as error:
        raise DraftThere("There is a draft under work already: adopt or abandon it first.") from error
    _copy(draft, base)
    return draft


def _copy(draft: Draft, base: StatementVersion | None) -> None:
    """The clauses of the version as those of the draft, nested by their numbers."""

    def copy(nodes: Sequence[selectors.Node[ClauseText]], parent: DraftClause | None) -> None:
        for position, node in enumerate(nodes, 1):
            row = DraftClause.objects.create(
                draft=draft,
                clause_id=node.clause.clause_id,
                parent=parent,
                position=position,
                heading=node.clause.heading,
                text=node.clause.text,
            )
            copy(node.nodes, row)

    if base is not None:
        copy(selectors.tree(base.texts.order_by("position")), None)


@transaction.atomic
def abandon_draft(*, by: User, draft: Draft, reason: str) -> Draft:
    """End the draft without adopting it; all that was written stays as the record. Raises NotOpen."""
    draft = _locked(draft)
    with because(reason):
        draft.state, draft.ended_by, draft.ended_at = Draft.State.ABANDONED, by, clock.now()
        draft.ended_because = reason
        draft.save(update_fields=["state", "ended_by", "ended_at", "ended_because"])
    return draft


@transaction.atomic
def rename_draft(*, by: User, draft: Draft, title: str) -> Draft:
    """Say otherwise what the draft is to change."""
    draft = _locked(draft)
    draft.title = title
    draft.save(update_fields=["title"])
    return draft


@transaction.atomic
def edit_clause(*, by: User, clause: DraftClause, heading: str, text: str, seen_revision: int) -> Saved:
    """Save what was written over the revision that the person saw.

    Where someone else saved another one meanwhile, both changes are brought together word by word. Raises Conflict
    where they clash, and then saves nothing; the person's words are in the conflict.
    """
    _locked(clause.draft)
    row = _there(clause)
    text = text.replace("\r\n", "\n")
    is_merged = row.revision != seen_revision
    if is_merged:
        base = selectors.wording_at(row, seen_revision)
        if base is None:
            raise Refused("The page that this was sent from is not of this clause: open the draft again.")
        headings = merging.merge(base[0], heading, row.heading)
        texts = merging.merge(base[1], text, row.text)
        new_heading, new_text = merging.merged(headings), merging.merged(texts)
        if new_heading is None or new_text is None or len(new_heading) > HEADING_LENGTH:
            raise Conflict(row, headings, texts)
        is_merged = (new_heading, new_text) != (heading, text)
        heading, text = new_heading, new_text
    if (heading, text) != (row.heading, row.text):
        row.heading, row.text = heading, text
        _touch(row, by)
    return Saved(row, is_merged)


HEADING_LENGTH: Final = 200


@transaction.atomic
def add_clause(
    *, by: User, draft: Draft, heading: str, text: str = "", under: DraftClause | None = None, after: DraftClause | None
) -> DraftClause:
    """A new clause behind `after`, or as the first one under `under` (at the top of the draft without it).

    The same sent once more is one clause: the one that the person added there is returned, unless it was worked on.
    """
    draft = _locked(draft)
    parent = _there(after).parent if after else (_there(under) if under else None)
    text = text.replace("\r\n", "\n")
    there = _those_under(draft, parent).filter(position__gt=_there(after).position if after else 0).first()
    if there is not None and _is_as_added(there, by, heading, text):
        return there
    return _new_clause(by, draft, parent, after, heading, text)


def _new_clause(
    by: User, draft: Draft, parent: DraftClause | None, after: DraftClause | None, heading: str, text: str
) -> DraftClause:
    _check_depth(parent, 1)
    row = DraftClause(
        draft=draft,
        clause=Clause.objects.create(statement=draft.statement),
        parent=parent,
        position=_make_room(draft, parent, after),
        heading=heading,
        text=text,
        edited_by=by,
        edited_at=clock.now(),
    )
    row.save()
    return row


def _is_as_added(row: DraftClause, by: User, heading: str, text: str) -> bool:
    said = (row.heading, row.text) == (heading, text)
    return said and row.revision == 1 and row.edited_by_id == by.pk and row.split_from_id is None


@transaction.atomic
def remove_clause(*, by: User, clause: DraftClause, with_those_under_it: bool = False) -> DraftClause:
    """Take the clause out of the draft; those under it take its place unless they are to go too. It can come back."""
    _locked(clause.draft)
    row = _there(clause)
    _take_out(row, by, with_those_under_it=with_those_under_it)
    return row


@transaction.atomic
def restore_clause(*, by: User, clause: DraftClause) -> DraftClause:
    """Bring a removed or merged clause back to where it stood.

    Where what it stood under is gone, or stands too deep by now, it comes back at the end of the draft.
    """
    _locked(clause.draft)
    row = DraftClause.objects.select_for_update(of=("self",)).select_related("draft", "parent").get(pk=clause.pk)
    if row.is_removed:
        if row.parent is not None and (row.parent.is_removed or _depth(row.parent) >= DEEPEST):
            row.parent, row.position = None, _last_position(row.draft, None) + 1
        row.is_removed, row.merged_into = False, None
        _touch(row, by, also=["parent", "position", "is_removed", "merged_into"])
    return row


@transaction.atomic
def split_clause(
    *, by: User, clause: DraftClause, seen_revision: int, kept: str, heading: str, text: str
) -> tuple[DraftClause, DraftClause]:
    """Leave `kept` in the clause, and give the rest a clause of its own behind it. Returns both.

    Raises Refused where the clause changed since the person saw it: what was typed is then put to it again.
    """
    _locked(clause.draft)
    row = _there(clause)
    if row.revision != seen_revision:
        raise Conflict(row, merging.merge(row.heading, row.heading, row.heading), [merging.Agreed(row.text)])
    row.text = kept.replace("\r\n", "\n")
    _touch(row, by)
    part = _new_clause(by, row.draft, row.parent, row, heading, text.replace("\r\n", "\n"))
    part.split_from = row.clause
    part.save(update_fields=["split_from"])
    return row, part


@transaction.atomic
def merge_clause(*, by: User, clause: DraftClause, into: DraftClause) -> DraftClause:
    """Put the clause's text at the end of another's, and take it out; those under it go under the other. Returns it."""
    _locked(clause.draft)
    row, other = _there(clause), _there(into)
    if row.pk == other.pk or row.draft_id != other.draft_id:
        raise Refused("A clause can be merged into another one of the same draft only.")
    if other.pk in _under(row):
        raise Refused("A clause can't be merged into one that stands under it: move that one out first.")
    _check_depth(other, _height(row) - 1)
    said = f"**{row.heading}.** {row.text}".strip() if row.text else row.heading
    other.text = f"{other.text}\n\n{said}".strip()
    last = _last_position(other.draft, other)
    for offset, child in enumerate(row.children.filter(is_removed=False).order_by("position", "id"), 1):
        child.parent, child.position = other, last + offset
        child.save(update_fields=["parent", "position"])
    _touch(other, by)
    row.merged_into = other.clause
    _take_out(row, by, with_those_under_it=False)
    return other


Direction = Literal["up", "down", "in", "out"]


@transaction.atomic
def move_clause(*, by: User, clause: DraftClause, direction: Direction) -> DraftClause:
    """One place up or down among its neighbours; in: under the one before it; out: behind the one it stands under.

    With all that stands under it. At the end of the way nothing changes.
    """
    _locked(clause.draft)
    row = _there(clause)
    neighbours = list(_those_under(row.draft, row.parent))
    at = next(place for place, each in enumerate(neighbours) if each.pk == row.pk)
    if direction == "out":
        if row.parent is not None:
            _place(row, row.parent.parent, after=row.parent)
    elif direction == "in":
        if at > 0:
            under = neighbours[at - 1]
            _check_depth(under, _height(row))
            _place(row, under, after=_those_under(row.draft, under).last())
    else:
        other = at - 1 if direction == "up" else at + 1
        if 0 <= other < len(neighbours):
            after = neighbours[other] if direction == "down" else (neighbours[other - 1] if other > 0 else None)
            _place(row, row.parent, after=after)
    return row


@transaction.atomic
def place_clause(*, by: User, clause: DraftClause, under: DraftClause | None, after: DraftClause | None) -> DraftClause:
    """Put the clause, with all under it, behind `after`, or first under `under` (first of all without both).

    Raises Refused for a place within itself, and where it would stand too deep.
    """
    _locked(clause.draft)
    row = _there(clause)
    parent = _there(after).parent if after else (_there(under) if under else None)
    if after is not None and after.pk == row.pk:
        return row
    if parent is not None and parent.pk in {row.pk, *_under(row)}:
        raise Refused("A clause can't stand under itself.")
    _check_depth(parent, _height(row))
    _place(row, parent, after=after)
    return row


def _locked(draft: Draft) -> Draft:
    """The draft, which nobody else changes until the transaction ends. Raises NotOpen."""
    found = Draft.objects.select_for_update(of=("self",)).select_related("statement").get(pk=draft.pk)
    if not found.is_open:
        raise NotOpen(f"The draft is {found.get_state_display().lower()}: its text stands still.")
    return found


def _there(clause: DraftClause) -> DraftClause:
    """The clause's row as it stands now. Raises Gone."""
    row = DraftClause.objects.select_related("draft__statement", "parent", "edited_by", "clause").get(pk=clause.pk)
    if row.is_removed:
        raise Gone(row)
    return row


def _touch(row: DraftClause, by: User, *, also: Sequence[str] = ()) -> None:
    """Save what was changed as the next revision."""
    row.revision += 1
    row.edited_by, row.edited_at = by, clock.now()
    row.save(update_fields=["heading", "text", "revision", "edited_by", "edited_at", *also])


def _those_under(draft: Draft, parent: DraftClause | None) -> models.QuerySet[DraftClause]:
    return DraftClause.objects.filter(draft=draft, parent=parent, is_removed=False).order_by("position", "id")


def _under(row: DraftClause) -> set[int]:
    """All rows that stand under it, however deep."""
    below: dict[int | None, list[int]] = {}
    for pk, parent in DraftClause.objects.filter(draft=row.draft_id).values_list("pk", "parent"):
        below.setdefault(parent, []).append(pk)
    found: set[int] = set()
    waiting = [row.pk]
    while waiting:
        children = below.get(waiting.pop(), [])
        found.update(children)
        waiting += children
    return found


def _height(row: DraftClause) -> int:
    """How many levels the clause makes with those under it: 1 without any."""
    return 1 + max((_height(child) for child in _those_under(row.draft, row)), default=0)


def _depth(row: DraftClause | None) -> int:
    """How deep the clause stands: 1 at the top; 0 without one."""
    depth, at = 0, row
    while at is not None:
        depth, at = depth + 1, at.parent
    return depth


def _check_depth(parent: DraftClause | None, height: int) -> None:
    if _depth(parent) + height > DEEPEST:
        raise Refused(f"Clauses stand at most {DEEPEST} deep under one another.")


def _last_position(draft: Draft, parent: DraftClause | None) -> int:
    last = DraftClause.objects.filter(draft=draft, parent=parent).order_by("-position").first()
    return last.position if last else 0


def _make_room(
    draft: Draft, parent: DraftClause | None, after: DraftClause | None, *, but: DraftClause | None = None
) -> int:
    """The position behind `after`, or the first, which is free afterwards; `but` is the clause that is to stand there.

    Those under the parent are counted anew from 1, with the removed ones, which so keep the place to come back to;
    only rows that get another position are written.
    """
    under = DraftClause.objects.filter(draft=draft, parent=parent).order_by("position", "id")
    neighbours = [row for row in under if but is None or row.pk != but.pk]
    free = next((at for at, row in enumerate(neighbours, 2) if after is not None and row.pk == after.pk), 1)
    for at, row in enumerate(neighbours, 1):
        position = at if at < free else at + 1
        if row.position != position:
            row.position = position
            row.save(update_fields=["position"])
    return free


def _place(row: DraftClause, parent: DraftClause | None, *, after: DraftClause | None) -> None:
    row.parent, row.position = parent, _make_room(row.draft, parent, after, but=row)
    row.save(update_fields=["parent", "position"])


def _take_out(row: DraftClause, by: User, *, with_those_under_it: bool) -> None:
    children = list(_those_under(row.draft, row))
    if with_those_under_it:
        for child in children:
            _take_out(_there(child), by, with_those_under_it=True)
    elif children:
        at: DraftClause = row
        for child in children:
            _place(child, row.parent, after=at)
            at = child
    row.is_removed = True
    _touch(row, by, also=["is_removed", "merged_into"])
