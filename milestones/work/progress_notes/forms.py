"""What is typed for a progress note, and what the list of them is narrowed by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils import formats

from teams.bodies.models import Body
from teams.filters import AddressForm
from teams.remarks.changing import RemarkForm, text_field
from teams.remarks.models import REASON_AT_MOST


class ProgressForm(RemarkForm):
    """The words of a progress note; once it is published, a correction has a reason."""

    text = text_field("What was done", "Markdown: *emphasis*, lists, links. The figures are added by themselves.")
    next_steps = text_field("What is next", required=False, rows=4)
    blocks = text_field("What blocks", "And who could help.", required=False, rows=3)

    def __init__(self, data: Any = None, *, remark: Any = None, **kwargs: Any) -> None:
        super().__init__(data, remark=remark, **kwargs)
        if remark is not None and not remark.is_draft:
            self.fields["reason"] = forms.CharField(
                label="Why it is corrected",
                help_text="Stands beside the change for everybody who may see it.",
                max_length=REASON_AT_MOST,
                widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
            )

    @property
    def said(self) -> dict[str, Any]:
        """The values that were sent, by field of the note."""
        return {name: value for name, value in super().said.items() if name != "reason"}

    @property
    def reason(self) -> str:
        """Why it is corrected."""
        return str(self.cleaned_data.get("reason", ""))


class MonthForm(ProgressForm):
    """The same with the month that it is about, for a new one."""

    month = forms.ChoiceField(
        label="Month",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "Choose one of the months."},
    )
    field_order = ("month", "text", "next_steps", "blocks")

    def __init__(self, data: Any = None, *, months: Iterable[date], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["month"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(month.isoformat(), formats.date_format(month, "F Y")) for month in months]

    def keep(self, sent: Mapping[str, str]) -> None:
        """Show what was typed, without asking whether it will do."""
        self.initial.update({name: sent.get(name, "") for name in self.fields})

    @property
    def said(self) -> dict[str, Any]:
        """The values that were sent, with the month as a date."""
        said = super().said
        return {**said, "month": date.fromisoformat(said["month"])}


class ProgressFilter(AddressForm):
    """Progress notes of which team."""

    team = forms.ChoiceField(
        label="Team",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "There is no team “%(value)s” in this group, so all are shown."},
    )

    def __init__(self, *args: Any, bodies: Iterable[Body], **kwargs: Any) -> None:
        self.bodies = bodies
        super().__init__(*args, **kwargs)

    def offer(self) -> None:
        """Offer the group's teams."""
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        teams = [(body.key, str(body)) for body in self.bodies if body.kind == Body.Kind.TEAM]
        field.choices = [("", "All teams"), *teams]
