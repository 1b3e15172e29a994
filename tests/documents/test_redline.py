"""A redline loses nothing and invents nothing: property tests, and the phrases that people read."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from documents.statement.redline import LONG, Fate, Piece, after, before, redline, tokens

words = st.lists(
    st.sampled_from(["the", "group", "e-commerce", "CBP’s", ",", ".", " ", "\n\n", "5.1", "—"]), max_size=30
)
texts = st.one_of(st.text(), words.map("".join))


def joined(pieces: list[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


def applied(pieces: list[Piece], text: str) -> str:
    """The text with the pieces carried out on it: each kept or removed piece must be what stands there."""
    rest, result = text, ""
    for piece in pieces:
        if piece.fate is not Fate.ADDED:
            assert rest.startswith(piece.text)
            rest = rest[len(piece.text) :]
        if piece.fate is not Fate.REMOVED:
            result += piece.text
    assert rest == ""
    return result


@given(texts)
def test_the_tokens_are_the_text(text: str) -> None:
    assert "".join(token.word + token.space for token in tokens(text)) == text


@given(texts, texts)
def test_carried_out_on_the_old_text_it_gives_the_new(old: str, new: str) -> None:
    assert applied(redline(old, new), old) == new


@given(texts, texts)
def test_kept_and_removed_are_the_old_text_kept_and_added_the_new(old: str, new: str) -> None:
    pieces = redline(old, new)
    assert joined(before(pieces)) == old
    assert joined(after(pieces)) == new


@given(texts)
def test_the_same_text_is_kept_whole(text: str) -> None:
    assert redline(text, text) == ([Piece(Fate.KEPT, text)] if text else [])


@given(texts, texts)
def test_no_piece_is_empty_and_neighbors_differ(old: str, new: str) -> None:
    pieces = redline(old, new)
    assert all(piece.text for piece in pieces)
    assert all(one.fate is not other.fate for one, other in pairwise(pieces))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "New text.", [("added", "New text.")]),
        ("Old text.", "", [("removed", "Old text.")]),
        ("Membership", "Teams and membership", [("removed", "Membership"), ("added", "Teams and membership")]),
        (
            "The group identifies challenges.",
            "The group identifies and manages challenges.",
            [("kept", "The group identifies "), ("added", "and manages "), ("kept", "challenges.")],
        ),
        (
            "It was said before.",
            "It will be heard before.",
            [("kept", "It "), ("removed", "was said"), ("added", "will be heard"), ("kept", " before.")],
        ),
    ],
)
def test_it_reads_word_by_word(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert [(piece.fate.value, piece.text) for piece in redline(old, new)] == expected


def test_the_longest_phrase_in_common_is_found_not_the_first_word() -> None:
    old = "The rules of the group hold. Members come from companies across the industry."
    new = "The portal shows the rules. Members come from companies across the industry."
    kept = [piece.text for piece in redline(old, new) if piece.fate is Fate.KEPT]
    assert kept[-1] == ". Members come from companies across the industry."


def test_a_long_text_keeps_what_did_not_change() -> None:
    words = [f"word{n} the" for n in range(LONG)]
    changed = [*words[:900], "another", *words[901:]]
    pieces = redline(" ".join(words), " ".join(changed))
    assert [piece.text for piece in pieces if piece.fate is not Fate.KEPT] == ["word900 the", "another"]


def test_white_space_that_changed_is_a_change() -> None:
    assert redline("one two", "one\ntwo") == [
        Piece(Fate.KEPT, "one"),
        Piece(Fate.REMOVED, " "),
        Piece(Fate.ADDED, "\n"),
        Piece(Fate.KEPT, "two"),
    ]


def test_white_space_alone_is_never_what_two_phrases_share() -> None:
    pieces = redline("one two three", "four five six")
    assert [piece.fate for piece in pieces] == [Fate.REMOVED, Fate.ADDED]
