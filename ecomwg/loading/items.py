"""Items: groups of fields, described by dataclasses whose annotations name the kind of each field.

A field without a default is required. In the file it has the attribute's name, less an underscore at its end
(`from_` is written `from`). A required field that could not be read is None until the file is refused for it; the
rules look at what is there, and rows are only made from items without a fault.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from teams.dates import ApproximateDate

from .complaints import closest, did_you_mean
from .kinds import Kind, ListOf, Moment, Ref, Reference, Spot, shape
from .tree import Mapping, Node, Sequence


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an item: its name in the file, the attribute that has it, its kind."""

    name: str
    attribute: str
    kind: Kind
    is_required: bool


@dataclass(kw_only=True)
class Item:
    """A group of fields of the file."""

    spot: Spot
    lines: dict[str, int]
    unread: frozenset[str]  # fields that are there but could not be read, or are missing

    def at(self, name: str) -> Spot:
        """The spot of the field `name`; where it isn't written, the item's line."""
        return self.spot.inside(name, self.lines.get(name, self.spot.line))

    def complain(self, name: str, message: str) -> None:
        """Note a fault of the field `name`."""
        self.at(name).complain(message)

    def within(self) -> Iterator[Item]:
        """The item and every item inside it."""
        yield self
        for field in fields_of(type(self)):
            value = getattr(self, field.attribute)
            for inner in value if isinstance(value, tuple) else (value,):
                if isinstance(inner, Item):
                    yield from inner.within()

    def references(self) -> Iterator[tuple[Ref, Reference]]:
        """Every reference to another item that stands in this one's own fields."""
        for field in fields_of(type(self)):
            kind = field.kind.kind if isinstance(field.kind, ListOf) else field.kind
            if isinstance(kind, Ref):
                value = getattr(self, field.attribute)
                for key in value if isinstance(value, tuple) else (value,):
                    if isinstance(key, Reference):
                        yield kind, key

    def said(self) -> dict[str, Any]:
        """What the fields say, for JSON and by their names in the file; without those that say nothing."""
        values = ((field.name, getattr(self, field.attribute)) for field in fields_of(type(self)))
        return {name: plain(value) for name, value in values if value not in (None, "", (), False)}


I = TypeVar("I", bound=Item)  # noqa: E741


_FIELDS: dict[type[Item], tuple[Field, ...]] = {}


def fields_of(item: type[Item]) -> tuple[Field, ...]:
    """The fields of a kind of item, in the order of its definition."""
    if item not in _FIELDS:
        _FIELDS[item] = _read_fields(item)
    return _FIELDS[item]


def _read_fields(item: type[Item]) -> tuple[Field, ...]:
    hints = typing.get_type_hints(item, include_extras=True)
    return tuple(
        Field(field.name.rstrip("_"), field.name, hints[field.name].__metadata__[0], _is_required(field))
        for field in dataclasses.fields(item)
        if field.name not in ("spot", "lines", "unread")
    )


def _is_required(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def plain(value: Any) -> Any:
    """A value of a field as JSON has it: dates in the words of the file."""
    match value:
        case Item():
            return value.said()
        case tuple():
            return [plain(inner) for inner in value]
        case ApproximateDate() | Moment() | date():
            return value.isoformat()
        case _:
            return value


def read_item(kind: type[I], node: Mapping, spot: Spot) -> I:
    """The item that a group of fields is; every fault is complained about."""
    fields = {field.name: field for field in fields_of(kind)}
    absent = [name for name in fields if name not in node.values]
    meant: set[str] = set()
    for name in node.values:
        if name not in fields:
            close = closest(name, absent)
            meant |= {close} if close else set()
            spot.inside(name, node.lines[name]).complain(f"there is no such field here{did_you_mean(close)}")
    values: dict[str, Any] = {}
    unread: set[str] = set()
    for name, field in fields.items():
        inner = node.values.get(name)
        if inner is None and not field.is_required:
            continue
        if inner is None and name in meant:
            value = None
        elif inner is None:
            spot.inside(name, spot.line).complain(f"is missing; it must be {field.kind.words}")
            value = None
        else:
            value = field.kind.read(inner, spot.inside(name, inner.line))
        if value is None:
            unread.add(name)
        if value is not None or field.is_required:
            values[field.attribute] = () if value is None and isinstance(field.kind, Items | ListOf) else value
    return kind(spot=spot, lines=node.lines, unread=frozenset(unread), **values)


class One(Kind):
    """A single item."""

    def __init__(self, kind: type[Item]) -> None:
        self.kind = kind
        self.words = "a group of fields"

    def read(self, node: Node, spot: Spot) -> Item | None:
        """The item, or None after a complaint."""
        if isinstance(node, Mapping):
            return read_item(self.kind, node, spot)
        spot.complain(f"must be {self.words}; it is {shape(node)}")
        return None


class Items(Kind):
    """A list of items; `named_by` is the field by which each is known, and which no two may share."""

    def __init__(self, kind: type[Item], *, named_by: str = "", at_least: int = 0) -> None:
        self.kind, self.named_by, self.at_least = kind, named_by, at_least
        self.words = "a list of items"

    def read(self, node: Node, spot: Spot) -> tuple[Item, ...] | None:
        """The items, or None after a complaint where it is no list."""
        if not isinstance(node, Sequence):
            spot.complain(f"must be {self.words}; it is {shape(node)}")
            return None
        if len(node.items) < self.at_least:
            spot.complain("must not be an empty list")
        items: list[Item] = []
        first: dict[Any, int] = {}
        for position, inner in enumerate(node.items, 1):
            if not isinstance(inner, Mapping):
                spot.at(position, inner.line).complain(f"must be a group of fields; it is {shape(inner)}")
                continue
            item = read_item(self.kind, inner, self._spot(spot, position, inner))
            items.append(item)
            name = getattr(item, self.named_by) if self.named_by else None
            if name is None:
                continue
            if name in first:
                item.complain(self.named_by, f"{name!r} stands twice in this list; line {first[name]} has it already")
            else:
                first[name] = item.lines[self.named_by]
        return tuple(items)

    def _spot(self, spot: Spot, position: int, node: Mapping) -> Spot:
        name = node.values.get(self.named_by)
        text = getattr(name, "text", "").strip()
        return spot.inside(text, node.line) if text else spot.at(position, node.line)
