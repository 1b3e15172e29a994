"""What is asked of who sets an absence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.db.models import QuerySet

from teams.accounts.models import User
from teams.bodies.models import Absence, Membership

LAST_DAY = date(2199, 12, 31)


def _day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        validators=[MaxValueValidator(LAST_DAY, "Write a date of this or the next century.")],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "usa-input"}),
    )


class PersonForm(forms.Form):
    """For whom an absence is set, where it is not for oneself."""

    person = forms.ModelChoiceField(
        User.objects.none(),
        label="Who is away",
        empty_label="Choose",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "You don’t keep this person’s memberships."},
    )

    def __init__(self, *args: Any, people: QuerySet[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = people


class AbsenceForm(forms.Form):
    """The days, who stands in, and which roles pass over; `roles` are those that the person holds."""

    first_day = _day("First day away", "")
    last_day = _day("Last day away", "On the day after, everything goes back by itself.")
    stand_in = forms.ModelChoiceField(
        User.objects.none(),
        label="Who stands in",
        empty_label="Choose",
        help_text="Someone who belongs to the group.",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "This person can’t stand in: they don’t belong to the group today."},
    )
    roles = forms.MultipleChoiceField(
        label="Roles that pass over",
        required=False,
        help_text="Choose none to hand over reminders alone. Government-only content never passes over.",
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        max_length=300,
        required=False,
        help_text="Everyone in the group can read it.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )

    def __init__(
        self,
        *args: Any,
        stand_ins: QuerySet[User],
        roles: Iterable[Membership],
        is_own: bool,
        absence: Absence | None = None,
        **kwargs: Any,
    ) -> None:
        self.memberships = {str(each.pk): each for each in roles}
        if absence is not None:
            kwargs["initial"] = {
                "first_day": absence.first_day,
                "last_day": absence.last_day,
                "stand_in": absence.stand_in_id,
                "roles": [str(each.pk) for each in absence.roles.all()],
                "note": absence.note,
            }
        super().__init__(*args, **kwargs)
        stand_in, lent = self.fields["stand_in"], self.fields["roles"]
        assert isinstance(stand_in, forms.ModelChoiceField)
        assert isinstance(lent, forms.MultipleChoiceField)
        whose = "your" if is_own else "their"
        self.fields["first_day"].help_text = f"The stand-in gets {whose} reminders from this day on."
        stand_in.queryset = stand_ins
        stand_in.label_from_instance = _called  # type: ignore[assignment, method-assign]
        lent.choices = [(pk, f"{each.get_role_display()} of {each.body}") for pk, each in self.memberships.items()]

    def clean_roles(self) -> list[Membership]:
        """The memberships themselves."""
        return [self.memberships[pk] for pk in self.cleaned_data["roles"]]


def _called(person: User) -> str:
    return f"{person.name}, {person.organization}" if person.organization else person.name
