"""The e-mail backend of a demonstration: mail stays in the portal, where anyone can read it in the browser."""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message
from email.utils import format_datetime

from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from teams.clock import selectors as clock

from .models import MailboxMessage


class MailboxBackend(BaseEmailBackend):
    """Writes each mail as a MailboxMessage, at most once for each Message-ID; its Date is the portal's."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Returns how many arrived, or had arrived before."""
        for email in email_messages:
            message = email.message()
            arrived_at = clock.now()
            message.replace_header("Date", format_datetime(arrived_at))
            MailboxMessage.objects.bulk_create(
                [
                    MailboxMessage(
                        message_id=message["Message-ID"],
                        sender=email.from_email,
                        recipients=", ".join(email.recipients()),
                        subject=str(email.subject),
                        text=str(email.body),
                        html=_html_of(email),
                        headers=_headers_of(message),
                        arrived_at=arrived_at,
                    )
                ],
                ignore_conflicts=True,
            )
        return len(email_messages)

    def has_message(self, message_id: str) -> bool:
        """Whether a mail with this Message-ID has arrived."""
        return MailboxMessage.objects.filter(message_id=message_id).exists()


def _html_of(email: EmailMessage) -> str:
    parts = email.alternatives if isinstance(email, EmailMultiAlternatives) else []
    return next((str(content) for content, mimetype in parts if mimetype == "text/html"), "")


def _headers_of(message: Message) -> str:
    return "\n".join(
        f"{name}: {' '.join(str(value).split())}"
        for name, value in message.items()
        if name not in ("Content-Type", "Content-Transfer-Encoding", "MIME-Version")
    )
