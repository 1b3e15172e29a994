"""What the reader chose to see of the calendar, as it stands in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from milestones.meetings.calendar import Entry, Kind
from milestones.meetings.calendar.month import FIRST_YEAR, LAST_YEAR
from milestones.meetings.selectors import Forum
from teams.bodies.models import Body
from teams.dates import ApproximateDate
from teams.filters import AddressForm


class MonthField(forms.CharField):
    """A month as `2018-07`; gives an ApproximateDate, or None where nothing is said."""

    widget = forms.TextInput(attrs={"type": "month"})

    def clean(self, value: Any) -> ApproximateDate | None:
        """Raises ValidationError, with a sentence for the reader, for anything but a month that the calendar shows."""
        text = super().clean(value)
        if not text:
            return None
        try:
            month = ApproximateDate.parse(text)
        except ValueError:
            month = None
        if month and not FIRST_YEAR <= month.first.year <= LAST_YEAR:
            raise ValidationError(f"The calendar goes from {FIRST_YEAR} to {LAST_YEAR}.", code="invalid")
        if month is None or month.precision != "month":
            raise ValidationError(f"“{text}” is not a month: write it like 2018-07.", code="invalid")
        return month


class CalendarFilter(AddressForm):
    """Month or list, and which entries. What can't be understood is left out and said."""

    MONTH, LIST = "month", "list"

    view = forms.ChoiceField(
        choices=[(MONTH, "Month"), (LIST, "List")],
        error_messages={"invalid_choice": "There is no view “%(value)s”; the calendar has a month and a list."},
    )
    month = MonthField()
    days = forms.ChoiceField(
        label="How far ahead",
        choices=[("90", "Next 90 days"), ("all", "All dates")],
        error_messages={"invalid_choice": "The list shows the next 90 days or all dates, not “%(value)s”."},
    )
    kind = forms.MultipleChoiceField(
        label="Show",
        choices=Kind.choices,
        error_messages={"invalid_choice": "There is no kind of entry “%(value)s”."},
    )
    body = forms.ChoiceField(
        label="Of",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "There is no body or forum “%(value)s” in this group."},
    )
    mine = forms.BooleanField(label="Only what concerns me")

    def __init__(self, *args: Any, bodies: Sequence[Body], forums: Sequence[Forum], **kwargs: Any) -> None:
        self.bodies = {each.key: each for each in bodies}
        self.forums = {f"forum:{each.organization.key}": each for each in forums}
        super().__init__(*args, **kwargs)

    def offer(self) -> None:
        """Offer the group's bodies, and the forums that it follows."""
        inside = [(key, str(body)) for key, body in self.bodies.items()]
        outside = [(key, forum.organization.name) for key, forum in self.forums.items()]
        field = self.fields["body"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "Everyone"), ("Bodies of the group", inside)]
        if outside:
            field.choices = [*field.choices, ("Outside forums", outside)]

    @property
    def kinds(self) -> list[str]:
        """The kinds of entry to show: those chosen, or all."""
        return self.chosen("kind") or Kind.values

    def keeps(self, entry: Entry) -> bool:
        """Whether the entry is of the body or forum chosen, and concerns the reader where only that is wanted."""
        of = self.chosen("body")
        if of in self.bodies and self.bodies[of].pk not in entry.body_ids:
            return False
        if of in self.forums and self.forums[of].organization.pk != entry.forum_id:
            return False
        return entry.is_mine or not self.chosen("mine")
