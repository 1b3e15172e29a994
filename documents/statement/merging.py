"""Two people's changes of one text brought together, word by word (a three-way merge). Pure: no database.

What only one of them changed is taken. Where both changed the same words, or words that touch, in different ways, the
places are shown to a person: nothing is decided for them, and nothing is lost.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .redline import Token, tokens


@dataclass(frozen=True, slots=True)
class Agreed:
    """Words on which there is no quarrel."""

    text: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Words that both changed: what stood there, and what each made of it."""

    base: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class _Hunk:
    """The words from `start` up to `end` of the base became `words`."""

    start: int
    end: int
    words: tuple[Token, ...]


def merge(base: str, mine: str, theirs: str) -> list[Agreed | Clash]:
    """Both changes of `base` in one text, in order; where they clash, a Clash.

    Without a Clash, `merged` puts the parts together. `mine` alone changed gives `mine`, and the other way round.
    """
    words = tokens(base)
    ours, others = _hunks(words, tokens(mine)), _hunks(words, tokens(theirs))
    found: list[Agreed | Clash] = []
    at = 0
    while ours or others:
        start, end, mine_here, theirs_here = _next_place(ours, others)
        found.append(Agreed(_text(words[at:start])))
        made, wanted = _applied(words, start, end, mine_here), _applied(words, start, end, theirs_here)
        if not theirs_here or made == wanted:
            found.append(Agreed(made))
        elif not mine_here:
            found.append(Agreed(wanted))
        else:
            found.append(Clash(_text(words[start:end]), made, wanted))
        at = end
    found.append(Agreed(_text(words[at:])))
    return list(_joined(found))


def merged(parts: Sequence[Agreed | Clash]) -> str | None:
    """The text that the parts make up; None while there is a clash among them."""
    if any(isinstance(part, Clash) for part in parts):
        return None
    return "".join(part.text for part in parts if isinstance(part, Agreed))


def _hunks(base: Sequence[Token], new: Sequence[Token]) -> list[_Hunk]:
    matcher = difflib.SequenceMatcher(None, base, new, autojunk=False)
    return [_Hunk(i, j, tuple(new[k:n])) for tag, i, j, k, n in matcher.get_opcodes() if tag != "equal"]


def _next_place(ours: list[_Hunk], others: list[_Hunk]) -> tuple[int, int, list[_Hunk], list[_Hunk]]:
    """Takes off the hunks of the next place that was changed: all that overlap or touch one another."""
    first = min(hunks[0].start for hunks in (ours, others) if hunks)
    start = end = first
    taken: tuple[list[_Hunk], list[_Hunk]] = ([], [])
    grows = True
    while grows:
        grows = False
        for hunks, mine in zip((ours, others), taken, strict=True):
            while hunks and hunks[0].start <= end:
                hunk = hunks.pop(0)
                mine.append(hunk)
                end = max(end, hunk.end)
                grows = True
    return start, end, taken[0], taken[1]


def _applied(base: Sequence[Token], start: int, end: int, hunks: Sequence[_Hunk]) -> str:
    """The words of the place, with one side's changes."""
    made: list[Token] = []
    at = start
    for hunk in hunks:
        made += [*base[at : hunk.start], *hunk.words]
        at = hunk.end
    return _text([*made, *base[at:end]])


def _text(words: Sequence[Token]) -> str:
    return "".join(token.word + token.space for token in words)


def _joined(parts: Sequence[Agreed | Clash]) -> Iterator[Agreed | Clash]:
    """The parts with words in a row in one, and none empty."""
    text = ""
    for part in parts:
        if isinstance(part, Agreed):
            text += part.text
            continue
        if text:
            yield Agreed(text)
            text = ""
        yield part
    if text:
        yield Agreed(text)
