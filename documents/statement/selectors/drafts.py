"""Questions about drafts. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from documents.statement.models import Clause, Draft, DraftClause, DraftComment, StatementOfWork
from teams.accounts.models import User
from teams.bodies.selectors import groups_entered_by


@dataclass(frozen=True, slots=True)
class DraftText:
    """A clause as it stands in a draft, with the number that its place gives it."""

    row: DraftClause
    number: str

    @property
    def clause_id(self) -> int:
        """Which clause it is."""
        return self.row.clause_id

    @property
    def heading(self) -> str:
        """Its heading."""
        return self.row.heading

    @property
    def text(self) -> str:
        """Its text (Markdown)."""
        return self.row.text

    @property
    def depth(self) -> int:
        """1 for "4", 2 for "4.1"."""
        return self.number.count(".") + 1

    @property
    def anchor(self) -> str:
        """The clause's place on the page of the draft; it stays when the clause is renumbered."""
        return f"clause-{self.clause_id}"


def drafts_visible_to(person: User, day: date) -> QuerySet[Draft]:
    """Drafts of the statements of the groups that the person may enter on `day`; the newest first."""
    return Draft.objects.filter(statement__group__in=groups_entered_by(person, day)).select_related(
        "statement__group", "statement__body__group", "based_on", "started_by", "ended_by"
    )


def draft_under_work(person: User, statement: StatementOfWork, day: date) -> Draft | None:
    """The statement's draft that is neither adopted nor abandoned, if there is one."""
    return drafts_visible_to(person, day).filter(statement=statement, state__in=["open", "proposed"]).first()


def clauses_of_draft(draft: Draft) -> list[DraftText]:
    """The draft's clauses in their order, numbered by their place: one query. Without those that are to go."""
    rows = DraftClause.objects.filter(draft=draft, is_removed=False).select_related("edited_by")
    return numbered(rows.order_by("position", "id"))


def removed_from(draft: Draft) -> list[DraftClause]:
    """The clauses that were removed in the draft, or merged into another; in the order of their identities."""
    return list(DraftClause.objects.filter(draft=draft, is_removed=True).order_by("clause_id"))


def numbered(rows: Iterable[DraftClause]) -> list[DraftText]:
    """The rows, which come in order of their position, as a text with numbers: "4", "4.1", "4.2", "5"."""
    below: dict[int | None, list[DraftClause]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: list[DraftText] = []

    def number(parent: int | None, prefix: str) -> None:
        for place, row in enumerate(below.get(parent, ()), 1):
            found.append(DraftText(row, f"{prefix}{place}"))
            number(row.pk, f"{prefix}{place}.")

    number(None, "")
    return found


def wording_at(row: DraftClause, revision: int) -> tuple[str, str] | None:
    """Heading and text that the clause had at a revision, from its history; None for a revision it never had."""
    events = DraftClause.pgh_event_model.objects.filter(pgh_obj_id=row.pk, revision=revision)  # type: ignore[attr-defined]
    return events.order_by("pgh_id").values_list("heading", "text").first()  # type: ignore[no-any-return]


def comments_visible_to(person: User, day: date) -> QuerySet[DraftComment]:
    """Comments on drafts that the person may see: those that are for the government alone only where it is theirs."""
    found = DraftComment.objects.filter(draft__in=drafts_visible_to(person, day))
    if not person.is_government:
        found = found.filter(is_government_only=False).exclude(answers__is_government_only=True)
    return found.select_related("author", "resolved_by")


def clause_of(statement: StatementOfWork, pk: int) -> Clause | None:
    """A clause of the statement by its identity."""
    return Clause.objects.filter(statement=statement, pk=pk).first()
