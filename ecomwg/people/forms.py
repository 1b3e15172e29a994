"""What an administrator chooses on the pages of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from milestones.work.models import Deliverable, Milestone
from teams.accounts.models import User
from teams.filters import AddressForm

LACKING: Final = "lacking"


class PeopleFilter(AddressForm):
    """Part of a name or an address, and whether the account is open."""

    q = forms.CharField(label="Name or address", max_length=200, widget=forms.TextInput(attrs={"class": "usa-input"}))
    state = forms.ChoiceField(
        label="Account",
        choices=[("", "Any"), ("open", "Open"), ("closed", "Closed"), (LACKING, "Without a second factor that is due")],
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "An account can’t be “%(value)s”."},
    )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return any(self.chosen(name) for name in self.fields)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(max_length=200, help_text="Stands in the history with each change.")


class ClosingForm(ReasonForm):
    """Who gets each of what is open, and why. `offered` says whom each can be given to."""

    def __init__(self, *args: Any, offered: Mapping[Milestone | Deliverable, Sequence[User]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.owed = {f"{type(each).__name__.lower()}_{each.pk}": each for each in offered}
        self.people = {str(person.pk): person for people in offered.values() for person in people}
        for name, each in self.owed.items():
            self.fields[name] = forms.ChoiceField(
                label=each.title,
                help_text=f"{each.body.short_name}, due {each.due}. Who owns it from now on?",
                choices=[("", "Choose a person"), *((str(person.pk), person.name) for person in offered[each])],
            )
        self.order_fields([*self.owed, "reason"])

    @property
    def heirs(self) -> dict[Milestone | Deliverable, User]:
        """The new owner of each, of a form that is valid."""
        return {each: self.people[self.cleaned_data[name]] for name, each in self.owed.items()}
