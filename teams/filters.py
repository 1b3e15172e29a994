"""What a reader chose to see of a list, kept in the address, so that it can be bookmarked and sent on."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest


class AddressForm(forms.Form):
    """The choices that stand in an address. What can't be understood is left out of the choice, and said.

    Make it with `request.GET`; its fields are not required.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False
        self.offer()
        self.is_valid()

    def offer(self) -> None:
        """Set choices that depend on the page; called before the address is read."""

    @property
    def complaints(self) -> list[str]:
        """What could not be understood, in sentences."""
        return [str(message) for messages in self.errors.values() for message in messages]

    def chosen(self, name: str) -> Any:
        """What was chosen for a field; None where nothing was, or nothing that can be understood."""
        return self.cleaned_data.get(name) or None


def address_with(request: HttpRequest, **changes: str | None) -> str:
    """The query of the request's address with some parameters changed, or taken out where None is given.

    The number of the page is taken out too: another choice starts at its first page.
    """
    query = request.GET.copy()
    for name, value in {"page": None, **changes}.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"?{query.urlencode()}"
