"""What the reader chose to see of the statement of work, as it stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from documents.statement.models import StatementVersion
from teams.filters import AddressForm
from teams.fulltext import LONGEST_QUERY, typed

SIDE_BY_SIDE = "side"
# In place of the number of a newer version: the draft under work.
DRAFT = "draft"


class Words(AddressForm):
    """Words that are looked for on the page. Too many of them are cut, as on the portal's search page."""

    q = forms.CharField(
        label="Find in the text",
        widget=forms.TextInput(attrs={"type": "search", "class": "usa-input", "maxlength": LONGEST_QUERY}),
    )

    @property
    def words(self) -> str:
        """What is looked for; empty where nothing is."""
        return typed(self.data.get("q", ""))


class AsOf(Words):
    """The date on which the version was in force."""

    as_of = forms.DateField(
        label="As of",
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(attrs={"type": "date", "class": "usa-input"}, format="%Y-%m-%d"),
        error_messages={"invalid": "The date to look back from is no date: write it like 2017-12-01."},
    )


class DraftView(Words):
    """How the page of a draft shows it, and which of its clauses."""

    view = forms.ChoiceField(
        choices=[("", "Clauses"), ("redline", "Redline"), (SIDE_BY_SIDE, "Side by side")],
        error_messages={"invalid_choice": "There is no view “%(value)s” of a draft."},
    )
    comments = forms.BooleanField(label="With open comments only")
    changes = forms.BooleanField(label="Changes only")


class Comparison(AddressForm):
    """Two versions, and how to show what changed between them."""

    old = forms.ChoiceField()
    new = forms.ChoiceField()
    view = forms.ChoiceField(
        choices=[("", "In one text"), (SIDE_BY_SIDE, "Side by side")],
        error_messages={
            "invalid_choice": "There is no view “%(value)s”: the two versions stand in one text or side by side."
        },
    )
    changes = forms.BooleanField(label="Changes only")

    def __init__(
        self, *args: Any, versions: Sequence[StatementVersion], has_draft: bool = False, **kwargs: Any
    ) -> None:
        self.has_draft = has_draft
        self.versions = {version.number: version for version in versions}
        super().__init__(*args, **kwargs)

    def offer(self) -> None:
        """Offer the versions that there are."""
        for name in ("old", "new"):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            draft = [(DRAFT, "The draft")] if name == "new" and self.has_draft else []
            field.choices = [*draft, *((number, str(version)) for number, version in self.versions.items())]
            field.error_messages["invalid_choice"] = "The statement of work has no version “%(value)s”."

    def add_prefix(self, field_name: str) -> str:
        """In the address they are `from` and `to`, which can't be names in Python."""
        return {"old": "from", "new": "to"}.get(field_name, field_name)
