"""How a draft's pages are found and sent, for the tests of drafts."""

from __future__ import annotations

from django.test import Client

from documents.statement import selectors
from documents.statement.models import Draft, DraftClause
from tests.pages import words_of

STATEMENT = "/groups/ecom/statement/"
CLAUSES = [
    ("1", "Background", "How the group began, and why."),
    ("2", "Objectives", ""),
    ("2.1", "Data exchange", "Which data is needed."),
    ("2.2", "Process maps", "Each step of the way."),
    ("3", "Reporting", "To the subcommittee."),
]


def row(draft: Draft, heading: str) -> DraftClause:
    return DraftClause.objects.get(draft=draft, heading=heading)


def at(clause: DraftClause, what: str = "") -> str:
    return f"{STATEMENT}drafts/{clause.draft_id}/clauses/{clause.clause_id}/{what}"


def outline(draft: Draft) -> list[str]:
    return [f"{text.number} {text.heading}" for text in selectors.clauses_of_draft(draft)]


def edit(client: Client, clause: DraftClause, text: str, seen: int, **more: str) -> str:
    sent = {"heading": clause.heading, "text": text, "seen_revision": str(seen), **more}
    return words_of(client.post(at(clause, "edit/"), sent, follow=True))
