"""Markdown read into paragraphs: the same Markdown that the pages show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import urljoin, urlsplit

from markdown_it import MarkdownIt
from markdown_it.tree import SyntaxTreeNode

from .lines import DEEPEST, Kind, Line, Span, settled, tidy, writable

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
LINKS_TO: Final = ("http", "https", "mailto")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the text it stands: in how many lists, and whether in a quotation."""

    level: int = 0
    is_quoted: bool = False


def read(text: str, *, site: str = "") -> tuple[Line, ...]:
    """The paragraphs of a Markdown text. Links lead to http, https and mailto alone; others are left as words.

    A link without a scheme is one of `site`, the portal's own address; without that it is left as words too.
    """
    root = SyntaxTreeNode(_markdown.parse(text))
    return settled(line for node in root.children for line in _lines(node, _Place(), site))


def has_heading(text: str) -> bool:
    """Whether the Markdown text has a heading of its own, even one without words."""
    return any(token.type == "heading_open" for token in _markdown.parse(text))


def _lines(node: SyntaxTreeNode, place: _Place, site: str) -> Iterator[Line]:
    level = place.level
    match node.type:
        case "paragraph":
            kind = Kind.QUOTE if place.is_quoted else Kind.PARAGRAPH
            yield Line(kind, tidy(_spans(node, Span(""), site)), level)
        case "heading":
            spans = tidy(_spans(node, Span(""), site), breaks=False)
            yield Line(Kind.HEADING, spans, level, rank=int(node.tag[1]))
        case "fence" | "code_block":
            words = writable(node.content).strip("\n")
            yield Line(Kind.CODE, (Span(words),) if words.strip() else (), level)
        case "hr":
            yield Line(Kind.RULE, level=level)
        case "table":
            rows = tuple(_row(row, site) for part in node.children for row in part.children)
            yield Line(Kind.TABLE, level=level, rows=rows)
        case "blockquote":
            for child in node.children:
                yield from _lines(child, replace(place, is_quoted=True), site)
        case "bullet_list" | "ordered_list":
            yield from _items(node, place, site)


def _items(node: SyntaxTreeNode, place: _Place, site: str) -> Iterator[Line]:
    kind = Kind.BULLET if node.type == "bullet_list" else Kind.NUMBER
    start: int | None = int(node.attrs.get("start", 1)) if kind is Kind.NUMBER else None
    inside = _Place(min(place.level + 1, DEEPEST))
    for item in node.children:
        children = list(item.children)
        spans: tuple[Span, ...] = ()
        if children and children[0].type == "paragraph":
            spans = tidy(_spans(children.pop(0), Span(""), site))
        yield Line(kind, spans, inside.level, start)
        start = None
        for child in children:
            yield from _lines(child, inside, site)


def _row(row: SyntaxTreeNode, site: str) -> tuple[tuple[Span, ...], ...]:
    return tuple(tidy(_spans(cell, Span(""), site), breaks=False) for cell in row.children)


def _spans(node: SyntaxTreeNode, look: Span, site: str) -> Iterator[Span]:
    """The words under a node, looking as `look` and as the node says."""
    for child in node.children:
        match child.type:
            case "text":
                yield replace(look, text=child.content.replace("\n", " "))
            case "code_inline":
                yield replace(look, text=child.content.replace("\n", " "), code=True)
            case "softbreak":
                yield replace(look, text=" ")
            case "hardbreak":
                yield replace(look, text="\n")
            case "strong":
                yield from _spans(child, replace(look, bold=True), site)
            case "em":
                yield from _spans(child, replace(look, italic=True), site)
            case "link":
                yield from _spans(child, replace(look, link=address(str(child.attrs["href"]), site)), site)
            case "image":
                shown = replace(look, link=look.link or address(str(child.attrs["src"]), site))
                yield replace(shown, text=child.content.replace("\n", " "))
            case _:
                yield from _spans(child, look, site)


def address(link: str, site: str) -> str:
    """Where a link leads to; empty for one that leads nowhere, or where a reader had better not be led."""
    whole = writable(urljoin(site, link) if site else link)
    try:
        parts = urlsplit(whole)
    except ValueError:
        return ""
    return whole if parts.scheme.lower() in LINKS_TO and (parts.netloc or parts.scheme.lower() == "mailto") else ""
