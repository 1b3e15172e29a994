"""YAML as a tree whose every value knows its line.

Values stay the words of the file: `2018-03`, `1.0` and `14:00` would otherwise become what YAML makes of them.
Anchors, aliases and tags are refused: the format has no use for them, and a small file could grow huge by them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamStartEvent,
)

from .complaints import Complaints

MAX_BYTES = 10_000_000
MAX_DEPTH = 12
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_NOT_ALLOWED = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value in the words of the file."""

    line: int
    text: str
    is_plain: bool

    @property
    def is_null(self) -> bool:
        """Whether nothing is written there."""
        return self.is_plain and self.text in _NULLS


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    line: int
    items: list[Node]


@dataclass(frozen=True, slots=True)
class Mapping:
    """Fields with their values; `lines` has the line of each field's name."""

    line: int
    values: dict[str, Node]
    lines: dict[str, int]


Node: TypeAlias = Scalar | Sequence | Mapping


class _TooDeepError(Exception):
    """Lists and fields stand deeper in one another than the format ever needs."""

    def __init__(self, line: int) -> None:
        self.line = line
        super().__init__("too deep")


def read_tree(content: bytes, complaints: Complaints) -> Mapping | None:
    """The file's fields; None, with a complaint, where the content is no YAML or no fields."""
    if len(content) > MAX_BYTES:
        complaints.add(1, "", f"the file is larger than {MAX_BYTES // 1_000_000} MB")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        complaints.add(content.count(b"\n", 0, error.start) + 1, "", "this line is not UTF-8")
        return None
    if wrong := _NOT_ALLOWED.search(text):
        complaints.add(
            text.count("\n", 0, wrong.start()) + 1, "", f"the character U+{ord(wrong.group()):04X} is not allowed"
        )
        return None
    try:
        return _document(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)), complaints)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        words = " ".join(part for part in (error.context, error.problem) if part)
        # What is missing at the end of the file is missed on the line after it.
        line = min(mark.line + 1, len(text.splitlines()) or 1) if mark else 1
        complaints.add(line, "", f"this is no YAML: {words}")
    except yaml.YAMLError as error:
        complaints.add(1, "", f"this is no YAML: {error}")
    except _TooDeepError as error:
        complaints.add(error.line, "", f"more than {MAX_DEPTH} levels inside one another")
    return None


def _document(events: Iterator[Event], complaints: Complaints) -> Mapping | None:
    root: Node | None = None
    for event in events:
        if isinstance(event, DocumentStartEvent):
            if root is not None:
                complaints.add(_line(event), "", "a second document starts here; a group's file is a single one")
                return None
            root = _node(next(events), events, complaints, "", 0)
        elif not isinstance(event, StreamStartEvent) and root is None:
            break
    if not isinstance(root, Mapping):
        complaints.add(root.line if root else 1, "", "the file must start with fields such as `format: 1`")
        return None
    return root


def _line(event: Event) -> int:
    assert event.start_mark is not None
    return event.start_mark.line + 1


def _node(event: Event, events: Iterator[Event], complaints: Complaints, place: str, depth: int) -> Node:
    line = _line(event)
    if depth > MAX_DEPTH:
        raise _TooDeepError(line)
    if isinstance(event, AliasEvent) or (isinstance(event, NodeEvent) and event.anchor):
        complaints.add(line, place, "anchors and aliases (& and *) have no place in a group's file")
    if isinstance(event, ScalarEvent | SequenceStartEvent | MappingStartEvent) and event.tag:
        complaints.add(line, place, f"tags such as {event.tag} have no place in a group's file")
    if isinstance(event, ScalarEvent):
        return Scalar(line, event.value, event.style is None or event.style == "")
    if isinstance(event, SequenceStartEvent):
        items: list[Node] = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(_node(event, events, complaints, f"{place}[{len(items) + 1}]", depth + 1))
        return Sequence(line, items)
    if isinstance(event, MappingStartEvent):
        return _mapping(line, events, complaints, place, depth)
    return Scalar(line, "", True)  # an alias, which has been complained about


def _mapping(line: int, events: Iterator[Event], complaints: Complaints, place: str, depth: int) -> Mapping:
    mapping = Mapping(line, {}, {})
    while not isinstance(event := next(events), MappingEndEvent):
        name = _node(event, events, complaints, place, depth + 1)
        inner = f"{place}/{name.text}".lstrip("/") if isinstance(name, Scalar) else place
        value = _node(next(events), events, complaints, inner, depth + 1)
        if not isinstance(name, Scalar):
            complaints.add(name.line, place, "the name of a field must be a word")
        elif name.text in mapping.values:
            first = mapping.lines[name.text]
            complaints.add(name.line, inner, f"the field stands twice; it is there in line {first} already")
        else:
            mapping.values[name.text] = value
            mapping.lines[name.text] = name.line
    return mapping
