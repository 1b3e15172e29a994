"""Full text search as PostgreSQL does it: what was typed as a query, and where its hits stand in a text.

PostgreSQL decides what a query finds (chapter 12 of its manual: configuration `english`, `websearch_to_tsquery`). To
mark the hits it is asked for the lexeme of each word, so that a text is marked by the same stems as it was found by.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.utils.safestring import SafeString, mark_safe

CONFIG: Final = "english"
LONGEST_QUERY: Final = 200

_WORD = re.compile(r"[^\W_]+")
_TYPED = re.compile(r'(?P<without>-?)"(?P<phrase>[^"]*)"?|(?P<word>\S+)')
_TAG = re.compile(r'<(?:"[^"]*"|[^">])*>')


def typed(words: str) -> str:
    """What was typed, without what no text holds, and not longer than a query may be."""
    return words.replace("\x00", " ").strip()[:LONGEST_QUERY]


def query_of(words: str) -> SearchQuery:
    """What was typed as a query: as a web search ("quoted phrase", -not), or with the last word as a beginning."""
    web = SearchQuery(words, search_type="websearch", config=CONFIG)
    plain = re.findall(r"\w+", words)
    if not plain or _is_web_search(words):
        return web
    beginning = " & ".join([*plain[:-1], f"{plain[-1]}:*"])
    return web | SearchQuery(beginning, search_type="raw", config=CONFIG)


def _is_web_search(words: str) -> bool:
    return re.search(r"[\"-]|\bor\b", words, re.IGNORECASE) is not None


@dataclass(frozen=True, slots=True)
class Sought:
    """A word or phrase that is looked for: a lexeme for each of its words, None for one that every text has ("of").

    `is_beginning` says that its last lexeme is only the beginning of what is looked for.
    """

    lexemes: tuple[str | None, ...]
    is_beginning: bool = False

    def fits(self, at: Sequence[str]) -> bool:
        """Whether these lexemes of a text begin with what is looked for."""
        if len(at) < len(self.lexemes):
            return False
        *whole, last = zip(self.lexemes, at, strict=False)
        said, found = last
        ends = said is None or found == said or (self.is_beginning and found.startswith(said))
        return ends and all(said is None or said == found for said, found in whole)


@dataclass(frozen=True, slots=True)
class Marker:
    """Finds the places of a query in texts whose words it was made for; see `marker_of`."""

    sought: tuple[Sought, ...]
    lexemes: Mapping[str, str]

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where the hits begin and end, in order; where two would overlap, the earlier and longer one."""
        words = list(_WORD.finditer(text))
        lexemes = [self.lexemes.get(word.group().lower(), "") for word in words]
        found: list[tuple[int, int]] = []
        at = 0
        while at < len(words):
            fitting = (len(each.lexemes) for each in self.sought if each.fits(lexemes[at : at + len(each.lexemes)]))
            length = max(fitting, default=0)
            if length:
                found.append((words[at].start(), words[at + length - 1].end()))
            at += length or 1
        return found

    def marked(self, markup: SafeString) -> SafeString:
        """HTML with the hits in <mark>. A hit that goes on in another element is marked in each of them."""
        parts: list[tuple[str, str]] = []  # text as it is read, and a tag behind it
        end = 0
        for tag in _TAG.finditer(markup):
            parts.append((html.unescape(markup[end : tag.start()]), tag.group()))
            end = tag.end()
        parts.append((html.unescape(markup[end:]), ""))
        places = self.places("".join(text for text, _ in parts))
        if not places:
            return markup
        written = "".join(f"{piece}{tag}" for piece, (_, tag) in zip(_cut(parts, places), parts, strict=True))
        return mark_safe(written)  # noqa: S308 - its tags are those that came, its texts are escaped


def _cut(parts: Iterable[tuple[str, str]], places: Sequence[tuple[int, int]]) -> Iterator[str]:
    """The texts of the parts as HTML, with what lies within the places in <mark>."""
    start = 0
    for text, _ in parts:
        written, at = "", 0
        for first, last in places:
            begins, ends = max(first - start, at), min(last - start, len(text))
            if begins < ends:
                written += f"{html.escape(text[at:begins])}<mark>{html.escape(text[begins:ends])}</mark>"
                at = ends
        yield written + html.escape(text[at:])
        start += len(text)


def marker_of(words: str, texts: Iterable[str]) -> Marker:
    """What marks the hits of a query in these texts: one query, which asks for the lexemes of their words.

    A word that the query leaves out (-word) is not marked.
    """
    looked_for = list(_looked_for(words))
    said = {word for text in texts for word in _words(text)}
    lexemes = _lexemes(said.union(*looked_for))
    sought = [
        Sought(_trimmed([lexemes[word] or None for word in each]), not _is_web_search(words) and at == len(looked_for))
        for at, each in enumerate(looked_for, 1)
    ]
    return Marker(tuple(each for each in sought if each.lexemes), lexemes)


def _words(text: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(text)]


def _looked_for(words: str) -> Iterator[list[str]]:
    """The words that are to stand together, in the order in which they were typed."""
    if not _is_web_search(words):
        yield from ([word] for word in _words(words))
        return
    for one in _TYPED.finditer(words):
        word = one["word"] or ""
        if not one["without"] and not word.startswith("-") and word.lower() != "or":
            yield _words(one["phrase"] or word)


def _lexemes(words: Iterable[str]) -> dict[str, str]:
    """The lexeme of each word; empty for one that is too common to be looked for."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, array_to_string(tsvector_to_array(to_tsvector(%s::regconfig, word)), ' ')"
            " FROM unnest(%s::text[]) AS word",
            [CONFIG, list(words)],
        )
        return dict(cursor.fetchall())


def _trimmed(lexemes: Sequence[str | None]) -> tuple[str | None, ...]:
    """Without the words at both ends that every text has: what is looked for doesn't depend on them."""
    known = [at for at, lexeme in enumerate(lexemes) if lexeme]
    return tuple(lexemes[known[0] : known[-1] + 1]) if known else ()
