"""Notices for tests: a kind of notice of the tests' own, people to whom it is owed, and a mail server that listens."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db.models import CharField, DateTimeField, F, IntegerField, Value

from ecomwg.embedded.processes import free_port
from teams.accounts.models import User
from teams.notices import kinds, services
from teams.notices.kinds import Mail, Moot
from teams.notices.models import Notice, Way
from teams.notices.selectors import COLUMNS
from tests.conftest import START

KIND = "test"
MAILBOX = "teams.notices.mailbox.MailboxBackend"
SMTP_BACKEND = "teams.notices.smtp.SmtpBackend"


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """A mail that says which notice it is."""
    return {
        notice.pk: Mail(
            f"About {notice.subject_key}",
            f"Text for {notice.recipient.name if notice.recipient else notice.address}",
            f"<html><head><style>p {{ color: #000; }}</style></head><body><p>{notice.subject_key}</p></body></html>",
            {"References": "<thread@example.test>"},
        )
        for notice in batch
    }


@contextmanager
def kind(composing: Callable[[Sequence[Notice], datetime], Mapping[int, Mail | Moot]] = compose) -> Iterator[None]:
    """Within the block there is a kind of notice that is composed so."""
    kinds.register(kinds.Kind(KIND, composing, title="Notices of tests", ways=tuple(Way)))
    try:
        yield
    finally:
        del kinds._kinds[KIND]


def owe(*people: User, now: datetime = START, **columns: Any) -> int:
    """Queue a notice to each of the people, due a minute ago; returns how many were written."""
    text, number, instant = CharField(), IntegerField(), DateTimeField()
    values = {
        "kind": Value(columns.get("kind", KIND), text),
        "rule": Value(columns.get("rule", "before:1"), text),
        "subject_key": Value(columns.get("subject_key", "thing:1"), text),
        "revision": Value(columns.get("revision", 1), number),
        "owed_to_id": F("id"),
        "recipient_id": F("id"),
        "scope": Value(columns.get("scope", "ecom"), text),
        "why": Value("You are in a test.", text),
        "due_at": Value(columns.get("due_at", now - timedelta(minutes=1)), instant),
        "useless_after": Value(columns.get("useless_after"), instant),
    }
    chosen = User.objects.filter(pk__in=[person.pk for person in people])
    return services.queue(owed=chosen.annotate(**values).order_by().values(*COLUMNS), now=now)


def states() -> list[str]:
    """The state of every notice, the oldest first."""
    return list(Notice.objects.order_by("id").values_list("state", flat=True))


class Sink:
    """A mail server that keeps what it is given.

    It answers a recipient or the content as a test wants (`answers` by address), and can break off after the content.
    """

    def __init__(self) -> None:
        self.port = free_port()
        self.messages: list[EmailMessage] = []
        self.conversations = 0
        self.answer_to_everyone = ""
        self.answers: dict[str, str] = {}
        self.answer_to_content = "250 kept"
        self.breaks_off = False

    def start(self) -> None:
        """Listen."""
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Be away; what was kept stays."""
        self._controller.stop()

    def __enter__(self) -> Sink:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def handle_EHLO(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Counts connections."""
        self.conversations += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes a recipient, or says what the test wants."""
        if answer := self.answers.get(address, self.answer_to_everyone):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keeps the mail."""
        assert isinstance(envelope.content, bytes)
        if self.breaks_off:
            assert server.transport is not None
            server.transport.abort()  # type: ignore[attr-defined]
        elif self.answer_to_content.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.messages.append(parsed)
        return self.answer_to_content
