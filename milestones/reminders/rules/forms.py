"""What an administrator says of a rule."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from milestones.reminders.models import MOST_DAYS

BEFORE: Final = "before"
ON: Final = "on"
AFTER: Final = "after"


class ReasonForm(forms.Form):
    """Why, and of which rule: `seen` is the day that the person was shown."""

    seen = forms.IntegerField(widget=forms.HiddenInput(), required=False)
    reason = forms.CharField(
        max_length=200,
        help_text="Stands in the history beside the change.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


class RuleForm(ReasonForm):
    """The day: so many days before the due date, on it, or so many after it."""

    days = forms.IntegerField(
        label="How many days",
        required=False,
        min_value=0,
        max_value=MOST_DAYS,
        help_text="Left out for the day itself.",
        widget=forms.NumberInput(attrs={"class": "usa-input", "inputmode": "numeric"}),
        error_messages={
            "invalid": "Write a whole number, such as 7.",
            "min_value": "Write a number from 1 on; before or after is chosen beside it.",
            "max_value": "A reminder is at most %(limit_value)s days away from the due date.",
        },
    )
    side = forms.ChoiceField(
        label="Before or after",
        choices=[(BEFORE, "Before it is due"), (ON, "On the day it is due"), (AFTER, "After it was due")],
        widget=forms.Select(attrs={"class": "usa-select"}),
    )
    field_order = ("seen", "days", "side", "reason")

    def clean(self) -> dict[str, Any]:
        """The number goes with before and after alone."""
        given = super().clean() or self.cleaned_data
        side, days = given.get("side"), given.get("days")
        if side in (BEFORE, AFTER) and not days and "days" not in self.errors:
            self.add_error("days", "Write how many days, from 1 on; or choose the day itself.")
        elif side == ON and days:
            self.add_error("days", "On the day itself there is no number of days: leave it out, or choose otherwise.")
        return given

    @property
    def days_after(self) -> int:
        """The day of a form that is valid, as a rule keeps it: negative before the due date."""
        days = self.cleaned_data["days"] or 0
        return -days if self.cleaned_data["side"] == BEFORE else days

    @staticmethod
    def said_by(days_after: int) -> dict[str, Any]:
        """What the form is filled with for a rule."""
        side = BEFORE if days_after < 0 else AFTER if days_after else ON
        return {"days": abs(days_after) or None, "side": side, "seen": days_after}
