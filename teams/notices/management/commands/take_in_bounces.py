"""`manage.py take_in_bounces FILE`: records what mail servers report of mail that did not arrive; `-` reads a pipe."""

from __future__ import annotations

import mailbox
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.notices import services
from teams.notices.reports import LIMIT


class Command(BaseCommand):
    """Says of each message what was done with it. Taking the same in again records nothing twice."""

    help = "Record delivery status notifications (RFC 3464): an mbox file, or one message (a file, or - for a pipe)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the reports are."""
        parser.add_argument("file", help="An mbox file, a file with one message, or - for one on standard input.")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        """Raises CommandError when the input can't be read; what is in it is no reason to."""
        number = 0
        try:
            for number, content in enumerate(_contents(file), start=1):
                for line in services.record_bounces(content=content):
                    self.stdout.write(f"message {number}: {line}")
        except (OSError, mailbox.Error) as fault:
            raise CommandError(f"{file} can't be read: {fault}") from fault
        if not number:
            self.stdout.write("No message was in it.")


def _contents(file: str) -> Iterator[bytes]:
    """The messages, each cut off one byte past the limit."""
    if file == "-":
        content = sys.stdin.buffer.read(LIMIT + 1)
        while sys.stdin.buffer.read(LIMIT):  # a mail server whose pipe breaks would take the message for undelivered
            pass
    else:
        with Path(file).open("rb") as opened:
            content = opened.read(LIMIT + 1)
        if content.startswith(b"From "):
            box = mailbox.mbox(file, create=False)
            try:
                for key in box.iterkeys():
                    with box.get_file(key) as message:
                        yield message.read(LIMIT + 1)
            finally:
                box.close()
            return
    if content.strip():
        yield content
