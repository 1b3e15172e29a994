"""What a person can change about themselves."""

from __future__ import annotations

import zoneinfo
from typing import Any, Final

from django import forms

from teams.accounts.models import User

# The zones of the United States come first, from east to west; most people here live in one of them.
FIRST: Final = (
    "America/New_York",
    "America/Puerto_Rico",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "Pacific/Guam",
)
# Other names of zones that have one of their own, and shifts that no place keeps.
_OTHER_NAMES: Final = ("US/", "Etc/", "Brazil/", "Canada/", "Chile/", "Mexico/", "SystemV/", "posix/", "right/")


def zones() -> list[str]:
    """The time zones that are offered: those of places, and UTC."""
    places = {name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(_OTHER_NAMES)}
    return [*FIRST, *sorted(places - set(FIRST)), "UTC"]


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
