"""What is asked of who changes what hangs on a clause."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from documents.statement.models import ClauseText

from .adoption import REASON_LENGTH
from .versions import Words

SORTS = [
    ("deliverable", "Deliverable"),
    ("milestone", "Milestone"),
    ("document", "Document"),
    ("meeting", "Meeting"),
    ("goal", "Strategy goal"),
]


class Looked(Words):
    """Which sort of thing is looked for, and by which words of its title."""

    sort = forms.ChoiceField(
        label="Sort",
        choices=[("", "Choose"), *SORTS],
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "Nothing of the sort “%(value)s” hangs on clauses."},
    )

    def offer(self) -> None:
        """Say what the words are for."""
        self.fields["q"].label = "Words of its title"

    @property
    def chosen_sort(self) -> str:
        """The sort; empty where none is chosen."""
        return self.chosen("sort") or ""


class RemovalForm(forms.Form):
    """Why something is taken away from a clause."""

    reason = forms.CharField(
        label="Reason",
        max_length=REASON_LENGTH,
        help_text="It is kept in the history with your name.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


class ClauseChoice(forms.Form):
    """Under which clause something is to stand."""

    clause = forms.TypedChoiceField(label="Clause", coerce=int, widget=forms.Select(attrs={"class": "usa-select"}))

    def __init__(self, *args: Any, clauses: Iterable[ClauseText], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["clause"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Choose"), *((each.clause_id, f"{each.number} {each.heading}") for each in clauses)]
