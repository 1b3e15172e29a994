"""What the activity feed follows. Each room says it when the application starts: `follow(Milestone, noun=...)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import models
from django.db.models.expressions import Combinable

from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Standing

Visible = Callable[[User, date], "models.QuerySet[Any]"]
Shown = Callable[[User, date], models.Q]
Allowed = Callable[[User, Standing], models.Q]
Within = Callable[[WorkingGroup], models.Q]
# By the reader's standing, and the body that the row belongs to.
TellsReasons = Callable[[Standing, int | None], bool]

# Fields that say nothing to a reader: the history has them, its pages don't.
QUIET = frozenset(
    {
        "changed_at",
        "dates_moved_at",
        "drop_asked_by",
        "due_revision",
        "edit_revision",
        "edited_at",
        "edited_by",
        "is_superuser",
        "handed_in_at",
        "handed_in_by",
        "key",
        "last_change",
        "loaded_at",
        "loaded_with",
        "merged_into",
        "position",
        "revision",
        "split_from",
        "timezone_in_file",
        "was",
    }
)


@dataclass(frozen=True, slots=True)
class Followed:
    """How the events of one model are read; `title`, `key`, `group`, `body` and `about` are paths of its fields."""

    model: type[models.Model]
    noun: str
    visible: Visible
    title: str | Combinable
    key: str
    group: str | None
    body: str | None
    url: Callable[[str, str], str] | None
    shown: Shown
    about: str | None
    allowed: Allowed
    within: Within | None
    tells_reasons: TellsReasons
    tells_removals: bool
    is_brief: bool

    @property
    def called(self) -> Combinable:
        """The title as an expression."""
        return models.F(self.title) if isinstance(self.title, str) else self.title


def always(person: User, day: date) -> models.Q:
    """No condition on what a row said at the time."""
    return models.Q()


def everyone(person: User, standing: Standing) -> models.Q:
    """Everyone who may enter the group."""
    return models.Q()


def to_everyone(standing: Standing, body: int | None) -> bool:
    """The reasons that were given are told to all who see the change."""
    return True


_followed: dict[type[models.Model], Followed] = {}


def follow(
    model: type[models.Model],
    *,
    noun: str,
    visible: Visible,
    title: str | Combinable = "title",
    key: str = "key",
    group: str | None = "group__slug",
    body: str | None = None,
    url: Callable[[str, str], str] | None = None,
    shown: Shown = always,
    about: str | None = None,
    allowed: Allowed = everyone,
    within: Within | None = None,
    tells_reasons: TellsReasons = to_everyone,
    tells_removals: bool = False,
    is_brief: bool = True,
) -> None:
    """Let the feed show changes of `model`, which is tracked by pghistory.

    `visible` gives the rows that a person may see on a date: a change shows only while its row is among them, so that
    what was made government-only later disappears from the feed too. `url` makes an address of the group's slug and
    the row's key. `shown` is a condition on what the row said at the time: what was written while the row was closed
    to the person does not show either, though it was opened since.

    That a row was removed shows only where the model `tells_removals`: a row that is gone is no longer among the
    `visible` ones, so `shown` and `allowed` alone must then say who may learn of it from what the row said last. The
    group's members may learn of it where neither says more.

    `allowed` narrows all of it by the reader's standing in the group, as a condition on what the row said. `about`
    leads to the person whom a row is about. A model of no group (`group` None) says by `within` which of its rows a
    group has to do with. The reasons that were given are told to those of whom `tells_reasons` says so. What is not
    `is_brief` stands on the page of all activity only, not among what changed last on other pages; what has `allowed`
    or `within` is never brief.
    """
    _followed[model] = Followed(
        model,
        noun,
        visible,
        title,
        key,
        group,
        body,
        url,
        shown,
        about,
        allowed,
        within,
        tells_reasons,
        tells_removals,
        is_brief,
    )


def followed() -> list[Followed]:
    """All that is followed, in the order it was said."""
    return list(_followed.values())
