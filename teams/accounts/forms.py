"""Forms about one's own account."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from cryptography.fernet import InvalidToken
from django import forms

from .second_factor import keys


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """Names a new passkey; what the browser says about it comes in a hidden field."""

    name = forms.CharField(
        label="Name of the passkey",
        required=False,
        help_text="What tells it apart from others, such as the device that it is on.",
    )
    passwordless = forms.BooleanField(
        label="Sign in with it alone, without the password",
        required=False,
        initial=True,
        help_text="The device then asks for a fingerprint, a face or a PIN each time.",
    )


class SetUpAuthenticatorAppForm(ActivateTOTPForm):  # type: ignore[misc]
    """Takes the first code of an authenticator app, whose secret waits in the session, encrypted with MFA_KEYS.

    allauth's own form leaves it there as it is, and sessions are rows of the database. A secret that none of the keys
    opens is given up for a new one: a code of it is wrong, and the page shows the new one.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        session = context.request.session
        kept = session.pop(totp.SECRET_SESSION_KEY, None)
        super().__init__(*args, **kwargs)  # which makes a new secret and leaves it in the session
        if self.is_bound and kept:
            try:
                self.secret = keys().decrypt(kept).decode()
            except InvalidToken:
                kept = None
        if not (self.is_bound and kept):
            kept = keys().encrypt(self.secret.encode()).decode()
        session[totp.SECRET_SESSION_KEY] = kept
