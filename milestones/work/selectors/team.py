"""What stands on a team's page beside its plan: its state, people and meetings, and its deliverables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from milestones.work.models import Deliverable, Note, ProgressNote
from milestones.work.progress_notes.selectors import first_progress_notes, progress_notes_read
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Membership, Role, WorkingGroup
from teams.dates import ApproximateDate, first_day, last_day
from teams.sources import Source

from .notes import first_notes, notes_read
from .visible import deliverables_visible_to

MEETINGS_SHOWN = 3

# In this order people stand on the page.
RANKS = [Role.CHAIR, Role.LEAD, Role.MEMBER, Role.ALTERNATE, Role.REVIEWER, Role.OBSERVER]


@dataclass(frozen=True, slots=True)
class TeamMember:
    """A person of the team in their role."""

    name: str
    role: str
    organization: str
    is_government: bool
    is_small_business: bool
    is_sample: bool


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """A meeting to come; `starts_at` only where the time of day is known."""

    key: str
    title: str
    on: ApproximateDate
    starts_at: datetime | None
    is_sample: bool


@dataclass(frozen=True, slots=True)
class Circle:
    """The state of a body on a date, who belongs to it, and when it meets next."""

    state: str
    state_label: str
    since: ApproximateDate | None
    people: list[TeamMember]
    meetings: list[NextMeeting]
    notes: list[Note]
    progress_notes: list[ProgressNote]


def circle_of(person: User, body: Body, today: date) -> Circle:
    """State, people, next meetings and newest notes of the body on `today`, as the person sees them: one query.

    Drafts of meetings stay out.
    """
    state = BodyState.objects.filter(body=OuterRef("pk"), started__startswith__lte=today).order_by("-started", "-id")
    held = Membership.objects.filter(Membership.holding(today), body=OuterRef("pk")).order_by("person__name", "id")
    coming = Body.objects.filter(
        pk=OuterRef("pk"), meetings__state="planned", meetings__ends__endswith__gt=today
    ).order_by("meetings__starts", "meetings__starts_at", "meetings__id")
    found = Body.objects.annotate(
        state_now=Subquery(state.values("state")[:1]),
        state_since=Subquery(state.values("started")[:1]),
        people=ArraySubquery(
            held.values(
                it=JSONObject(
                    name=F("person__name"),
                    role=F("role"),
                    organization=F("person__organization__name"),
                    affiliation=F("person__affiliation"),
                    small=F("person__organization__is_small_business"),
                    source=F("person__source"),
                )
            )
        ),
        coming=ArraySubquery(
            coming.values(
                it=JSONObject(
                    key=F("meetings__key"),
                    title=F("meetings__title"),
                    first=first_day("meetings__starts"),
                    last=last_day("meetings__ends"),
                    at=F("meetings__starts_at"),
                    source=F("meetings__source"),
                )
            )[:MEETINGS_SHOWN]
        ),
        noted=first_notes(person, today, body=OuterRef("pk")),
        progress=first_progress_notes(person, today, body=OuterRef("pk")),
    ).values("state_now", "state_since", "people", "coming", "noted", "progress")
    row: Any = found.get(pk=body.pk)
    people = sorted((_member(each) for each in row["people"]), key=lambda each: RANKS.index(Role(each[0])))
    return Circle(
        state=row["state_now"] or "",
        state_label=BodyState.State(row["state_now"]).label if row["state_now"] else "",
        since=row["state_since"],
        people=[member for _, member in people],
        meetings=[_meeting(each) for each in row["coming"]],
        notes=notes_read(row["noted"], person, body),
        progress_notes=progress_notes_read(row["progress"], body),
    )


def _member(row: Mapping[str, Any]) -> tuple[str, TeamMember]:
    return row["role"], TeamMember(
        name=row["name"],
        role=Role(row["role"]).label,
        organization=row["organization"] or "",
        is_government=row["affiliation"] == User.Affiliation.GOVERNMENT,
        is_small_business=bool(row["small"]),
        is_sample=row["source"] == Source.ILLUSTRATIVE,
    )


def _meeting(row: Mapping[str, Any]) -> NextMeeting:
    return NextMeeting(
        key=row["key"],
        title=row["title"],
        on=ApproximateDate(date.fromisoformat(row["first"]), date.fromisoformat(row["last"])),
        starts_at=datetime.fromisoformat(row["at"]) if row["at"] else None,
        is_sample=row["source"] == Source.ILLUSTRATIVE,
    )


def deliverables_of(person: User, group: WorkingGroup, today: date) -> QuerySet[Deliverable]:
    """The group's deliverables that the person may see, the first due first."""
    found = deliverables_visible_to(person, today).filter(group=group)
    return found.order_by(last_day("due"), first_day("due"), "id")
