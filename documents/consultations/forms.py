"""What the reader chose to see of the consultations, as it stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from teams.bodies.models import Body
from teams.filters import AddressForm

from .selectors import CLOSED, OPEN, UPCOMING

STATES = [(OPEN, "Open"), (UPCOMING, "To come"), (CLOSED, "Closed")]


class ConsultationFilter(AddressForm):
    """Where they stand, and whom they ask."""

    state = forms.ChoiceField(
        choices=STATES,
        error_messages={"invalid_choice": "Consultations are open, upcoming or closed, not “%(value)s”."},
    )
    body = forms.ChoiceField(
        label="Asked",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "There is no body “%(value)s” in this group."},
    )

    def __init__(self, *args: Any, bodies: Sequence[Body], **kwargs: Any) -> None:
        self.bodies = bodies
        super().__init__(*args, **kwargs)

    def offer(self) -> None:
        """Offer the group's bodies."""
        field = self.fields["body"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Everyone"), *((body.key, str(body)) for body in self.bodies)]
