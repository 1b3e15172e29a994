"""`manage.py rotate_mfa_keys`: puts the secrets of second factors under the first of MFA_KEYS."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from teams.accounts import services


class Command(BaseCommand):
    """Safe to run again; afterwards the older keys can be taken out of MFA_KEYS."""

    help = "Encrypt the secrets of second factors anew with the first key of MFA_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many rows were written."""
        self.stdout.write(f"{services.rotate_secrets()} second factors are under the first key now.")
