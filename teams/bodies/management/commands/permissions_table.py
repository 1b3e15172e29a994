"""`manage.py permissions_table`: the table of roles and actions, as docs/permissions.md shows it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from teams.bodies.models import Role
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, CONCERNS_A_BODY, Action

FILE = Path(settings.BASE_DIR) / "docs" / "permissions.md"
BEGINS, ENDS = "<!-- manage.py permissions_table --write -->", "<!-- end of the table -->"
LABELS = {ADMINISTRATOR: "Administrator", **{role.value: role.label for role in Role}}


def table() -> str:
    """The table as Markdown: a line an action, a column a role, and where the role must be held."""
    heads = ["May", "Where the role counts", *LABELS.values()]
    lines = [heads, ["---", "---", *[":---:"] * len(LABELS)]]
    for action in sorted(Action, key=str):
        where = "its body and those below" if action in CONCERNS_A_BODY else "anywhere in the group"
        lines.append([action.value, where, *("yes" if role in ALLOWED[action] else "–" for role in LABELS)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


class Command(BaseCommand):
    """Prints the table, or writes it into its place in docs/permissions.md."""

    help = "Print who may do what as a table, or write it into docs/permissions.md."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="write it into docs/permissions.md")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["write"]:
            self.stdout.write(table())
            return
        before, _, rest = FILE.read_text(encoding="utf-8").partition(BEGINS)
        _, _, after = rest.partition(ENDS)
        FILE.write_text(f"{before}{BEGINS}\n{table()}\n{ENDS}{after}", encoding="utf-8")
