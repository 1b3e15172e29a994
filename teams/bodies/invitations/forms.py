"""What is asked of who invites, and of who accepts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_text_html, validate_password
from django.core.exceptions import ValidationError

from teams.accounts.models import Organization, User
from teams.bodies.models import Body, Invitation, Role
from teams.bodies.permissions import may_vouch_for_government
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
    """The name and the password of who comes in; `person` is as the invitation has them."""

    name = forms.CharField(label="Your name", max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}))
    again = forms.CharField(
        label="Password again", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person = person
        self.fields["name"].initial = person.name
        self.fields["password"].help_text = password_validators_help_text_html()

    def clean(self) -> dict[str, Any]:
        """The two passwords agree, and the password is good enough for this person."""
        given = super().clean() or self.cleaned_data
        password = given.get("password")
        self.person.name = given.get("name", self.person.name)
        if password and given.get("again") and password != given["again"]:
            self.add_error("again", "This is not the same password.")
        elif password:
            try:
                validate_password(password, self.person)
            except ValidationError as error:
                self.add_error("password", error)
        return given
