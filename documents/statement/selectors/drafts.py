"""Questions about drafts. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from documents.statement.changes import Origins
from documents.statement.models import Clause, Draft, DraftClause, DraftComment, StatementOfWork, StatementVersion
from teams.accounts.models import User
from teams.accounts.selectors import unless_government_only
from teams.bodies.models import WorkingGroup
from teams.bodies.selectors import groups_entered_by

from .searching import fitting

# In the activity feed one change takes the place of an earlier one by the same person, if it followed within this time.
ONE_SITTING: Final = timedelta(minutes=10)


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


def drafts_under_work(person: User, day: date) -> QuerySet[Draft]:
    """The drafts that are neither adopted nor abandoned, of every group that the person may enter on `day`."""
    return drafts_visible_to(person, day).filter(state__in=[Draft.State.OPEN, Draft.State.PROPOSED])


def clauses_of_draft(draft: Draft) -> list[DraftText]:
    """The draft's clauses in their order, numbered by their place: one query. Without those that are to go."""
    rows = DraftClause.objects.filter(draft=draft, is_removed=False).select_related("edited_by")
    return numbered(rows.order_by("position", "id"))


def rows_of(draft: Draft, words: str = "") -> list[DraftClause]:
    """All clauses of the draft in the order of their places, also those that were removed: one query.

    With words each says if it `fits`.
    """
    rows = DraftClause.objects.filter(draft=draft).select_related("edited_by").annotate(**fitting(words))
    return list(rows.order_by("position", "id"))


def statement_of(group: WorkingGroup) -> StatementOfWork | None:
    """The group's statement of work; that of its first body if several have one."""
    return StatementOfWork.objects.filter(group=group).order_by("body__position", "pk").first()


def origins_in(rows: Iterable[DraftClause]) -> Origins:
    """Which of the clauses were split off or merged."""
    found = list(rows)
    return Origins(
        split={row.clause_id: row.split_from_id for row in found if row.split_from_id},
        merged={row.clause_id: row.merged_into_id for row in found if row.merged_into_id},
    )


def origins_between(old: StatementVersion, new: StatementVersion) -> Origins:
    """Which clauses were split or merged by the drafts that led from one version to a later one: one query."""
    rows = DraftClause.objects.filter(
        Q(split_from__isnull=False) | Q(merged_into__isnull=False),
        draft__proposals__version__statement=new.statement_id,
        draft__proposals__version__in_force__startswith__gt=old.in_force.lower,
        draft__proposals__version__in_force__startswith__lte=new.in_force.lower,
    )
    return origins_in(rows)


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
    marked = Q(is_government_only=True) | Q(answers__is_government_only=True)
    drafts = drafts_visible_to(person, day)
    found = DraftComment.objects.filter(unless_government_only(person, marked), draft__in=drafts)
    return found.select_related("author", "resolved_by")


def comments_by_clause(person: User, draft: Draft, day: date) -> dict[int, tuple[int, int]]:
    """For each clause that was commented on, how many comments the person may see, and how many are open: one query."""
    found = comments_visible_to(person, day).filter(draft=draft, answers=None).order_by()
    counted = found.values("clause_id").annotate(all=Count("pk"), open=Count("pk", filter=Q(resolved_at=None)))
    return {each["clause_id"]: (each["all"], each["open"]) for each in counted}


def clauses_visible_to(person: User, day: date) -> QuerySet[DraftClause]:
    """Clauses of the drafts that the person may see."""
    return DraftClause.objects.filter(draft__in=drafts_visible_to(person, day))


def sittings_shown(person: User, day: date) -> Q:
    """For the activity feed: of what one person wrote in a clause in one sitting the last state, and no mere shifting.

    Text is saved while it is typed; and where a clause comes in between, those behind it get another position.
    """
    events: Any = DraftClause.pgh_event_model.objects  # type: ignore[attr-defined]
    same = {"pgh_obj_id": OuterRef("pgh_obj_id")}
    later = events.filter(
        **same,
        revision__gt=OuterRef("revision"),
        is_removed=OuterRef("is_removed"),
        edited_by=OuterRef("edited_by"),
        edited_at__lte=OuterRef("edited_at") + ONE_SITTING,
    )
    shifted = events.filter(
        **same,
        pgh_id__lt=OuterRef("pgh_id"),
        revision=OuterRef("revision"),
        is_removed=OuterRef("is_removed"),
    ).filter(Exact(Coalesce(F("parent_id"), 0), Coalesce(OuterRef("parent_id"), 0)))
    return ~Exists(later) & ~Exists(shifted)


def comments_shown(person: User, day: date) -> Q:
    """For the activity feed: what was for the government alone when it was written stays so."""
    return unless_government_only(person, Q(is_government_only=True))


def clause_of(statement: StatementOfWork, pk: int) -> Clause | None:
    """A clause of the statement by its identity."""
    return Clause.objects.filter(statement=statement, pk=pk).first()
