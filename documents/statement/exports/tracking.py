"""What changed between two texts, paragraph by paragraph and word by word, as Word tracks it. Pure.

Nothing is lost: what was kept and removed makes up the old paragraphs, what was kept and added the new ones.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from documents.statement.prose import Kind, Line, Span, tidy
from documents.statement.redline import Fate

_WORDS = re.compile(r"\w+(?:[-'’]\w+)*|\s+|[^\w\s]")

# Of two paragraphs at the same place at least this share of words is the same, or one is removed and the other added.
SIMILAR_ENOUGH = 0.4


@dataclass(frozen=True, slots=True)
class Run:
    """Words that look alike and share a fate."""

    span: Span
    fate: Fate


@dataclass(frozen=True, slots=True)
class Tracked:
    """A paragraph with the fate of the whole of it, and of its words. A table's words share its fate."""

    line: Line
    fate: Fate
    runs: tuple[Run, ...]


def tracked(old: Sequence[Line], new: Sequence[Line]) -> list[Tracked]:
    """The paragraphs that lead from `old` to `new`, the removed before the added."""
    found: list[Tracked] = []
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    for tag, i, j, k, n in matcher.get_opcodes():
        if tag == "equal":
            found += [_whole(line, Fate.KEPT) for line in new[k:n]]
        else:
            found += _replaced(old[i:j], new[k:n])
    return found


def accepted(found: Iterable[Tracked]) -> list[Line]:
    """The new paragraphs."""
    return _without(found, Fate.REMOVED)


def rejected(found: Iterable[Tracked]) -> list[Line]:
    """The old paragraphs."""
    return _without(found, Fate.ADDED)


def _without(found: Iterable[Tracked], gone: Fate) -> list[Line]:
    return [
        replace(each.line, spans=_in_one_form(each.line, (run.span for run in each.runs if run.fate is not gone)))
        for each in found
        if each.fate is not gone
    ]


def _in_one_form(line: Line, spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans of the line in their one form; of code nothing is tidied."""
    return tuple(spans) if line.kind is Kind.CODE else tidy(spans)


def _whole(line: Line, fate: Fate) -> Tracked:
    return Tracked(line, fate, tuple(Run(span, fate) for span in line.spans))


def _replaced(old: Sequence[Line], new: Sequence[Line]) -> list[Tracked]:
    """Other paragraphs at the same place: those that are alike in their order as one, the rest removed or added."""
    found: list[Tracked] = []
    added: list[Tracked] = []
    at = 0
    for line in new:
        partner = next((i for i in range(at, len(old)) if _are_alike(old[i], line)), None)
        if partner is None:
            added.append(_whole(line, Fate.ADDED))
            continue
        found += [*(_whole(each, Fate.REMOVED) for each in old[at:partner]), *added]
        found.append(Tracked(line, Fate.KEPT, _runs(old[partner].spans, line.spans)))
        added, at = [], partner + 1
    return [*found, *(_whole(each, Fate.REMOVED) for each in old[at:]), *added]


def _are_alike(old: Line, new: Line) -> bool:
    if new.kind in (Kind.CODE, Kind.TABLE, Kind.RULE) or replace(old, spans=()) != replace(new, spans=()):
        return False
    if new.kind is Kind.HEADING:
        return True
    matcher = difflib.SequenceMatcher(None, _WORDS.findall(old.text), _WORDS.findall(new.text), autojunk=False)
    return matcher.real_quick_ratio() >= SIMILAR_ENOUGH and matcher.ratio() >= SIMILAR_ENOUGH


def _runs(old: Sequence[Span], new: Sequence[Span]) -> tuple[Run, ...]:
    before, after = _tokens(old), _tokens(new)
    opcodes = difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    # White space alone that was kept between two changes goes with them: a rewritten phrase is one change.
    steps: list[tuple[list[Span], list[Span], list[Span]]] = []  # kept, removed, added
    for place, (tag, i, j, k, n) in enumerate(opcodes):
        is_between = 0 < place < len(opcodes) - 1
        if tag == "equal" and is_between and not "".join(span.text for span in after[k:n]).strip():
            steps.append(([], before[i:j], after[k:n]))
        elif tag == "equal":
            steps.append((after[k:n], [], []))
        else:
            steps.append(([], before[i:j], after[k:n]))
    found: list[Run] = []
    removed: list[Run] = []
    added: list[Run] = []
    for kept, gone, come in [*steps, ([], [], [])]:
        removed += [Run(span, Fate.REMOVED) for span in gone]
        added += [Run(span, Fate.ADDED) for span in come]
        if kept or not (gone or come):
            found += [*removed, *added, *(Run(span, Fate.KEPT) for span in kept)]
            removed, added = [], []
    return _joined(found)


def _tokens(spans: Iterable[Span]) -> list[Span]:
    return [replace(span, text=word) for span in spans for word in _WORDS.findall(span.text)]


def _joined(runs: Iterable[Run]) -> tuple[Run, ...]:
    found: list[Run] = []
    for run in runs:
        last = found[-1] if found else None
        if last and last.fate is run.fate and replace(last.span, text="") == replace(run.span, text=""):
            found[-1] = Run(replace(run.span, text=last.span.text + run.span.text), run.fate)
        else:
            found.append(run)
    return tuple(found)
