"""Keeps shapes and labels apart: each goes into the first row in which it meets no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .text import shorten, width_of

GAP = 8
# A label that has less room than this to the right of its mark is moved to the left instead of being cut short.
LEAST_ROOM = 80
WIDEST = 220


@dataclass(frozen=True, slots=True)
class Flag:
    """A label on its leader: the text starts at `x` in row `row`, and the leader comes down at `leader_x`."""

    leader_x: float
    x: float
    width: float
    row: int
    text: str


def stacked(spans: Sequence[tuple[float, float]], gap: float = 2) -> list[int]:
    """The row of each span (start, end), in their order: the first in which it meets no span before it."""
    ends: list[list[tuple[float, float]]] = []
    rows = []
    for start, end in spans:
        row = next(
            (
                number
                for number, taken in enumerate(ends)
                if all(end + gap <= other_start or other_end + gap <= start for other_start, other_end in taken)
            ),
            len(ends),
        )
        if row == len(ends):
            ends.append([])
        ends[row].append((start, end))
        rows.append(row)
    return rows


def flags(labels: Sequence[tuple[float, str]], *, left: float, right: float, size: float) -> list[Flag]:
    """Places a label (x of its mark, text) for each mark, in rows below the marks, between `left` and `right`.

    From the last mark to the first, each label takes the highest row in which it meets no other label and no leader,
    and which its own leader reaches without going through a label. So a label that finds no room stands lower, and
    its leader comes down at the left of the labels above it. Near the right edge a label moves to the left, where a
    leader may have to go through a label; two labels never meet.
    """
    placed: list[Flag] = []
    by_mark: dict[int, Flag] = {}
    for index in sorted(range(len(labels)), key=lambda index: (labels[index][0], index), reverse=True):
        leader_x, text = labels[index]
        room = min(WIDEST, right - leader_x if right - leader_x >= LEAST_ROOM else right - left)
        text = shorten(text, room, size)
        width = round(width_of(text, size), 1)
        x = round(max(left, min(leader_x, right - width)), 1)
        by_mark[index] = Flag(leader_x, x, width, _row_for(placed, leader_x, x, width), text)
        placed.append(by_mark[index])
    return [by_mark[index] for index in range(len(labels))]


def _row_for(placed: list[Flag], leader_x: float, x: float, width: float) -> int:
    lowest = max((each.row for each in placed), default=-1) + 1

    def meets_label(row: int) -> bool:
        return any(each.row == row and each.x < x + width + GAP and x < each.x + each.width + GAP for each in placed)

    def meets_leader(row: int) -> bool:
        return any(each.row > row and x - GAP / 2 < each.leader_x < x + width + GAP / 2 for each in placed)

    def leader_is_free(row: int) -> bool:
        return not any(each.row < row and each.x < leader_x < each.x + each.width for each in placed)

    free = [row for row in range(lowest + 1) if not meets_label(row)]
    return next((row for row in free if not meets_leader(row) and leader_is_free(row)), free[0])
