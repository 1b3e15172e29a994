"""Whatever is written into a file, it is either loaded or refused with named faults."""

from __future__ import annotations

import contextlib
import string
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ecomwg.loading.complaints import Complaint, FileRefused
from ecomwg.loading.load import load

from .files import EXAMPLE, counts

pytestmark = pytest.mark.django_db

TEXT = EXAMPLE.read_text(encoding="utf-8").partition("format: 1")[2].join(["format: 1", ""])
LINES = TEXT.splitlines(keepends=True)
WORDS = sorted({word for word in TEXT.translate(str.maketrans(",{}", "   ")).split() if len(word) > 2})
BITS = [
    *("", "~", "[]", "{}", "'", '"', "[", "{", "|", ">", "\t", ": ", "- ", "&a", "*a", "!!x", "%s", "../", "\u2028"),
    *("2018-02-30", "0000", "9999", "2018-13", "-1", "99999999999999999999", "1e9", "true", "é", "\x00", "🙂"),
    *("2018-03-11T02:30", "2018-08-07T14:00", r'"\0"', r'"\ud800"', "'; DROP TABLE x", "x" * 300),
]


class _UndoneError(Exception):
    """Ends a transaction that is to leave nothing."""


def say(content: bytes, folder: Path) -> None:
    """Load a file with this content; it must be loaded, or named faults, each with a line and a sentence."""
    path = folder / "group.yaml"
    path.write_bytes(content)
    before = counts()
    with contextlib.suppress(_UndoneError), transaction.atomic():
        refused = refusal(path)
        last = content.count(b"\n") + content.count(b"\r") + content.count("\u2028".encode()) + 1
        for complaint in refused:
            assert 1 <= complaint.line <= last
            assert complaint.message
            assert not complaint.message.startswith("the database refuses")
        assert refused or counts() != before
        raise _UndoneError
    assert counts() == before


def refusal(path: Path) -> list[Complaint]:
    """What a load complains of; nothing where it was loaded. Anything else that it raises is a fault of ours."""
    try:
        load(path)
    except FileRefused as refused:
        return refused.complaints or [Complaint(0, "", "")]
    return []


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    swaps=st.lists(
        st.tuples(st.sampled_from(WORDS), st.one_of(st.sampled_from(WORDS), st.sampled_from(BITS))),
        min_size=1,
        max_size=4,
    )
)
def test_words_put_in_the_place_of_others(swaps: list[tuple[str, str]], tmp_path: Path) -> None:
    text = TEXT
    for old, new in swaps:
        text = text.replace(old, new, 1)
    say(text.encode(), tmp_path)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    edits=st.lists(
        st.tuples(st.integers(0, len(LINES) - 1), st.sampled_from(["drop", "twice", "cut"])), min_size=1, max_size=5
    )
)
def test_lines_dropped_doubled_or_cut(edits: list[tuple[int, str]], tmp_path: Path) -> None:
    lines = list(LINES)
    for number, how in edits:
        line = lines[number]
        lines[number] = {"drop": "", "twice": line + line, "cut": line[: len(line) // 2] + "\n"}[how]
    say("".join(lines).encode(), tmp_path)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(content=b"[")  # ends before the list does
@given(content=st.one_of(st.binary(max_size=200), st.text(string.printable, max_size=200).map(str.encode)))
def test_any_bytes(content: bytes, tmp_path: Path) -> None:
    say(content, tmp_path)
