"""Forms about one's own account."""

from __future__ import annotations

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms


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
