"""A milestone in short."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from django.urls import reverse

from milestones.work.models import OPEN_STATES, State
from teams.dates import ApproximateDate
from teams.sources import Source

# Nothing has been handed in yet, or it has to be done again.
TO_DO = (State.PLANNED, State.UNDER_WAY, State.RETURNED)


@dataclass(frozen=True, slots=True)
class Prepared:
    """The meeting that a milestone prepares."""

    key: str
    title: str
    starts: ApproximateDate


@dataclass(frozen=True)
class Step:
    """A milestone in short, with what a line about it says.

    `owner_away_until` is the last day of an absence in which nobody can stand in for the owner; `reminded_at` when the
    last reminder of its date went, while nobody has begun.
    """

    id: int
    key: str
    group: str
    title: str
    state: str
    source: str
    due: ApproximateDate
    due_revision: int
    baseline: ApproximateDate
    body_id: int
    owner_id: int
    owner: str
    deliverable_id: int | None
    prepares: Prepared | None
    after_ids: tuple[int, ...]
    owner_away_until: date | None = None
    reminded_at: datetime | None = None
    edit_revision: int = 1
    evidence_asked: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in OPEN_STATES

    @property
    def is_sample(self) -> bool:
        """Whether it was made up so that the portal has something to show."""
        return self.source == Source.ILLUSTRATIVE

    @property
    def slip(self) -> int:
        """Days by which it is due later than in the plan as it was adopted; negative where it is earlier."""
        return (self.due.last - self.baseline.last).days

    @property
    def moves(self) -> int:
        """How often its due date was moved."""
        return self.due_revision - 1

    def is_late(self, today: date) -> bool:
        """Whether it is open and the last day of its due date has passed."""
        return self.is_open and self.due.last < today

    def get_state_display(self) -> str:
        """The state in words."""
        return State(self.state).label

    @cached_property
    def url(self) -> str:
        """The address of the milestone's own page, looked up once however often a page links to it."""
        return reverse("work:milestone", args=[self.group, self.key])

    def get_absolute_url(self) -> str:
        """The same, as Django's models say it."""
        return self.url
