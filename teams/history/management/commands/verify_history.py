"""`manage.py verify_history`: is the history as it was when it was sealed? (docs/operations.md)"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.history.verification import heads, verify


class Command(BaseCommand):
    """Computes every seal again; names each day, table and row that does not fit, and ends with 1 when there is one."""

    help = "Compare the history with the seals of its days, and with heads that were kept elsewhere."
    requires_system_checks = []  # pages have no part in it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--heads", action="store_true", help="print each sealed day with its hash; keep it elsewhere"
        )
        parser.add_argument(
            "--against", metavar="FILE", help="compare with what --heads printed earlier (-: standard input)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["heads"]:
            for day, head in heads():
                self.stdout.write(f"{day} {head}")
            return
        kept = _kept(options["against"]) if options["against"] else {}
        found = verify(against=kept)
        for finding in found.findings:
            self.stdout.write(str(finding))
        said = f"{found.days:,} days and {found.rows:,} rows"
        if found.findings:
            raise CommandError(f"{len(found.findings):,} things do not fit; {said} were sealed")
        span = f", from {found.first} to {found.last}" if found.days else ""
        compared = f" and with {len(kept):,} heads that were kept" if kept else ""
        self.stdout.write(f"The history fits its seals{compared}: {said}{span}.")


def _kept(file: str) -> dict[date, str]:
    """The heads in a file, by their day. Raises CommandError for a file that can't be read, or a line that is none."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{file} can't be read: {error.strerror}") from None
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            day, head = line.split()
            found[date.fromisoformat(day)] = head
        except ValueError:
            raise CommandError(f"line {number} of {file} is no day with its hash") from None
    return found
