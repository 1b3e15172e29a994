"""`manage.py grant_application_role NAME`: lets a role that owns nothing run the portal (docs/operations.md)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.history.roles import RoleRefused, grant_application_role


class Command(BaseCommand):
    """Grants what the portal needs; run it as the owner of the tables, after each `migrate`."""

    help = "Let a role that owns nothing run the portal: it can read and add history, but not change it."
    requires_system_checks = []  # pages have no part in it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="a role that exists, owns nothing and is no superuser")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            granted = grant_application_role(name=options["name"])
        except RoleRefused as refused:
            raise CommandError(str(refused)) from None
        for rights, tables in granted.items():
            self.stdout.write(f"{rights}: {tables} table{'' if tables == 1 else 's'}")
