"""How two wordings of a text differ, word by word."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

# Beyond this many words the comparison would take too long to wait for: the two stand side by side as wholes.
WORDS_COMPARED = 4_000


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the text: in both wordings ("same"), in the first alone ("gone"), in the second alone ("new")."""

    kind: str
    text: str


def difference(before: str, after: str) -> list[Piece]:
    """The pieces in their order; those that are the same or gone make up `before`, same or new make up `after`."""
    first, second = (re.findall(r"\S+\s*|\s+", text) for text in (before, after))
    if max(len(first), len(second)) > WORDS_COMPARED:
        return [Piece(kind, text) for kind, text in (("gone", before), ("new", after)) if text]
    pieces = []
    for what, i, j, k, m in difflib.SequenceMatcher(None, first, second, autojunk=False).get_opcodes():
        if what == "equal":
            pieces.append(Piece("same", "".join(first[i:j])))
            continue
        pieces += [
            Piece(kind, text) for kind, text in (("gone", "".join(first[i:j])), ("new", "".join(second[k:m]))) if text
        ]
    return pieces
