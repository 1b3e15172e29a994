"""What is asked of who hands in, accepts, returns, moves or drops what is owed."""

from __future__ import annotations

from typing import Any

from django import forms

from teams.dates import ApproximateDate

from .forms import DayField
from .models import REASON_AT_MOST, WORDS_AT_MOST
from .timeline import EARLIEST, LATEST


def line(label: str, longest: int, hint: str = "", *, required: bool = True) -> forms.CharField:
    """One line of text."""
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=hint,
        required=required,
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


def words(label: str, longest: int, hint: str = "", *, required: bool = True, rows: int = 3) -> forms.CharField:
    """A text of some lines."""
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=hint,
        required=required,
        widget=forms.Textarea(attrs={"class": "usa-textarea", "rows": rows}),
    )


def reason(label: str = "Reason", hint: str = "Everyone in the group reads it.") -> forms.CharField:
    """Why something is done."""
    return words(label, REASON_AT_MOST, hint, rows=2)


class ApproximateField(forms.Field):
    """A day or a month, as the record writes it: `2018-08-15` or `2018-08`."""

    widget = forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off", "inputmode": "numeric"})

    def __init__(self, **kwargs: Any) -> None:
        hint = "A day such as 2018-08-15, or a month such as 2018-08, which counts until its last day."
        super().__init__(**{"help_text": hint, **kwargs})

    def to_python(self, value: Any) -> Any:
        """The date. Raises ValidationError with a sentence for anything else."""
        text = str(value or "").strip()
        if not text:
            return None
        try:
            due = ApproximateDate.parse(text)
        except ValueError:
            raise forms.ValidationError(
                f"“{text}” is not a date: write it like 2018-08-15, or 2018-08 for a month.", code="invalid"
            ) from None
        if due.first < EARLIEST or due.last > LATEST:
            raise forms.ValidationError(f"The plan goes from {EARLIEST.year} to {LATEST.year}.", code="invalid")
        return due

    def prepare_value(self, value: Any) -> Any:
        """The date as it is written."""
        return value.isoformat() if isinstance(value, ApproximateDate) else value


class Seen(forms.Form):
    """A form that remembers which revision the person saw. `said` is what else was given."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    @property
    def said(self) -> dict[str, Any]:
        """The values that were sent, by name."""
        return {name: value for name, value in self.cleaned_data.items() if name != "revision"}

    @property
    def typed(self) -> list[tuple[str, str]]:
        """What was typed, by label, as it was sent."""
        return [(str(field.label), text) for field in self.visible_fields() if (text := field.value())]


class StartForm(Seen):
    """Nothing more is asked."""


class HandInForm(Seen):
    """What was done, and what shows it."""

    done = words(
        "What was done", WORDS_AT_MOST, "In a few words. Everyone in the group reads them, whoever accepts it first."
    )
    evidence = words(
        "What shows it", WORDS_AT_MOST, "Documents, links, or where it can be seen.", required=False, rows=2
    )

    def ask_for_evidence(self, asked: str) -> None:
        """Require what shows it, and say what is asked for; nothing for an empty text."""
        if asked:
            self.fields["evidence"].help_text = f"Asked for: {asked}"
            self.fields["evidence"].required = True


class AcceptForm(Seen):
    """On which day."""

    on = DayField(label="Accepted on", help_text="Today, or a day since it was handed in.")


class ReturnForm(Seen):
    """What is missing."""

    reason = reason("What is missing", "The owner reads it, and so does everyone in the group.")


class ReasonForm(Seen):
    """Why."""

    reason = reason()


class DisclaimForm(Seen):
    """Why it is not the owner's."""

    reason = reason("Why it is not yours", "And whose it is, if you know. Everyone in the group reads it.")


class MoveForm(Seen):
    """Another due date, and why."""

    due = ApproximateField(label="New due date")
    reason = reason("Why it needs another date", "It stands beside both dates. Everyone in the group reads it.")
