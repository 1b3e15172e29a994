"""What was exported and comes back is the same, clause by clause: each is the clause it was, with what hangs on it."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import example, given, settings
from hypothesis import strategies as st

from documents.statement.exports import Entry, Format, Paper, comparison, export, export_comparison
from documents.statement.imports import Reading, Unreadable, read_file
from documents.statement.prose import read
from tests.documents.test_statement_prose import MARKDOWN

NOW = datetime(2018, 7, 20, tzinfo=UTC)
headings = st.text("ab é1.*_#`&<'\"=", min_size=1, max_size=20).map(lambda text: " ".join(text.split())).filter(bool)
clauses = st.lists(st.tuples(st.integers(1, 6), headings, MARKDOWN), min_size=1, max_size=6)


def paper(told: list[tuple[int, str, str]]) -> Paper:
    counted: list[int] = []
    entries = []
    for at, (depth, heading, text) in enumerate(told, 1):
        depth = min(depth, len(counted) + 1)
        counted = [*counted[:depth], *([0] * (depth - len(counted)))]
        counted[-1] += 1
        entries.append(Entry(at * 7, ".".join(map(str, counted)), depth, heading, text.strip("\n").rstrip()))
    return Paper(
        "Statement", "Version 1.0", [("Adopted", "2018")], entries, [], "None.", False, NOW, "America/New_York"
    )


def come_back(content: bytes, name: str) -> Reading:
    return read_file(SimpleUploadedFile(name, content))


@settings(max_examples=60, deadline=None)
@given(clauses)
@example([(1, "1 1", "")])
def test_a_word_file_comes_back_as_it_went(told: list[tuple[int, str, str]]) -> None:
    went = paper(told)
    came = come_back(export(went, Format.WORD), "a.docx")
    assert [(each.clause_id, each.depth, each.heading, read(each.text)) for each in came.clauses] == [
        (each.clause_id, each.depth, each.heading, each.lines) for each in went.entries
    ]
    assert came.unread == []


@settings(max_examples=100, deadline=None)
@given(clauses)
@example([(1, "1 1", "")])
def test_a_markdown_file_comes_back_as_it_went(told: list[tuple[int, str, str]]) -> None:
    went = paper(told)
    came = come_back(export(went, Format.MARKDOWN), "a.md")
    assert [(each.clause_id, each.depth, each.heading, each.text) for each in came.clauses] == [
        (each.clause_id, each.depth, each.heading, each.text) for each in went.entries
    ]


@settings(max_examples=40, deadline=None)
@given(clauses, clauses)
@example([(1, "1", "")], [(1, "1 1", "")])
def test_tracked_changes_that_come_back_count_as_accepted(
    old: list[tuple[int, str, str]], new: list[tuple[int, str, str]]
) -> None:
    went = paper(new)
    came = come_back(export_comparison(comparison(paper(old), went), Format.WORD), "a.docx")
    assert [(each.clause_id, each.depth, each.heading, read(each.text)) for each in came.clauses] == [
        (each.clause_id, each.depth, each.heading, each.lines) for each in went.entries
    ]


def test_another_editors_markdown_is_read_by_its_headings() -> None:
    came = come_back(b"Preface.\n\n# 1. Purpose\n\nWhy.\n\n## 1.1 Scope\n\nHow *far*.\n<!-- note -->\n", "a.md")
    assert [(each.clause_id, each.depth, each.heading, each.text) for each in came.clauses] == [
        (None, 1, "Purpose", "Why."),
        (None, 2, "Scope", "How *far*."),
    ]
    assert came.unread == ["Line 10: a comment", "Line 1: text before the first heading"]


def zipped(**parts: bytes) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts.items():
            file.writestr(name.replace("__", "/").replace("_xml", ".xml"), content)
    return into.getvalue()


ENTITY = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.docx", b"", "The file is empty."),
        ("a.docx", b"# Heading", "not what its name says"),
        ("a.md", zipped(x=b"1"), "not what its name says"),
        ("a.exe", b"# Heading", "not what its name says"),
        ("a.md", b"\xff\xfe#", "not in UTF-8"),
        ("a.md", b"No heading", "has no heading"),
        ("a.md", b"#" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
        ("a.docx", b"PK\x03\x04 broken", "damaged"),
        ("a.docx", zipped(x=b"1"), "no Word document"),
        ("a.docx", zipped(x=b"0" * 30_000_000), "far larger unpacked"),
        ("a.docx", zipped(word__document_xml=ENTITY, **{"[Content_Types].xml": b"<x/>"}), "damaged"),
    ],
)
def test_a_file_that_can_not_be_read_says_why(name: str, content: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        come_back(content, name)
