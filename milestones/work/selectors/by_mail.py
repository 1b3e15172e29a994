"""Links in a mail by which its reader answers for a milestone without signing in (docs/decisions/0018)."""

from __future__ import annotations

import enum
from datetime import date, timedelta
from typing import Final, NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from milestones.work.models import Milestone

from .rights import Verb

SALT: Final = "milestones.work.by_mail"
GOOD_FOR: Final = timedelta(days=30)


class Act(enum.StrEnum):
    """What a link answers."""

    DONE = "done"
    LATER = "later"
    NOT_MINE = "not_mine"

    @property
    def verb(self) -> Verb:
        """What it does."""
        return {Act.DONE: Verb.HAND_IN, Act.LATER: Verb.MOVE, Act.NOT_MINE: Verb.DISCLAIM}[self]

    @property
    def label(self) -> str:
        """What the link says."""
        return {
            Act.DONE: "It is done",
            Act.LATER: "I need until … because …",
            Act.NOT_MINE: "It is not mine",
        }[self]


class Answer(NamedTuple):
    """What a link is about: who answers, for which milestone, as it was owed and owned when the mail was written."""

    person_id: int
    milestone_id: int
    owner_id: int
    due_revision: int
    act: Act
    written_on: date

    def is_over(self, today: date) -> bool:
        """Whether the link has ended."""
        return not self.written_on <= today <= self.written_on + GOOD_FOR


def answers_of(milestone: Milestone, person_id: int, today: date) -> dict[Act, str]:
    """The signed part of the link for each act, for the person; `today` is the portal's date."""
    days = today.toordinal()
    return {
        act: _signer().sign_object(
            [person_id, milestone.pk, milestone.owner_id, milestone.due_revision, act.value, days]
        )
        for act in Act
    }


def answer_address(signed: str) -> str:
    """The full address of a link."""
    return f"{settings.SITE_URL}{reverse('by_mail:answer', args=[signed])}"


def read_answer(signed: str) -> Answer | None:
    """What the signed part of a link is about; None where it isn't ours."""
    try:
        person, milestone, owner, revision, act, days = _signer().unsign_object(signed)
        return Answer(person, milestone, owner, revision, Act(act), date.fromordinal(days))
    except (BadSignature, ValueError, TypeError, OverflowError):
        return None


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT)
