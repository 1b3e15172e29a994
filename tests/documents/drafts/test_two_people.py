"""Two people who work on the same clause of a draft: both texts are brought together, or put to the second."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from documents.statement import services
from documents.statement.models import Draft, DraftClause
from teams.accounts.models import User
from tests.documents.drafts.pages import at, edit, row
from tests.pages import words_of

SignIn = Callable[[User], Client]


def test_changes_of_other_words_are_brought_together(draft: Draft, editor: Client, rosa: User) -> None:
    clause = row(draft, "Background")
    services.edit_clause(
        by=rosa, clause=clause, heading="Background", text="How the working group began, and why.", seen_revision=1
    )
    page = edit(editor, clause, "How the group began, and what for.", 1)
    assert "Rosa Sample’s change is in it too." in page
    assert "How the working group began, and what for." in page


def conflict(draft: Draft, editor: Client, rosa: User) -> tuple[DraftClause, str]:
    clause = row(draft, "Background")
    services.edit_clause(
        by=rosa, clause=clause, heading="Background", text="How the group started, and why.", seen_revision=1
    )
    return clause, edit(editor, clause, "How the group set out, and why not.", 1)


def test_changes_of_the_same_words_are_put_to_the_second(draft: Draft, editor: Client, rosa: User) -> None:
    clause, page = conflict(draft, editor, rosa)
    assert "Your change is not saved yet." in page
    assert "What it was Background How the group began, and why. Theirs: Rosa Sample" in page
    assert "It was began Mine set out Theirs started" in page
    assert row(draft, "Background").text == "How the group started, and why."
    hidden = {
        "mine_heading": "Background",
        "mine_text": "How the group set out, and why not.",
        "base_revision": "1",
        "seen_revision": "2",
    }
    answer = editor.post(at(clause, "edit/"), hidden)
    assert "Place 1: whose words?: This field is required." in words_of(answer)
    form = answer.context["clashes"]
    (name,) = [field for field in form.fields if field.startswith("text-")]
    page = words_of(editor.post(at(clause, "edit/"), {**hidden, name: "both"}, follow=True))
    assert "Clause 1 is saved." in page
    assert row(draft, "Background").text == "How the group set out started, and why not."


def test_what_was_typed_is_kept_when_the_clause_was_removed(draft: Draft, editor: Client, rosa: User) -> None:
    clause = row(draft, "Background")
    services.remove_clause(by=rosa, clause=clause)
    page = edit(editor, clause, "Mine.", 1)
    assert "This clause was removed from the draft." in page
    assert "Mine." in page
    assert "Put it back and save" in page
    assert "1 Background ± Changed Mine." in edit(editor, clause, "Mine.", 1, restore="1")


def test_a_script_is_told_what_became_of_what_it_sent(draft: Draft, editor: Client, rosa: User) -> None:
    clause = row(draft, "Background")

    def send(text: str, seen: int, heading: str = "Background") -> dict[str, object]:
        sent = {"heading": heading, "text": text, "seen_revision": seen}
        told: dict[str, object] = editor.post(at(clause, "edit/"), sent, headers={"accept": "application/json"}).json()
        return told

    told = send("How the group began, and what for.", 1)
    assert told["saved"] == "Saved 12:00"
    assert told["revision"] == 2
    services.edit_clause(
        by=rosa, clause=clause, heading="Background", text="How the working group began, and what for.", seen_revision=2
    )
    told = send("How the group began, and what for indeed.", 2)
    assert told["others"] == "Rosa Sample’s change is in it too."
    assert told["text"] == "How the working group began, and what for indeed."
    assert send("x", 3, heading="") == {"wrong": "This field is required."}
    services.edit_clause(
        by=rosa,
        clause=clause,
        heading="Background",
        text="How it began.",
        seen_revision=row(draft, "Background").revision,
    )
    assert str(send("How nothing began.", 3)["refused"]).startswith("Rosa Sample changed the same words meanwhile.")
