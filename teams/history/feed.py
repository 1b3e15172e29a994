"""What the activity feed follows. Each room says it when the application starts: `follow(Milestone, noun=...)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable

from teams.accounts.models import User

Visible = Callable[[User, date], "models.QuerySet[Any]"]
Shown = Callable[[User, date], models.Q]

# Fields that say nothing to a reader: the history has them, its pages don't.
QUIET = frozenset(
    {
        "due_revision",
        "edited_at",
        "edited_by",
        "key",
        "loaded_with",
        "merged_into",
        "position",
        "revision",
        "split_from",
    }
)


@dataclass(frozen=True, slots=True)
class Followed:
    """How the events of one model are read.

    `title`, `key`, `group` and `body` are field paths of the tracked model; `title` may also be an expression of them.
    """

    model: type[models.Model]
    noun: str
    visible: Visible
    title: str | Combinable
    key: str
    group: str
    body: str | None
    url: Callable[[str, str], str] | None
    shown: Shown

    @property
    def called(self) -> Combinable:
        """What a row is called by, as an expression."""
        return models.F(self.title) if isinstance(self.title, str) else self.title


def always(person: User, day: date) -> models.Q:
    """No condition on what a row said at the time."""
    return models.Q()


_followed: dict[type[models.Model], Followed] = {}


def follow(
    model: type[models.Model],
    *,
    noun: str,
    visible: Visible,
    title: str | Combinable = "title",
    key: str = "key",
    group: str = "group__slug",
    body: str | None = None,
    url: Callable[[str, str], str] | None = None,
    shown: Shown = always,
) -> None:
    """Let the feed show changes of `model`, which is tracked by pghistory.

    `visible` gives the rows that a person may see on a date: a change shows only while its row is among them, so that
    what was made government-only later disappears from the feed too. `url` makes an address of the group's slug and
    the row's key. `shown` is a condition on what the row said at the time: what was written while the row was closed
    to the person does not show either, though it was opened since.
    """
    _followed[model] = Followed(model, noun, visible, title, key, group, body, url, shown)


def followed() -> list[Followed]:
    """All that is followed, in the order it was said."""
    return list(_followed.values())
