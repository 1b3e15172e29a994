"""Questions about consultations. What a person sees starts from that person, and from the document it is about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Case, F, Prefetch, Q, QuerySet, Value, When

from documents.library.selectors import documents_visible_to
from milestones.meetings.calendar import Asked, Entry, Kind
from milestones.meetings.models import Meeting
from milestones.meetings.sections import Section
from milestones.meetings.selectors import meetings_visible_to
from teams.accounts.models import User
from teams.bodies.models import Body, Role
from teams.bodies.selectors import memberships_counting_for
from teams.dates import ApproximateDate

from .models import Consultation

OPEN, UPCOMING, CLOSED = "open", "upcoming", "closed"


def consultations_visible_to(person: User, day: date) -> QuerySet[Consultation]:
    """Consultations on documents that the person may see on `day`, with group and document at hand."""
    return Consultation.objects.filter(document__in=documents_visible_to(person, day)).select_related(
        "group", "document__group"
    )


def shown_to(person: User, day: date) -> Q:
    """What a consultation's history shows to the person: nothing of a document that they may not see."""
    return Q(document__in=documents_visible_to(person, day).values("pk"))


def open_to(person: User, today: date) -> QuerySet[Consultation]:
    """Consultations that take comments on `today` and ask this person: the first to close first.

    Asked are those who belong to a body of the audience on that day in any role, and the group's CBP reviewers; so is
    who has such a role as a stand-in.
    """
    held = memberships_counting_for(person, today)
    asked = Consultation.audience.through.objects.filter(body__in=held.values("body"))
    reviewed = held.filter(role=Role.REVIEWER).values("body__group")
    return (
        consultations_visible_to(person, today)
        .filter(Q(pk__in=asked.values("consultation")) | Q(group__in=reviewed))
        .filter(opens_on__lte=today, closes_on__gte=today)
        .order_by("closes_on", "id")
    )


def with_their_places(consultations: QuerySet[Consultation], person: User, day: date) -> QuerySet[Consultation]:
    """The consultations with audience and meeting at hand; a meeting that the person may not see is None."""
    return consultations.prefetch_related(
        Prefetch("audience", Body.objects.select_related("group")),
        Prefetch("for_meeting", meetings_visible_to(person, day)),
    )


def in_state(consultations: QuerySet[Consultation], state: str, today: date) -> QuerySet[Consultation]:
    """Those that are `open`, `upcoming` or `closed` on `today`; all where `state` is empty."""
    match state:
        case "open":
            return consultations.filter(opens_on__lte=today, closes_on__gte=today)
        case "upcoming":
            return consultations.filter(opens_on__gt=today)
        case "closed":
            return consultations.filter(closes_on__lt=today)
    return consultations


def in_order(consultations: QuerySet[Consultation], today: date) -> QuerySet[Consultation]:
    """Open ones first, the first to close at the top; then those to come, by opening; then closed ones, the last first.

    Each has its `stands`: `open`, `upcoming` or `closed`.
    """
    return consultations.annotate(
        stands=Case(
            When(opens_on__gt=today, then=Value(UPCOMING)),
            When(closes_on__lt=today, then=Value(CLOSED)),
            default=Value(OPEN),
        ),
    ).order_by(
        Case(When(stands=OPEN, then=0), When(stands=UPCOMING, then=1), default=2),
        Case(When(stands=OPEN, then=F("closes_on")), When(stands=UPCOMING, then=F("opens_on"))),
        F("closes_on").desc(),
        "id",
    )


def closings_in_calendar(asked: Asked) -> Iterator[Entry]:
    """When consultations close, for the calendar."""
    consultations: QuerySet[Any] = in_order(
        consultations_visible_to(asked.person, asked.today).filter(group=asked.group), asked.today
    )
    if asked.days is not None:
        consultations = consultations.filter(closes_on__range=(asked.days.first, asked.days.last))
    states = {OPEN: "Open", UPCOMING: "To come", CLOSED: "Closed"}
    for consultation in consultations.annotate(body_ids=ArrayAgg("audience__id", default=[])):
        bodies = frozenset(consultation.body_ids)
        yield Entry(
            kind=Kind.CLOSINGS,
            noun="Closing",
            title=consultation.title,
            url=consultation.get_absolute_url(),
            when=ApproximateDate.day(consultation.closes_on),
            state=states[consultation.stands],
            whose=f"Comments on {consultation.document}",
            body_ids=bodies,
            is_mine=bool(bodies & asked.body_ids),
            is_sample=consultation.is_sample,
        )


def consultations_of(person: User, today: date, meeting: Meeting) -> list[Section]:
    """The consultations for a meeting, as a section of its page."""
    asked = consultations_visible_to(person, today).filter(for_meeting=meeting)
    return [Section("Consultations", "consultations/_of_meeting.html", list(in_order(asked, today)))]
