"""A mail server over TCP that notes each mail that it took, and the backend of a portal that asks it.

It takes its time before and after it notes a mail, so that a fault finds a sender anywhere in the conversation: before
the content, between the note and the answer, after the answer. VRFY with a Message-ID in the place of an address (RFC
5321, 3.5) says whether it has that mail. No mail server in use offers that; it stands for a provider that can be asked.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass
from email import message_from_bytes
from email.utils import parseaddr

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from ecomwg.embedded.processes import free_port
from teams.notices.smtp import SmtpBackend

LONGEST_PAUSE = 0.008  # seconds, twice a mail


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that the server answered for, or was about to when the sender was gone."""

    message_id: str
    milestone: int
    """The milestone whose thread it belongs to (References); 0 where it is about something else."""
    address: str
    at: float
    """By time.monotonic()."""


class MailServer:
    """Listens on 127.0.0.1, in a thread of this process."""

    def __init__(self, seed: int = 0, *, longest_pause: float = LONGEST_PAUSE) -> None:
        """`longest_pause`, in seconds: how long it may take before it notes a mail, and again before it answers."""
        self._longest_pause = longest_pause
        self.port = free_port()
        self.taken: list[Taken] = []
        self.open = 0
        """Conversations, and mails being taken, that are not over."""
        self.is_held = False
        """Whether a sender waits for an answer that is held back."""
        self._held_back = ""
        self._ids: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._controller: Controller | None = None

    def start(self) -> None:
        """Listen."""
        self._controller = _Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Be away; what was taken stays."""
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait_until_quiet(self, seconds: float = 30) -> None:
        """Until no conversation is open: then what a dead sender had handed over is noted. Raises TimeoutError."""
        end = time.monotonic() + seconds
        while self.open:
            if time.monotonic() > end:
                raise TimeoutError(f"{self.open} conversations are still open after {seconds:.0f} s")
            time.sleep(0.005)

    def hold_back(self, what: str) -> None:
        """From now on let the next sender wait: `before` it may give a mail's content, or `after` that is noted."""
        self.is_held, self._held_back = False, what

    def let_go(self) -> None:
        """Answer again."""
        self.is_held, self._held_back = False, ""

    async def _answer(self, moment: str) -> None:
        while self._held_back == moment:
            self.is_held = True
            await asyncio.sleep(0.005)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Takes a recipient; the content comes next."""
        await self._answer("before")
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_VRFY(self, server: SMTP, session: Session, envelope: Envelope, address: str) -> str:  # noqa: N802
        """Says whether a mail with this Message-ID was taken."""
        return f"250 <{address}>" if self._ids[f"<{address}>"] else "550 5.1.1 no such mail"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Takes a mail whose content is whole, also when the sender has gone meanwhile."""
        assert isinstance(envelope.content, bytes)
        self.open += 1
        await asyncio.shield(self._take(envelope.content))
        await self._answer("after")
        await asyncio.sleep(self._chance.uniform(0, self._longest_pause))
        return "250 taken"

    async def _take(self, content: bytes) -> None:
        try:
            await asyncio.sleep(self._chance.uniform(0, self._longest_pause))
            headers = message_from_bytes(content)
            thread = str(headers["References"]).removeprefix("<milestone-").partition("@")[0]
            taken = Taken(
                str(headers["Message-ID"]),
                int(thread) if thread.isdecimal() else 0,
                parseaddr(str(headers["To"]))[1],
                time.monotonic(),
            )
            self._ids[taken.message_id] += 1
            self.taken.append(taken)
        finally:
            self.open -= 1


class _Conversation(SMTP):
    """Counts itself among the server's open conversations."""

    def __init__(self, server: MailServer) -> None:
        super().__init__(server, ident="trial")
        self._of = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """One more."""
        self._of.open += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """One less."""
        super().connection_lost(error)
        self._of.open -= 1


class _Controller(Controller):
    """Answers each connection by a conversation that is counted."""

    def factory(self) -> SMTP:
        """One conversation."""
        return _Conversation(self.handler)


class AskingBackend(SmtpBackend):
    """Sends as in use, and asks the server what became of a mail."""

    def has_message(self, message_id: str) -> bool:
        """Whether the server has taken a mail with this Message-ID. Raises OSError when it can't be asked."""
        opened = self.open()
        assert self.connection is not None
        code, words = self.connection.verify(message_id)
        if opened:
            self.close()
        if code not in (250, 550):
            raise OSError(f"the mail server was asked for {message_id} and said {code} {words!r}")
        return bool(code == 250)
