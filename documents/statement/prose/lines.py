"""A text as a row of paragraphs, each of a kind, with the words in it and how they stand out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

# As deep as lists go in Word; deeper ones stand at this depth.
DEEPEST: Final = 9

# What XML 1.0 can't hold (section 2.2), and the signs of lines and pages that no text needs.
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\x85\u2028\u2029\ud800-\udfff\ufffe\uffff]")


class Kind(StrEnum):
    """What a paragraph is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    BULLET = "bullet"
    NUMBER = "number"
    QUOTE = "quote"
    CODE = "code"
    RULE = "rule"
    TABLE = "table"

    @property
    def is_item(self) -> bool:
        """Whether it begins an item of a list."""
        return self in (Kind.BULLET, Kind.NUMBER)


@dataclass(frozen=True, slots=True)
class Span:
    """Words that stand out in the same way; a line break in `text` is one that was asked for."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A paragraph, an item of a list, a table, a rule.

    `level` is the number of lists that it stands in: 1 for an item of a list and for what else belongs to that item.
    `start` is the number of the first item of a numbered list; the others have None. `rank` is a heading's, 1 to 6.
    `rows` are a table's, each with the spans of its cells; the first is its heading.
    """

    kind: Kind
    spans: tuple[Span, ...] = ()
    level: int = 0
    start: int | None = None
    rank: int = 0
    rows: tuple[tuple[tuple[Span, ...], ...], ...] = ()

    @property
    def text(self) -> str:
        """Its words alone."""
        if self.kind is Kind.TABLE:
            return "\n".join("\t".join("".join(span.text for span in cell) for cell in row) for row in self.rows)
        return "".join(span.text for span in self.spans)


def writable(text: str) -> str:
    """The text without the characters that no document can hold."""
    return _UNWRITABLE.sub("", text)


def tidy(spans: Iterable[Span], *, breaks: bool = True) -> tuple[Span, ...]:
    """The spans of a paragraph in one form: those that look alike joined, white space at both ends taken off.

    White space at the edges of words that stand out does not stand out. Without `breaks` a line break is a space.
    """
    loose = [
        part
        for span in spans
        for part in _without_white_edges(
            replace(span, text=writable(span.text) if breaks else writable(span.text).replace("\n", " "))
        )
    ]
    joined = _joined(loose)
    while joined and not joined[0].text.strip():
        joined = joined[1:]
    while joined and not joined[-1].text.strip():
        joined = joined[:-1]
    if joined:
        joined[0] = replace(joined[0], text=joined[0].text.lstrip())
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip())
    return tuple(replace(span, text=_BLANKS_AT_BREAK.sub("\n", span.text)) for span in joined)


_BLANKS_AT_BREAK = re.compile(r"[ \t]*\n[ \t]*")


def _without_white_edges(span: Span) -> list[Span]:
    """The span, with the white space at its ends as spans that don't stand out."""
    if span.code and "\n" in span.text:
        span = replace(span, text=span.text.replace("\n", " "))
    body = span.text.strip()
    if not body or span == Span(span.text):
        return [Span(span.text)] if span.text else []
    before = span.text[: len(span.text) - len(span.text.lstrip())]
    after = span.text[len(span.text.rstrip()) :]
    return [each for each in (Span(before), replace(span, text=body), Span(after)) if each.text]


def _joined(spans: Sequence[Span]) -> list[Span]:
    """Spans that look alike in one; blanks between two that look alike look as they do."""
    found: list[Span] = []
    for span in spans:
        if found and replace(found[-1], text="") == replace(span, text=""):
            found[-1] = replace(span, text=found[-1].text + span.text)
        elif (
            len(found) > 1
            and not found[-1].text.strip()
            and found[-1] == Span(found[-1].text)
            and not (span.code and "\n" in found[-1].text)
            and replace(found[-2], text="") == replace(span, text="")
        ):
            blank = found.pop().text
            found[-1] = replace(span, text=found[-1].text + blank + span.text)
        else:
            found.append(span)
    return found


def settled(lines: Iterable[Line]) -> tuple[Line, ...]:
    """The lines with levels and numbers that can be: an item at most one deeper than what is open before it.

    Paragraphs without words are left out, and a heading, rule or table stands in no list.
    """
    found: list[Line] = []
    open_kinds: list[Kind] = []
    for line in lines:
        if not line.kind.is_item and line.kind not in (Kind.RULE, Kind.TABLE) and not line.spans:
            continue
        if line.kind.is_item:
            level = max(1, min(line.level, len(open_kinds) + 1, DEEPEST))
            goes_on = len(open_kinds) >= level and open_kinds[level - 1] is line.kind
            del open_kinds[level - 1 :]
            open_kinds.append(line.kind)
            start = line.start if line.kind is Kind.NUMBER else None
            if line.kind is Kind.NUMBER and not goes_on and start is None:
                start = 1
        else:
            level, start = min(line.level, len(open_kinds)), None
            del open_kinds[level:]
            if line.kind is Kind.PARAGRAPH and found and _is_empty_item(found[-1], level):
                found[-1] = replace(found[-1], spans=line.spans)
                continue
        found.append(replace(line, level=level, start=start))
    return tuple(found)


def _is_empty_item(line: Line, level: int) -> bool:
    return line.kind.is_item and line.level == level and not line.spans
