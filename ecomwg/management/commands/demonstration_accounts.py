"""`manage.py demonstration_accounts`: who can sign in to the demonstration, as what, with which password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ecomwg.demonstration import accounts


class Command(BaseCommand):
    """Prints the accounts of the demonstration; there are none anywhere else."""

    help = "Print the demonstration's accounts and their password."
    requires_system_checks = []  # pages have no part in it

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("this portal is no demonstration (DEMONSTRATION=on): it has no accounts to show")
        rows = [(account.person.name, account.person.email, account.roles) for account in accounts()]
        if not rows:
            raise CommandError("there are no accounts yet: load a group's file first (manage.py load_group FILE)")
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
        self.stdout.write(f"\nThe password of each: {settings.DEMONSTRATION_PASSWORD}")
