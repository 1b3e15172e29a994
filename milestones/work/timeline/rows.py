"""Keeps shapes and labels apart: each goes into the first row in which it meets no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .text import shorten, width_of

GAP = 8
# A label that has less room than this to the right of its mark is moved to the left instead of being cut short.
LEAST_ROOM = 120
# Labels are placed as if they were no wider than this; then each takes what room is left in its row.
WIDEST = 220


@dataclass(frozen=True, slots=True)
class Flag:
    """A label on its leader: the text starts at `x` in row `row`, and the leader comes down at `leader_x`.

    Without a text there was no room for it.
    """

    leader_x: float
    x: float
    width: float
    row: int
    text: str


def stacked(spans: Sequence[tuple[float, float]], gap: float = 2) -> list[int]:
    """The row of each span (start, end), in their order: the first in which it meets no span before it."""
    taken: list[list[tuple[float, float]]] = []
    rows = []
    for start, end in spans:
        row = next(
            (
                number
                for number, others in enumerate(taken)
                if all(end + gap <= other_start or other_end + gap <= start for other_start, other_end in others)
            ),
            len(taken),
        )
        if row == len(taken):
            taken.append([])
        taken[row].append((start, end))
        rows.append(row)
    return rows


def flags(
    labels: Sequence[tuple[float, str]], *, left: float, right: float, size: float, rows: int | None = None
) -> list[Flag]:
    """Places a label (x of its mark, text) for each mark, in rows below the marks, between `left` and `right`.

    From the last mark to the first, each label takes the highest row in which it meets no other label and no leader,
    and which its own leader reaches without going through a label. So a label that finds no room stands lower, and
    its leader comes down at the left of the labels above it. Near the right edge a label moves to the left, where a
    leader may have to go through a label; two labels never meet. A label that finds none of so many `rows` free is
    left out. `size` is that of the font.
    """
    placed: list[Flag] = []
    of_label: dict[int, Flag] = {}
    for index in sorted(range(len(labels)), key=lambda index: (labels[index][0], index), reverse=True):
        x, text = round(labels[index][0], 1), labels[index][1]
        beside = right - x
        flag = _within(x, text, min(WIDEST, beside if beside >= LEAST_ROOM else right - left), left, right, size)
        flag = replace(flag, row=_row_for(placed, flag))
        if rows is None or flag.row < rows:
            placed.append(flag)
        else:
            flag = Flag(x, x, 0, 0, "")
        of_label[index] = flag
    return [_widened(of_label[index], text, placed, right, size) for index, (_, text) in enumerate(labels)]


def _within(leader_x: float, text: str, room: float, left: float, right: float, size: float) -> Flag:
    text = shorten(text, room, size)
    width = round(width_of(text, size), 1)
    return Flag(leader_x, round(max(left, min(leader_x, right - width)), 1), width, 0, text)


def _row_for(placed: Sequence[Flag], flag: Flag) -> int:
    start, end = flag.x, flag.x + flag.width
    lowest = max((each.row for each in placed), default=-1) + 1

    def meets_label(row: int) -> bool:
        return any(each.row == row and each.x < end + GAP and start < each.x + each.width + GAP for each in placed)

    def meets_leader(row: int) -> bool:
        return any(each.row > row and start - GAP / 2 < each.leader_x < end + GAP / 2 for each in placed)

    def leader_is_free(row: int) -> bool:
        return not any(each.row < row and each.x < flag.leader_x < each.x + each.width for each in placed)

    free = [row for row in range(lowest + 1) if not meets_label(row)]
    return next((row for row in free if not meets_leader(row) and leader_is_free(row)), free[0])


def _widened(flag: Flag, text: str, placed: Sequence[Flag], right: float, size: float) -> Flag:
    """The same label with as much of its text as its row has room for, up to the next label or leader."""
    if not flag.text or flag.text == text or flag.x != flag.leader_x:
        return flag
    limits = [each.x for each in placed if each.row == flag.row and each.x > flag.x]
    limits += [each.leader_x for each in placed if each.row > flag.row and each.leader_x > flag.x]
    room = min([right, *(limit - GAP for limit in limits)]) - flag.x
    if room <= flag.width:
        return flag
    return replace(_within(flag.leader_x, text, room, flag.x, right, size), row=flag.row)
