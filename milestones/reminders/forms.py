"""What the reader chose to see of the ledger, as it stands in the address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from django import forms

from teams.accounts.models import User
from teams.filters import AddressForm
from teams.notices.models import Notice

from .sources import Subject


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "usa-select"})


# In the filter of states: mail that went and was reported to have failed. It is a mark, and not a state.
CAME_BACK: Final = "came_back"


class ForecastFilter(AddressForm):
    """Whom a reminder goes to, and what it is about."""

    person = forms.ChoiceField(
        widget=_select(), error_messages={"invalid_choice": "Nobody here has the number “%(value)s”."}
    )
    about = forms.ChoiceField(
        widget=_select(), error_messages={"invalid_choice": "Nothing here is known as “%(value)s”."}
    )

    def __init__(self, query: Any, *, people: Iterable[User], subjects: Iterable[Subject]) -> None:
        self.people, self.subjects = people, subjects
        super().__init__(query)

    def offer(self) -> None:
        """The group's people and things."""
        for name, choices in {
            "person": [(str(person.pk), person.name) for person in self.people],
            "about": [(subject.key, subject.title) for subject in self.subjects],
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", "Anyone" if name == "person" else "Anything"), *choices]

    @property
    def person_id(self) -> int | None:
        """The person chosen."""
        person = self.chosen("person")
        return int(person) if person else None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.chosen(name) for name in self.fields if name != "sort")


class LedgerFilter(ForecastFilter):
    """The same, with the state and the order."""

    state = forms.ChoiceField(
        widget=_select(),
        choices=[("", "Any"), *Notice.State.choices, (CAME_BACK, "Came back")],
        error_messages={"invalid_choice": "A notice can’t be “%(value)s”."},
    )
    sort = forms.ChoiceField(
        choices=[("due", "Oldest first"), ("-due", "Newest first")],
        error_messages={"invalid_choice": "The ledger can’t be sorted by “%(value)s”."},
    )

    @property
    def chosen_sort(self) -> str:
        """The order as it stands in the address; empty where none does."""
        return self.chosen("sort") or ""

    @property
    def order(self) -> tuple[str, str]:
        """The columns to sort by; newest first where nothing was chosen."""
        return ("due_at", "id") if self.chosen("sort") == "due" else ("-due_at", "-id")
