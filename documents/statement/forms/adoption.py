"""What is asked of who proposes a version, of who answers, and of who adopts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django import forms
from django.core.validators import RegexValidator

from documents.statement.models import ImpactDecision, Position

REASON_LENGTH: Final = 500


def _line(label: str, longest: int, hint: str = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=longest,
        help_text=hint,
        required=required,
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


def _day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "usa-input"}),
    )


class ProposalForm(forms.Form):
    """What a draft is to become, and until when those who are asked can answer."""

    number = _line("Number of the version", 20, "Such as 2.1.")
    summary = _line("What it changes", 300, "In one sentence; it stands beside the version.")
    closes_on = _day("Answers until", "The chair and CBP’s reviewer are reminded before that day.")
    effective_on = _day("In force from", "Not before the answers are in.")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["number"].validators.append(
            RegexValidator(r"^[\w.\-]+\Z", "Write it with letters, digits, dots and hyphens, such as 2.1.")
        )


class ExtendForm(forms.Form):
    """More time for those who are asked."""

    closes_on = _day("Answers until", "Whoever has not answered is reminded by this day.")
    effective_on = _day("In force from", "Not before the answers are in.")


class WithdrawForm(forms.Form):
    """Why a proposal is taken back."""

    reason = _line("Reason", REASON_LENGTH, "Everyone in the group reads it.")


class PositionForm(forms.Form):
    """Agree, or object with a reason. `role` is asked of someone who holds both."""

    stand = forms.ChoiceField(
        label="Your answer",
        choices=[(Position.Stand.AGREE, "I agree"), (Position.Stand.OBJECT, "I object")],
        widget=forms.RadioSelect,
    )
    role = forms.ChoiceField(label="As", widget=forms.Select(attrs={"class": "usa-select"}))
    reason = forms.CharField(
        label="Reason",
        required=False,
        max_length=1000,
        help_text="An objection says why.",
        widget=forms.Textarea(attrs={"class": "usa-textarea", "rows": 3}),
    )

    def __init__(self, *args: object, roles: Sequence[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["role"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(roles)
        field.initial = roles[0][0] if roles else ""
        if len(roles) == 1:
            field.widget = forms.HiddenInput()


class DecisionForm(forms.Form):
    """What becomes of one thing that hangs on a changed clause. Nothing chosen leaves it open."""

    choice = forms.ChoiceField(
        label="What becomes of it", required=False, widget=forms.Select(attrs={"class": "usa-select"})
    )
    to_clause = forms.TypedChoiceField(
        label="To clause",
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.Select(attrs={"class": "usa-select"}),
    )
    reason = _line("Reason", REASON_LENGTH, required=False)

    def __init__(self, *args: object, clauses: Sequence[tuple[int, str]], may_keep: bool, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choice, to_clause = self.fields["choice"], self.fields["to_clause"]
        assert isinstance(choice, forms.ChoiceField)
        assert isinstance(to_clause, forms.ChoiceField)
        kept = [(value, label) for value, label in ImpactDecision.Choice.choices if may_keep or value != "keep"]
        choice.choices = [("", "Open"), *kept]
        to_clause.choices = [("", "No other clause"), *clauses]

    def clean(self) -> dict[str, object]:
        """A decision says why, and one that moves says where to."""
        cleaned = super().clean() or {}
        if cleaned.get("choice") and not cleaned.get("reason"):
            self.add_error("reason", "Say why.")
        if cleaned.get("choice") == ImpactDecision.Choice.MOVE and cleaned.get("to_clause") is None:
            self.add_error("to_clause", "Say to which clause it moves.")
        return cleaned
