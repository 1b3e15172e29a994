"""Making a new draft of a file: what matches is shown first, and each clause stays who it is."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import docx
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.statement import changes, selectors, services
from documents.statement.models import ClauseLink, Draft, StatementVersion
from teams.accounts.models import User
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
PAGE = f"{STATEMENT}drafts/import/"
CLAUSES = [
    ("1", "Background", "How the group began, and why it was formed."),
    ("2", "Objectives", ""),
    ("2.1", "Data exchange", "Which data is needed of each carrier, and when."),
    ("2.2", "Process maps", "Each step of the way, by mode of transport."),
    ("3", "Reporting", "To the subcommittee, before each quarterly meeting."),
]


@pytest.fixture
def version(at_start: datetime) -> StatementVersion:
    return make.statement(make.root(make.group("ecom")), ("1.0", "2017", CLAUSES))[0]


@pytest.fixture
def administrator(version: StatementVersion) -> User:
    return make.person(is_site_admin=True)


@pytest.fixture
def editor(administrator: User, signed_in: SignIn) -> Client:
    return signed_in(administrator)


def send(client: Client, content: bytes | str, name: str = "next.md") -> Any:
    content = content.encode() if isinstance(content, str) else content
    return client.post(PAGE, {"file": SimpleUploadedFile(name, content), "send": "1"})


def confirm(client: Client, preview: Any, title: str = "The next version") -> Any:
    read = re.search(r'name="read" value="([^"]*)"', preview.content.decode())
    assert read is not None
    return client.post(PAGE, {"read": unescape(read[1]), "title": title})


def markdown_of(client: Client) -> str:
    return client.get(f"{STATEMENT}1.0/export.md").content.decode()


def word_with(client: Client, old: str, new: str) -> bytes:
    """The version as a Word file in which someone wrote other words."""
    file = docx.Document(io.BytesIO(client.get(f"{STATEMENT}1.0/export.docx").content))
    (run,) = [run for each in file.paragraphs for run in each.runs if old in run.text]
    run.text = run.text.replace(old, new)
    written = io.BytesIO()
    file.save(written)
    return written.getvalue()


def what_changed(draft: Draft) -> list[tuple[str, str]]:
    assert draft.based_on is not None
    found = changes.changes(selectors.clauses_of(draft.based_on)[draft.based_on.pk], selectors.clauses_of_draft(draft))
    return [(change.number, str(change.kind)) for change in found if change.is_change]


@pytest.mark.parametrize("ending", ["md", "docx"])
def test_an_exported_version_with_one_change_becomes_a_draft_with_exactly_that_change(
    editor: Client, version: StatementVersion, ending: str
) -> None:
    owed = make.deliverable(make.root(version.statement.group))
    (clause,) = version.texts.filter(number="2.2")
    ClauseLink.objects.create(clause_id=clause.clause_id, deliverable=owed)
    if ending == "md":
        content: bytes | str = markdown_of(editor).replace("Each step of the way", "Every step of the way")
    else:
        content = word_with(editor, "Each step of the way", "Every step of the way")
    preview = send(editor, content, f"sow.{ending}")
    words = words_of(preview)
    assert "Known again 5 by the mark in the file New None Would be gone None" in words
    assert not Draft.objects.exists()
    answer = confirm(editor, preview)
    draft = Draft.objects.get()
    assert answer.headers["Location"] == draft.get_absolute_url()
    assert what_changed(draft) == [("2.2", "changed")]
    kept = {each.number: each.clause_id for each in selectors.clauses_of_draft(draft)}
    assert kept == {text.number: text.clause_id for text in version.texts.all()}
    (impact,) = selectors.impact_of(draft)
    assert [each.thing for each in impact.affected] == list(ClauseLink.objects.all())
    redline = words_of(editor.get(f"{draft.get_absolute_url()}?view=redline"))
    assert re.findall(r"\[(removed|added): (.*?) ?\]", redline) == [("removed", "Each"), ("added", "Every")]


def test_without_marks_clauses_are_known_by_number_and_heading_then_by_their_text(
    editor: Client, version: StatementVersion
) -> None:
    content = (
        "# 1 Background\n\nQuite another beginning.\n\n# 2 Objectives\n\n"
        "## 2.1 Maps\n\nEach step of the whole way, by mode of transport.\n\n"
        "# 3 Small business\n\nHelp them.\n\n# 4 Reporting\n\nTo the subcommittee.\n"
    )
    preview = send(editor, content)
    words = words_of(preview)
    assert "Known again 3 by number and heading, 1 by likeness of the text" in words
    assert "2.2 Process maps → 2.1 Maps" in words
    assert "New 3 Small business Would be gone 2.1 Data exchange" in words
    confirm(editor, preview)
    draft = Draft.objects.get()
    was = {text.heading: text.clause_id for text in version.texts.all()}
    now = {each.heading: each.clause_id for each in selectors.clauses_of_draft(draft)}
    assert (now["Maps"], now["Reporting"], now["Background"]) == (
        was["Process maps"],
        was["Reporting"],
        was["Background"],
    )
    assert now["Small business"] not in was.values()
    assert [row.heading for row in selectors.removed_from(draft)] == ["Data exchange"]


def test_a_text_that_is_little_alike_is_a_new_clause(editor: Client) -> None:
    words = words_of(send(editor, "# A\n\nWhich data is needed, but all of the rest of this says something else.\n"))
    assert "Known again None New 1 A" in words


def test_what_could_not_be_read_is_told(editor: Client) -> None:
    words = words_of(send(editor, markdown_of(editor).replace("Each step", "![a picture](x.png) Each step")))
    assert "What could not be read" in words
    assert "a picture under" in words


def test_a_file_that_changes_nothing_makes_no_draft(editor: Client) -> None:
    answer = send(editor, markdown_of(editor))
    assert "there is nothing to draft" in words_of(answer)
    assert "Make the draft" not in words_of(answer)


def test_a_bad_file_is_said_where_it_was_chosen(editor: Client) -> None:
    assert "Choose a file." in words_of(editor.post(PAGE, {"send": "1"}))
    assert "no heading, so no clause" in words_of(send(editor, "only words"))
    assert not Draft.objects.exists()


def test_while_a_draft_is_under_work_nothing_is_made_and_the_page_leads_to_it(
    editor: Client, administrator: User, version: StatementVersion
) -> None:
    preview = send(editor, "# 1 Background\n\nNew.\n")
    draft = services.start_draft(by=administrator, statement=version.statement, title="Earlier")
    for answer in (editor.get(PAGE), send(editor, "# 1 X\n"), confirm(editor, preview)):
        assert "A draft is under work already" in words_of(answer)
        assert draft.get_absolute_url() in answer.content.decode()
        assert "Make the draft" not in words_of(answer)
    assert list(Draft.objects.all()) == [draft]
    with pytest.raises(services.DraftThere):
        services.draft_from(
            by=administrator,
            statement=version.statement,
            title="Later",
            clauses=[services.Incoming(None, 1, "A", "")],
            seen=version,
        )


def test_confirmed_twice_it_is_one_draft(editor: Client) -> None:
    preview = send(editor, "# 1 Background\n\nNew.\n")
    assert confirm(editor, preview).status_code == 302
    assert "A draft is under work already" in words_of(confirm(editor, preview))
    assert Draft.objects.count() == 1


def test_against_another_version_than_was_shown_it_is_refused_and_shown_again(
    editor: Client, version: StatementVersion
) -> None:
    preview = send(editor, "# 1 Background\n\nNew.\n")
    services.adopt_version(
        statement=version.statement,
        number="2.0",
        adopted=make.day("2018-07-01"),
        clauses=[services.Wording("1", "Background", "Meanwhile.")],
        source="portal",
    )
    answer = confirm(editor, preview)
    assert "Another version is in force by now" in words_of(answer)
    assert "Against version 2.0: " in words_of(answer)
    assert not Draft.objects.exists()
    confirm(editor, answer)
    assert str(Draft.objects.get().based_on) == "Version 2.0"


def test_without_a_title_it_is_not_made_and_the_file_is_kept(editor: Client) -> None:
    answer = confirm(editor, send(editor, "# 1 Background\n\nNew.\n"), title=" ")
    assert answer.status_code == 200
    assert not Draft.objects.exists()
    confirm(editor, answer)
    assert Draft.objects.exists()


def test_what_was_read_counts_for_its_reader_alone(editor: Client, signed_in: SignIn) -> None:
    preview = send(editor, "# 1 Background\n\nNew.\n")
    other = Client()
    other.force_login(make.person(is_site_admin=True))
    assert "The preview is too old" in words_of(confirm(other, preview))
    assert not Draft.objects.exists()


def test_a_text_of_very_many_other_clauses_is_compared_in_bounded_time(
    administrator: User, version: StatementVersion
) -> None:
    many = [services.Incoming(None, 1, f"Clause {n}", "by mode of transport " * 20) for n in range(2000)]
    before = [services.Planned(n, str(5000 + n), 1, f"Old {n}", "by mode of transport " * 20) for n in range(1, 2001)]
    planned = services.plan_over(version.statement_id, before, many)
    assert {each.match for each in planned} == {services.Match.NEW}
