"""What is asked of who writes down what a meeting agreed on."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms

from milestones.meetings import selectors
from milestones.meetings.models import Meeting
from milestones.work.planning_forms import OwnerChoice
from milestones.work.work_forms import ApproximateField, line
from teams.accounts.models import User
from teams.bodies.models import Body

TITLE_AT_MOST = 200


class ActionForm(forms.Form):
    """What is to be done, by whom and by when; `token` makes that what is sent twice is added once."""

    token = forms.RegexField(r"\A[0-9a-f]{8}\Z", widget=forms.HiddenInput)
    title = line("What is to be done", TITLE_AT_MOST)
    body = forms.ChoiceField(label="Who owes it", widget=forms.Select(attrs={"class": "usa-select"}))
    owner = OwnerChoice(
        User.objects.none(),
        label="Owner",
        help_text="Who does it, is reminded of it and hands it in.",
        empty_label="Choose",
        widget=forms.Select(attrs={"class": "usa-select"}),
    )
    due = ApproximateField(label="Due")

    def __init__(self, data: Any = None, *, bodies: Sequence[Body], meeting: Meeting, day: date, **kwargs: Any) -> None:
        first = meeting.body.key if meeting.body else None
        super().__init__(data, initial={"token": secrets.token_hex(4), "body": first}, **kwargs)
        self.bodies = {body.key: body for body in bodies}
        choice, owner = self.fields["body"], self.fields["owner"]
        assert isinstance(choice, forms.ChoiceField)
        assert isinstance(owner, forms.ModelChoiceField)
        choice.choices = [(body.key, str(body)) for body in bodies]
        owner.queryset = selectors.people_of(meeting.group, day)

    def clean_body(self) -> Body:
        """The body itself."""
        return self.bodies[self.cleaned_data["body"]]
