"""What an administrator chooses on the pages of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms

from milestones.work.models import Milestone
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
    """Who gets each open milestone, and why."""

    def __init__(
        self, *args: Any, milestones: Sequence[Milestone], heirs: Mapping[int, Sequence[User]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.milestones = milestones
        self.people = {str(person.pk): person for people in heirs.values() for person in people}
        for milestone in milestones:
            self.fields[f"milestone_{milestone.pk}"] = forms.ChoiceField(
                label=milestone.title,
                help_text=f"{milestone.body.short_name}, due {milestone.due}. Who owns it from now on?",
                choices=[("", "Choose a person"), *((str(person.pk), person.name) for person in heirs[milestone.pk])],
            )
        self.order_fields([*(f"milestone_{milestone.pk}" for milestone in milestones), "reason"])

    @property
    def heirs(self) -> dict[int, User]:
        """The new owner for each milestone's key, of a form that is valid."""
        return {each.pk: self.people[self.cleaned_data[f"milestone_{each.pk}"]] for each in self.milestones}
