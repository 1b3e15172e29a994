"""What a meeting agreed on."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from milestones.meetings.models import ActionItem, Meeting
from milestones.work import services as work
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Body
from teams.reasons import done_by


@transaction.atomic
def add_action(*, by: User, meeting: Meeting, body: Body, **said: Any) -> Milestone:
    """Write down what the meeting agreed that the body does: a milestone with a link back to the meeting.

    `said`, and what it raises, as for `milestones.work.services.add_action`; Refused too for a draft and for a meeting
    that was cancelled.
    """
    found = Meeting.objects.select_for_update().get(pk=meeting.pk)
    if not found.takes_actions:
        raise work.Refused(f"The meeting is {found.get_state_display().lower()}: nothing was agreed there.")
    made = work.add_action(by=by, body=body, **said)
    with done_by(by):
        ActionItem.objects.get_or_create(milestone=made, defaults={"meeting": found})
    return made
