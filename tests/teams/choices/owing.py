"""Owing mail to people who made a choice."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from teams.accounts.models import User
from teams.clock import services as clocks
from teams.notices import services
from teams.notices.models import Notice, Way
from tests import outbox
from tests.conftest import WASHINGTON

State = Notice.State
NIGHT = (time(20), time(7))
WORKDAYS = (1, 2, 3, 4, 5)


def choose(person: User, way: Way = Way.AT_ONCE, **changes: Any) -> None:
    """The person's choices: no quiet hours and every day, unless said otherwise."""
    wanted = {"ways": {outbox.KIND: way}, "quiet_hours": None, "working_days": range(1, 8), **changes}
    services.choose(by=person, **wanted)


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def owe(*people: User, due: str = "2018-07-20 08:00", **columns: Any) -> None:
    """Queue a notice that was due then, as found on the portal's clock."""
    outbox.owe(*people, due_at=at(due), **columns)


def send(moment: str) -> int:
    """What the sender sends at that moment in Washington."""
    clocks.set_clock(to=at(moment))
    return services.send_due()


def only() -> Notice:
    """The only notice that is no digest."""
    return Notice.objects.exclude(kind="digest").get()


def digest_and_items(*people: User, items: int = 3) -> None:
    for person in people:
        choose(person, Way.DAILY)
    for number in range(items):
        owe(*people, subject_key=f"thing:{number}")
