"""What changed between two versions of the statement of work, clause by clause. Pure: it reads clauses at hand.

Clauses are compared by what they are, not by their number: a clause that was renumbered and says the same is no change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from . import redline
from .redline import Fate, Piece


class Written(Protocol):
    """A clause as it stands in a version or a draft."""

    @property
    def clause_id(self) -> int:
        """Which clause it is, through all versions."""

    @property
    def number(self) -> str:
        """Its number there."""

    @property
    def heading(self) -> str:
        """Its heading."""

    @property
    def text(self) -> str:
        """Its text (Markdown)."""

    @property
    def depth(self) -> int:
        """1 for "4", 2 for "4.1"."""


class Kind(StrEnum):
    """What became of a clause."""

    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    RENUMBERED = "renumbered"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Change:
    """A clause in both versions: what became of it, its number and its number before, its words piece by piece."""

    clause_id: int
    kind: Kind
    number: str
    was: str  # the number before, where it was another
    heading: list[Piece]
    text: list[Piece]
    depth: int

    @property
    def is_change(self) -> bool:
        """Whether it says something else than before, or is new or gone."""
        return self.kind in (Kind.CHANGED, Kind.ADDED, Kind.REMOVED)

    @property
    def heading_before(self) -> list[Piece]:
        """The old heading."""
        return redline.before(self.heading)

    @property
    def heading_after(self) -> list[Piece]:
        """The new heading."""
        return redline.after(self.heading)

    @property
    def text_before(self) -> list[Piece]:
        """The old text."""
        return redline.before(self.text)

    @property
    def text_after(self) -> list[Piece]:
        """The new text."""
        return redline.after(self.text)


def changes(old: Iterable[Written], new: Iterable[Written]) -> list[Change]:
    """Every clause of both versions, in the order of the new one; a removed clause stands where it stood before."""
    gone_after = _gone(list(old), {text.clause_id for text in new})
    earlier = {text.clause_id: text for text in old}
    found = [_removed(text) for text in gone_after.get(None, [])]
    for text in new:
        found.append(_compared(earlier.get(text.clause_id), text))
        found += [_removed(gone) for gone in gone_after.get(text.clause_id, [])]
    return found


def summary(found: Iterable[Change]) -> str:
    """How many clauses became what, in words: "3 changed, 9 added, 1 renumbered"."""
    numbers = Counter(change.kind for change in found)
    counted = [f"{numbers[kind]} {kind}" for kind in Kind if numbers[kind] and kind is not Kind.UNCHANGED]
    return ", ".join(counted) or "nothing changed"


def _gone(old: Sequence[Written], kept: set[int]) -> dict[int | None, list[Written]]:
    """The removed clauses by the kept clause that they stood behind; None for those at the start."""
    gone: dict[int | None, list[Written]] = {}
    behind: int | None = None
    for text in old:
        if text.clause_id in kept:
            behind = text.clause_id
        else:
            gone.setdefault(behind, []).append(text)
    return gone


def _removed(text: Written) -> Change:
    return _alike(Kind.REMOVED, Fate.REMOVED, text)


def _compared(old: Written | None, new: Written) -> Change:
    if old is None:
        return _alike(Kind.ADDED, Fate.ADDED, new)
    was = old.number if old.number != new.number else ""
    if (old.heading, old.text) == (new.heading, new.text):
        return _alike(Kind.RENUMBERED if was else Kind.UNCHANGED, Fate.KEPT, new, was)
    heading, text = redline.redline(old.heading, new.heading), redline.redline(old.text, new.text)
    return Change(new.clause_id, Kind.CHANGED, new.number, was, heading, text, new.depth)


def _alike(kind: Kind, fate: Fate, text: Written, was: str = "") -> Change:
    """A clause all of which shares a fate."""
    return Change(text.clause_id, kind, text.number, was, _all(fate, text.heading), _all(fate, text.text), text.depth)


def _all(fate: Fate, text: str) -> list[Piece]:
    return [Piece(fate, text)] if text else []
