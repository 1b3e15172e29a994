"""What the reader chose to see of the record, as it stands in the address."""

from __future__ import annotations

from django import forms

from teams.filters import AddressForm

from .models import Development, Section


class DevelopmentFilter(AddressForm):
    """The kind of event, and the section of the issue paper."""

    kind = forms.ChoiceField(
        label="Kind",
        choices=[("", "All kinds"), *Development.Kind.choices],
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "There is no kind of development “%(value)s”."},
    )
    section = forms.ChoiceField(
        label="Section of the issue paper",
        choices=[("", "All sections"), *Section.choices],
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "The issue paper has no section “%(value)s”."},
    )
