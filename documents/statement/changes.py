"""What changed between two versions of the statement of work, clause by clause. Pure: it reads clauses at hand.

Clauses are compared by what they are, not by their number: a clause that was renumbered and says the same is no change.
A clause has moved where it stands under another one than before, or in another order, among the clauses that both
versions have; of those whose order changed, as few as possible are told as moved.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
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
    MOVED = "moved"
    RENUMBERED = "renumbered"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Origins:
    """Which clause was split off from which, and which was merged into which: by their identities."""

    split: Mapping[int, int] = field(default_factory=dict)
    merged: Mapping[int, int] = field(default_factory=dict)


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
    is_moved: bool = False  # also where its words changed
    split_from: str = ""  # the number of the clause that it was a part of
    merged_into: str = ""  # the number of the clause that took it in

    @property
    def is_change(self) -> bool:
        """Whether it says something else than before, stands elsewhere, or is new or gone."""
        return self.kind in (Kind.CHANGED, Kind.ADDED, Kind.REMOVED, Kind.MOVED)

    @property
    def mark(self) -> str:
        """A sign for what became of it, beside the word; none where nothing did."""
        return _MARKS.get(self.kind, "")

    @property
    def told(self) -> str:
        """What became of it in words: "Changed, moved from 4.2", "New, split from 4.2", "Removed, merged into 4.1"."""
        words = {Kind.ADDED: "New", Kind.RENUMBERED: "Unchanged"}.get(self.kind, self.kind.value.capitalize())
        if self.kind is Kind.CHANGED and self.is_moved:
            words += ", moved"
        if self.is_moved and self.was:
            words += f" from {self.was}"
        elif self.was:
            words += f", was {self.was}"
        if self.split_from:
            words += f", split from {self.split_from}"
        if self.merged_into:
            words += f", merged into {self.merged_into}"
        return words

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


_MARKS = {Kind.CHANGED: "±", Kind.ADDED: "+", Kind.REMOVED: "−", Kind.MOVED: "⇅"}


def changes(old: Iterable[Written], new: Iterable[Written], origins: Origins | None = None) -> list[Change]:
    """Every clause of both versions, in the order of the new one; a removed clause stands where it stood before."""
    before, now, origins = list(old), list(new), origins or Origins()
    gone_after = _gone(before, {text.clause_id for text in now})
    earlier, later = ({text.clause_id: text for text in texts} for texts in (before, now))
    moved = moved_clauses(before, now)

    def removed(text: Written) -> Change:
        into = later.get(origins.merged.get(text.clause_id, 0))
        return _alike(Kind.REMOVED, Fate.REMOVED, text, merged_into=into.number if into else "")

    found = [removed(text) for text in gone_after.get(None, [])]
    for text in now:
        whole = origins.split.get(text.clause_id, 0)
        source = earlier.get(whole) or later.get(whole)
        split_from = source.number if source and text.clause_id not in earlier else ""
        found.append(_compared(earlier.get(text.clause_id), text, text.clause_id in moved, split_from))
        found += [removed(gone) for gone in gone_after.get(text.clause_id, [])]
    return found


def moved_clauses(old: Sequence[Written], new: Sequence[Written]) -> set[int]:
    """Which of the clauses that both have stand under another one now, or in another order: as few as can be.

    What was taken out or put in between counts for nothing: those under a clause that is gone stand where they stood.
    """
    kept = {text.clause_id for text in old} & {text.clause_id for text in new}
    above_before, above_now = _above(old, kept), _above(new, kept)
    moved = {clause for clause in kept if above_before[clause] != above_now[clause]}
    place = {text.clause_id: at for at, text in enumerate(old)}
    below: dict[int | None, list[int]] = {}
    for text in new:
        if text.clause_id in kept and text.clause_id not in moved:
            below.setdefault(above_now[text.clause_id], []).append(text.clause_id)
    for clauses in below.values():
        stayed = _longest_rise([place[clause] for clause in clauses])
        moved.update(clause for at, clause in enumerate(clauses) if at not in stayed)
    return moved


def _above(texts: Sequence[Written], kept: set[int]) -> dict[int, int | None]:
    """For each clause the nearest one above it, by their numbers, that is kept; None at the top."""
    by_number = {text.number: text.clause_id for text in texts}
    found: dict[int, int | None] = {}
    for text in texts:
        number, above = text.number.rpartition(".")[0], None
        while number and above is None:
            clause = by_number.get(number)
            if clause is None:  # without a "4" a "4.1" stands at the top
                break
            above = clause if clause in kept else None
            number = number.rpartition(".")[0]
        found[text.clause_id] = above
    return found


def _longest_rise(numbers: Sequence[int]) -> set[int]:
    """The places of a longest rising subsequence of different numbers."""
    tails: list[int] = []  # the place of the smallest number that ends a rise of each length
    behind: list[int] = []  # for each place, the one before it in its rise
    for at, number in enumerate(numbers):
        length = bisect_left(tails, number, key=lambda place: numbers[place])
        behind.append(tails[length - 1] if length else -1)
        tails[length : length + 1] = [at]
    found: set[int] = set()
    at = tails[-1] if tails else -1
    while at >= 0:
        found.add(at)
        at = behind[at]
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


def _compared(old: Written | None, new: Written, is_moved: bool, split_from: str) -> Change:
    if old is None:
        return _alike(Kind.ADDED, Fate.ADDED, new, split_from=split_from)
    was = old.number if old.number != new.number else ""
    if (old.heading, old.text) == (new.heading, new.text):
        kind = Kind.MOVED if is_moved else Kind.RENUMBERED if was else Kind.UNCHANGED
        return _alike(kind, Fate.KEPT, new, was, is_moved=is_moved)
    heading, text = redline.redline(old.heading, new.heading), redline.redline(old.text, new.text)
    return Change(new.clause_id, Kind.CHANGED, new.number, was, heading, text, new.depth, is_moved)


def _alike(
    kind: Kind,
    fate: Fate,
    text: Written,
    was: str = "",
    *,
    is_moved: bool = False,
    split_from: str = "",
    merged_into: str = "",
) -> Change:
    """A clause all of which shares a fate."""
    heading, words = _all(fate, text.heading), _all(fate, text.text)
    return Change(text.clause_id, kind, text.number, was, heading, words, text.depth, is_moved, split_from, merged_into)


def _all(fate: Fate, text: str) -> list[Piece]:
    return [Piece(fate, text)] if text else []
