"""The e-mail backend of a real portal: Django's own, which also says when nobody knows whether a mail arrived."""

from __future__ import annotations

import smtplib
from typing import Any

from django.core.mail.backends import smtp


class Unanswered(Exception):
    """The content was handed over and the server did not say whether it took it (RFC 1047).

    Sending again could make two mails of one, not sending again none.
    """


class _Saying:
    """Tells a conversation that broke off while the content was given from one that broke off before."""

    def data(self, msg: Any) -> tuple[int, bytes]:
        try:
            answer: tuple[int, bytes] = super().data(msg)  # type: ignore[misc]
        except smtplib.SMTPResponseException:
            raise
        except OSError as error:
            raise Unanswered(str(error) or type(error).__name__) from error
        return answer


class _Conversation(_Saying, smtplib.SMTP):
    """In the clear, or with STARTTLS."""


class _EncryptedConversation(_Saying, smtplib.SMTP_SSL):
    """Encrypted from the first byte."""


class SmtpBackend(smtp.EmailBackend):
    """Sends as Django's backend does. Raises Unanswered where it would raise a broken connection after the content."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _EncryptedConversation if self.use_ssl else _Conversation
