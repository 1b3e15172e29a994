"""Moving the clock over a call for consensus, and what is owed by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.test import Client

from documents.statement import selectors, services
from documents.statement.models import Position, Proposal
from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import Notice
from tests.conftest import WASHINGTON

AGREE, OBJECT = Position.Stand.AGREE, Position.Stand.OBJECT
SignIn = Callable[[User], Client]
Propose = Callable[..., Proposal]
SUBJECT = "Version 1.1 of the statement of work"


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def move_clock(text: str) -> None:
    """Set the clock, look for what is due, and send it."""
    clocks.set_clock(to=at(text))
    reminders.sweep()
    notices.send_due()


def owed() -> list[tuple[str, str, str]]:
    """Kind, rule and recipient of every notice, the oldest first."""
    found = Notice.objects.select_related("recipient").order_by("id")
    return [(each.kind, each.rule, each.recipient.name) for each in found if each.recipient]


def reminded() -> list[tuple[str, str]]:
    """Rule and recipient of every reminder that went, the oldest first."""
    sent = Notice.objects.filter(kind=selectors.REMINDER, state=Notice.State.SENT).select_related("recipient")
    return [(each.rule, each.recipient.name) for each in sent.order_by("due_at", "recipient__name") if each.recipient]


def remark_of(kind: str, person: User) -> str:
    """State and remark of the person's only notice of a kind after the sender ran."""
    notices.send_due()
    notice = Notice.objects.get(kind=kind, owed_to=person)
    assert notice.state == Notice.State.SKIPPED
    return notice.remark


def answer(person: User, proposal: Proposal, role: str, stand: str = AGREE, reason: str = "") -> None:
    services.take_position(by=person, proposal=proposal, role=role, stand=stand, reason=reason)
