"""Questions about meetings and outside forums. What a person sees starts from that person."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from teams.accounts.models import User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.bodies.permissions import ALLOWED, Action
from teams.bodies.selectors import groups_entered_by
from teams.dates import last_day

from .models import Meeting


def meetings_visible_to(person: User, day: date) -> QuerySet[Meeting]:
    """Meetings of the groups that the person may enter on `day`, with body, forum and group at hand.

    A draft shows only to those whom the table of permissions lets read drafts, in the groups where they may.
    """
    entered = groups_entered_by(person, day)
    planned = ~Q(state=Meeting.State.DRAFT) | Q(group__in=_groups_with_drafts_for(person, day))
    return Meeting.objects.filter(planned, group__in=entered).select_related("group", "body__group", "forum")


def _groups_with_drafts_for(person: User, day: date) -> QuerySet[WorkingGroup]:
    if person.is_site_admin:
        return WorkingGroup.objects.all()
    held = Membership.objects.filter(
        Membership.holding(day), person=person, role__in=ALLOWED[Action.READ_DRAFT_MEETINGS]
    )
    return WorkingGroup.objects.filter(pk__in=held.values("body__group"))


def upcoming(person: User, today: date, limit: int = 2) -> list[Meeting]:
    """The next planned meetings that concern the person, the first to start first, at most `limit`.

    They are those of the bodies that the person belongs to on `today`, of the working groups that those bodies are
    part of, and of the outside forums that their groups follow. A meeting counts until its last day has passed, and
    one of which only the month is known until the end of that month.
    """
    belongs_to = Membership.objects.filter(Membership.holding(today), person=person).values("body")
    concerned = Q(body__in=belongs_to) | Q(body__kind=Body.Kind.WORKING_GROUP) | Q(forum__isnull=False)
    planned = meetings_visible_to(person, today).filter(concerned, state=Meeting.State.PLANNED)
    return list(
        planned.alias(last=last_day("ends")).filter(last__gte=today).order_by("starts", "starts_at", "id")[:limit]
    )
