"""Taking a file into a draft: seen first, confirmed then, and each clause stays who it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from documents.statement import selectors, services
from documents.statement.models import ClauseLink, Draft
from teams.accounts.models import User
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
CLAUSES = [
    *(("1", "Background", "How it began."), ("2", "Objectives", "")),
    *(("2.1", "Data", "- one\n- two"), ("3", "Reporting", "Up.")),
]


@pytest.fixture
def administrator(at_start: datetime) -> User:
    return make.person(is_site_admin=True)


@pytest.fixture
def draft(administrator: User) -> Draft:
    (version,) = make.statement(make.root(make.group("ecom")), ("1.0", "2017", CLAUSES))
    return services.start_draft(by=administrator, statement=version.statement, title="Next")


@pytest.fixture
def client_in(administrator: User, draft: Draft, signed_in: SignIn) -> Client:
    return signed_in(administrator)


def page_of(draft: Draft) -> str:
    return f"{STATEMENT}drafts/{draft.pk}/import/"


def send(client: Client, draft: Draft, content: bytes, name: str = "a.md") -> Any:
    return client.post(page_of(draft), {"file": SimpleUploadedFile(name, content), "send": "1"})


def fields_of(answer: Any) -> dict[str, str]:
    page = answer.content.decode()
    return {name: unescape(re.search(rf'name="{name}" value="([^"]*)"', page)[1]) for name in ("read", "seen")}  # type: ignore[index]


def told(draft: Draft) -> list[tuple[int, str, str, str]]:
    return [(each.clause_id, each.number, each.heading, each.text) for each in selectors.clauses_of_draft(draft)]


@pytest.mark.parametrize("ending", ["docx", "md"])
def test_an_exported_draft_taken_in_again_changes_nothing(client_in: Client, draft: Draft, ending: str) -> None:
    content = client_in.get(f"{STATEMENT}drafts/{draft.pk}/export.{ending}").content
    before, state = told(draft), list(draft.clauses.order_by("pk").values_list("pk", "revision"))
    preview = send(client_in, draft, content, f"a.{ending}")
    assert "nothing would change" in words_of(preview)
    assert client_in.post(page_of(draft), fields_of(preview)).status_code == 302
    assert told(draft) == before
    assert list(draft.clauses.order_by("pk").values_list("pk", "revision")) == state


def test_nothing_changes_before_it_is_confirmed_and_then_what_was_shown(client_in: Client, draft: Draft) -> None:
    text = client_in.get(f"{STATEMENT}drafts/{draft.pk}/export.md").content.decode()
    owed = make.deliverable(make.team(draft.statement.group))
    data = draft.clauses.get(heading="Data").clause
    ClauseLink.objects.create(clause=data, deliverable=owed)
    before = told(draft)
    changed = text.replace("How it began.", "How it all began.").replace("2.1 Data", "2.1 Data exchange")
    changed = re.sub(r"<!-- clause \d+ -->\n\n## 3 Reporting\n\nUp\.", "## A new one\n\nIts *text*.", changed)
    preview = send(client_in, draft, changed.encode())
    assert told(draft) == before
    assert "[added: all ]" in words_of(preview)
    client_in.post(page_of(draft), fields_of(preview))
    after = told(draft)
    assert [row[1:] for row in after] == [
        ("1", "Background", "How it all began."),
        ("2", "Objectives", ""),
        ("2.1", "Data exchange", "- one\n- two"),
        ("3", "A new one", "Its *text*."),
    ]
    assert [row[0] for row in after[:3]] == [row[0] for row in before[:3]]
    assert data.links.get().deliverable == owed
    assert [row.heading for row in selectors.removed_from(draft)] == ["Reporting"]


def test_a_file_without_identities_finds_the_clauses_by_what_they_say(client_in: Client, draft: Draft) -> None:
    before = {heading: clause for clause, _, heading, _ in told(draft)}
    preview = send(client_in, draft, b"# Reporting\n\nUp.\n\n# Background\n\nOther.\n")
    client_in.post(page_of(draft), fields_of(preview))
    assert [(row[0], row[1]) for row in told(draft)] == [(before["Reporting"], "1"), (before["Background"], "2")]


def test_what_could_not_be_read_is_listed(client_in: Client, draft: Draft) -> None:
    text = words_of(send(client_in, draft, b"Preface\n\n# One\n\n![picture](https://a.example/p.png)\n"))
    assert "Line 1: text before the first heading" in text
    assert "a picture under “One”" in text


def test_a_bad_file_is_said_and_changes_nothing(client_in: Client, draft: Draft) -> None:
    before = told(draft)
    assert "not what its name says" in words_of(send(client_in, draft, b"# One", "a.docx"))
    assert "Choose a file." in words_of(client_in.post(page_of(draft), {"send": "1"}))
    assert told(draft) == before


def test_a_draft_that_changed_meanwhile_is_shown_again(client_in: Client, draft: Draft, administrator: User) -> None:
    preview = send(client_in, draft, b"# One\n\nText.\n")
    row = draft.clauses.get(heading="Background")
    services.edit_clause(by=administrator, clause=row, heading="Background", text="Theirs.", seen_revision=1)
    again = client_in.post(page_of(draft), fields_of(preview))
    assert "The draft was changed meanwhile" in words_of(again)
    assert "Theirs." in words_of(again)
    client_in.post(page_of(draft), fields_of(again))
    assert [row[1:] for row in told(draft)] == [("1", "One", "Text.")]


def test_what_was_read_counts_for_its_reader_and_its_draft_alone(
    client_in: Client, draft: Draft, signed_in: SignIn
) -> None:
    fields, before = fields_of(send(client_in, draft, b"# One\n\nText.\n")), told(draft)
    for tampered in (fields | {"read": fields["read"][:-2]}, fields | {"read": "x"}):
        assert "send the file once more" in words_of(client_in.post(page_of(draft), tampered))
    other = signed_in(make.person(is_site_admin=True))
    assert "send the file once more" in words_of(other.post(page_of(draft), fields))
    assert told(draft) == before


def test_an_identity_of_another_statement_is_none(client_in: Client, draft: Draft) -> None:
    (theirs,) = make.statement(make.root(make.group("other")), ("1.0", "2017", [("1", "Theirs", "x")]))
    foreign = theirs.texts.get().clause_id
    preview = send(client_in, draft, f"<!-- clause {foreign} -->\n# Mine\n\nText.\n".encode())
    client_in.post(page_of(draft), fields_of(preview))
    assert foreign not in [row[0] for row in told(draft)]


def test_only_who_edits_the_draft_takes_a_file_in(draft: Draft, signed_in: SignIn) -> None:
    assert signed_in(make.member(make.root(draft.statement.group))).get(page_of(draft)).status_code == 403


def test_a_proposed_draft_stands_still(client_in: Client, draft: Draft) -> None:
    preview = send(client_in, draft, b"# One\n\nText.\n")
    Draft.objects.filter(pk=draft.pk).update(state="proposed")
    assert "its text stands still" in words_of(client_in.post(page_of(draft), fields_of(preview)))
