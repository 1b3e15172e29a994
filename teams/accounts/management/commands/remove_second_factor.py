"""`manage.py remove_second_factor ADDRESS`: for somebody who lost the device and the recovery codes."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from teams.accounts import services
from teams.accounts.models import User


class Command(BaseCommand):
    """Run it only for a person whom you know and have spoken to: the password alone opens the account afterwards."""

    help = "Remove every second factor of a person, who then sets up a new one at the next sign-in."

    def add_arguments(self, parser: CommandParser) -> None:
        """The address that the person signs in with."""
        parser.add_argument("address")

    def handle(self, *args: Any, address: str, **options: Any) -> None:
        """Raises CommandError when nobody has the address."""
        person = User.objects.filter(email__iexact=address).first()
        if person is None:
            raise CommandError(f"Nobody signs in with {address}.")
        self.stdout.write(f"{services.remove_second_factors(person=person)} removed.")
