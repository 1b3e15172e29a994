"""What an administrator chooses and says on the pages of open sessions."""

from __future__ import annotations

from django import forms

from teams.filters import AddressForm


class SessionsFilter(AddressForm):
    """Part of a name or an address."""

    q = forms.CharField(
        label="Person: part of the name or address",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "usa-input"}),
    )


class EndingForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        max_length=200,
        help_text="Stands on the record with your name.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )
