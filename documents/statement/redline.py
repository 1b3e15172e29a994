"""What changed between two texts, word by word. Pure functions: no database.

Nothing is lost: the pieces that are kept or removed make up the old text, those that are kept or added the new one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby

# A word with its inner hyphens and apostrophes, or a single sign; and the white space behind it. What a text starts
# with can be white space alone.
_TOKEN = re.compile(r"(\w+(?:[-'’]\w+)*|[^\w\s]|^)(\s*)")

# Texts longer than this many tokens are matched by their rarer words first: quicker, and a little coarser.
LONG = 2000


class Fate(StrEnum):
    """What became of a piece of text."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words in a row that share a fate."""

    fate: Fate
    text: str


@dataclass(frozen=True, slots=True)
class Token:
    """A word or a sign, and the white space behind it."""

    word: str
    space: str


def tokens(text: str) -> list[Token]:
    """The text in words and signs; each with the white space behind it, joined they are the text again."""
    return [Token(word, space) for word, space in _TOKEN.findall(text) if word or space]


def redline(old: str, new: str) -> list[Piece]:
    """The pieces that lead from `old` to `new`; where words are replaced, the removed stand before the added.

    Words and signs are compared, white space is not: it goes with the word before it, so that a rewritten phrase is
    one piece and not many with a common blank between them.
    """
    before, after = tokens(old), tokens(new)
    matcher = difflib.SequenceMatcher(
        None, [t.word for t in before], [t.word for t in after], autojunk=len(after) > LONG
    )
    pieces = (
        piece
        for tag, i, j, k, n in matcher.get_opcodes()
        for piece in (_kept if tag == "equal" else _replaced)(before[i:j], after[k:n])
    )
    return _joined(pieces)


def before(pieces: Iterable[Piece]) -> list[Piece]:
    """The old text: what was kept and what was removed."""
    return [piece for piece in pieces if piece.fate is not Fate.ADDED]


def after(pieces: Iterable[Piece]) -> list[Piece]:
    """The new text: what was kept and what was added."""
    return [piece for piece in pieces if piece.fate is not Fate.REMOVED]


def _kept(old: list[Token], new: list[Token]) -> Iterator[Piece]:
    """The same words; the white space between them may have changed."""
    for was, now in zip(old, new, strict=True):
        yield Piece(Fate.KEPT, was.word)
        if was.space == now.space:
            yield Piece(Fate.KEPT, was.space)
        else:
            yield Piece(Fate.REMOVED, was.space)
            yield Piece(Fate.ADDED, now.space)


def _replaced(old: list[Token], new: list[Token]) -> Iterator[Piece]:
    """Other words, or none at one side; white space that ends both is kept."""
    removed = "".join(t.word + t.space for t in old)
    added = "".join(t.word + t.space for t in new)
    space = old[-1].space if old and new and old[-1].space == new[-1].space else ""
    yield Piece(Fate.REMOVED, removed.removesuffix(space))
    yield Piece(Fate.ADDED, added.removesuffix(space))
    yield Piece(Fate.KEPT, space)


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    """The pieces without empty ones; what is removed and added with nothing kept between stands together."""
    told = (piece for piece in pieces if piece.text)
    runs = [list(same) for _, same in groupby(told, lambda piece: piece.fate is Fate.KEPT)]
    joined = (
        Piece(fate, "".join(piece.text for piece in run if piece.fate is fate))
        for run in runs
        for fate in (Fate.KEPT, Fate.REMOVED, Fate.ADDED)
    )
    return [piece for piece in joined if piece.text]
