"""Who may read a remark, and what of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TypeVar

from django.db.models import Q

from teams.accounts.models import User
from teams.accounts.selectors import unless_government_only

from .models import Remark

# The people to have at hand wherever remarks are drawn.
PEOPLE = ("author__organization", "withdrawn_by", "group")

R = TypeVar("R", bound=Remark)


def open_to(person: User) -> Q:
    """The condition on remarks that the mark sets: the trade has those alone that are not government-only."""
    return unless_government_only(person, Q(is_government_only=True))


def shown_to(person: User, day: date) -> Q:
    """What a remark's history shows to the person.

    To the trade nothing of a time when it was government-only; of one that was withdrawn, what it said is shown to its
    author alone, and to others only that it was withdrawn.
    """
    withdrawn = Q(withdrawn_at__isnull=False) | Q(pgh_obj__withdrawn_at__isnull=True) | Q(author=person)
    return open_to(person) & withdrawn


def as_read_by(person: User, remarks: Iterable[R]) -> list[R]:
    """The remarks as the person reads them: those that others withdrew have no words."""
    found = list(remarks)
    for remark in found:
        if remark.is_withdrawn and remark.author_id != person.pk:
            for name in remark.WORDS:
                setattr(remark, name, "")
    return found
