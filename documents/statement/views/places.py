"""What the pages of a draft share: the draft and the clause that an address names, and how a refusal is said."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from documents.statement import selectors
from documents.statement.models import Draft, DraftClause
from documents.statement.selectors import DraftText
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock


@dataclass(slots=True)
class Place:
    """A clause of a draft, the clauses around it, and its number; without a number it is removed."""

    draft: Draft
    row: DraftClause
    rows: list[DraftClause]
    texts: list[DraftText]

    @property
    def number(self) -> str:
        """Its number in the draft; empty for a clause that was removed."""
        return next((text.number for text in self.texts if text.clause_id == self.row.clause_id), "")

    @property
    def name(self) -> str:
        """Number and heading."""
        return f"{self.number} {self.row.heading}".strip()

    def row_of(self, clause: int) -> DraftClause | None:
        """The row of another clause of the draft."""
        return next((row for row in self.rows if row.clause_id == clause), None)


def draft_at(request: SignedInRequest, group: WorkingGroup, pk: int) -> Draft:
    """The group's draft. Raises Http404 for another's."""
    drafts = selectors.drafts_visible_to(request.user, clock.today())
    return get_object_or_404(drafts.filter(statement__group=group), pk=pk)


def place_at(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> Place:
    """The clause of the draft: two queries. Raises Http404 where there is none."""
    found = draft_at(request, group, draft)
    rows = selectors.rows_of(found)
    row = next((each for each in rows if each.clause_id == clause), None)
    if row is None:
        raise Http404("the draft has no such clause")
    return Place(found, row, rows, selectors.numbered(each for each in rows if not each.is_removed))


def to_clause(draft: Draft, clause: int) -> HttpResponse:
    """To the clause's place on the draft's page."""
    return redirect(f"{draft.get_absolute_url()}#clause-{clause}")


def number_now(draft: Draft, clause: int) -> str:
    """The number of a clause as the draft stands now."""
    texts = selectors.clauses_of_draft(draft)
    return next((text.number for text in texts if text.clause_id == clause), "")


def breadcrumb(group: WorkingGroup, draft: Draft | None = None) -> list[tuple[str, str]]:
    """The way to a draft's pages."""
    found = [
        (group.slug.upper(), group.get_absolute_url()),
        ("Statement of work", reverse("statement:current", args=[group.slug])),
        ("Drafts", reverse("statement:drafts", args=[group.slug])),
    ]
    return [*found, (draft.title, draft.get_absolute_url())] if draft else found
