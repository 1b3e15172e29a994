"""Paragraphs written as Markdown that reads as them again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from .lines import Kind, Line, Span
from .reading import read

_ALWAYS = re.compile(r"[\\`*<]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)|!(?=\[)|\](?=[(\[:])|(?<=\])\[")
_AT_START = re.compile(r"^(?=[#>|~+=:-])|^(\d{1,9})(?=[.)](?:\s|$))", re.MULTILINE)
_PUNCTUATION = re.compile(r"[!-/:-@\[-`{-~]")
_BARE = re.compile(r"[^\s()<>\x00-\x1f\\*_`\[\]&]+")


def write(lines: Iterable[Line]) -> str:
    """Markdown of which `read` gives the lines again."""
    rows = list(lines)
    written: list[str] = []
    widths: list[int] = []  # of the markers of the lists that are open
    numbers: list[int] = []  # of the last item of each, and the sign behind it
    signs: list[str] = []
    for at, line in enumerate(rows):
        depth = line.level - 1 if line.kind.is_item else line.level
        marker = ""
        if line.kind.is_item:
            follows = len(widths) > depth
            last_sign = signs[depth] if follows else ""
            last = numbers[depth] if follows else 0
            del widths[depth:], numbers[depth:], signs[depth:]
            sign, number = "-", 0
            if line.kind is Kind.NUMBER:
                goes_on = line.start is None
                sign = last_sign if goes_on and last_sign else (")" if last_sign == "." else ".")
                number = last + 1 if line.start is None else line.start
            marker = f"{number}{sign} " if line.kind is Kind.NUMBER else "- "
            widths.append(len(marker))
            numbers.append(number)
            signs.append(sign)
        else:
            del widths[depth:], numbers[depth:], signs[depth:]
        indent = " " * sum(widths[:depth])
        rest = indent + " " * len(marker)
        body = _block(line).split("\n")
        opening = indent + (marker if body[0] else marker.rstrip())
        block = "\n".join([opening + body[0], *(rest + text if text else "" for text in body[1:])])
        if at:
            written.append(_between(rows[at - 1], line, indent))
        written.append(block)
    return "".join(written)


def _between(before: Line, line: Line, indent: str) -> str:
    """What stands between two paragraphs: a blank line, or none between the items of a list."""
    if before.kind is Kind.QUOTE and line.kind is Kind.QUOTE and before.level == line.level:
        return f"\n{indent}>\n"
    if before.kind.is_item and not before.spans and line.level >= before.level and not _is_next(before, line):
        return "\n"  # an item that begins with something else than words
    interrupts = line.kind is Kind.BULLET or line.start in (None, 1)
    return "\n" if before.kind.is_item and line.kind.is_item and line.spans and interrupts else "\n\n"


def _is_next(before: Line, line: Line) -> bool:
    return line.kind.is_item and line.level <= before.level


def _block(line: Line) -> str:
    match line.kind:
        case Kind.HEADING:
            return f"{'#' * line.rank} {_inline(line.spans, Line(Kind.HEADING, line.spans, rank=line.rank))}"
        case Kind.CODE:
            fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", line.text)), default=0))
            return f"{fence}\n{line.text}\n{fence}"
        case Kind.RULE:
            return "---"
        case Kind.QUOTE:
            quoted = _inline(line.spans, Line(Kind.PARAGRAPH, line.spans))
            return "\n".join(f"> {text}" for text in quoted.split("\n"))
        case Kind.TABLE:
            rows = [f"| {' | '.join(_cell(cell) for cell in row)} |" for row in line.rows]
            rows.insert(1, "|" + " --- |" * len(line.rows[0]))
            return "\n".join(rows)
        case _:
            return _inline(line.spans, Line(Kind.PARAGRAPH, line.spans)) if line.spans else ""


def _cell(spans: tuple[Span, ...]) -> str:
    text = _inline(spans, Line(Kind.PARAGRAPH, spans)) if spans else ""
    return re.sub(r"(\\*)\|", lambda found: f"{found.group(1)}{'' if len(found.group(1)) % 2 else chr(92)}|", text)


def _inline(spans: Sequence[Span], wanted: Line) -> str:
    """The words in Markdown: as plain as they can be; with everything masked where that would be read otherwise."""
    opening = "#" * wanted.rank + " " if wanted.rank else ""
    for is_careful in (False, True):
        text = _marked_up(spans, is_careful=is_careful)
        if read(opening + text) == (wanted,):
            return text
    return text


class Part(NamedTuple):
    """A piece of Markdown: words, or the sign that begins or ends what stands out."""

    text: str
    role: Literal["words", "code", "begins", "ends"]


def _marked_up(spans: Sequence[Span], *, is_careful: bool) -> str:
    """The spans one after the other, each with its signs: those that go on in the next one stay open."""
    open_looks: list[tuple[str, str]] = []
    parts: list[Part] = []
    for span in spans:
        looks = _looks(span)
        keep = 0
        while keep < min(len(open_looks), len(looks)) and open_looks[keep] == looks[keep]:
            keep += 1
        parts += [Part(_closing(look), "ends") for look in reversed(open_looks[keep:])]
        parts += [Part(_opening(look), "begins") for look in looks[keep:]]
        open_looks = looks
        parts.append(Part(_code(span.text), "code") if span.code else Part(span.text, "words"))
    parts += [Part(_closing(look), "ends") for look in reversed(open_looks)]
    text = "".join(_masked_parts(parts) if is_careful else (_plain(part) for part in parts))
    return _AT_START.sub(lambda found: f"{found.group(1) or ''}\\", text)


def _plain(part: Part) -> str:
    return _masked(_ALWAYS, part.text) if part.role == "words" else part.text


def _masked_parts(parts: Sequence[Part]) -> Iterable[str]:
    """Every sign in the words masked, and a letter that touches a sign from outside written by its number.

    So the sign counts wherever it stands (CommonMark, 6.2: what flanks it decides).
    """
    for at, part in enumerate(parts):
        if part.role != "words":
            yield part.text
            continue
        text, first, last = part.text, "", ""
        if at and parts[at - 1].role == "ends" and text[0].isalnum():
            first, text = f"&#{ord(text[0])};", text[1:]
        if text and at + 1 < len(parts) and parts[at + 1].role == "begins" and text[-1].isalnum():
            last, text = f"&#{ord(text[-1])};", text[:-1]
        yield first + _masked(_PUNCTUATION, text) + last


def _looks(span: Span) -> list[tuple[str, str]]:
    """From the outside in: a link, bold, italic."""
    looks = [("link", span.link)] if span.link else []
    return looks + [(name, "") for name in ("bold", "italic") if getattr(span, name)]


SIGNS: Final = {"bold": "**", "italic": "_"}


def _opening(look: tuple[str, str]) -> str:
    return "[" if look[0] == "link" else SIGNS[look[0]]


def _closing(look: tuple[str, str]) -> str:
    name, target = look
    if name != "link":
        return SIGNS[name]
    if _BARE.fullmatch(target):
        return f"]({target})"
    masked = re.sub(r"[\\<>&*_`\[\]]", lambda found: f"\\{found.group()}", target)
    return f"](<{masked}>)"


def _masked(signs: re.Pattern[str], text: str) -> str:
    """Words that are not taken for signs of Markdown."""
    return signs.sub(lambda found: f"\\{found.group()}", text).replace("\n", "\\\n")


def _code(text: str) -> str:
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    edge = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{edge}{text}{edge}{fence}"
