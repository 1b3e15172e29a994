"""Two changes of one text brought together: nothing of either is lost, and nothing is decided for anybody."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.statement.merging import Agreed, Clash, merge, merged

texts = st.lists(st.sampled_from(["the ", "group ", "CBP ", "data", ", ", ".", "\n\n"]), max_size=14).map("".join)


@given(texts, texts)
def test_one_change_alone_is_taken_whole(base: str, changed: str) -> None:
    assert merged(merge(base, changed, base)) == changed
    assert merged(merge(base, base, changed)) == changed
    assert merged(merge(base, changed, changed)) == changed


@given(texts, texts, texts)
def test_mine_and_theirs_can_each_be_read_out_of_a_clash(base: str, mine: str, theirs: str) -> None:
    there, back = merge(base, mine, theirs), merge(base, theirs, mine)
    turned = [Clash(part.base, part.theirs, part.mine) if isinstance(part, Clash) else part for part in back]
    assert there == turned, "it does not matter who comes second"
    if not any(isinstance(part, Clash) for part in there):
        return
    assert all(part.mine != part.theirs for part in there if isinstance(part, Clash))
    assert merged(there) is None


@given(st.lists(st.sampled_from("abcdefgh"), min_size=3, max_size=9), st.data())
def test_changes_of_words_apart_are_both_in_it(words: list[str], data: st.DataObject) -> None:
    mine_at = data.draw(st.integers(0, len(words) - 3))
    theirs_at = data.draw(st.integers(mine_at + 2, len(words) - 1))
    base = [f"{word}{at}" for at, word in enumerate(words)]
    mine, theirs, both = list(base), list(base), list(base)
    mine[mine_at] = both[mine_at] = "MINE"
    theirs[theirs_at] = both[theirs_at] = "THEIRS"
    assert merged(merge(" ".join(base), " ".join(mine), " ".join(theirs))) == " ".join(both)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "clash"),
    [
        ("one two three", "one 2 three", "one zwei three", Clash("two ", "2 ", "zwei ")),
        ("one two three", "one three", "one deux three", Clash("two ", "", "deux ")),
        ("one", "one more", "one less", Clash("one", "one more", "one less")),
    ],
)
def test_the_same_words_clash(base: str, mine: str, theirs: str, clash: Clash) -> None:
    assert [part for part in merge(base, mine, theirs) if isinstance(part, Clash)] == [clash]


def test_what_both_took_out_is_out() -> None:
    assert merge("one two three", "one three", "one three") == [Agreed("one three")]
