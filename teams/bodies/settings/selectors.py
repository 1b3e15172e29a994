"""What the settings of a group are now, and a mark of each by which a change made meanwhile is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Final

from teams.bodies.models import Body, WorkingGroup

TIMEZONE: Final = "timezone"
FIELDS_OF_BODY: Final = ("name", "acronym", "purpose")
KINDS: Final = (Body.Kind.WORKING_GROUP, Body.Kind.TEAM)


def bodies_set(bodies: Iterable[Body]) -> list[Body]:
    """The bodies whose settings are the group's own: the working group and its teams, not the committees above."""
    return [body for body in bodies if body.kind in KINDS]


def name_of(body: Body, field: str) -> str:
    """What a body's field is called among the settings: "name-12"."""
    return f"{field}-{body.pk}"


def plain(value: str) -> str:
    """A value as a browser sends it back: line ends of one kind, no blanks around."""
    return value.replace("\r\n", "\n").replace("\r", "\n").strip()


def values_of(group: WorkingGroup, bodies: Iterable[Body]) -> dict[str, str]:
    """Every setting by its name; `bodies` are those of `bodies_set`."""
    found = {TIMEZONE: group.timezone}
    for body in bodies:
        found |= {name_of(body, field): plain(getattr(body, field)) for field in FIELDS_OF_BODY}
    return found


def marks_of(values: Mapping[str, str]) -> dict[str, str]:
    """For each setting the first 16 hexadecimal digits of the SHA-256 of its value."""
    return {name: hashlib.sha256(value.encode()).hexdigest()[:16] for name, value in values.items()}
