"""Working on a draft of the statement of work by its pages, as they are without any script."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement import selectors, services
from documents.statement.models import Draft, DraftClause, DraftComment, StatementVersion
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from teams.history.selectors import recent_changes
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
CLAUSES = [
    ("1", "Background", "How the group began, and why."),
    ("2", "Objectives", ""),
    ("2.1", "Data exchange", "Which data is needed."),
    ("2.2", "Process maps", "Each step of the way."),
    ("3", "Reporting", "To the subcommittee."),
]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def version(group: WorkingGroup) -> StatementVersion:
    return make.statement(make.root(group), ("1.0", "2017", CLAUSES))[0]


@pytest.fixture
def administrator(group: WorkingGroup) -> User:
    return make.person(name="Ada Admin", is_site_admin=True)


@pytest.fixture
def rosa(group: WorkingGroup) -> User:
    return make.person(name="Rosa Sample", is_site_admin=True)


@pytest.fixture
def draft(version: StatementVersion, administrator: User) -> Draft:
    return services.start_draft(by=administrator, statement=version.statement, title="Process maps for the pilot")


@pytest.fixture
def editor(administrator: User, signed_in: SignIn) -> Client:
    return signed_in(administrator)


def row(draft: Draft, heading: str) -> DraftClause:
    return DraftClause.objects.get(draft=draft, heading=heading)


def at(clause: DraftClause, what: str = "") -> str:
    return f"{STATEMENT}drafts/{clause.draft_id}/clauses/{clause.clause_id}/{what}"


def outline(draft: Draft) -> list[str]:
    return [f"{text.number} {text.heading}" for text in selectors.clauses_of_draft(draft)]


def edit(client: Client, clause: DraftClause, text: str, seen: int, **more: str) -> str:
    sent = {"heading": clause.heading, "text": text, "seen_revision": str(seen), **more}
    return words_of(client.post(at(clause, "edit/"), sent, follow=True))


# --- The draft ---


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


# --- Clauses ---


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


# --- Two people ---


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


# --- Comments ---


def test_a_member_comments_others_answer_and_it_is_resolved(
    draft: Draft, group: WorkingGroup, administrator: User, client: Client
) -> None:
    clause = row(draft, "Reporting")
    member = make.member(make.root(group), make.person(name="Mia Member"))
    client.force_login(member)
    page = words_of(client.post(at(clause, "comment/"), {"text": "To whom exactly?"}, follow=True))
    assert "Mia Member Jul 20, 2018, 12:00 To whom exactly? ○ Open" in page
    client.force_login(administrator)
    said = DraftComment.objects.get()
    page = words_of(client.post(at(clause, "comment/"), {"text": "To CBP.", "answers": said.pk}, follow=True))
    assert "To CBP." in page
    assert "1 comment, 1 open" in words_of(client.get(draft.get_absolute_url()))
    resolve = f"{draft.get_absolute_url()}comments/{said.pk}/resolve/"
    other = make.member(make.root(group))
    client.force_login(other)
    assert client.post(resolve).status_code == 403
    client.force_login(member)
    assert "● Resolved by Mia Member" in words_of(client.post(resolve, follow=True))
    assert "1 comment, 0 open" in words_of(client.get(draft.get_absolute_url()))
    assert "○ Open" in words_of(client.post(resolve, {"reopen": "1"}, follow=True))


def test_open_comments_only(draft: Draft, editor: Client, administrator: User) -> None:
    services.comment(by=administrator, draft=draft, clause=row(draft, "Reporting").clause, text="Open.")
    page = words_of(editor.get(f"{draft.get_absolute_url()}?comments=1"))
    assert "3 Reporting" in page
    assert "Background" not in page


def test_an_observer_reads_and_says_nothing(draft: Draft, group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group), role=Role.OBSERVER))
    clause = row(draft, "Reporting")
    assert "Say something" not in words_of(client.get(at(clause)))
    assert client.post(at(clause, "comment/"), {"text": "Hm."}).status_code == 403


def test_what_is_for_the_government_reaches_no_trade_account(draft: Draft, group: WorkingGroup, client: Client) -> None:
    clause = row(draft, "Reporting")
    agent = make.member(make.root(group), make.person(government=True))
    client.force_login(agent)
    page = words_of(client.post(at(clause, "comment/"), {"text": "Secret.", "is_government_only": "on"}, follow=True))
    assert "Government only" in page
    secret = DraftComment.objects.get()
    assert secret.is_government_only
    assert "1 comment, 1 open" in words_of(client.get(draft.get_absolute_url()))
    assert any(change.noun == "comment on a draft" for change in recent_changes(agent, group="ecom"))
    trade = make.member(make.root(group))
    client.force_login(trade)
    for address in (at(clause), draft.get_absolute_url(), f"{STATEMENT}drafts/", "/groups/ecom/activity/"):
        page = words_of(client.get(address))
        assert "Secret." not in page
        assert "1 comment" not in page
        assert "(1 open)" not in page
    assert not any(change.noun == "comment on a draft" for change in recent_changes(trade, group="ecom"))
    assert client.post(at(clause, "comment/"), {"text": "Me too.", "answers": secret.pk}).status_code == 404
    assert client.post(f"{draft.get_absolute_url()}comments/{secret.pk}/resolve/").status_code == 404
    client.post(at(clause, "comment/"), {"text": "Trade.", "is_government_only": "on"})
    assert not DraftComment.objects.get(text="Trade.").is_government_only, "the mark is not theirs to set"


# --- The record, and how much it takes ---


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
