"""As whom an administrator wants to see the portal."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

from django import forms

from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup

OUTSIDE: Final = "outside-"


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "usa-select"})


class ViewAsForm(forms.Form):
    """A body and a role in it, or outside of a group; and whom such a person works for."""

    body = forms.ChoiceField(label="Body", widget=_select())
    role = forms.ChoiceField(
        label="Role",
        choices=[("", "Choose"), *Role.choices],
        required=False,
        widget=_select(),
        help_text="Left out for someone outside the group.",
    )
    affiliation = forms.ChoiceField(
        label="Works for",
        choices=User.Affiliation.choices,
        widget=_select(),
        help_text="Content for the government alone is shown to no one of the trade, whatever their role.",
    )

    def __init__(self, *args: Any, bodies: Iterable[Body], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.bodies: dict[str, Body] = {}
        self.groups: dict[str, WorkingGroup] = {}
        field = self.fields["body"]
        assert isinstance(field, forms.ChoiceField)
        choices: list[tuple[str, list[tuple[str, str]]]] = []
        for group, of_group in groupby(bodies, key=lambda body: body.group):
            seats = list(of_group)
            self.bodies |= {str(body.pk): body for body in seats}
            self.groups[f"{OUTSIDE}{group.slug}"] = group
            choices.append(
                (
                    group.slug.upper(),
                    [
                        *((str(body.pk), str(body)) for body in seats),
                        (f"{OUTSIDE}{group.slug}", "None: someone outside the group"),
                    ],
                )
            )
        field.choices = [("", "Choose"), *choices]

    def clean(self) -> dict[str, Any]:
        """A role goes with a body; someone outside has none."""
        given = super().clean() or self.cleaned_data
        seat, role = given.get("body"), given.get("role")
        if seat in self.groups and role:
            self.add_error("role", "Someone outside the group has no role in it. Choose a body, or leave the role out.")
        elif seat in self.bodies and role == "":
            self.add_error("role", "Choose the role in this body.")
        return given

    @property
    def seat(self) -> dict[str, Any]:
        """What was chosen, of a form that is valid: group, body (None for outside), role, affiliation."""
        chosen = self.cleaned_data["body"]
        body = self.bodies.get(chosen)
        return {
            "group": body.group if body else self.groups[chosen],
            "body": body,
            "role": self.cleaned_data["role"],
            "affiliation": self.cleaned_data["affiliation"],
        }
