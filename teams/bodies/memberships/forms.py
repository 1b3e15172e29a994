"""What is asked of who keeps memberships."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet

from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role
from teams.bodies.permissions import may_give_role
from teams.filters import AddressForm

from . import selectors

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
ENDS: Final = "ends"


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "usa-select"})


def _day(label: str, hint: str) -> forms.DateField:
    return forms.DateField(
        label=label,
        help_text=hint,
        validators=[
            MinValueValidator(FIRST_DAY, "Write a date of this or the last century."),
            MaxValueValidator(LAST_DAY, "Write a date of this or the next century."),
        ],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "usa-input"}),
    )


def _reason() -> forms.CharField:
    return forms.CharField(
        label="Reason",
        max_length=300,
        help_text="Stands in the history beside the change.",
        widget=forms.TextInput(attrs={"class": "usa-input", "autocomplete": "off"}),
    )


class MembershipFilter(AddressForm):
    """Which memberships of the list are shown."""

    q = forms.CharField(
        label="Name, address or organization", max_length=200, widget=forms.TextInput(attrs={"class": "usa-input"})
    )
    body = forms.ChoiceField(
        label="Body", widget=_select(), error_messages={"invalid_choice": "There is no body “%(value)s” here."}
    )
    state = forms.ChoiceField(
        label="Held",
        choices=list(selectors.STATES.items()),
        widget=_select(),
        error_messages={"invalid_choice": "A membership can’t be “%(value)s”."},
    )

    def __init__(self, query: Any, *, bodies: Iterable[Body]) -> None:
        self.bodies = bodies
        super().__init__(query)

    def offer(self) -> None:
        """The bodies that the person keeps."""
        field = self.fields["body"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "All"), *((body.key, body.short_name) for body in self.bodies)]

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return any(self.chosen(name) for name in self.fields)


def _roles(by: User, held: str = "") -> list[tuple[str, str]]:
    """The roles that the person may give, and the one that is held."""
    return [(value, label) for value, label in Role.choices if value == held or may_give_role(by, value)]


def _offer_roles(form: forms.Form, by: User) -> None:
    field = form.fields["role"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = _roles(by)


class AddForm(forms.Form):
    """A membership for someone who has an account."""

    person = forms.ModelChoiceField(User.objects.none(), label="Person", empty_label="Choose", widget=_select())
    body = forms.ChoiceField(label="Body", widget=_select())
    role = forms.ChoiceField(label="Role", choices=Role.choices, initial=Role.MEMBER, widget=_select())
    on = _day("Begins on", "From this day on the person has what the role allows.")
    reason = _reason()

    def __init__(self, *args: Any, people: QuerySet[User], bodies: Iterable[Body], by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_roles(self, by)
        self.bodies = {body.key: body for body in bodies}
        person, body = self.fields["person"], self.fields["body"]
        assert isinstance(person, forms.ModelChoiceField)
        assert isinstance(body, forms.ChoiceField)
        person.queryset = people
        person.label_from_instance = _called  # type: ignore[assignment, method-assign]
        body.choices = [(key, str(each)) for key, each in self.bodies.items()]

    def clean_body(self) -> Body:
        """The body itself."""
        return self.bodies[self.cleaned_data["body"]]


def _called(person: User) -> str:
    return f"{person.name}, {person.organization}" if person.organization else person.name


class EndForm(forms.Form):
    """The end of a membership."""

    on = _day("Ends on", "From this day on the membership opens nothing.")
    reason = _reason()


class RoleForm(forms.Form):
    """Another role in the same body."""

    role = forms.ChoiceField(label="New role", choices=Role.choices, widget=_select())
    on = _day("From", "On this day the role held so far ends and the new one begins.")
    reason = _reason()

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _offer_roles(self, by)


class TermForm(forms.Form):
    """The new term of a body: for each membership the role in it, or that it ends."""

    on = _day("New term begins on", "On this day every membership below ends; those that go on begin anew.")
    reason = _reason()

    def __init__(self, *args: Any, held: Iterable[Membership], by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = list(held)
        for each in self.held:
            self.fields[f"role-{each.pk}"] = forms.ChoiceField(
                label=f"{each.person.name}, {each.get_role_display()}: in the new term",
                choices=[(ENDS, "Ends"), *_roles(by, held=each.role)],
                initial=each.role,
                widget=_select(),
            )

    def rows(self) -> list[tuple[Membership, forms.BoundField]]:
        """Each membership with its field."""
        return [(each, self[f"role-{each.pk}"]) for each in self.held]

    @property
    def roles(self) -> dict[int, str]:
        """What was chosen: the role of each membership in the new term, empty where it ends."""
        chosen = {each.pk: self.cleaned_data[f"role-{each.pk}"] for each in self.held}
        return {pk: "" if role == ENDS else role for pk, role in chosen.items()}
