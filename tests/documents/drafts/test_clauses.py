"""Working on the clauses of a draft by their pages, as they are without any script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.test import Client

from documents.statement import services
from documents.statement.models import Draft, DraftClause
from teams.accounts.models import User
from tests import factories as make
from tests.documents.drafts.pages import STATEMENT, at, edit, outline, row
from tests.pages import words_of

SignIn = Callable[[User], Client]


def test_a_clause_is_edited_and_told_as_changed(draft: Draft, editor: Client) -> None:
    page = edit(editor, row(draft, "Reporting"), "To the subcommittee and to CBP.", 1)
    assert "Clause 3 is saved." in page
    assert "3 Reporting ± Changed To the subcommittee and to CBP." in page
    redlined = words_of(editor.get(f"{draft.get_absolute_url()}?view=redline&changes=1"))
    assert "To the subcommittee [added: and to CBP ]" in redlined
    assert "Background" not in redlined


def test_a_clause_without_a_heading_keeps_what_was_typed(draft: Draft, editor: Client) -> None:
    answer = editor.post(at(row(draft, "Reporting"), "edit/"), {"heading": "", "text": "Typed.", "seen_revision": "1"})
    assert "Heading: This field is required." in words_of(answer)
    assert "Typed." in words_of(answer)


def test_clauses_are_added_and_numbered_by_their_place(draft: Draft, editor: Client) -> None:
    new = f"{draft.get_absolute_url()}clauses/new/"
    behind = row(draft, "Background").clause_id
    page = words_of(editor.post(f"{new}?after={behind}", {"heading": "Scope"}, follow=True))
    assert "Clause 2 is added." in page
    assert "2 Scope + New" in page
    editor.post(f"{new}?under={row(draft, 'Reporting').clause_id}", {"heading": "To whom"})
    editor.post(new, {"heading": "First"})
    assert outline(draft) == [
        "1 First",
        "2 Background",
        "3 Scope",
        "4 Objectives",
        "4.1 Data exchange",
        "4.2 Process maps",
        "5 Reporting",
        "5.1 To whom",
    ]


def test_a_clause_sent_twice_is_added_once(draft: Draft, editor: Client) -> None:
    new = f"{draft.get_absolute_url()}clauses/new/?after={row(draft, 'Background').clause_id}"
    for text in ("Same.", "Same.", "Other."):
        editor.post(new, {"heading": "Scope", "text": text})
    assert outline(draft)[:4] == ["1 Background", "2 Scope", "3 Scope", "4 Objectives"]


def test_a_clause_is_added_at_the_end_whatever_is_shown(draft: Draft, editor: Client) -> None:
    end = f'?after={row(draft, "Reporting").clause_id}">Add a clause at the end'
    assert end in editor.get(f"{draft.get_absolute_url()}?changes=1").content.decode()


def test_a_clause_is_not_added_behind_one_that_went_meanwhile(draft: Draft, editor: Client, rosa: User) -> None:
    new, gone = f"{draft.get_absolute_url()}clauses/new/", row(draft, "Objectives")
    services.remove_clause(by=rosa, clause=gone)
    page = words_of(editor.post(f"{new}?after={gone.clause_id}", {"heading": "Typed"}))
    assert "The clause “Objectives” was removed from the draft meanwhile." in page
    assert not DraftClause.objects.filter(heading="Typed").exists()
    assert editor.post(f"{new}?after=999999", {"heading": "Typed"}).status_code == 404


def test_clauses_move_by_buttons_and_to_a_chosen_place(draft: Draft, editor: Client) -> None:
    maps = row(draft, "Process maps")
    page = words_of(editor.post(at(maps, "move/"), {"direction": "up"}, follow=True))
    assert "Clause 2.2 is clause 2.1 now." in page
    assert "⇅ Moved" in page
    editor.post(at(maps, "move/"), {"direction": "out"})
    assert outline(draft)[1:4] == ["2 Objectives", "2.1 Data exchange", "3 Process maps"]
    editor.post(at(maps, "move/"), {"direction": "in"})
    assert outline(draft)[1:4] == ["2 Objectives", "2.1 Data exchange", "2.2 Process maps"]
    assert "stands where it stood" in words_of(editor.post(at(maps, "move/"), {"direction": "down"}, follow=True))
    background = row(draft, "Background").clause_id
    editor.post(at(maps, "move/"), {"how": "before", "other": background})
    assert outline(draft)[:2] == ["1 Process maps", "2 Background"]
    editor.post(at(maps, "move/"), {"how": "under", "other": row(draft, "Reporting").clause_id})
    assert outline(draft)[-1] == "3.1 Process maps"
    objectives = row(draft, "Objectives")
    inside = {"how": "under", "other": row(draft, "Data exchange").clause_id}
    assert "can't stand under itself" in words_of(editor.post(at(objectives, "move/"), inside, follow=True))


def test_a_clause_is_split_and_merged_and_says_so(draft: Draft, editor: Client) -> None:
    background = row(draft, "Background")
    sent = {"kept": "How the group began.", "heading": "Reasons", "text": "And why.", "seen_revision": "1"}
    page = words_of(editor.post(at(background, "split/"), sent, follow=True))
    assert "2 Reasons + New, split from 1" in page
    reasons = row(draft, "Reasons")
    editor.post(at(reasons, "merge/"), {"into": background.clause_id})
    assert row(draft, "Background").text == "How the group began.\n\n**Reasons.** And why."
    data = row(draft, "Data exchange")
    page = words_of(editor.post(at(data, "merge/"), {"into": background.clause_id}, follow=True))
    assert "Data exchange merged into 1 Background by Ada Admin" in page
    assert "− Removed, merged into 1" in words_of(editor.get(f"{draft.get_absolute_url()}?view=side"))


def test_what_was_split_and_merged_is_said_between_the_versions_too(
    draft: Draft, editor: Client, administrator: User, rosa: User
) -> None:
    background, data = row(draft, "Background"), row(draft, "Data exchange")
    sent = {"kept": "How the group began.", "heading": "Reasons", "text": "And why.", "seen_revision": "1"}
    editor.post(at(background, "split/"), sent)
    editor.post(at(data, "merge/"), {"into": background.clause_id})
    asked = {"effective_on": date(2018, 9, 1), "closes_on": date(2018, 8, 1)}
    proposal = services.propose(by=administrator, draft=draft, number="2.0", summary="The pilot", **asked)
    for role in services.ASKED:
        services.take_position(by=make.person(), proposal=proposal, role=role, stand="agree")
    services.adopt(by=rosa, proposal=proposal)
    page = words_of(editor.get(f"{STATEMENT}compare/?from=1.0&to=2.0"))
    assert "New, split from 1" in page
    assert "Removed, merged into 1" in page
    backwards = words_of(editor.get(f"{STATEMENT}compare/?from=2.0&to=1.0"))
    assert "split from" not in backwards
    assert "● Adopted" in words_of(editor.get(f"{STATEMENT}drafts/"))
    assert "its text stands still" in edit(editor, background, "Late.", 1)


def test_splitting_what_changed_meanwhile_keeps_what_was_typed(draft: Draft, editor: Client, rosa: User) -> None:
    background = row(draft, "Background")
    services.edit_clause(by=rosa, clause=background, heading="Background", text="Anew.", seen_revision=1)
    sent = {"kept": "My first half.", "heading": "Reasons", "text": "My second half.", "seen_revision": "1"}
    page = words_of(editor.post(at(background, "split/"), sent))
    assert "Rosa Sample changed the same words meanwhile." in page
    assert all(words in page for words in ("Anew.", "My first half.", "My second half."))


def test_a_removed_clause_is_put_back_where_it_stood(draft: Draft, editor: Client) -> None:
    before = outline(draft)
    objectives = row(draft, "Objectives")
    page = words_of(editor.post(at(objectives, "remove/"), {"with_those_under_it": "no"}, follow=True))
    assert "Objectives removed by Ada Admin" in page
    assert outline(draft) == ["1 Background", "2 Data exchange", "3 Process maps", "4 Reporting"]
    assert "Moved" not in page, "those under a clause that is gone stand where they stood"
    editor.post(at(row(draft, "Process maps"), "remove/"))
    editor.post(at(row(draft, "Process maps"), "remove/"), {"restore": "1"})
    assert outline(draft)[2] == "3 Process maps"
    editor.post(at(objectives, "remove/"), {"restore": "1"})
    for heading in ("Data exchange", "Process maps"):
        editor.post(at(row(draft, heading), "move/"), {"direction": "in"})
    assert outline(draft) == before
