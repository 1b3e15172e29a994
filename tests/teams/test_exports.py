"""A spreadsheet file carries the words of the rows and never a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teams.exports import csv_bytes, spreadsheet_safe


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝"])
def test_a_text_that_would_run_as_a_formula_gets_an_apostrophe(start: str) -> None:
    assert spreadsheet_safe(f"{start}1+1") == f"'{start}1+1"


def test_numbers_stay_numbers_and_nothing_is_an_empty_cell() -> None:
    assert spreadsheet_safe(-5) == -5
    assert spreadsheet_safe(None) == ""
    assert spreadsheet_safe("2018-07-20") == "2018-07-20"


def test_a_file_says_that_it_is_utf8_and_keeps_quotes_commas_and_lines() -> None:
    content = csv_bytes(["Title", "Note"], [['Maps, "by mode"', "two\nlines"], ["Ünïcode", None]])
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content) == [["Title", "Note"], ['Maps, "by mode"', "two\nlines"], ["Ünïcode", ""]]


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_no_cell_of_any_text_starts_like_a_formula(text: str) -> None:
    cell = read(csv_bytes(["x", "y"], [[text, 1]]))[1][0]
    assert cell == text or cell == f"'{text}"
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
