"""What is wrong with a group's file: each fault with its line, its place and a sentence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, order=True, slots=True)
class Complaint:
    """One fault. `place` is the way to the value, such as `milestones/diagrams-draft/owner`; empty for the file."""

    line: int
    place: str
    message: str

    def in_file(self, name: str) -> str:
        """As it is shown: `group.yaml:123: milestones/diagrams-draft/owner: no person has the key …`."""
        return ": ".join(part for part in (f"{name}:{self.line}", self.place, self.message) if part)


@dataclass(slots=True)
class Complaints:
    """All that was found wrong so far."""

    found: list[Complaint] = field(default_factory=list)

    def add(self, line: int, place: str, message: str) -> None:
        """Note a fault; reading goes on, so that the next one is found too."""
        self.found.append(Complaint(line, place, message))

    def __bool__(self) -> bool:
        return bool(self.found)

    def in_order(self) -> list[Complaint]:
        """In the order of the file's lines, each once."""
        return sorted(set(self.found))


class FileRefused(Exception):
    """The file has faults and nothing was loaded; `complaints` has every one of them in the order of the lines."""

    def __init__(self, name: str, complaints: Iterable[Complaint]) -> None:
        self.name = name
        self.complaints = list(complaints)
        super().__init__(f"{name} has {len(self.complaints)} faults")

    def lines(self) -> list[str]:
        """One line for each fault."""
        return [complaint.in_file(self.name) for complaint in self.complaints]


def closest(word: str, known: Iterable[str]) -> str | None:
    """What is known and looks most like `word`, if anything looks like it; not sought among very many."""
    words = list(known)
    return next(iter(difflib.get_close_matches(word, words, n=1)), None) if len(words) <= 2_000 else None


def did_you_mean(close: str | None) -> str:
    """`; did you mean 'lead-1'?` where there is something that could be meant, else nothing."""
    return f"; did you mean {close!r}?" if close else ""
