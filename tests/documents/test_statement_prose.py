"""The text of a clause as paragraphs, and as Markdown again."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from documents.statement.prose import Kind, Line, Span, read, settled, tidy, write

# Letters, signs that mean something in Markdown, and blanks: what is likeliest to be read otherwise than it was meant.
SIGNS = st.text("ab é1.)-+*_`[]()<>!#&;:|~=\\\n \t\"'/", max_size=60)
PIECES = st.sampled_from(
    [
        *("word ", "x", "**bold**", "*it*", "**a** b", "`code`", "[link](https://a.example/b?c=d&e)", "\\\n", "\n"),
        *("\n\n", "- item\n", "  - deeper\n", "1. first\n", "7) seventh\n", "> said\n", "    code\n", "```\nx\n```\n"),
        *("# head\n", "---\n", "| a | b |\n| - | - |\n| c | d |\n", "&amp;", "<b>", "=cmd|'/C calc'!A0", "***x** y*"),
        *("![picture](https://a.example/p.png)", "<https://a.example>", "[x](javascript:alert(1))", "*a*b", " "),
    ]
)
MARKDOWN = SIGNS | st.lists(PIECES, max_size=12).map("".join)


@settings(max_examples=300, deadline=None)
@given(MARKDOWN)
def test_what_was_read_is_written_so_that_it_reads_the_same(text: str) -> None:
    lines = read(text)
    assert read(write(lines)) == lines


words = st.text("ab é.*_`[]1-", min_size=1, max_size=8)
spans = st.lists(
    st.builds(Span, words, st.booleans(), st.booleans(), st.just(False), st.sampled_from(["", "https://a.example/"])),
    min_size=1,
    max_size=4,
).map(tidy)


@settings(max_examples=300, deadline=None)
@given(spans.filter(bool))
def test_words_that_stand_out_anywhere_are_written_so_that_they_read_the_same(spans: tuple[Span, ...]) -> None:
    line = Line(Kind.PARAGRAPH, spans)
    assert read(write([line])) == (line,)


kinds = st.sampled_from([Kind.PARAGRAPH, Kind.BULLET, Kind.BULLET, Kind.NUMBER, Kind.NUMBER, Kind.QUOTE, Kind.CODE])
lines = st.builds(
    Line, kinds, st.just((Span("words"),)) | st.just(()), st.integers(0, 4), st.none() | st.integers(0, 20)
)


@settings(max_examples=300, deadline=None)
@given(st.lists(lines, max_size=8).map(settled))
def test_lists_in_lists_are_written_so_that_they_read_the_same(lines: tuple[Line, ...]) -> None:
    assert read(write(lines)) == lines
