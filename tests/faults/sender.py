"""A sender in a process of its own, to be killed in the midst of its work: `python -m tests.faults.sender LOG`.

It writes to the demonstration's mailbox, slowly, and notes each mail that it handed over in LOG: twice the same line
there would be a mail sent twice, whatever the mailbox itself keeps.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from pathlib import Path

import django
from django.conf import settings
from django.core.mail import EmailMessage

SECONDS_A_MAIL = 0.01


def main(log: Path) -> None:
    """Send what is due, as the worker's task does."""
    django.setup()
    from teams.notices import mailbox, services
    from tests import outbox

    class SlowMailbox(mailbox.MailboxBackend):
        """Takes its time before and after each mail, so that a kill finds it anywhere."""

        def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
            time.sleep(SECONDS_A_MAIL / 2)
            sent = super().send_messages(email_messages)
            with log.open("a") as lines:
                lines.writelines(f"{message.extra_headers['Message-ID']}\n" for message in email_messages)
            time.sleep(SECONDS_A_MAIL / 2)
            return sent

    mailbox.SlowMailbox = SlowMailbox  # type: ignore[attr-defined]
    settings.EMAIL_BACKEND = "teams.notices.mailbox.SlowMailbox"
    with outbox.kind():
        services.send_due()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
