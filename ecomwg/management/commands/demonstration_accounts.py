"""`manage.py demonstration_accounts`: who can sign in to the demonstration, as what, with which password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Prefetch

from teams.accounts.models import User
from teams.accounts.selectors import demonstration_people
from teams.bodies.models import Membership
from teams.clock import selectors as clock


class Command(BaseCommand):
    """Prints the accounts of the demonstration; there are none anywhere else."""

    help = "Print the demonstration's accounts and their password."
    requires_system_checks = []  # pages have no part in it

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMONSTRATION:
            raise CommandError("this portal is no demonstration (DEMONSTRATION=on): it has no accounts to show")
        held = Membership.objects.filter(Membership.holding(clock.today())).select_related("body").order_by("id")
        rows = [
            (person.name, person.email, in_words(person))
            for person in demonstration_people().prefetch_related(Prefetch("memberships", held))
        ]
        if not rows:
            raise CommandError("there are no accounts yet: load a group's file first (manage.py load_group FILE)")
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            self.stdout.write("  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip())
        self.stdout.write(f"\nThe password of each: {settings.DEMONSTRATION_PASSWORD}")


def in_words(person: User) -> str:
    """What the person is, from the memberships at hand: "Administrator", "Lead of Team 1, Member of Team 3"."""
    roles = ["Administrator"] if person.is_site_admin else []
    roles += [f"{held.get_role_display()} of {held.body.short_name}" for held in person.memberships.all()]
    return ", ".join(roles) or "No role"
