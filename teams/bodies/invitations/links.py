"""The link of an invitation. Its token is made, never stored: who reads the database learns no link."""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import Final

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

SALT: Final = "teams.bodies.invitations"


def token_of(nonce: uuid.UUID) -> str:
    """The token that belongs to a nonce under the portal's present secret key: 43 characters, fit for an address."""
    mac = salted_hmac(SALT, nonce.hex, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def link_of(token: str) -> str:
    """The full address that the mail gives."""
    return f"{settings.SITE_URL}{reverse('invitations:invitation', args=[token])}"
