"""How long the redline of a long statement of work takes: `manage.py measure_redline`."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.management.base import BaseCommand

from documents.statement import changes

CLAUSES, WORDS = 400, 125
WORD_LIST = tuple(
    word
    for line in (
        "the of and to in for a by is on that with as from which each group work team CBP trade data process shipment",
        "importer small business standard map step party report quarter chair member draft review plan platform seller",
        "buyer carrier broker entry value risk safety partner agency pilot measure",
    )
    for word in line.split()
)


@dataclass(frozen=True, slots=True)
class Written:
    """A clause that was made up."""

    clause_id: int
    number: str
    heading: str
    text: str

    @property
    def depth(self) -> int:
        """1 for "4", 2 for "4.1"."""
        return self.number.count(".") + 1


def version(drawn: random.Random) -> list[Written]:
    """CLAUSES clauses of WORDS words each, ten under each heading: about 100 pages."""

    def words(count: int) -> str:
        return " ".join(drawn.choices(WORD_LIST, k=count))

    numbers = [f"{n // 10 + 1}" if n % 10 == 0 else f"{n // 10 + 1}.{n % 10}" for n in range(CLAUSES)]
    return [Written(n, number, words(3), words(WORDS) + ".") for n, number in enumerate(numbers, 1)]


def edited(old: list[Written], drawn: random.Random, share: float) -> list[Written]:
    """Ten places changed in that share of the clauses."""

    def change(text: str) -> str:
        words = text.split(" ")
        for _ in range(10):
            at = drawn.randrange(len(words))
            words[at : at + drawn.randrange(3)] = drawn.choices(WORD_LIST, k=drawn.randrange(3))
        return " ".join(words)

    return [
        Written(each.clause_id, each.number, each.heading, change(each.text)) if drawn.random() < share else each
        for each in old
    ]


def as_one(texts: list[Written]) -> list[Written]:
    """The whole text in a single clause."""
    return [Written(1, "1", "All", "\n\n".join(each.text for each in texts))]


def milliseconds(work: Callable[[], object], rounds: int = 5) -> float:
    """The median of some rounds, in milliseconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


class Command(BaseCommand):
    """Prints the median of five rounds for a few cases."""

    help = f"Measures the redline of {CLAUSES} clauses with {CLAUSES * WORDS:,} words (about 100 pages)."

    def handle(self, *args: Any, **options: Any) -> None:
        """Measure and print; reads and writes nothing."""
        drawn = random.Random(2018)  # noqa: S311 - the same text each time
        old = version(drawn)
        tenth, all_ = edited(old, drawn, 0.1), edited(old, drawn, 1.0)
        rewritten = [
            Written(a.clause_id, a.number, b.heading, b.text) for a, b in zip(old, version(drawn), strict=True)
        ]
        cases = {
            "a tenth of the clauses changed": (old, tenth),
            "every clause changed in ten places": (old, all_),
            "every clause rewritten": (old, rewritten),
            "one clause of 50,000 words, changed in 4,000 places": (as_one(old), as_one(all_)),
        }
        for name, (before, after) in cases.items():
            took = milliseconds(lambda before=before, after=after: changes.changes(before, after))  # type: ignore[misc]
            self.stdout.write(f"{name}: {took:.0f} ms")
