"""A Word file (ECMA-376): its headings, and what stands under each as Markdown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from defusedxml import DefusedXmlException
from defusedxml import ElementTree as Xml

from documents.statement.exports.word import names
from documents.statement.prose import Kind, Line, Span, settled, tidy, write
from documents.statement.prose.reading import address

from .outline import Heading, Outline

_W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_R: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
DOCUMENT: Final = "word/document.xml"

# What has no place in Markdown, and what it is called in the list.
_LOST: Final = {
    "drawing": "a picture or drawing",
    "pict": "a picture or drawing",
    "object": "an embedded object",
    "footnoteReference": "a footnote",
    "endnoteReference": "an endnote",
    "commentReference": "a comment",
    "altChunk": "a part of another file",
    "subDoc": "a part of another file",
    "sym": "a sign of a special font",
    "oMath": "a formula",
    "instrText": "a field; what it showed is kept",
}


class NoDocument(Exception):
    """The archive is no Word document that can be read."""


def outline_of(parts: Mapping[str, bytes]) -> Outline:
    """The clauses of the document. Raises NoDocument."""
    if DOCUMENT not in parts or "[Content_Types].xml" not in parts:
        raise NoDocument("The file is no Word document.")
    reader = _Reader(parts)
    body = reader.document.find(f"{_W}body")
    if body is None:
        raise NoDocument("The Word document has no text.")
    reader.read(body)
    if any(next(body.iter(f"{_W}{change}"), None) is not None for change in ("ins", "del")):
        reader.outline.unread.append("Tracked changes: all of them count as accepted")
    if any("vbaProject" in name for name in parts):
        reader.outline.unread.append("Macros: they are not read")
    return reader.outline


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


def _value(element: Any, path: str) -> str:
    found = element.find("/".join(f"{_W}{step}" for step in path.split("/"))) if element is not None else None
    return "" if found is None else found.get(f"{_W}val", "true")


class _Reader:
    """Reads one document."""

    def __init__(self, parts: Mapping[str, bytes]) -> None:
        self.parts = parts
        self.outline = Outline()
        self.document = self._xml(DOCUMENT)
        self.styles = {
            style.get(f"{_W}styleId", ""): _value(style, "name")
            for style in self._xml("word/styles.xml").iter(f"{_W}style")
        }
        links = self._xml("word/_rels/document.xml.rels")
        self.links = {
            link.get("Id", ""): link.get("Target", "") for link in links if link.get("Type", "").endswith("/hyperlink")
        }
        for link in links:
            if link.get("TargetMode") == "External" and not link.get("Type", "").endswith("/hyperlink"):
                self.outline.unread.append("A reference to something outside the file: it is not followed")
        self.formats: dict[tuple[str, int], tuple[str, int]] = {}
        self._read_lists()
        self.lists: dict[int, tuple[str, int]] = {}
        self.lines: list[Line] = []

    def _xml(self, name: str) -> Any:
        content = self.parts.get(name)
        if content is None:
            return Xml.fromstring("<none/>")
        try:
            return Xml.fromstring(content, forbid_dtd=True)
        except (Xml.ParseError, DefusedXmlException, ValueError, RecursionError) as error:
            raise NoDocument("The Word document is damaged, or has parts that no Word document has.") from error

    def _read_lists(self) -> None:
        numbering = self._xml("word/numbering.xml")
        kinds: dict[tuple[str, int], tuple[str, int]] = {}
        for abstract in numbering.iter(f"{_W}abstractNum"):
            for level in abstract.iter(f"{_W}lvl"):
                at = (abstract.get(f"{_W}abstractNumId", ""), _number(level.get(f"{_W}ilvl")))
                kinds[at] = (_value(level, "numFmt"), _number(_value(level, "start"), 1))
        for number in numbering.iter(f"{_W}num"):
            of = _value(number, "abstractNumId")
            starts = {
                _number(each.get(f"{_W}ilvl")): _value(each, "startOverride")
                for each in number.iter(f"{_W}lvlOverride")
            }
            for level in range(9):
                format_, start = kinds.get((of, level), ("decimal", 1))
                own = starts.get(level, "")
                self.formats[number.get(f"{_W}numId", ""), level] = (format_, _number(own, start))

    def read(self, body: Any) -> None:
        """Every paragraph and table of the body."""
        for element in body:
            if _name(element) == "p":
                self._paragraph(element)
            elif _name(element) == "tbl":
                self._table(element)
            elif _name(element) == "sdt":
                content = element.find(f"{_W}sdtContent")
                self.read(content if content is not None else [])
            elif _name(element) in _LOST:
                self._lose(_LOST[_name(element)])
        if body is self.document.find(f"{_W}body"):
            self._finish()

    def _finish(self) -> None:
        if self.outline.headings:
            self.outline.headings[-1].text = write(settled(self.lines))
        elif any(line.text.strip() for line in self.lines):
            self.outline.unread.append("Text before the first heading")
        self.lines, self.lists = [], {}

    def _lose(self, what: str) -> None:
        where = f"Under “{self.outline.headings[-1].words[:80]}”" if self.outline.headings else "At the start"
        self.outline.unread.append(f"{where}: {what}")

    def _paragraph(self, element: Any) -> None:
        properties = element.find(f"{_W}pPr")
        style = self.styles.get(_value(properties, "pStyle"), "")
        if style.startswith(names.ABOUT) or style.lower() in ("title", "subtitle"):
            return
        spans = self._spans(element)
        is_gone = properties is not None and properties.find(f"{_W}rPr/{_W}del") is not None
        if is_gone and not spans:
            return
        heading = re.fullmatch(r"heading (\d)", style, re.IGNORECASE)
        if heading and (words := " ".join("".join(span.text for span in spans).split())):
            self._finish()
            marks = (mark.get(f"{_W}name", "") for mark in element.iter(f"{_W}bookmarkStart"))
            identity = next(
                (name.removeprefix(names.BOOKMARK) for name in marks if name.startswith(names.BOOKMARK)), ""
            )
            known = int(identity) if identity.isdecimal() and len(identity) < 19 else None
            is_bare = any(self._style_of(run) == names.NUMBER for run in element.iter(f"{_W}r"))
            self.outline.headings.append(Heading(int(heading.group(1)), words, known, is_bare=is_bare))
        elif not heading:
            self.lines.append(self._line(properties, style, spans))

    def _line(self, properties: Any, style: str, spans: list[Span]) -> Line:
        indent = properties.find(f"{_W}ind") if properties is not None else None
        level = round(_number(indent.get(f"{_W}left")) / names.STEP) if indent is not None else 0
        number = _value(properties, "numPr/numId")
        if number and number != "0":
            return self._item(number, _number(_value(properties, "numPr/ilvl")), spans)
        listed = re.fullmatch(r"List (Bullet|Number)(?: (\d))?", style)
        if listed:
            kind = Kind.BULLET if listed.group(1) == "Bullet" else Kind.NUMBER
            return Line(kind, tidy(spans), int(listed.group(2) or 1))
        if style == names.CODE:
            text = "".join(span.text for span in spans).strip("\n")
            return Line(Kind.CODE, (Span(text),) if text.strip() else (), level)
        if style == names.RULE:
            return Line(Kind.RULE, level=level)
        if style.startswith(names.TEXT_HEADING):
            return Line(Kind.HEADING, tidy(spans, breaks=False), level, rank=int(style[-1]))
        if style in ("Quote", "Intense Quote"):
            return Line(Kind.QUOTE, tidy(spans), level)
        is_inside = style.startswith(names.CONTINUED)
        return Line(Kind.PARAGRAPH, tidy(spans), level or 1 if is_inside else 0)

    def _item(self, number: str, at: int, spans: list[Span]) -> Line:
        format_, start = self.formats.get((number, at), ("decimal", 1))
        level = at + 1
        if format_ == "bullet":
            self.lists = {key: kept for key, kept in self.lists.items() if key < level}
            return Line(Kind.BULLET, tidy(spans), level)
        last = self.lists.get(level)
        self.lists = {key: kept for key, kept in self.lists.items() if key < level}
        goes_on = last is not None and last[0] == number
        count = last[1] + 1 if last is not None and goes_on else start
        self.lists[level] = (number, count)
        return Line(Kind.NUMBER, tidy(spans), level, None if goes_on else count)

    def _table(self, table: Any) -> None:
        properties = table.find(f"{_W}tblPr")
        rows = [row for row in table.findall(f"{_W}tr") if row.find(f"{_W}trPr/{_W}del") is None]
        if not rows:
            return
        cells = [row.findall(f"{_W}tc") for row in rows]
        first = table.find(f".//{_W}pPr/{_W}pStyle")
        if first is not None and self.styles.get(first.get(f"{_W}val", ""), "").startswith(names.ABOUT):
            return
        merged = [*table.iter(f"{_W}gridSpan"), *table.iter(f"{_W}vMerge")]
        if merged or not cells or len({len(row) for row in cells}) != 1 or len(list(table.iter(f"{_W}tbl"))) > 1:
            self._lose("a table with joined cells, or with a table in it")
            return
        indent = properties.find(f"{_W}tblInd") if properties is not None else None
        level = round(_number(indent.get(f"{_W}w")) / names.STEP) if indent is not None else 0
        self.lines.append(
            Line(
                Kind.TABLE,
                level=level,
                rows=tuple(
                    tuple(
                        tidy(
                            [span for part in cell.findall(f"{_W}p") for span in [*self._spans(part), Span(" ")]],
                            breaks=False,
                        )
                        for cell in row
                    )
                    for row in cells
                ),
            )
        )

    def _spans(self, element: Any, link: str = "") -> list[Span]:
        """The words of a paragraph; tracked changes count as accepted."""
        found: list[Span] = []
        for child in element:
            match _name(child):
                case "r":
                    found += self._run(child, link)
                case "hyperlink":
                    target = self.links.get(child.get(f"{_R}id", ""), "")
                    found += self._spans(child, address(target, ""))
                case "del" | "moveFrom" | "pPr":
                    continue
                case "oMath" | "oMathPara":
                    self._lose(_LOST["oMath"])
                case _:
                    found += self._spans(child, link)
        return found

    def _style_of(self, run: Any) -> str:
        return self.styles.get(_value(run.find(f"{_W}rPr"), "rStyle"), "")

    def _run(self, run: Any, link: str) -> list[Span]:
        look, style = run.find(f"{_W}rPr"), self._style_of(run)
        if style == names.NUMBER:
            return []
        text = ""
        for child in run:
            match _name(child):
                case "t":
                    text += child.text or ""
                case "tab":
                    text += "\t"
                case "br" | "cr":
                    text += "\n"
                case "noBreakHyphen":
                    text += "-"
                case name if name in _LOST:
                    self._lose(_LOST[name])
                case "AlternateContent":
                    self._lose(_LOST["drawing"])
        if not text:
            return []
        is_on = {name: _value(look, name) not in ("", "0", "false", "off") for name in ("b", "i")}
        is_code = style == "Statement Code Words"
        bold, italic = is_on["b"] or style == "Strong", is_on["i"] or style == "Emphasis"
        return [Span(text, bold, italic, is_code, link)]


def _number(text: str | None, otherwise: int = 0) -> int:
    return int(text) if text and re.fullmatch(r"\d{1,9}", text) else otherwise
