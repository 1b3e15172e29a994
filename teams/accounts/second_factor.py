"""How django-allauth keeps second factors here: secrets encrypted, keys named in plain words."""

from __future__ import annotations

from typing import ClassVar

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .models import User


def keys() -> MultiFernet:
    """The keys of MFA_KEYS: the first encrypts, each of them opens."""
    return MultiFernet([Fernet(key) for key in settings.MFA_KEYS])


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Without it allauth stores the secret of an authenticator app and the seed of recovery codes as they are."""

    error_messages: ClassVar[dict[str, str]] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": "This code is not right, or was used already. Each code works once: wait for the next one.",
        "unverified_email": "Confirm your e-mail address first, by the link that was mailed to you.",
    }

    def encrypt(self, text: str) -> str:
        """What is stored of a secret."""
        return keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret itself. Raises ImproperlyConfigured when none of the keys opens it."""
        try:
            return keys().decrypt(encrypted_text).decode()
        except InvalidToken as error:
            raise ImproperlyConfigured("a second factor's secret opens with none of MFA_KEYS") from error

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002 - allauth's name
        """The name that a new passkey is offered: "Passkey", then "Passkey 2"."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"

    def _get_site_name(self) -> str:
        return str(settings.SITE_NAME)
