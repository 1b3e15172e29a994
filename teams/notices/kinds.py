"""What kinds of notices there are. A room registers its own when the application starts (`AppConfig.ready`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from .models import Notice


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person, ready to go: the same content as plain text and as HTML.

    `secret` is a part of it that opens something, such as an invitation's link: it goes, and is not kept.
    """

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""

    def kept(self, content: str) -> str:
        """The content as the outbox keeps it: without the secret."""
        return content.replace(self.secret, "…") if self.secret else content


@dataclass(frozen=True, slots=True)
class Moot:
    """Why a notice need not go any more, in a sentence for the ledger."""

    reason: str


# Gets notices of its kind (with `recipient` at hand) and the instant on the portal's clock; answers for each id. One
# call answers for a whole batch, so that it can ask the database set-wise; and one answer both checks and composes, so
# that a mail never says what the check did not see.
Compose = Callable[[Sequence[Notice], datetime], Mapping[int, Mail | Moot]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of notice, by the name that its rows carry."""

    name: str
    compose: Compose


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Raises ValueError when another has its name."""
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"there is another kind of notice named {kind.name!r}")


def find(name: str) -> Kind | None:
    """The kind of that name; None for one that no room of this portal knows."""
    return _kinds.get(name)
