"""The form of a person's choices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import time
from typing import Any, Final

from django import forms
from django.utils.dates import WEEKDAYS

from teams.notices import kinds
from teams.notices.models import QuietTimes, Way
from teams.notices.services.choosing import ALL_DAYS

DAYS: Final = [(str(number + 1), str(name)) for number, name in WEEKDAYS.items()]


def _time(label: str) -> forms.TimeField:
    return forms.TimeField(
        label=label,
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        error_messages={"invalid": "Write a time of day such as 20:00."},
    )


class ChoicesForm(forms.Form):
    """A way for each kind of notice, quiet hours, and the days on which mail may come."""

    starts = _time("No mail from")
    ends = _time("Until")
    working_days = forms.MultipleChoiceField(
        label="Days on which mail may come",
        choices=DAYS,
        widget=forms.CheckboxSelectMultiple(),
        error_messages={"required": "Choose at least one day. To get no mail, switch each kind off."},
    )

    def __init__(self, *args: Any, ways: Mapping[str, Way], quiet: QuietTimes, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "starts": quiet.starts,
            "ends": quiet.ends,
            "working_days": [str(day) for day in quiet.working_days or sorted(ALL_DAYS)],
        }
        for kind in kinds.chosen():
            name = self._field_of(kind.name)
            self.fields[name] = forms.ChoiceField(
                label=kind.title,
                help_text=kind.hint,
                choices=[(way.value, way.label) for way in Way if way in kind.ways],
                widget=forms.RadioSelect(),
                error_messages={"required": "Choose how they come."},
            )
            self.initial[name] = ways[kind.name]
        self.order_fields([self._field_of(kind.name) for kind in kinds.chosen()])

    @staticmethod
    def _field_of(kind: str) -> str:
        return f"way_{kind}"

    def kinds(self) -> Iterator[forms.BoundField]:
        """The fields of the kinds."""
        for kind in kinds.chosen():
            yield self[self._field_of(kind.name)]

    def hours(self) -> list[forms.BoundField]:
        """The fields of the quiet hours."""
        return [self["starts"], self["ends"]]

    def clean(self) -> dict[str, Any]:
        """Quiet hours have two ends that differ."""
        given = super().clean() or {}
        starts, ends = given.get("starts"), given.get("ends")
        if not {"starts", "ends"} & set(self.errors):
            if (starts is None) != (ends is None):
                missing = "starts" if starts is None else "ends"
                self.add_error(missing, "Quiet hours need a beginning and an end: fill in both, or empty both.")
            elif starts is not None and starts == ends:
                self.add_error("ends", "Quiet hours must end at another time than they begin.")
        return given

    @property
    def ways(self) -> dict[str, Way]:
        """What was chosen for each kind."""
        return {kind.name: Way(self.cleaned_data[self._field_of(kind.name)]) for kind in kinds.chosen()}

    @property
    def quiet_hours(self) -> tuple[time, time] | None:
        """Their beginning and end; None where there are none."""
        starts, ends = self.cleaned_data["starts"], self.cleaned_data["ends"]
        return (starts, ends) if starts is not None else None

    @property
    def days(self) -> set[int]:
        """Days of the week; 1 is Monday."""
        return {int(day) for day in self.cleaned_data["working_days"]}
