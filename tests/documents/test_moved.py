"""Which clauses are told as moved: as few as can be, and none that only has another number."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.statement.changes import Origins, changes, moved_clauses, summary


@dataclass(frozen=True)
class Text:
    """A clause, called by its heading."""

    clause_id: int
    number: str
    heading: str
    text: str = ""

    @property
    def depth(self) -> int:
        return self.number.count(".") + 1


def texts(outline: str) -> list[Text]:
    """ "a (b c) d" is a, under it b and c, and d."""
    found: list[Text] = []
    counts = [0]
    for sign in outline.replace(" ", ""):
        if sign == "(":
            counts.append(0)
        elif sign == ")":
            counts.pop()
        else:
            counts[-1] += 1
            found.append(Text(ord(sign), ".".join(map(str, counts)), sign))
    return found


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("a b c", "a x b c", ""),
        ("a b c", "b c", ""),
        ("a b c d", "d a b c", "d"),
        ("a b c d", "b c d a", "a"),
        ("a (b c) d", "a (b) d (c)", "c"),
        ("a (b c) d", "d a (b c)", "d"),
        ("a (b c) d", "b c d", ""),
        ("a b c", "x (a b c)", ""),
        ("a (b) c", "a b c", "b"),
    ],
)
def test_the_clauses_told_as_moved(old: str, new: str, moved: str) -> None:
    assert {chr(clause) for clause in moved_clauses(texts(old), texts(new))} == set(moved)


@given(st.permutations("abcdefg"))
def test_of_those_in_another_order_as_few_as_can_be(order: list[str]) -> None:
    found = moved_clauses(texts("abcdefg"), texts("".join(order)))
    stayed = [sign for sign in order if ord(sign) not in found]
    assert stayed == sorted(stayed)
    longest = next(n for n in range(7, 0, -1) for some in combinations(order, n) if list(some) == sorted(some))
    assert len(stayed) == longest


def test_moved_split_and_merged_are_said() -> None:
    origins = Origins(split={ord("x"): ord("b")}, merged={ord("e"): ord("a")})
    found = changes(texts("a b (c d) e"), texts("a b (d) c x"), origins)
    assert [(change.number, change.told) for change in found] == [
        ("1", "Unchanged"),
        ("2", "Unchanged"),
        ("2.1", "Unchanged, was 2.2"),
        ("3", "Removed, merged into 1"),
        ("3", "Moved from 2.1"),
        ("4", "New, split from 2"),
    ]
    assert summary(found) == "1 added, 1 removed, 1 moved, 1 renumbered"
