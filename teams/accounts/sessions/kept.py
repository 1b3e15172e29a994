"""What somebody sent after their session had ended: kept on the server until the same person has signed in again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from teams.accounts.models import User

KEPT = "kept_form"
KEPT_FOR = timedelta(minutes=30)
MOST_CHARACTERS = 200_000
# What pages put into their forms for themselves, and the names of their buttons: sent again, and not shown.
UNSEEN = frozenset(
    {"again", "base_revision", "change", "key", "next", "revision", "save", "seen", "seen_revision", "sign"}
)


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent: where to, by whom, and each of its fields in order."""

    person: int
    path: str
    fields: list[tuple[str, str]]
    at: float
    had_files: bool = False

    @property
    def shown(self) -> list[tuple[str, str]]:
        """The fields that a person filled, with their names in words."""
        return [
            (name.replace("_", " ").capitalize(), value)
            for name, value in self.fields
            if value.strip() and name not in UNSEEN
        ]


def keep(request: HttpRequest, *, person: int, at: datetime) -> bool:
    """Keep the form of the request in its session, for the person of this id; returns whether it was kept.

    Never kept: a form with a password, and one that is longer than MOST_CHARACTERS. Files aren't kept with their form.
    """
    fields = [
        (name, str(value)) for name, values in request.POST.lists() if name != "csrfmiddlewaretoken" for value in values
    ]
    if any("password" in name for name, _ in fields) or sum(len(value) for _, value in fields) > MOST_CHARACTERS:
        return False
    kept = Kept(person, request.get_full_path(), fields, at.timestamp(), bool(request.FILES))
    request.session[KEPT] = asdict(kept)
    return True


def kept_for(session: SessionBase, person: User, *, at: datetime) -> Kept | None:
    """What is kept for the person; what belongs to somebody else, or is too old, is thrown away."""
    stored: dict[str, Any] | None = session.get(KEPT)
    if stored is None:
        return None
    kept = Kept(**{**stored, "fields": [(name, value) for name, value in stored["fields"]]})
    if kept.person != person.pk or at.timestamp() - kept.at > KEPT_FOR.total_seconds():
        throw_away(session)
        return None
    return kept


def throw_away(session: SessionBase) -> None:
    """Forget it."""
    session.pop(KEPT, None)
