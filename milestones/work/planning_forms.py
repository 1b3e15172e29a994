"""What is asked of who adds or changes what a body owes."""

from __future__ import annotations

import secrets
from datetime import date
from typing import Any

from django import forms

from teams.accounts.models import User
from teams.bodies.models import Body

from . import selectors
from .models import Deliverable, Milestone, StrategyGoal
from .work_forms import ApproximateField, Seen, line, reason

TITLE_AT_MOST = 200
EVIDENCE_AT_MOST = 300
EVIDENCE_HINT = "What is to be shown when it is handed in, such as “the map as PDF”. Without it words are enough."


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "usa-select"})


def _title() -> forms.CharField:
    return line("Title", TITLE_AT_MOST)


def _evidence() -> forms.CharField:
    return line("Evidence asked for", EVIDENCE_AT_MOST, EVIDENCE_HINT, required=False)


class _MilestoneChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """Milestones by title, with the date and the team."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.title} ({obj.body.short_name}, {obj.due.short})"


class OwnerChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    """People by name, with their organization."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}, {obj.organization}" if obj.organization else obj.name


def _owners(label: str, hint: str = "", *, nobody: str = "") -> OwnerChoice:
    """Whom it can be given to; `nobody` is what leaving it open is called, where that is allowed."""
    return OwnerChoice(
        User.objects.none(),
        label=label,
        help_text=hint,
        required=not nobody,
        empty_label=nobody or "Choose",
        widget=_select(),
    )


def _offer(form: forms.Form, name: str, rows: Any) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.queryset = rows


class _New(forms.Form):
    """A form whose `token` makes that what is sent twice is added once."""

    token = forms.RegexField(r"\A[0-9a-f]{8}\Z", widget=forms.HiddenInput)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, initial={"token": secrets.token_hex(4), **kwargs.pop("initial", {})}, **kwargs)


class NewMilestoneForm(_New):
    """A milestone towards a deliverable."""

    title = _title()
    owner = _owners("Owner", "Who does it and hands it in.")
    due = ApproximateField(label="Due")
    follows = _MilestoneChoice(
        Milestone.objects.none(),
        label="It follows",
        help_text="What has to be done before; more can be added later.",
        required=False,
        empty_label="Nothing",
        widget=_select(),
    )
    evidence_asked = _evidence()

    def __init__(self, data: Any = None, *, body: Body, day: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offer(self, "owner", selectors.owners_for(body, day))
        _offer(self, "follows", selectors.milestones_to_follow(body.group))


class ChangeMilestoneForm(Seen):
    """Title, and evidence asked for."""

    title = _title()
    evidence_asked = _evidence()


class OwnerForm(Seen):
    """Another owner, and why."""

    owner = _owners("New owner")
    reason = reason()

    def __init__(self, data: Any = None, *, body: Body, day: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offer(self, "owner", selectors.owners_for(body, day))


class AfterForm(forms.Form):
    """One more milestone that it follows."""

    after = _MilestoneChoice(
        Milestone.objects.none(), label="What else it follows", empty_label="Choose", widget=_select()
    )

    def __init__(self, data: Any = None, *, milestone: Milestone, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offer(self, "after", selectors.can_follow(milestone))


def _goals() -> forms.ModelChoiceField[StrategyGoal]:
    return forms.ModelChoiceField(
        StrategyGoal.objects.none(), label="Strategy goal", required=False, empty_label="None", widget=_select()
    )


def _kinds() -> forms.ChoiceField:
    return forms.ChoiceField(label="What it will be", choices=Deliverable.Kind.choices, widget=_select())


def _owner_of_deliverable() -> OwnerChoice:
    hint = "Who sees to it, and hands it in where it has no milestones. Without an owner the team’s lead does."
    return _owners("Owner", hint, nobody="Nobody")


class NewDeliverableForm(_New):
    """Something that a body owes."""

    title = _title()
    kind = _kinds()
    due = ApproximateField(label="Due")
    owner = _owner_of_deliverable()
    strategy_goal = _goals()

    def __init__(self, data: Any = None, *, body: Body, day: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offer(self, "owner", selectors.owners_for(body, day))
        _offer(self, "strategy_goal", selectors.goals_of(body.group))


class ChangeDeliverableForm(Seen):
    """Title, kind, owner and goal."""

    title = _title()
    kind = _kinds()
    owner = _owner_of_deliverable()
    strategy_goal = _goals()

    def __init__(self, data: Any = None, *, deliverable: Deliverable, day: date, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        _offer(self, "owner", selectors.owners_or_as_it_is(deliverable, day))
        _offer(self, "strategy_goal", selectors.goals_of(deliverable.group))
