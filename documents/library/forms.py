"""What the reader chose to see of the documents, as it stands in the address."""

from __future__ import annotations

from django import forms

from teams.filters import AddressForm

from .models import Document
from .selectors import FACETS, ORDERS


class DocumentFilter(AddressForm):
    """Words of the title, one value a facet, and the order."""

    q = forms.CharField(label="Words of the title", max_length=200)
    kind = forms.ChoiceField(
        choices=Document.Kind.choices,
        error_messages={"invalid_choice": "There is no kind of document “%(value)s”."},
    )
    issuer = forms.SlugField(error_messages={"invalid": "An issuer is named by its key: letters, numbers and hyphens."})
    access = forms.ChoiceField(
        choices=Document.Access.choices,
        error_messages={"invalid_choice": "“%(value)s” does not say who may see a document."},
    )
    stream = forms.SlugField(
        error_messages={"invalid": "A stream of work is named by its key: letters, numbers and hyphens."}
    )
    sort = forms.ChoiceField(
        choices=[(name, name) for name in ORDERS],
        error_messages={"invalid_choice": "Documents can’t be sorted by “%(value)s”."},
    )

    @property
    def values(self) -> dict[str, str]:
        """The value chosen for each facet; empty where none is."""
        return {name: self.chosen(name) or "" for name in FACETS}

    @property
    def words(self) -> str:
        """The words looked for."""
        return self.chosen("q") or ""

    @property
    def order(self) -> str:
        """The order chosen; by title where none is."""
        return self.chosen("sort") or "title"
