"""Where words stand in one version, or in one draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchVector, SearchVectorExact
from django.utils.safestring import SafeString

from documents.statement import prose
from teams.fulltext import CONFIG, Marker, marker_of, query_of


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause that fits the words (of a version or a draft), and in how many places of it they stand.

    In none where they stand in what is not read, such as the address of a link.
    """

    clause: Any
    places: int


@dataclass(frozen=True, slots=True)
class Found:
    """What was looked for, and the clauses that fit, in their order."""

    words: str
    hits: list[Hit]
    marker: Marker

    @property
    def places(self) -> int:
        """In how many places the words stand."""
        return sum(hit.places for hit in self.hits)

    def marked(self, markup: SafeString) -> SafeString:
        """HTML with the hits in <mark>."""
        return self.marker.marked(markup)


def fitting(words: str) -> dict[str, SearchVectorExact]:
    """What to annotate rows with heading and text with: `fits`, whether they fit the words; nothing without words."""
    # The same expression as the index of adopted texts.
    said = SearchVector("heading", "text", config=CONFIG)
    return {"fits": SearchVectorExact(said, query_of(words))} if words else {}


def found_in(clauses: Sequence[Any], words: str) -> Found | None:
    """Where the words stand in the clauses that fit them: one query; None without words."""
    if not words:
        return None
    marker = marker_of(words, [said for clause in clauses for said in (clause.heading, clause.text)])
    return Found(words, [Hit(clause, _places(marker, clause)) for clause in clauses], marker)


def _places(marker: Marker, clause: Any) -> int:
    read = "\n".join(line.text for line in prose.read(clause.text))
    return len(marker.places(clause.heading)) + len(marker.places(read))
