"""Answering for a milestone by a link in a mail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from milestones.work.models import Milestone
from milestones.work.selectors.by_mail import Act
from teams.accounts.models import User
from teams.reasons import by_link_in_mail

from .dates import move_due
from .states import disclaim, hand_in
from .telling import tell_answered_by_link


@transaction.atomic
def answer_by_mail(*, by: User, milestone: Milestone, act: Act, seen: int | None, said: Mapping[str, Any]) -> None:
    """Do what the link answers as its person, who is asked for their right as ever; the record names the link.

    `said` is what the form of the act asks: `done` and `evidence`; `due` and `reason`; or `reason`. The person is told
    by mail that they answered, since a mail can be forwarded. Raises what the service of the act raises.
    """
    with by_link_in_mail():
        match act:
            case Act.DONE:
                hand_in(by=by, owed=milestone, seen=seen, **said)
            case Act.LATER:
                move_due(by=by, milestone=milestone, seen=seen, **said)
            case Act.NOT_MINE:
                disclaim(by=by, owed=milestone, seen=seen, **said)
        milestone.refresh_from_db()
        tell_answered_by_link(by, milestone, act)
