"""What a draft would change for the work: everything that hangs on a clause which it changes or removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django.db.models import Case, CharField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, JSONObject

from documents.library.models import Document
from documents.library.selectors import documents_visible_to
from documents.statement import changes
from documents.statement.models import ClauseLink, ClauseText, Draft, DraftClause, DraftComment, ImpactDecision
from milestones.meetings.selectors import meetings_visible_to
from teams.accounts.models import User
from teams.accounts.selectors import unless_government_only

from .drafts import comments_visible_to, drafts_visible_to, numbered

# What a decision tells instead of a title, where the document is for the government alone.
FOR_THE_GOVERNMENT: Final = "A document that is for the government alone"


@dataclass(slots=True)
class Affected:
    """Something that hangs on a changed clause, and what was decided of it.

    `is_stale` says that the clause changed again since it was decided: the decision has to be confirmed or changed.
    """

    thing: ClauseLink | DraftComment
    decision: ImpactDecision | None
    is_stale: bool

    @property
    def is_government_only(self) -> bool:
        """Whether it leads to a document that is for the government alone: then who works for it may decide, and
        nobody has to, so that nobody else is told that it is there.
        """
        document = self.thing.document if isinstance(self.thing, ClauseLink) else None
        return document is not None and document.access == Document.Access.GOVERNMENT

    @property
    def is_decided(self) -> bool:
        """Whether nothing is left to decide."""
        return self.is_government_only or (self.decision is not None and not self.is_stale)

    @property
    def is_comment(self) -> bool:
        """Whether it is an open comment; else it is a link."""
        return isinstance(self.thing, DraftComment)


@dataclass(slots=True)
class Impact:
    """A clause that the draft changes or removes, and what hangs on it."""

    change: changes.Change
    row: DraftClause
    affected: list[Affected] = field(default_factory=list)

    @property
    def is_removed(self) -> bool:
        """Whether the clause is to go: then nothing can stay under it."""
        return self.change.kind is changes.Kind.REMOVED

    @property
    def left(self) -> int:
        """How many decisions are left."""
        return sum(not each.is_decided for each in self.affected)


@dataclass(frozen=True, slots=True)
class Before:
    """A clause as it stood in the version that a draft is based on."""

    clause_id: int
    position: int
    number: str
    heading: str
    text: str

    @property
    def depth(self) -> int:
        """1 for "4", 2 for "4.1"."""
        return self.number.count(".") + 1


def rows_with_before(draft: Draft) -> tuple[list[DraftClause], list[Before]]:
    """All clauses of the draft in the order of their places, and those of the version it is based on: one query."""
    said = ClauseText.objects.filter(version=draft.based_on_id, clause=OuterRef("clause"))
    before = said.values(said=JSONObject(position="position", number="number", heading="heading", text="text"))
    rows: list[Any] = list(
        DraftClause.objects.filter(draft=draft)
        .select_related("clause", "edited_by")
        .annotate(before=Subquery(before))
        .order_by("position", "id")
    )
    old = [Before(row.clause_id, **row.before) for row in rows if row.before]
    return rows, sorted(old, key=lambda each: each.position)


def impact_of(draft: Draft) -> list[Impact]:
    """The clauses of the version that the draft is based on which it changes or removes, in its order.

    With everything that hangs on each: four queries, whatever the number of clauses. Comments that are for the
    government alone stay where they are, and nothing is asked of them.
    """
    return impact_of_rows(draft, *rows_with_before(draft))


def impact_of_rows(draft: Draft, in_order: Sequence[DraftClause], old: Sequence[Before]) -> list[Impact]:
    """The same, of what `rows_with_before` gave: three queries."""
    new = numbered(row for row in in_order if not row.is_removed)
    rows = {row.clause_id: row for row in in_order}
    of_clause = {
        change.clause_id: Impact(change, rows[change.clause_id])
        for change in changes.changes(old, new)
        if change.kind in (changes.Kind.CHANGED, changes.Kind.REMOVED)
    }
    decided: dict[tuple[str, int], ImpactDecision] = {}
    for decision in ImpactDecision.objects.filter(draft=draft).select_related("decided_by", "to_clause"):
        if decision.link_id:
            decided["link", decision.link_id] = decision
        elif decision.comment_id:
            decided["comment", decision.comment_id] = decision

    def add(thing: ClauseLink | DraftComment, sort: str) -> None:
        impact = of_clause[thing.clause_id]
        decision = decided.get((sort, thing.pk))
        is_stale = decision is not None and (
            decision.seen_revision != impact.row.revision
            or (impact.is_removed and decision.choice == ImpactDecision.Choice.KEEP)
            or (decision.to_clause_id is not None and rows[decision.to_clause_id].is_removed)
        )
        impact.affected.append(Affected(thing, decision, is_stale))

    links = ClauseLink.objects.filter(clause__in=of_clause).select_related(
        "deliverable__body__group", "milestone__group", "document__group", "meeting__group", "goal__strategy"
    )
    for link in links.order_by("id"):
        add(link, "link")
    comments = DraftComment.objects.filter(draft=draft, clause__in=of_clause, answers=None, resolved_at=None)
    comments = comments.filter(is_government_only=False)
    for comment in comments.select_related("author").order_by("id"):
        add(comment, "comment")
    return list(of_clause.values())


def decisions_visible_to(person: User, day: date) -> QuerySet[ImpactDecision]:
    """What was decided of the things on changed clauses, as far as the person may see the things on `day`."""
    seen = Q(link__document=None) | Q(link__document__in=documents_visible_to(person, day).values("pk"))
    seen &= Q(link__meeting=None) | Q(link__meeting__in=meetings_visible_to(person, day).values("pk"))
    seen &= Q(comment=None) | Q(comment__in=comments_visible_to(person, day).values("pk"))
    told = unless_government_only(person, Q(told=FOR_THE_GOVERNMENT))
    found = ImpactDecision.objects.filter(seen, told, draft__in=drafts_visible_to(person, day))
    return found.select_related("to_clause", "decided_by").order_by("id")


def decisions_shown(person: User, day: date) -> Q:
    """For the activity feed: what was for the government alone when it was decided stays so.

    That adoption ended the link which was decided on, is no other decision.
    """
    return unless_government_only(person, Q(told=FOR_THE_GOVERNMENT)) & ~Q(
        pgh_label="update", link__isnull=True, comment__isnull=True
    )


def decision_in_words() -> Combinable:
    """ "Process maps: keep it under this clause", of a decision or one of its events."""
    said = (When(choice=value, then=Value(label.lower())) for value, label in ImpactDecision.Choice.choices)
    return Concat("told", Value(": "), Case(*said, output_field=CharField()), output_field=CharField())
