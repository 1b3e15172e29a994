"""A Markdown file: its headings, and the text under each as it stands."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

from documents.statement.exports.markdown import DEEPEST_HEADING
from documents.statement.prose import read

from .outline import Heading, Outline

_MARK = re.compile(r"^<!-- clause (\d{1,18}) -->\s*$")
_WHOLE = re.compile(r"^<!-- clause (\d{1,18}), word for word up to: (end of clause \d{1,18}\+*) -->\s*$")
_ABOUT = re.compile(r"^<!-- about: .* -->\s*$")
_COMMENT = re.compile(r"^<!--(.*?)-->\s*$")
_parser = MarkdownIt("commonmark", {"html": False})


def outline_of(text: str) -> Outline:
    """The clauses of the file. The comments that an export writes say which clause is which."""
    found = Outline()
    rows = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    whole: set[int] = set()
    parts: list[tuple[int | None, bool, int, list[str]]] = [(None, False, 1, [])]
    end = ""  # of the clause that is taken word for word
    for place, row in enumerate(rows, 1):
        if end:
            if row.strip() == f"<!-- {end} -->":
                end = ""
                parts.append((None, False, place + 1, []))
            else:
                parts[-1][3].append(row)
        elif mark := _WHOLE.match(row):
            end = mark.group(2)
            parts.append((int(mark.group(1)), False, place + 1, []))
            whole.add(len(parts) - 1)
        elif mark := _MARK.match(row):
            parts.append((int(mark.group(1)), False, place + 1, []))
        elif _ABOUT.match(row):
            parts.append((None, True, place + 1, []))
        elif _COMMENT.match(row):
            found.unread.append(f"Line {place}: a comment")
            parts[-1][3].append("")
        else:
            parts[-1][3].append(row)
    for at, (identity, is_about, first, part) in enumerate(parts):
        if not is_about:
            _read(found, identity, first, part, is_one=at in whole)
    return found


def _read(found: Outline, identity: int | None, first: int, rows: list[str], *, is_one: bool) -> None:
    tokens = _parser.parse("\n".join(rows))
    starts = [
        (token.map, int(token.tag[1]), tokens[at + 1].content)
        for at, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    starts = starts[:1] if is_one else starts
    before = rows[: starts[0][0][0]] if starts else rows
    if any(row.strip() for row in before):
        found.unread.append(f"Line {first}: text before the first heading")
    for place, (span, level, words) in enumerate(starts):
        end = starts[place + 1][0][0] if place + 1 < len(starts) else len(rows)
        text = "\n".join(rows[span[1] : end]).strip("\n").rstrip()
        if "![" in text:
            found.unread.append(f"Line {first + span[0]}: a picture under “{words[:80]}”; its words are kept")
        shown = "".join(line.text for line in read(f"# {words}"))
        if not shown:
            found.unread.append(f"Line {first + span[0]}: a heading without words, and what stands under it")
            continue
        if level == DEEPEST_HEADING and (number := re.match(r"\d+(?:\.\d+)*", shown)):
            level = max(level, number.group().count(".") + 2)
        found.headings.append(Heading(level, shown, identity if place == 0 else None, text))
