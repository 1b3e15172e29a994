"""What changed between two texts, word by word. Pure functions: no database.

Nothing is lost: the pieces that are kept or removed make up the old text, those that are kept or added the new one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

# A word with its inner hyphens and apostrophes, a run of white space, or a single sign.
_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*|\s+|[^\w\s]")


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


def tokens(text: str) -> list[str]:
    """The text in words, white space and signs; joined they are the text again."""
    return _TOKEN.findall(text)


def redline(old: str, new: str) -> list[Piece]:
    """The pieces that lead from `old` to `new`; where words are replaced, the removed stand before the added.

    White space is never taken for what two texts have in common, so that a rewritten phrase stays one piece.
    """
    before, after = tokens(old), tokens(new)
    matcher = difflib.SequenceMatcher(str.isspace, before, after, autojunk=False)
    pieces = (
        piece
        for tag, i, j, k, n in matcher.get_opcodes()
        for piece in _pieces(tag, "".join(before[i:j]), "".join(after[k:n]))
    )
    return [piece for piece in pieces if piece.text]


def before(pieces: Iterable[Piece]) -> list[Piece]:
    """The old text: what was kept and what was removed."""
    return [piece for piece in pieces if piece.fate is not Fate.ADDED]


def after(pieces: Iterable[Piece]) -> list[Piece]:
    """The new text: what was kept and what was added."""
    return [piece for piece in pieces if piece.fate is not Fate.REMOVED]


def _pieces(tag: str, old: str, new: str) -> Iterator[Piece]:
    if tag == "equal":
        yield Piece(Fate.KEPT, new)
    else:
        yield Piece(Fate.REMOVED, old)
        yield Piece(Fate.ADDED, new)
