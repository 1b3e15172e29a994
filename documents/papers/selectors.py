"""Questions about what happened and what was promised. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import formats

from documents.library.selectors import documents_visible_to
from milestones.meetings.models import Meeting
from milestones.meetings.sections import Section
from milestones.meetings.selectors import meetings_visible_to
from milestones.work.models import Deliverable
from teams.accounts.models import Organization, User
from teams.bodies.models import Body
from teams.bodies.selectors import groups_entered_by
from teams.dates import ApproximateDate, first_day, last_day

from .models import Commitment, Development


@dataclass(frozen=True, slots=True)
class Promise:
    """A commitment with the names of who has said so and who takes part."""

    commitment: Commitment
    by: str
    partners: list[str]


@dataclass(frozen=True, slots=True)
class Period:
    """Developments of one month, or of one date that is known no closer than it says."""

    heading: str
    developments: list[Development]


def developments_visible_to(person: User, day: date) -> QuerySet[Development]:
    """Developments of the groups that the person may enter on `day`, with what each is about at hand.

    One about a document or a meeting that the person may not see is left out.
    """
    return Development.objects.filter(
        developments_shown_to(person, day), group__in=groups_entered_by(person, day)
    ).select_related(
        "group", "about_body__group", "about_organization", "about_document__group", "about_meeting__group"
    )


def developments_shown_to(person: User, day: date) -> Q:
    """That a development, or what its history says, is about no document or meeting that the person may not see."""
    return Q(
        Q(about_document__isnull=True) | Q(about_document__in=documents_visible_to(person, day).values("pk")),
        Q(about_meeting__isnull=True) | Q(about_meeting__in=meetings_visible_to(person, day).values("pk")),
    )


def newest_first(developments: QuerySet[Development]) -> QuerySet[Development]:
    """By the last day that each can have happened on, the newest first; then in the order of the group's file."""
    return developments.order_by(last_day("happened").desc(), first_day("happened").desc(), "position", "id")


def by_period(developments: Iterable[Development]) -> list[Period]:
    """The developments, in their order, under the months they happened in, as precise as is known."""
    return [Period(heading, list(same)) for heading, same in groupby(developments, lambda d: period_of(d.happened))]


def period_of(happened: ApproximateDate) -> str:
    """The month of a date ("June 2018"), or its own words where no month is known ("Early 2017")."""
    if happened.precision in ("day", "month"):
        return formats.date_format(happened.first, "F Y")
    if happened.wording:
        return happened.wording[0].upper() + happened.wording[1:]
    return f"{happened}, month not recorded" if happened.precision == "year" else str(happened)


def commitments_visible_to(person: User, day: date) -> QuerySet[Commitment]:
    """Commitments of the groups that the person may enter on `day`."""
    return Commitment.objects.filter(group__in=groups_entered_by(person, day)).select_related(
        "group", "by_body__group", "by_organization"
    )


def promises(commitments: QuerySet[Commitment], person: User, day: date) -> list[Promise]:
    """The commitments with partners, deliverables, and the meeting where the person may see it: three queries."""
    rows: Any = _with_partners(commitments).prefetch_related(
        Prefetch("for_meeting", meetings_visible_to(person, day)),
        Prefetch("deliverables", Deliverable.objects.select_related("body__group")),
    )
    return [Promise(row, row.by.short_name, _names(row.partner_bodies, row.partner_organizations)) for row in rows]


def reported_of(person: User, today: date, meeting: Meeting) -> list[Section]:
    """Commitments for a meeting and developments about it, as sections of its page: one query."""
    commitments = _with_partners(commitments_visible_to(person, today)).filter(for_meeting=OuterRef("pk"))
    developments = newest_first(developments_visible_to(person, today)).filter(about_meeting=OuterRef("pk"))
    found: Any = (
        Meeting.objects.filter(pk=meeting.pk)
        .annotate(
            promised=ArraySubquery(
                commitments.values(
                    it=JSONObject(
                        text="text",
                        source="source",
                        body=_parts_of_body("by_body__"),
                        organization=_parts_of_organization("by_organization__"),
                        partner_bodies="partner_bodies",
                        partner_organizations="partner_organizations",
                    )
                )
            ),
            reported=ArraySubquery(
                developments.values(
                    it=JSONObject(
                        text="text",
                        source="source",
                        link="link",
                        first=first_day("happened"),
                        last=last_day("happened"),
                        wording="as_written",
                    )
                )
            ),
        )
        .get()
    )
    return [
        Section("Commitments", "papers/_commitments_of_meeting.html", [_promise(row) for row in found.promised]),
        Section(
            "What is reported", "papers/_developments_of_meeting.html", [_development(row) for row in found.reported]
        ),
    ]


def _with_partners(commitments: QuerySet[Commitment]) -> QuerySet[Any]:
    bodies = Body.objects.filter(shared_commitments=OuterRef("pk")).order_by("position", "id")
    organizations = Organization.objects.filter(shared_commitments=OuterRef("pk")).order_by("name")
    return commitments.annotate(
        partner_bodies=ArraySubquery(bodies.values(it=_parts_of_body())),
        partner_organizations=ArraySubquery(organizations.values(it=_parts_of_organization())),
    )


def _parts_of_body(prefix: str = "") -> JSONObject:
    """What the short name of a body is made from."""
    return JSONObject(**{part: f"{prefix}{part}" for part in ("kind", "number", "acronym", "name")})


def _parts_of_organization(prefix: str = "") -> JSONObject:
    return JSONObject(**{part: f"{prefix}{part}" for part in ("acronym", "name")})


def _names(bodies: Iterable[Mapping[str, Any]], organizations: Iterable[Mapping[str, Any]]) -> list[str]:
    return [
        *(Body(**parts).short_name for parts in bodies),
        *(Organization(**parts).short_name for parts in organizations),
    ]


def _promise(row: Mapping[str, Any]) -> Promise:
    by = Body(**row["body"]) if row["body"]["name"] else Organization(**row["organization"])
    return Promise(
        Commitment(text=row["text"], source=row["source"]),
        by.short_name,
        _names(row["partner_bodies"], row["partner_organizations"]),
    )


def _development(row: Mapping[str, Any]) -> Development:
    happened = ApproximateDate(date.fromisoformat(row["first"]), date.fromisoformat(row["last"]), row["wording"])
    return Development(text=row["text"], source=row["source"], link=row["link"], happened=happened)
