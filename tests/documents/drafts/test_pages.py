"""A draft of the statement of work by its pages, as they are without any script."""

from __future__ import annotations

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement import services
from documents.statement.models import Draft, StatementVersion
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.history.selectors import recent_changes
from tests import factories as make
from tests.documents.drafts.pages import CLAUSES, STATEMENT, at, edit, outline, row
from tests.pages import words_of

SignIn = Callable[[User], Client]


def test_an_administrator_starts_a_draft_from_the_page_of_the_statement(
    version: StatementVersion, editor: Client
) -> None:
    assert "Start a draft" in words_of(editor.get(STATEMENT))
    page = words_of(editor.post(f"{STATEMENT}drafts/new/", {"title": "The pilot"}, follow=True))
    assert "based on Version 1.0, started by Ada Admin" in page
    assert "nothing changed" in page
    assert outline(Draft.objects.get()) == [f"{number} {heading}" for number, heading, _ in CLAUSES]
    assert "There is a draft under work already" in words_of(
        editor.post(f"{STATEMENT}drafts/new/", {"title": "Another"})
    )


def test_everyone_in_the_group_is_told_of_the_draft_and_reads_it(
    draft: Draft, group: WorkingGroup, signed_in: SignIn
) -> None:
    client = signed_in(make.member(make.root(group)))
    page = words_of(client.get(STATEMENT))
    assert "A draft of the next version is under work: Process maps for the pilot" in page
    assert "Start a draft" not in page
    page = words_of(client.get(draft.get_absolute_url()))
    assert "2.1 Data exchange Unchanged Which data is needed." in page
    assert "Edit" not in page
    assert client.get(at(row(draft, "Reporting"), "edit/")).status_code == 403


def test_it_is_renamed_and_abandoned_with_a_reason(draft: Draft, editor: Client) -> None:
    settings = f"{draft.get_absolute_url()}settings/"
    assert "The pilot and after" in words_of(
        editor.post(settings, {"change": "title", "title": "The pilot and after"}, follow=True)
    )
    assert "Reason: This field is required." in words_of(editor.post(settings, {"change": "abandon", "reason": " "}))
    page = words_of(editor.post(settings, {"change": "abandon", "reason": "The pilot is put off."}, follow=True))
    assert "✕ Abandoned Version 1.0" in page
    assert "Ada Admin: The pilot is put off." in page
    assert "Start a draft" in page
    assert "its text stands still" in edit(editor, row(draft, "Reporting"), "New.", 1)


def test_another_groups_draft_is_not_found_here(draft: Draft, editor: Client) -> None:
    make.group("other")
    assert editor.get(f"/groups/other/statement/drafts/{draft.pk}/").status_code == 404
    clause = row(draft, "Reporting")
    assert (
        editor.post(f"/groups/other/statement/drafts/{draft.pk}/clauses/{clause.clause_id}/restore/").status_code == 404
    )
    assert editor.get(f"{STATEMENT}drafts/{draft.pk}/clauses/999999/edit/").status_code == 404


def test_the_feed_tells_one_sitting_as_one_change_and_no_shifting(
    draft: Draft, editor: Client, group: WorkingGroup, administrator: User
) -> None:
    clause = row(draft, "Background")
    for revision, text in enumerate(("One.", "One, two.", "One, two, three."), 1):
        edit(editor, clause, text, revision)
    editor.post(f"{draft.get_absolute_url()}clauses/new/", {"heading": "First"})
    told = [
        (change.verb, change.title)
        for change in recent_changes(administrator, group="ecom")
        if change.noun == "clause of a draft"
    ]
    assert told[:2] == [("added", "First"), ("changed", "Background")]
    assert [verb for verb, _ in told].count("changed") == 1


def test_the_number_of_queries_does_not_grow(db: None, signed_in: SignIn) -> None:
    administrator = make.person(is_site_admin=True)
    client = signed_in(administrator)
    client.get("/")  # notes the visit

    def queries(clauses: int) -> list[int]:
        group = make.group()
        wordings = [(str(n), f"Clause {n}", "text") for n in range(1, clauses + 1)]
        (version,) = make.statement(make.root(group), ("1.0", "2017", wordings))
        draft = services.start_draft(by=administrator, statement=version.statement, title="Draft")
        for each in draft.clauses.all():
            said = services.comment(by=administrator, draft=draft, clause=each.clause, text="So?")
            services.comment(by=administrator, draft=draft, clause=each.clause, text="So.", answers=said)
        page, some = draft.get_absolute_url(), draft.clauses.all()[0].clause_id
        counts = []
        for address in (
            page,
            f"{page}?view=redline",
            f"{page}clauses/{some}/",
            f"{page}clauses/{some}/edit/",
            f"{page}clauses/{some}/move/",
            f"/groups/{group.slug}/statement/drafts/",
            f"/groups/{group.slug}/statement/",
            f"/groups/{group.slug}/statement/compare/?from=1.0&to=draft",
        ):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    one = queries(1)
    assert queries(10) == one
    assert max(one) <= 12
