"""What a draft would change for the work: everything that hangs on a clause which it changes or removes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.statement import changes
from documents.statement.models import ClauseLink, ClauseText, Draft, DraftClause, DraftComment, ImpactDecision

from .drafts import DraftText, clauses_of_draft


@dataclass(slots=True)
class Affected:
    """Something that hangs on a changed clause, and what was decided of it.

    `is_stale` says that the clause changed again since it was decided: the decision has to be confirmed or changed.
    """

    thing: ClauseLink | DraftComment
    decision: ImpactDecision | None
    is_stale: bool

    @property
    def is_decided(self) -> bool:
        """Whether nothing is left to decide."""
        return self.decision is not None and not self.is_stale

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


def impact_of(draft: Draft) -> list[Impact]:
    """The clauses of the version that the draft is based on which it changes or removes, in its order.

    With everything that hangs on each: six queries, whatever the number of clauses.
    """
    old: Sequence[ClauseText] = list(draft.based_on.texts.order_by("position")) if draft.based_on else []
    new: Sequence[DraftText] = clauses_of_draft(draft)
    rows = {row.clause_id: row for row in DraftClause.objects.filter(draft=draft).select_related("clause")}
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
    for comment in comments.select_related("author").order_by("id"):
        add(comment, "comment")
    return list(of_clause.values())
