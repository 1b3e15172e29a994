"""What the reader chose to see of the plan, as it stands in the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils import formats

from teams.bodies.models import Body
from teams.filters import AddressForm

from .listing import AT_RISK, COLUMNS, DEFAULT_SORT, LATE, OPEN, Wanted
from .models import Deliverable, State
from .selectors import Step
from .timeline import EARLIEST, LATEST, Scale

# By whom the picture can go, instead of by team.
PERSON = "person"
# What can be left out of the picture.
BASELINE, DEPENDENCIES = "baseline", "dependencies"
PARTS = [(BASELINE, "Adopted plan"), (DEPENDENCIES, "Dependencies")]
# As which files the plan can be had: value, label.
CSV, XLSX, CALENDAR = "csv", "xlsx", "ics"
FILES = [(XLSX, "Excel"), (CSV, "CSV"), (CALENDAR, "Calendar (iCalendar)")]
NOT_A_DATE = "“%(value)s” is not a date: write it like 2018-07-20."


class DayField(forms.DateField):
    """A day as browsers send it: `2018-07-20`."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "usa-input"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **kwargs)

    def to_python(self, value: Any) -> date | None:
        """Raises ValidationError, with the value in its sentence, for anything else."""
        try:
            day = super().to_python(value)
        except forms.ValidationError:
            raise forms.ValidationError(NOT_A_DATE, code="invalid", params={"value": value}) from None
        if day and not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(f"The plan goes from {EARLIEST.year} to {LATEST.year}.", code="invalid")
        return day


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "usa-select"})


class PlanFilter(AddressForm):
    """Which milestones, how close, and in which order."""

    team = forms.ChoiceField(
        label="Team",
        widget=_select(),
        error_messages={"invalid_choice": "There is no team “%(value)s” in this plan, so all are shown."},
    )
    owner = forms.ChoiceField(
        label="Owner",
        widget=_select(),
        error_messages={"invalid_choice": "Nobody with the number “%(value)s” owns a milestone or a deliverable here."},
    )
    state = forms.ChoiceField(
        label="State",
        widget=_select(),
        choices=[
            ("", "Any state"),
            (OPEN, "Open"),
            (LATE, "Late"),
            (AT_RISK, "At risk"),
            *State.choices,
        ],
        error_messages={"invalid_choice": "There is no state “%(value)s”, so all are shown."},
    )
    first = DayField(label="Due from")
    last = DayField(label="Due until")
    zoom = forms.ChoiceField(
        label="Zoom",
        widget=_select(),
        choices=[(Scale.MONTHS, "Months"), (Scale.WEEKS, "Weeks"), (Scale.QUARTERS, "Quarters")],
        error_messages={"invalid_choice": "The picture shows weeks, months or quarters, not “%(value)s”."},
    )
    by = forms.ChoiceField(
        label="Bands",
        widget=_select(),
        choices=[("", "By team"), (PERSON, "By person")],
        error_messages={"invalid_choice": "The picture goes by team or by person, not by “%(value)s”."},
    )
    hide = forms.MultipleChoiceField(
        label="Leave out",
        choices=PARTS,
        error_messages={"invalid_choice": "“%(value)s” is nothing that can be left out of the picture."},
    )
    sort = forms.ChoiceField(
        widget=forms.HiddenInput,
        choices=[(order, order) for name in COLUMNS for order in (name, f"-{name}")],
        error_messages={"invalid_choice": "The list can't be sorted by “%(value)s”."},
    )

    format = forms.ChoiceField(
        widget=forms.HiddenInput,
        choices=FILES,
        error_messages={"invalid_choice": "The plan can't be had as “%(value)s”; it can as xlsx, csv or ics."},
    )

    def __init__(
        self,
        *args: Any,
        bodies: Sequence[Body],
        steps: Iterable[Step],
        deliverables: Iterable[Deliverable],
        **kwargs: Any,
    ) -> None:
        self.bodies = {body.key: body for body in bodies}
        owners = {(step.owner_id, step.owner) for step in steps}
        owners |= {(each.owner.pk, each.owner.name) for each in deliverables if each.owner}
        self.owners = dict(sorted(owners, key=lambda each: each[1].casefold()))
        super().__init__(*args, **kwargs)

    def offer(self) -> None:
        """Offer the bodies that owe something, and the people who do."""
        self._choices("team", [("", "All teams"), *((key, str(body)) for key, body in self.bodies.items())])
        self._choices("owner", [("", "Everyone"), *((str(pk), name) for pk, name in self.owners.items())])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean(self) -> dict[str, Any]:
        """The last date must not come before the first; otherwise neither counts."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", f"“Due until” ({last}) comes before “Due from” ({first}), so all dates are shown.")
            cleaned["first"] = None
        return cleaned

    @property
    def wanted(self) -> Wanted:
        """Which milestones were asked for."""
        body = self.bodies.get(self.chosen("team") or "")
        owner = self.chosen("owner")
        return Wanted(
            body_id=body.pk if body else None,
            owner_id=int(owner) if owner else None,
            state=self.chosen("state") or "",
            first=self.chosen("first"),
            last=self.chosen("last"),
        )

    @property
    def scale(self) -> Scale:
        """How close the picture looks."""
        return Scale(self.chosen("zoom") or Scale.MONTHS)

    @property
    def is_by_person(self) -> bool:
        """Whether the picture has a band for each person instead of each team."""
        return bool(self.chosen("by") == PERSON)

    @property
    def in_words(self) -> str:
        """Which milestones were asked for, in words; "" where all were."""
        body, owner = self.bodies.get(self.chosen("team") or ""), self.chosen("owner")
        states = dict(self.fields["state"].choices)  # type: ignore[attr-defined]
        first, last = (
            formats.date_format(day, "F j, Y") if day else "" for day in (self.wanted.first, self.wanted.last)
        )
        return ", ".join(
            filter(
                None,
                [
                    str(body) if body else "",
                    f"owner {self.owners[int(owner)]}" if owner else "",
                    f"state {str(states[self.wanted.state]).lower()}" if self.wanted.state else "",
                    f"due from {first}" if first else "",
                    f"due until {last}" if last else "",
                ],
            )
        )

    @property
    def order(self) -> str:
        """The order of the list."""
        return self.chosen("sort") or DEFAULT_SORT

    @property
    def shows_baseline(self) -> bool:
        """Whether the picture has the plan as it was adopted."""
        return BASELINE not in (self.chosen("hide") or [])

    @property
    def shows_dependencies(self) -> bool:
        """Whether the picture has arrows."""
        return DEPENDENCIES not in (self.chosen("hide") or [])

    @property
    def visible_choices(self) -> list[forms.BoundField]:
        """The fields with one choice each, in the order of the form."""
        return [self[name] for name in ("team", "owner", "state", "first", "last", "by", "zoom")]

    @property
    def is_used(self) -> bool:
        """Whether anything was chosen."""
        return any(self.chosen(name) for name in self.fields)

    @property
    def parts(self) -> list[tuple[str, str, bool]]:
        """Parts that can be left out: value, label, and whether it is."""
        left_out = self.chosen("hide") or []
        return [(value, label, value in left_out) for value, label in PARTS]


class NoteFilter(AddressForm):
    """Notes of which team, on which milestone or deliverable (by their keys), and whether one's own alone."""

    team = forms.ChoiceField(
        label="Team",
        widget=forms.Select(attrs={"class": "usa-select"}),
        error_messages={"invalid_choice": "There is no team “%(value)s” in this group, so all are shown."},
    )
    mine = forms.BooleanField(label="My own", widget=forms.CheckboxInput(attrs={"class": "usa-checkbox__input"}))
    milestone = forms.SlugField(
        max_length=80,
        widget=forms.HiddenInput,
        error_messages={"invalid": "A milestone is named by its key: letters, numbers and hyphens."},
    )
    deliverable = forms.SlugField(
        max_length=80,
        widget=forms.HiddenInput,
        error_messages={"invalid": "A deliverable is named by its key: letters, numbers and hyphens."},
    )

    def __init__(self, *args: Any, bodies: Iterable[Body], **kwargs: Any) -> None:
        self.bodies = bodies
        super().__init__(*args, **kwargs)

    def offer(self) -> None:
        """Offer the group's teams."""
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)
        teams = [(body.key, body.short_name) for body in self.bodies if body.kind == Body.Kind.TEAM]
        field.choices = [("", "All"), *teams]

    @property
    def keys(self) -> dict[str, str]:
        """What was chosen, as `notes_about` asks for it."""
        named = {"body": "team", "milestone": "milestone", "deliverable": "deliverable"}
        return {name: self.chosen(field) or "" for name, field in named.items()}

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return any(self.keys.values()) or bool(self.chosen("mine"))
