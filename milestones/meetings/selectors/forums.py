"""The outside forums that a group follows. What a person sees starts from that person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from milestones.meetings.models import Meeting, WorkStream
from teams.accounts.models import Organization, User
from teams.bodies.models import WorkingGroup
from teams.dates import ApproximateDate, first_day, last_day

from .meetings import meetings_visible_to


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream of work in a forum, and the part that a party has in it."""

    name: str
    party: str
    role: str
    is_sample: bool


@dataclass(frozen=True, slots=True)
class Forum:
    """An outside forum that the group follows: its series of meetings, the next one, and its streams of work."""

    organization: Organization
    series: list[str]
    next_title: str
    next_key: str
    next_dates: str
    streams: list[Stream]


def forums_of(person: User, group: WorkingGroup, today: date) -> list[Forum]:
    """The outside forums that the group follows, by name: one query."""
    streams = WorkStream.objects.filter(group=group, forum=OuterRef("pk"))
    meetings = meetings_visible_to(person, today).filter(group=group, forum=OuterRef("pk"))
    coming = (
        meetings.filter(state=Meeting.State.PLANNED)
        .annotate(first=first_day("starts"), last=last_day("ends"))
        .filter(last__gte=today)
        .order_by("starts", "id")
    )
    found: QuerySet[Any] = (
        Organization.objects.filter(Exists(streams) | Exists(meetings))
        .annotate(
            series=ArraySubquery(
                meetings.exclude(series="").order_by("series").values_list("series", flat=True).distinct()
            ),
            next_one=Subquery(coming.values(it=JSONObject(title="title", key="key", first="first", last="last"))[:1]),
            streams=ArraySubquery(
                streams.order_by("position", "id").values(
                    it=JSONObject(name="name", party="party", role="role", source="source")
                )
            ),
        )
        .order_by("name")
    )
    return [_forum(organization) for organization in found]


def _forum(found: Any) -> Forum:
    coming = found.next_one or {"title": "", "key": ""}
    days = coming.get("first") and ApproximateDate(
        date.fromisoformat(coming["first"]), date.fromisoformat(coming["last"])
    )
    return Forum(
        organization=found,
        series=found.series,
        next_title=coming["title"],
        next_key=coming["key"],
        next_dates=str(days) if days else "",
        streams=[
            Stream(
                name=stream["name"],
                party=stream["party"],
                role=WorkStream.PartyRole(stream["role"]).label,
                is_sample=WorkStream(source=stream["source"]).is_sample,
            )
            for stream in found.streams
        ],
    )
