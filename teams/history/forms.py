"""What the reader chose to see of the activity, as it stands in the address."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from teams.accounts.models import User
from teams.bodies.models import Body
from teams.filters import AddressForm

from .activity import NOBODY, Wanted, kinds


def _choice(label: str, complaint: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, widget=forms.Select(attrs={"class": "usa-select"}), error_messages={"invalid_choice": complaint}
    )


def _day(label: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        input_formats=["%Y-%m-%d"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "usa-input"}),
        error_messages={"invalid": "A date is written like 2018-07-20."},
    )


class ActivityFilter(AddressForm):
    """Of which body, by whom, what kind of thing, which one, from and until which day."""

    body = _choice("Body", "There is no body “%(value)s” in this group, so all are shown.")
    person = _choice("By", "Nobody here has the number “%(value)s”, so everybody is shown.")
    about = _choice("About", "Nobody here has the number “%(value)s”, so changes about everybody are shown.")
    noun = _choice("What", "Nothing here is called “%(value)s”, so everything is shown.")
    key = forms.CharField(max_length=80, widget=forms.HiddenInput)

    def __init__(self, query: Any, *, bodies: Iterable[Body], people: Iterable[User]) -> None:
        self.bodies = {body.key: body for body in bodies}
        self.people = people
        super().__init__(query)

    def offer(self) -> None:
        """The group's bodies and people, and the two days, whose names Python has for itself."""
        for name, choices in {
            "body": [("", "Any"), *((key, body.short_name) for key, body in self.bodies.items())],
            "person": [("", "Anybody"), *((str(one.pk), one.name) for one in self.people), (str(NOBODY), "Nobody")],
            "about": [("", "Anybody"), *((str(one.pk), one.name) for one in self.people)],
            "noun": [("", "Anything"), *kinds()],
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = choices
        self.fields["from"] = _day("From")
        self.fields["to"] = _day("To")

    @property
    def shown(self) -> list[forms.BoundField]:
        """The fields that the reader fills."""
        return self.visible_fields()

    @property
    def wanted(self) -> Wanted:
        """What was chosen."""
        person, about, noun = self.chosen("person"), self.chosen("about"), self.chosen("noun") or ""
        return Wanted(
            body=self.bodies.get(self.chosen("body") or ""),
            person=int(person) if person else None,
            about=int(about) if about else None,
            noun=noun,
            key=(self.chosen("key") or "") if noun else "",
            first=self.chosen("from"),
            last=self.chosen("to"),
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return self.wanted != Wanted()
