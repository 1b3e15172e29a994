"""A Markdown file of a version or a draft, in which comments say which clause is which; and of what changed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from documents.statement import prose
from documents.statement.prose import Kind, Line, Span
from documents.statement.redline import Fate

from .paper import Comparison, Entry, Paper
from .tracking import Run, Tracked

ABOUT = "<!-- about: what stands up to the next clause is none -->"
DEEPEST_HEADING = 6


def markdown_of(paper: Paper) -> str:
    """The paper as Markdown: before each clause a comment says which one it is, its text stands as it was written."""
    parts = [*_front(paper, paper.name)]
    for entry in paper.entries:
        parts += _clause(entry)
    return _whole([*parts, *_signatures(paper)])


def markdown_of_comparison(found: Comparison) -> str:
    """What changed, in the signs of CriticMarkup: {--removed--} and {++added++}."""
    parts = [*_front(found.new, found.name), f"Changes: {found.summary}. {{--Removed--}}, {{++added++}}."]
    for clause in found.clauses:
        words = f"{_marked(clause.number.runs)} {_marked(clause.heading.runs)}"
        parts += [_mark(clause.entry), f"{'#' * _rank(clause.entry.depth)} {words}"]
        parts += [f"*{clause.what}*"] if clause.what else []
        parts += _tracked(clause.lines)
    return _whole([*parts, *_signatures(found.new)])


def _front(paper: Paper, name: str) -> Iterable[str]:
    yield ABOUT
    yield prose.write([Line(Kind.HEADING, (Span(_on_one_line(f"{paper.title}: {name}")),), rank=1)])
    sample = [("Sample", "made up as an example")] if paper.is_sample else []
    facts = [*sample, *paper.facts, ("Exported on", paper.made_on)]
    yield prose.write([Line(Kind.BULLET, (Span(_on_one_line(f"{label}: {words}")),), 1) for label, words in facts])


def _signatures(paper: Paper) -> Iterable[str]:
    yield ABOUT
    yield "## Signatures"
    if not paper.signatures:
        yield paper.unsigned
        return
    rows = [("What", "Who", "Role", "When"), *((each.deed, each.name, each.role, each.on) for each in paper.signatures)]
    yield prose.write(
        [Line(Kind.TABLE, rows=tuple(tuple((Span(_on_one_line(words)),) for words in row) for row in rows))]
    )


def _mark(entry: Entry) -> str:
    return f"<!-- clause {entry.clause_id} -->"


def _clause(entry: Entry) -> list[str]:
    """A clause; where its text could be taken for more than one, or for a mark of ours, its end is marked too."""
    text = entry.text.strip("\n").rstrip()
    heading = _heading(entry.depth, f"{entry.number} {entry.heading}")
    if prose.has_heading(text) or "<!--" in text:
        end = f"end of clause {entry.clause_id}"
        while end in text:
            end += "+"
        return [f"<!-- clause {entry.clause_id}, word for word up to: {end} -->", heading, text, f"<!-- {end} -->"]
    return [_mark(entry), heading, text]


def _rank(depth: int) -> int:
    return min(depth + 1, DEEPEST_HEADING)


def _heading(depth: int, words: str) -> str:
    return prose.write([Line(Kind.HEADING, (Span(_on_one_line(words)),), rank=_rank(depth))])


def _on_one_line(text: str) -> str:
    """Words on one line."""
    return " ".join(text.split())


def _tracked(lines: Iterable[Tracked]) -> Iterable[str]:
    for each in lines:
        if each.line.kind in (Kind.TABLE, Kind.CODE, Kind.RULE):
            sign = {Fate.KEPT: "", Fate.ADDED: "*Added:*\n\n", Fate.REMOVED: "*Removed:*\n\n"}[each.fate]
            yield sign + prose.write([each.line])
            continue
        yield _opening(each.line) + _marked(each.runs)


def _opening(line: Line) -> str:
    """What the paragraph begins with; four blanks a level fit under a bullet as under a number."""
    indent = "    " * (line.level - 1 if line.kind.is_item else line.level)
    number = 1 if line.start is None else line.start
    signs = {Kind.BULLET: "-   ", Kind.NUMBER: f"{number}. ".ljust(4), Kind.QUOTE: "> "}
    return indent + signs.get(line.kind, "#" * line.rank + " " if line.rank else "")


def _marked(runs: Iterable[Run]) -> str:
    signs = {Fate.KEPT: ("", ""), Fate.ADDED: ("{++", "++}"), Fate.REMOVED: ("{--", "--}")}
    return "".join(signs[run.fate][0] + _words(run.span) + signs[run.fate][1] for run in runs)


def _words(span: Span) -> str:
    """Words with their looks; white space at the ends stays outside the signs."""
    words = f"`{span.text}`" if span.code else re.sub(r"([\\`*_<\[\]#{}])", r"\\\1", span.text)
    body = words.strip()
    if not body:
        return words
    for sign, is_there in (("**", span.bold), ("*", span.italic)):
        body = f"{sign}{body}{sign}" if is_there else body
    body = f"[{body}](<{span.link}>)" if span.link else body
    return words[: len(words) - len(words.lstrip())] + body + words[len(words.rstrip()) :]


def _whole(parts: Iterable[str]) -> str:
    return "\n\n".join(part for part in parts if part.strip()) + "\n"
