"""What an administrator says of a rule."""

from __future__ import annotations

from typing import Any, Final

from django import forms

from milestones.reminders.models import MOST_DAYS, REPEATS_UNTIL, ReminderRule, To

BEFORE: Final = "before"
ON: Final = "on"
AFTER: Final = "after"


class ReasonForm(forms.Form):
    """Why, and of which rule: `seen` is what it said when the person was shown it."""

    seen = forms.CharField(widget=forms.HiddenInput(), required=False)
    reason = forms.CharField(
        max_length=200,
        help_text="Stands in the history beside the change.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


class RuleForm(ReasonForm):
    """Whom, and when: so many days before the due date, on it, or so many after it, and again from then on."""

    to = forms.ChoiceField(
        label="Whom",
        choices=To.choices,
        help_text="A team without a lead: the lead of the body above it, the chair in the end.",
        widget=forms.Select(attrs={"class": "usa-select"}),
    )

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
    every = forms.IntegerField(
        label="Again every so many days",
        required=False,
        min_value=1,
        max_value=REPEATS_UNTIL,
        help_text=f"For after it was due, at most until {REPEATS_UNTIL} days after it. Left out for once.",
        widget=forms.NumberInput(attrs={"class": "usa-input", "inputmode": "numeric"}),
        error_messages={
            "invalid": "Write a whole number, such as 7.",
            "min_value": "Write a number from 1 on, or leave it out.",
            "max_value": "Write at most %(limit_value)s days, or leave it out.",
        },
    )
    field_order = ("seen", "to", "days", "side", "every", "reason")

    def clean(self) -> dict[str, Any]:
        """The number goes with before and after alone, and what repeats is late."""
        given = super().clean() or self.cleaned_data
        side, days = given.get("side"), given.get("days")
        if side in (BEFORE, AFTER) and not days and "days" not in self.errors:
            self.add_error("days", "Write how many days, from 1 on; or choose the day itself.")
        elif side == ON and days:
            self.add_error("days", "On the day itself there is no number of days: leave it out, or choose otherwise.")
        if given.get("every") and side in (BEFORE, ON):
            self.add_error("every", "Only a reminder after the due date comes again: leave it out, or choose “after”.")
        elif given.get("every") and days and days >= REPEATS_UNTIL:
            self.add_error("every", f"Nothing comes again {REPEATS_UNTIL} days after it was due: leave it out.")
        return given

    @property
    def days_after(self) -> int:
        """The day of a form that is valid, as a rule keeps it: negative before the due date."""
        days = self.cleaned_data["days"] or 0
        return -days if self.cleaned_data["side"] == BEFORE else days

    @property
    def rule(self) -> dict[str, Any]:
        """What a form that is valid says of the rule, as the services take it."""
        return {
            "to": To(self.cleaned_data["to"]),
            "days_after": self.days_after,
            "every": self.cleaned_data["every"],
        }

    @staticmethod
    def said_by(rule: ReminderRule) -> dict[str, Any]:
        """What the form is filled with for a rule."""
        days = rule.days_after
        side = BEFORE if days < 0 else AFTER if days else ON
        return {"to": rule.to, "days": abs(days) or None, "side": side, "every": rule.every, "seen": rule.said}
