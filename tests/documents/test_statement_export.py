"""The statement of work as a file: what stands in it, that nothing in it runs, and who may have it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import datetime
from typing import Any

import docx
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from docx.oxml.ns import qn
from hypothesis import given, settings

from documents.statement import services
from documents.statement.exports.tracking import accepted, rejected, tracked
from documents.statement.models import Draft, StatementVersion
from documents.statement.prose import read
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from tests import factories as make
from tests.documents.test_statement_prose import MARKDOWN

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
RICH = (
    "Some **bold** and *slanted* [words](https://a.example/x?y=1).\n\n- one\n  - deeper\n- two\n\n3. third\n4. fourth"
)
FIRST = ("1.0", "2017", [("1", "Background", "How it began."), ("2", "Reporting", "To the subcommittee.")])
SECOND = (
    "2.0",
    "2018-06",
    [
        ("1", "Background", "How it all began."),
        ("2", "Objectives", ""),
        ("2.1", "Data", RICH),
        ("3", "Reporting", "Up."),
    ],
)


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def versions(group: WorkingGroup) -> list[StatementVersion]:
    return make.statement(make.root(group), FIRST, SECOND)


@pytest.fixture
def client_in(group: WorkingGroup, signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(group)))


def words_of_word(content: bytes) -> list[str]:
    return [paragraph.text for paragraph in docx.Document(io.BytesIO(content)).paragraphs]


def body_of(content: bytes) -> Any:
    return docx.Document(io.BytesIO(content)).element.body


def reviewed(content: bytes, *, gone: str) -> str:
    """The words of a Word file with its changes accepted (`gone` is "del") or rejected ("ins")."""
    body = body_of(content)
    for change in list(body.iter(qn(f"w:{gone}"))):
        if change.getparent().tag != qn("w:rPr"):
            change.getparent().remove(change)
    return "".join(each.text or "" for each in body.iter(qn("w:t"), qn("w:delText")))


def test_a_word_file_has_headings_lists_and_links_and_says_which_clause_is_which(
    versions: list[StatementVersion], client_in: Client
) -> None:
    answer = client_in.get(f"{STATEMENT}2.0/export.docx")
    assert answer["Content-Disposition"] == 'attachment; filename="ecom-statement-version-2-0.docx"'
    paragraphs = docx.Document(io.BytesIO(answer.content)).paragraphs
    headings = [(each.style.name, each.text) for each in paragraphs if each.style and each.style.name[:8] == "Heading "]
    assert headings == [
        ("Heading 1", "1 Background"),
        ("Heading 1", "2 Objectives"),
        ("Heading 2", "2.1 Data"),
        ("Heading 1", "3 Reporting"),
    ]
    body = body_of(answer.content)
    marks = [each.get(qn("w:name")) for each in body.iter(qn("w:bookmarkStart"))]
    assert marks == [f"clause_{text.clause_id}" for text in versions[1].texts.order_by("position")]
    assert [each.get(qn("w:val")) for each in body.iter(qn("w:ilvl"))] == ["0", "1", "0", "0", "0"]
    assert len(list(body.iter(qn("w:hyperlink")))) == 1
    assert len(list(body.iter(qn("w:b")))) == 1
    assert "What it changed" not in "".join(words_of_word(answer.content)), "nothing was recorded of it"
    assert any("No proposal and no agreement are recorded" in words for words in words_of_word(answer.content))


def test_a_pdf_is_tagged_and_says_its_language_and_title(versions: list[StatementVersion], client_in: Client) -> None:
    content = client_in.get(f"{STATEMENT}2.0/export.pdf").content
    assert content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in content
    assert re.search(rb"/Lang ?\(en-US\)", content)
    assert b"pdfuaid" in content
    assert b"https://a.example/x?y=1" in content


def test_markdown_has_each_text_as_it_was_written_and_says_which_clause_is_which(
    versions: list[StatementVersion], client_in: Client
) -> None:
    text = client_in.get(f"{STATEMENT}2.0/export.md").content.decode()
    for clause in versions[1].texts.all():
        assert f"<!-- clause {clause.clause_id} -->\n\n" in text
        assert clause.text in text
    assert "### 2.1 Data\n\n" in text


def test_a_comparison_in_word_is_tracked_accepted_it_is_the_new_rejected_the_old(
    versions: list[StatementVersion], client_in: Client
) -> None:
    content = client_in.get(f"{STATEMENT}compare/export.docx?from=1.0&to=2.0").content
    changes = [*body_of(content).iter(qn("w:ins")), *body_of(content).iter(qn("w:del"))]
    assert changes
    assert {each.get(qn("w:author")) for each in changes} == {"Version 2.0"}
    assert {each.get(qn("w:date"))[:10] for each in changes} == {"2018-06-01"}
    new, old = reviewed(content, gone="del"), reviewed(content, gone="ins")
    assert "How it all began." in new
    assert "How it began." in old
    assert "Objectives" not in old
    assert "To the subcommittee." in old
    assert "To the subcommittee." not in new


def test_a_comparison_in_markdown_and_pdf_marks_what_went_and_what_came(
    versions: list[StatementVersion], client_in: Client
) -> None:
    text = client_in.get(f"{STATEMENT}compare/export.md?from=1.0&to=2.0").content.decode()
    assert "How it {++all ++}began." in text
    assert client_in.get(f"{STATEMENT}compare/export.pdf?from=1.0&to=2.0").content.startswith(b"%PDF-")


@settings(max_examples=150, deadline=None)
@given(MARKDOWN, MARKDOWN)
def test_tracked_changes_lead_from_any_text_to_any_other(old: str, new: str) -> None:
    before, after = list(read(old)), list(read(new))
    found = tracked(before, after)
    assert rejected(found) == before
    assert accepted(found) == after


def test_nothing_that_was_written_runs_in_any_file(group: WorkingGroup, client_in: Client) -> None:
    evil = "=cmd|'/C calc'!A0 #import \"@preview/x:1.0\"; \\$x$ <script>alert(1)</script> [x](javascript:alert(2)) \x01"
    make.statement(make.root(group), ("1.0", "2017", [("1", "=1+1 #panic()", evil)]))
    content = client_in.get(f"{STATEMENT}1.0/export.docx").content
    assert "#import" in "".join(words_of_word(content))
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        assert b"javascript:" not in file.read("word/_rels/document.xml.rels")
        assert not [name for name in file.namelist() if "vba" in name.lower()]
    assert client_in.get(f"{STATEMENT}1.0/export.pdf").status_code == 200
    assert client_in.get(f"{STATEMENT}1.0/export.md").status_code == 200


def test_an_adopted_version_says_who_proposed_agreed_and_adopted(
    group: WorkingGroup, versions: list[StatementVersion], client_in: Client
) -> None:
    first, second = make.person(is_site_admin=True), make.person(is_site_admin=True)
    chair = make.member(make.root(group), role="chair")
    reviewer = make.member(make.root(group), make.person(government=True), role="reviewer")
    draft = services.start_draft(by=first, statement=versions[0].statement, title="Next")
    services.add_clause(by=first, draft=draft, heading="Review", after=None)
    day = datetime(2018, 8, 1).date()  # noqa: DTZ001 - a day
    proposal = services.propose(
        by=first, draft=draft, number="3.0", summary="Says more.", effective_on=day, closes_on=day
    )
    for who, role in ((chair, "chair"), (reviewer, "reviewer")):
        services.take_position(by=who, proposal=proposal, role=role, stand="agree")
    so_far = client_in.get(f"{STATEMENT}drafts/{draft.pk}/export.md").content.decode()
    assert f"| Proposed | {first.name} | Administrator |" in so_far
    services.adopt(by=second, proposal=proposal)
    text = client_in.get(f"{STATEMENT}3.0/export.md").content.decode()
    for deed, who, role in (
        ("Proposed", first, "Administrator"),
        ("Agreed", chair, "Chair"),
        ("Agreed", reviewer, "CBP reviewer"),
        ("Adopted", second, "Administrator"),
    ):
        assert f"| {deed} | {who.name} | {role} | July 20, 2018 |" in text
    assert "What it changed: Says more." in text


@pytest.fixture
def draft(versions: list[StatementVersion]) -> Draft:
    return services.start_draft(by=make.person(), statement=versions[0].statement, title="Next")


@pytest.mark.parametrize("ending", ["docx", "pdf", "md"])
def test_a_draft_and_what_it_changes_are_files_too(draft: Draft, client_in: Client, ending: str) -> None:
    row = draft.clauses.get(heading="Background")
    services.edit_clause(by=draft.started_by, clause=row, heading="Background", text="Other.", seen_revision=1)
    assert client_in.get(f"{STATEMENT}drafts/{draft.pk}/export.{ending}").status_code == 200
    assert client_in.get(f"{STATEMENT}compare/export.{ending}?from=2.0&draft={draft.pk}").status_code == 200
    assert client_in.get(f"{STATEMENT}compare/export.{ending}?from=2.0&to=draft").status_code == 200
    for page in (f"{STATEMENT}drafts/{draft.pk}/", f"{STATEMENT}compare/?from=2.0&to=draft"):
        assert f"export.{ending}" in client_in.get(page).content.decode()


@pytest.mark.parametrize(
    "address",
    [
        *("9.9/export.md", "2.0/export.exe", "drafts/0/export.md", "compare/export.exe", "compare/export.md?from=9.9"),
        *("compare/export.md?from=1.0&draft=x", "compare/export.md?from=1.0&draft=99999999999999999999"),
        "compare/export.md?from=%00&to=2.0",
    ],
)
def test_what_is_not_there_is_no_file(versions: list[StatementVersion], client_in: Client, address: str) -> None:
    assert client_in.get(f"{STATEMENT}{address}").status_code == 404


def test_without_a_choice_the_version_in_force_is_compared_with_the_one_before(
    versions: list[StatementVersion], client_in: Client
) -> None:
    assert "Version 1.0 compared with version 2.0" in client_in.get(f"{STATEMENT}compare/export.md").content.decode()


def test_without_a_statement_there_is_no_file(client_in: Client) -> None:
    assert client_in.get(f"{STATEMENT}compare/export.md").status_code == 404


def test_another_groups_draft_is_no_file_here(draft: Draft, signed_in: SignIn) -> None:
    other = make.group("other")
    make.statement(make.root(other), ("1.0", "2017", [("1", "Theirs", "x")]))
    client = signed_in(make.member(make.root(other)))
    for ending in ("docx", "md"):
        assert client.get(f"/groups/other/statement/drafts/{draft.pk}/export.{ending}").status_code == 404
        assert (
            client.get(f"/groups/other/statement/compare/export.{ending}?from=1.0&draft={draft.pk}").status_code == 404
        )


def test_the_pages_offer_the_files(versions: list[StatementVersion], client_in: Client) -> None:
    assert f'href="{STATEMENT}2.0/export.docx"' in client_in.get(STATEMENT).content.decode()
    page = client_in.get(f"{STATEMENT}compare/?from=1.0&to=2.0").content.decode()
    assert f'href="{STATEMENT}compare/export.docx?from=1.0&amp;to=2.0"' in page


@pytest.mark.parametrize("address", ["2.0/export.md", "compare/export.md?from=1.0&to=2.0"])
def test_the_number_of_queries_does_not_grow(at_start: datetime, signed_in: SignIn, address: str) -> None:
    client = signed_in(make.person(is_site_admin=True))
    client.get("/")  # notes the visit

    def queries(clauses: int) -> int:
        group = make.group()
        wordings = [(str(n), f"Clause {n}", "text") for n in range(1, clauses + 1)]
        make.statement(make.root(group), ("1.0", "2017", wordings), ("2.0", "2018-06", wordings))
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/groups/{group.slug}/statement/{address}").status_code == 200
        return len(captured)

    one = queries(1)
    assert queries(10) == one
    assert one <= 12
