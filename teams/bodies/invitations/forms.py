"""What is asked of who invites, and of who accepts."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from typing import Any, Final

from allauth.mfa.webauthn.internal import auth as webauthn
from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError

from teams.accounts.models import Organization, User
from teams.bodies.models import Body, Invitation, Role
from teams.bodies.permissions import may_give_role, may_vouch_for_government
from teams.filters import AddressForm


class InvitationForm(forms.Form):
    """Whom to invite, to what. `bodies` are those that the person may invite to."""

    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="The link goes there, and is good once.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    body = forms.ChoiceField(label="Body")
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.MEMBER)
    organization = forms.ModelChoiceField(Organization.objects.all(), required=False, empty_label="Not said")
    affiliation = forms.ChoiceField(
        label="Works for",
        choices=[(User.Affiliation.TRADE, "The trade"), (User.Affiliation.GOVERNMENT, "The government")],
        initial=User.Affiliation.TRADE,
        help_text="Government-only documents and notes are shown to people who work for the government.",
    )

    def __init__(self, *args: Any, bodies: Iterable[Body], by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = {body.key: body for body in bodies}
        field = self.fields["body"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, str(body)) for key, body in self.bodies.items()]
        role = self.fields["role"]
        assert isinstance(role, forms.ChoiceField)
        role.choices = [(value, label) for value, label in Role.choices if may_give_role(by, value)]
        if not may_vouch_for_government(by):
            del self.fields["affiliation"]

    def clean_body(self) -> Body:
        """The body itself."""
        return self.bodies[self.cleaned_data["body"]]


class InvitationFilter(AddressForm):
    """Which invitations of the list are shown."""

    q = forms.CharField(label="Name or address", max_length=200, widget=forms.TextInput(attrs={"class": "usa-input"}))
    state = forms.ChoiceField(
        label="State",
        choices=[("", "Any"), *Invitation.State.choices],
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "An invitation can’t be “%(value)s”."},
    )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.chosen(name) for name in self.fields)


class AcceptanceForm(forms.Form):
    """The name of who comes in, and what they will sign in with; `person` is as the invitation has them.

    That is a password, or a passkey where the page's script says so (`way`), which may have a password beside it.
    `is_passkey_due` is off while the passkey is yet to be made, and all else is looked at.
    """

    PASSKEY: Final = "passkey"

    name = forms.CharField(label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    again = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )
    way = forms.CharField(required=False, widget=forms.HiddenInput)
    credential = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, person: User, is_passkey_due: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.is_passkey_due = is_passkey_due
        self.is_by_passkey = self.data.get("way") == self.PASSKEY
        self.fields["name"].initial = person.name
        self.fields["password"].help_text = password_validators_help_text_html()
        if self.is_by_passkey:
            self.fields["password"].required = self.fields["again"].required = False

    def clean(self) -> dict[str, Any]:
        """The two passwords agree, the password is good enough for this person, and the passkey is a good one."""
        given = super().clean() or self.cleaned_data
        password, again = given.get("password"), given.get("again")
        self.person.name = given.get("name", self.person.name)
        if None not in (password, again) and password != again:
            self.add_error("again", "This is not the same password.")
        elif password:
            try:
                validate_password(password, self.person)
            except ValidationError as error:
                self.add_error("password", error)
        if self.is_by_passkey and self.is_passkey_due and not self.errors:
            given["passkey"] = self._passkey(given["credential"])
        return given

    @staticmethod
    def _passkey(said: str) -> dict[str, Any]:
        """What the browser said of the passkey, checked by allauth against the challenge in this person's session."""
        try:
            credential = json.loads(said)
            webauthn.parse_registration_response(credential)
            webauthn.complete_registration(credential)
        except (ValidationError, ValueError, TypeError, LookupError, AttributeError, struct.error) as error:
            raise ValidationError("No passkey was made. Try again, or set a password.") from error
        assert isinstance(credential, dict)
        return credential
