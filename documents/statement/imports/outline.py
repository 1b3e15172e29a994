"""From headings with text to clauses: how deep each stands, and its heading without the number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from documents.statement.services.drafts import DEEPEST
from documents.statement.services.imports import Incoming

_NUMBER = re.compile(r"^\s*(\d{1,3}(?:\.\d{1,3})*)[.)]?\s+(?=\S)")


@dataclass
class Heading:
    """A heading in a file, its level there, the clause that it says it is, and the Markdown under it.

    `is_bare` says that the file marked the heading's number as such, so that none stands in its words.
    """

    level: int
    words: str
    clause_id: int | None = None
    text: str = ""
    is_bare: bool = False


@dataclass
class Outline:
    """What a file says, and what of it could not be read, in sentences with their places."""

    headings: list[Heading] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)

    def clauses(self) -> list[Incoming]:
        """The clauses, nested by the levels of their headings; by their numbers where all are of one level."""
        levels = {heading.level for heading in self.headings}
        numbers = [None if heading.is_bare else _NUMBER.match(heading.words) for heading in self.headings]
        is_numbered = sum(number is not None for number in numbers) * 2 >= len(numbers)
        is_flat = len(levels) == 1 and all(numbers)
        depths = [
            found.group(1).count(".") + 1 if is_flat and found else heading.level
            for heading, found in zip(self.headings, numbers, strict=True)
        ]
        incoming = []
        for heading, found, depth in zip(self.headings, numbers, _settled(depths), strict=True):
            words = heading.words
            if found and (is_numbered or "." in found.group(0)):
                words = words[found.end() :]
            incoming.append(Incoming(heading.clause_id, depth, " ".join(words.split()), heading.text))
        return incoming


def _settled(levels: Sequence[int]) -> list[int]:
    """The levels without gaps: each at most one deeper than the one before."""
    above: list[int] = []
    found = []
    for level in levels:
        while above and above[-1] >= level:
            above.pop()
        above.append(level)
        found.append(min(len(above), DEEPEST))
    return found
