"""The Word file itself: title, facts, clauses, signatures; in a comparison with Word's own tracked changes."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from documents.statement.exports.paper import Comparison, Entry, Paper
from documents.statement.exports.tracking import Run, Tracked
from documents.statement.prose import Kind, Line, Span
from documents.statement.prose.lines import writable
from documents.statement.redline import Fate

from . import names
from .styles import BULLETS, NUMBERS, add_list, element, element_of, prepare

DEEPEST_HEADING = 9


def document_of(paper: Paper) -> bytes:
    """The version or draft as a Word file."""
    writer = _Writer(paper, paper.name)
    for entry in paper.entries:
        writer.heading(entry, [_kept(entry.number)], [_kept(entry.heading)], Fate.KEPT)
        writer.lines(_all_kept(entry.lines))
    return writer.finished()


def document_of_comparison(found: Comparison) -> bytes:
    """What changed, as tracked changes of the new paper: accepted they give the new one, rejected the old."""
    writer = _Writer(found.new, found.name, summary=found.summary)
    for clause in found.clauses:
        writer.author(clause.entry)
        fate = Fate.REMOVED if clause.is_gone else clause.heading.fate
        writer.heading(clause.entry, clause.number.runs, clause.heading.runs, fate)
        writer.lines(clause.lines)
    return writer.finished()


def _kept(text: str) -> Run:
    return Run(Span(text), Fate.KEPT)


def _all_kept(lines: Iterable[Line]) -> Iterable[Tracked]:
    return (Tracked(line, Fate.KEPT, tuple(Run(span, Fate.KEPT) for span in line.spans)) for line in lines)


class _Writer:
    """Writes paragraph after paragraph into one file."""

    def __init__(self, paper: Paper, name: str, *, summary: str = "") -> None:
        self.paper = paper
        self.file = docx.Document()
        self.body: Any = self.file.element.body
        self.end = self.body.sectPr
        self.links: dict[str, str] = {}
        self.lists: dict[int, tuple[Kind, int]] = {}
        self.last_identity = 0
        self.who, self.when = paper.author, paper.at or paper.made_at
        prepare(self.file)
        about: Any = self.file.core_properties
        about.title, about.subject = writable(f"{paper.title}, {name}")[:250], writable(name)[:250]
        about.author, about.language = "", "en-US"
        about.created = about.modified = paper.made_at.astimezone(UTC).replace(tzinfo=None)
        self.words(paper.title, "Title")
        self.words(name, "Subtitle")
        if paper.is_sample:
            self.words("Sample: made up as an example.", names.ABOUT)
        for label, words in paper.facts:
            self.words(f"{label}: {words}", names.ABOUT)
        if summary:
            self.words(f"Changes: {summary}. They are tracked: review them in Word.", names.ABOUT)
        self.words(f"Exported on {paper.made_on}", names.ABOUT)
        self._footer(f"{paper.title}, {name}")

    def author(self, entry: Entry) -> None:
        """Whose the changes of the clause are, and when they were made."""
        self.who = entry.author or self.paper.author
        self.when = entry.at or self.paper.at or self.paper.made_at

    def finished(self) -> bytes:
        """The file, with the signatures at its end."""
        self.words("Signatures", f"{names.ABOUT} Heading")
        if self.paper.signatures:
            table: Any = self.file.add_table(1, 4, style="Table Grid")
            rows = [("What", "Who", "Role", "When")]
            rows += [(each.deed, each.name, each.role, each.on) for each in self.paper.signatures]
            for place, row in enumerate(rows):
                cells = table.rows[0].cells if not place else table.add_row().cells
                for cell, words in zip(cells, row, strict=True):
                    cell.paragraphs[0].style = names.ABOUT
                    cell.paragraphs[0].add_run(writable(words)).bold = not place
            _repeat_heading(table)
        else:
            self.words(self.paper.unsigned, names.ABOUT)
        into = io.BytesIO()
        self.file.save(into)
        return into.getvalue()

    def words(self, text: str, style: str) -> None:
        """A paragraph that is no clause's."""
        paragraph = self._paragraph(style)
        self._append(paragraph, [Run(Span(text), Fate.KEPT)])

    def heading(self, entry: Entry, number: Iterable[Run], heading: Iterable[Run], fate: Fate) -> None:
        """A clause's number and heading, with the bookmark that says which clause it is."""
        self.lists.clear()
        paragraph = self._paragraph(f"Heading {min(entry.depth, DEEPEST_HEADING)}", fate)
        identity = self._next_identity()
        paragraph.append(element("w:bookmarkStart", id=identity, name=f"{names.BOOKMARK}{entry.clause_id}"))
        self._append(paragraph, number, style=names.NUMBER)
        self._append(paragraph, [Run(Span(" "), fate)], style=names.NUMBER)
        self._append(paragraph, heading)
        paragraph.append(element("w:bookmarkEnd", id=identity))

    def lines(self, found: Iterable[Tracked]) -> None:
        """The paragraphs of a clause."""
        for each in found:
            line = each.line
            if not line.kind.is_item:
                self.lists = {level: kept for level, kept in self.lists.items() if level <= line.level}
            if line.kind is Kind.TABLE:
                self._table(each)
                continue
            style = {
                Kind.HEADING: f"{names.TEXT_HEADING} {line.rank}",
                Kind.QUOTE: "Quote",
                Kind.CODE: names.CODE,
                Kind.RULE: names.RULE,
                Kind.PARAGRAPH: names.CONTINUED if line.level else "Normal",
            }.get(line.kind, "List Paragraph")
            paragraph = self._paragraph(style, each.fate)
            if line.kind.is_item:
                self._number(paragraph, line)
            elif line.level:
                paragraph.pPr.append(element("w:ind", left=names.STEP * line.level))
            self._append(paragraph, each.runs)
            _mark_last(paragraph)

    def _paragraph(self, style: str, fate: Fate = Fate.KEPT) -> Any:
        paragraph = element("w:p")
        properties = element("w:pPr")
        styles: Any = self.file.styles
        properties.append(element("w:pStyle", val=styles[style].style_id))
        if fate is not Fate.KEPT:
            mark = element("w:rPr")
            mark.append(self._change(fate))
            properties.append(mark)
        paragraph.append(properties)
        self.end.addprevious(paragraph)
        return paragraph

    def _number(self, paragraph: Any, line: Line) -> None:
        level = line.level
        self.lists = {at: kept for at, kept in self.lists.items() if at <= level}
        kept = self.lists.get(level)
        if kept is None or kept[0] is not line.kind or line.start is not None:
            abstract = BULLETS if line.kind is Kind.BULLET else NUMBERS
            start = line.start if line.start is not None else 1
            kept = self.lists[level] = (line.kind, add_list(self.file, abstract, level - 1, start))
        numbered = element("w:numPr")
        numbered.append(element("w:ilvl", val=level - 1))
        numbered.append(element("w:numId", val=kept[1]))
        paragraph.pPr.append(numbered)

    def _append(self, paragraph: Any, runs: Iterable[Run], style: str = "") -> None:
        for run in runs:
            made = self._run(run, style)
            if run.fate is not Fate.KEPT:
                change = self._change(run.fate)
                change.append(made)
                made = change
            if run.span.link:
                link = element("w:hyperlink")
                link.set(qn("r:id"), self._link(run.span.link))
                link.append(made)
                made = link
            paragraph.append(made)

    def _run(self, run: Run, style: str) -> Any:
        made, look = element("w:r"), element("w:rPr")
        styles: Any = self.file.styles
        style = "Statement Code Words" if run.span.code else style or ("Hyperlink" if run.span.link else "")
        if style:
            look.append(element("w:rStyle", val=styles[style].style_id))
        if run.span.bold:
            look.append(element("w:b"))
        if run.span.italic:
            look.append(element("w:i"))
        made.append(look)
        name = "w:delText" if run.fate is Fate.REMOVED else "w:t"
        for place, row in enumerate(writable(run.span.text).split("\n")):
            if place:
                made.append(element("w:br"))
            for stop, words in enumerate(row.split("\t")):
                if stop:
                    made.append(element("w:tab"))
                if words:
                    text = element(name)
                    text.text = words
                    text.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
                    made.append(text)
        return made

    def _table(self, each: Tracked) -> None:
        table: Any = self.file.add_table(0, len(each.line.rows[0]), style="Table Grid")
        if each.line.level:
            width = element_of(table).tblPr.find(qn("w:tblW"))
            width.addnext(element("w:tblInd", w=names.STEP * each.line.level, type="dxa"))
        for place, row in enumerate(each.line.rows):
            made = table.add_row()
            if each.fate is not Fate.KEPT:
                element_of(made).get_or_add_trPr().append(self._change(each.fate))
            for cell, spans in zip(made.cells, row, strict=True):
                paragraph = cell.paragraphs[0]
                paragraph.style = "Normal" if place else "Table Heading"
                self._append(element_of(paragraph), [Run(span, each.fate) for span in spans])
        _repeat_heading(table)

    def _change(self, fate: Fate) -> Any:
        at: datetime = self.when.astimezone(UTC)
        return element(
            "w:ins" if fate is Fate.ADDED else "w:del",
            id=self._next_identity(),
            author=writable(self.who)[:200] or "The group",
            date=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        )

    def _link(self, target: str) -> str:
        if target not in self.links:
            part = self.file.part
            self.links[target] = part.relate_to(target, RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
        return self.links[target]

    def _next_identity(self) -> int:
        self.last_identity += 1
        return self.last_identity

    def _footer(self, name: str) -> None:
        paragraph: Any = self.file.sections[0].footer.paragraphs[0]
        paragraph.add_run(writable(f"{name}. Page "))
        for field in ("PAGE", "NUMPAGES"):
            simple = element("w:fldSimple", instr=field)
            run, words = element("w:r"), element("w:t")
            words.text = "1"
            run.append(words)
            simple.append(run)
            element_of(paragraph).append(simple)
            if field == "PAGE":
                paragraph.add_run(" of ")


def _mark_last(paragraph: Any) -> None:
    """Where ECMA-376 wants the look of a paragraph's mark: last in its properties."""
    mark = paragraph.pPr.find(qn("w:rPr"))
    if mark is not None:
        paragraph.pPr.append(mark)


def _repeat_heading(table: Any) -> None:
    """The first row is the heading, again on each page."""
    element_of(table.rows[0]).get_or_add_trPr().insert(0, element("w:tblHeader"))
