"""What kinds of notices there are. A room registers its own when the application starts (`AppConfig.ready`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse
from django.utils import formats

from teams.accounts.models import User

from .models import DIGEST, DIGESTS, Notice, Way

WASHINGTON: Final = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to one person, ready to go: the same content as plain text and as HTML.

    `secret` is a part of it that opens something, such as an invitation's link, and so are `secrets`: they go, and are
    not kept. Where its kind may come in a digest, `summary` says there in a sentence or two what the subject doesn't,
    `link` is the full address of what it is about, and `answers` are what can be answered from the mail: what each link
    says, and its address. `to` is who gets it now, where that is another than the notice's recipient (an
    absence began or ended since it was queued), and `why` then says why they do: it does not go as it is, but goes on
    to that person, by their choices.
    """

    subject: str
    text: str
    html: str
    headers: Mapping[str, str] = field(default_factory=dict)
    secret: str = ""
    secrets: tuple[str, ...] = ()
    summary: str = ""
    link: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    to: User | None = None
    why: str = ""

    def kept(self, content: str) -> str:
        """The content as the outbox keeps it: without what opens something."""
        for each in filter(None, (self.secret, *self.secrets)):
            content = content.replace(each, "…")
        return content


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
    """A kind of notice, by the name that its rows carry.

    `title` names it to the people who get it ("Reminders of milestones"), `hint` says when it is due. `ways` are those
    that a person may choose for it, and `usual` the one that holds until they do. What nobody may miss has no `Way.OFF`
    among them; what says nothing here always comes at once, and nobody is asked (invitations, say).
    """

    name: str
    compose: Compose
    title: str = ""
    hint: str = ""
    ways: tuple[Way, ...] = (Way.AT_ONCE,)
    usual: Way = Way.AT_ONCE

    def __post_init__(self) -> None:
        if self.usual not in self.ways:
            raise ValueError(f"the usual way of {self.name!r} is not among its ways")

    @property
    def is_chosen(self) -> bool:
        """Whether people have a choice."""
        return len(self.ways) > 1

    @property
    def least(self) -> Way:
        """The way in which least of it comes: off, or a digest, or at once where nothing else may be chosen."""
        return next(way for way in (Way.OFF, *reversed(DIGESTS), Way.AT_ONCE) if way in self.ways)


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make a kind known. Raises ValueError when another has its name, or when it takes the digest's."""
    if kind.name == DIGEST:
        raise ValueError("a digest is no kind of notice of a room")
    if _kinds.setdefault(kind.name, kind) != kind:
        raise ValueError(f"there is another kind of notice named {kind.name!r}")


def find(name: str) -> Kind | None:
    """The kind of that name; None for one that no room of this portal knows."""
    return _kinds.get(name)


def chosen() -> list[Kind]:
    """The kinds for which people have a choice, in the order in which they were registered."""
    return [kind for kind in _kinds.values() if kind.is_chosen]


def known() -> list[Kind]:
    """Every kind, in the order in which they were registered."""
    return list(_kinds.values())


def thread_of(subject_key: str, title: str) -> dict[str, str]:
    """The headers by which mail programs show all mails about one thing as one thread, whatever their subjects.

    None of them is the first, so each answers one that never was (RFC 5322, 3.6.4). Programs that go by the subject
    alone read `Thread-Topic`.
    """
    first = f"<{subject_key.replace(':', '-')}@{urlsplit(settings.SITE_URL).hostname}>"
    return {"References": first, "In-Reply-To": first, "Thread-Topic": " ".join(title.split())}


def when_in_words(at: datetime, zone: ZoneInfo) -> str:
    """An instant on the clocks that matter: that of the reader's zone, and Washington's where it shows another time."""
    there = at.astimezone(zone)
    washington = at.astimezone(WASHINGTON)
    words = f"{formats.date_format(there, 'l, F j, Y')}, {there:%H:%M %Z}"
    if washington.utcoffset() == there.utcoffset():
        return words
    day = "" if washington.date() == there.date() else f" on {formats.date_format(washington, 'l')}"
    return f"{words} ({washington:%H:%M}{day} in Washington)"


def foot(why: str) -> dict[str, str]:
    """What templates/emails/_foot.html and _foot.txt say under each mail to a person with an account."""
    return {
        "why": why,
        "choices_url": f"{settings.SITE_URL}{reverse('choices:choices')}",
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
    }
