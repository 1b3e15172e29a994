"""What an administrator is asked about a group."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from teams.accounts.profile.selectors import zones
from teams.bodies.models import Body, WorkingGroup

from . import selectors


def _line(label: str, longest: int, hint: str = "", *, is_required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        required=is_required,
        help_text=hint,
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


class SettingsForm(forms.Form):
    """Every setting of the group, with the marks of what it was filled from, and one reason for the change."""

    seen = forms.CharField(widget=forms.HiddenInput(), required=False)
    timezone = forms.ChoiceField(
        label="Time zone of the group",
        widget=forms.Select(attrs={"class": "usa-select"}),
        help_text="What begins or ends on a day does so at midnight in this zone. Meetings keep their own.",
    )
    reason = _line("Reason", 300, "Stands in the history beside the change.")

    def __init__(self, *args: Any, group: WorkingGroup, bodies: Iterable[Body], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies = list(bodies)
        zone = self.fields["timezone"]
        assert isinstance(zone, forms.ChoiceField)
        offered = zones()
        if group.timezone not in offered:
            offered.insert(0, group.timezone)
        zone.choices = [(name, name.replace("_", " ")) for name in offered]
        for body in self.bodies:
            self.fields[selectors.name_of(body, "name")] = _line(f"Name of {body.short_name}", 200)
            self.fields[selectors.name_of(body, "acronym")] = _line(
                f"Acronym of {body.short_name}", 20, is_required=False
            )
            self.fields[selectors.name_of(body, "purpose")] = forms.CharField(
                label=f"Purpose of {body.short_name}",
                required=False,
                widget=forms.Textarea(attrs={"class": "usa-textarea", "rows": 3}),
            )
        self.fields["reason"] = self.fields.pop("reason")  # asked for last
        values = selectors.values_of(group, self.bodies)
        if self.is_bound:
            # A body that came since the page was opened has no fields there: it is told of as changed, not as empty.
            self.data = {**values, **{name: self.data.get(name) for name in self.data}}
        self.initial = {**values, "seen": self.written(values)}

    @staticmethod
    def written(values: Mapping[str, str]) -> str:
        """The marks of the values as the form carries them."""
        return json.dumps(selectors.marks_of(values), sort_keys=True)

    def parts(self) -> list[tuple[Body, list[forms.BoundField]]]:
        """Each body with its fields."""
        return [
            (body, [self[selectors.name_of(body, field)] for field in selectors.FIELDS_OF_BODY]) for body in self.bodies
        ]

    @property
    def marks(self) -> dict[str, str]:
        """The marks that were sent; none where they can't be read, so that every setting counts as changed."""
        try:
            sent = json.loads(self.cleaned_data["seen"])
        except (ValueError, RecursionError):
            return {}
        return sent if isinstance(sent, dict) else {}

    @property
    def values(self) -> dict[str, str]:
        """Every setting as it was sent."""
        return {name: value for name, value in self.cleaned_data.items() if name not in ("seen", "reason")}
