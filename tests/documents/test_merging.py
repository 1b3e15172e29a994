"""Two changes of one text brought together: what one changed alone is taken, what both changed is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from documents.statement.merging import Agreed, Clash, merge, merged

words = st.lists(st.sampled_from(["the ", "group ", "e-commerce ", "CBP’s", ", ", ". ", "\n\n", "5.1 "]), max_size=25)
texts = st.one_of(st.text(max_size=40), words.map("".join))


def side(parts: list[Agreed | Clash], of: str) -> str:
    """One side of every clash, with all that is agreed."""
    return "".join(part.text if isinstance(part, Agreed) else getattr(part, of) for part in parts)


@given(texts, texts)
def test_what_only_i_changed_is_mine(base: str, mine: str) -> None:
    assert merged(merge(base, mine, base)) == mine


@given(texts, texts)
def test_what_only_they_changed_is_theirs(base: str, theirs: str) -> None:
    assert merged(merge(base, base, theirs)) == theirs


@given(texts, texts)
def test_the_same_change_twice_is_made_once(base: str, both: str) -> None:
    assert merged(merge(base, both, both)) == both


@given(texts, texts, texts)
def test_it_is_the_same_whoever_comes_first(base: str, mine: str, theirs: str) -> None:
    there, back = merge(base, mine, theirs), merge(base, theirs, mine)
    assert [part if isinstance(part, Agreed) else Clash(part.base, part.theirs, part.mine) for part in back] == there


@given(st.lists(st.sampled_from("abcdefgh"), min_size=6, max_size=12), st.data())
def test_changes_apart_from_one_another_are_both_in(letters: list[str], data: st.DataObject) -> None:
    base = [f"{letter}{place} " for place, letter in enumerate(letters)]
    mine_at = data.draw(st.integers(0, len(base) - 4))
    theirs_at = data.draw(st.integers(mine_at + 2, len(base) - 1))
    mine, theirs = base.copy(), base.copy()
    mine[mine_at], theirs[theirs_at] = "MINE ", "THEIRS "
    wanted = base.copy()
    wanted[mine_at], wanted[theirs_at] = "MINE ", "THEIRS "
    assert merged(merge("".join(base), "".join(mine), "".join(theirs))) == "".join(wanted)


@given(texts, texts, texts)
def test_every_word_that_was_written_is_there_or_shown(base: str, mine: str, theirs: str) -> None:
    parts = merge(base, mine, theirs)
    clashes = [part for part in parts if isinstance(part, Clash)]
    assert all(part.mine != part.theirs for part in clashes)
    for of, text in (("mine", mine), ("theirs", theirs)):
        shown = side(parts, of)
        for token in set(text.split()) - set(base.split()):
            assert token in shown


def test_two_who_change_the_same_word_are_shown_it() -> None:
    parts = merge("The group gives advice.", "The group gives findings.", "The group gives reports.")
    assert parts == [Agreed("The group gives "), Clash("advice", "findings", "reports"), Agreed(".")]


def test_words_that_touch_are_shown_too() -> None:
    parts = merge("one two three four", "one 2 three four", "one two 3 four")
    assert [type(part) for part in parts] == [Agreed, Clash, Agreed]
    assert parts[1] == Clash("two three ", "2 three ", "two 3 ")
