"""`manage.py set_clock 2018-07-26`: moves the demonstration's date."""

from __future__ import annotations

import argparse
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from teams.clock import services


def instant(text: str) -> datetime:
    """`2018-07-26` is noon of that day in the portal's time zone; `2018-07-26T08:30` that minute of it."""
    try:
        zone = ZoneInfo(settings.TIME_ZONE)
        if len(text) == len("2018-07-26"):
            return datetime.combine(date.fromisoformat(text), time(12), zone)
        at = datetime.fromisoformat(text)
        return at if timezone.is_aware(at) else at.replace(tzinfo=zone)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither a date (2018-07-26) nor a time (2018-07-26T08:30)"
        ) from None


class Command(BaseCommand):
    """Moves the demonstration's clock; it runs on from there, and the next sweep does what is then due."""

    help = "Move the demonstration's clock to a date (noon) or a time, in the portal's time zone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("at", type=instant, metavar="2018-07-26[T08:30]")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            at = services.set_clock(to=options["at"])
        except services.NotADemonstration as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"The portal's clock stands at {at:%A, %B %-d, %Y, %H:%M %Z} and runs on from there.")
