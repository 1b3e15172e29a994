"""A tagged PDF (PDF/UA-1, ISO 14289-1) of a version, a draft, or what changed, set by Typst.

What people wrote goes to Typst as values, never as markup: nothing in it is run, and no file is read but the template.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import typst

from documents.statement.prose import Kind, Span
from documents.statement.prose.lines import writable
from documents.statement.redline import Fate

from .paper import Comparison, Entry, Paper
from .tracking import Run, Tracked

TEMPLATE: Final = Path(__file__).parent / "typst" / "statement.typ"


def pdf_of(paper: Paper) -> bytes:
    """The version or draft."""
    clauses = [
        _clause(
            entry,
            _words(entry.number),
            _words(entry.heading),
            [Tracked(line, Fate.KEPT, tuple(Run(span, Fate.KEPT) for span in line.spans)) for line in entry.lines],
        )
        for entry in paper.entries
    ]
    return _set(paper, paper.name, clauses)


def pdf_of_comparison(found: Comparison) -> bytes:
    """What changed: removed words struck through in [− −], added ones underlined in [+ +]."""
    clauses = [
        _clause(each.entry, _runs(each.number.runs), _runs(each.heading.runs), each.lines, each.what)
        for each in found.clauses
    ]
    return _set(found.new, found.name, clauses, found.summary)


def _set(paper: Paper, name: str, clauses: Sequence[dict[str, Any]], summary: str = "") -> bytes:
    said = {
        "title": writable(paper.title),
        "name": writable(name),
        "facts": [[label, writable(words)] for label, words in paper.facts],
        "sample": paper.is_sample,
        "summary": summary,
        "made": paper.made_on,
        "clauses": clauses,
        "signatures": [
            [writable(words) for words in (each.deed, each.name, each.role, each.on)] for each in paper.signatures
        ],
        "unsigned": paper.unsigned,
    }
    made = typst.compile(
        str(TEMPLATE),
        root=str(TEMPLATE.parent),
        format="pdf",
        pdf_standards="ua-1",
        sys_inputs={"said": json.dumps(said)},
    )
    assert isinstance(made, bytes)
    return made


def _clause(
    entry: Entry, number: list[Any], heading: list[Any], lines: Iterable[Tracked], what: str = ""
) -> dict[str, Any]:
    return {
        "number": number,
        "heading": heading,
        "depth": entry.depth,
        "what": what,
        "blocks": _nested(list(lines), 0),
    }


def _words(text: str) -> list[dict[str, Any]]:
    return _runs([Run(Span(text), Fate.KEPT)])


def _runs(runs: Iterable[Run], *, is_code: bool = False) -> list[dict[str, Any]]:
    return [
        {
            "text": writable(run.span.text).replace("\t", "    "),
            "bold": run.span.bold,
            "italic": run.span.italic,
            "code": run.span.code or is_code,
            "link": run.span.link,
            "fate": run.fate.value,
        }
        for run in runs
    ]


def _nested(lines: Sequence[Tracked], level: int) -> list[dict[str, Any]]:
    """The paragraphs as blocks, items of a list in a list; those deeper than `level` belong to the item before them."""
    blocks: list[dict[str, Any]] = []
    at = 0
    while at < len(lines):
        each = lines[at]
        at += 1
        if not each.line.kind.is_item or each.line.level <= level:
            blocks.append(_block(each))
            continue
        end = at
        while end < len(lines) and _is_inside(lines[end], each.line.level):
            end += 1
        inside = _nested(lines[at:end], each.line.level)
        at = end
        own = [{"kind": "paragraph", "runs": _runs(each.runs), "fate": each.fate.value}]
        kind = each.line.kind.value
        last = blocks[-1] if blocks else None
        if not last or last["kind"] != kind or each.line.start is not None:
            blocks.append({"kind": kind, "start": each.line.start or 0, "items": []})
        blocks[-1]["items"].append([*own, *inside])
    return blocks


def _is_inside(each: Tracked, level: int) -> bool:
    return each.line.level > level or (each.line.level == level and not each.line.kind.is_item)


def _block(each: Tracked) -> dict[str, Any]:
    line = each.line
    block: dict[str, Any] = {"kind": line.kind.value, "runs": _runs(each.runs, is_code=line.kind is Kind.CODE)}
    block["fate"] = each.fate.value
    if line.kind is Kind.TABLE:
        block["rows"] = [[_runs(Run(span, each.fate) for span in cell) for cell in row] for row in line.rows]
    return block
