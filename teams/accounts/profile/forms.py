"""What a person can change about themselves."""

from __future__ import annotations

from typing import Any

from django import forms

from teams.accounts.models import User

from .selectors import zones


class SearchableSelect(forms.Select):
    """A list of choices that becomes a field to search in where JavaScript runs (the combo box of USWDS)."""

    template_name = "components/searchable_select.html"


class ProfileForm(forms.Form):
    """Name and time zone of `person`, who is left as they are."""

    name = forms.CharField(max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    timezone = forms.ChoiceField(
        label="Time zone",
        widget=SearchableSelect(),
        help_text="Times are shown, and days are counted for your reminders, as in this zone.",
    )

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {"name": person.name, "timezone": person.timezone}
        offered = zones()
        if person.timezone not in offered:
            offered.insert(0, person.timezone)
        field = self.fields["timezone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name.replace("_", " ")) for name in offered]
