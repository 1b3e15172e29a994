"""Questions about meetings. What a person sees starts from that person."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from milestones.meetings.models import ActionItem, AgendaItem, Meeting, Preparation
from milestones.work.models import Milestone
from milestones.work.selectors import stands_under
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.bodies.permissions import ALLOWED, Action
from teams.bodies.selectors import groups_entered_by, memberships_counting_for
from teams.dates import last_day


def meetings_visible_to(person: User, day: date) -> QuerySet[Meeting]:
    """Meetings of the groups that the person may enter on `day`, with body, forum and group at hand.

    A draft shows only to those whom the table of permissions lets read drafts, in the groups where they may.
    """
    entered = groups_entered_by(person, day)
    return Meeting.objects.filter(shown_to(person, day), group__in=entered).select_related(
        "group", "body__group", "forum"
    )


def shown_to(person: User, day: date) -> Q:
    """That a meeting, or what its history says, is no draft, unless the person may read drafts."""
    return ~Q(state=Meeting.State.DRAFT) | Q(group__in=_groups_with_drafts_for(person, day))


def _groups_with_drafts_for(person: User, day: date) -> QuerySet[WorkingGroup]:
    if person.is_site_admin:
        return WorkingGroup.objects.all()
    held = memberships_counting_for(person, day).filter(role__in=ALLOWED[Action.READ_DRAFT_MEETINGS])
    return WorkingGroup.objects.filter(pk__in=held.values("body__group"))


def concerning(person: User, day: date) -> Q:
    """That a meeting concerns the person on `day`.

    It does if a body of theirs holds it, or one of somebody whose role they have as a stand-in, or the working group or
    a committee above; if they prepare it; or if their organization goes there.
    """
    belongs_to = memberships_counting_for(person, day).values("body")
    return _concerning(person=person.pk, organization=person.organization_id, holds=Q(body__in=belongs_to))


def concerning_each(*, person: str, organization: str, body: str) -> Q:
    """The same for a query whose rows are meetings, each with a person: the names of the columns that say who.

    `body` is one of a membership of theirs; roles that they have as a stand-in are left out.
    """
    return _concerning(person=OuterRef(person), organization=OuterRef(organization), holds=Q(body=F(body)))


def _concerning(*, person: Any, organization: Any, holds: Q) -> Q:
    above_the_teams = Q(body__isnull=False) & ~Q(body__kind=Body.Kind.TEAM)
    prepared = Preparation.objects.filter(meeting=OuterRef("pk"), milestone__owner=person)
    attended = Meeting.attended_by.through.objects.filter(meeting=OuterRef("pk"), organization=organization)
    return holds | above_the_teams | Q(Exists(prepared)) | Q(Exists(attended))


def upcoming(person: User, today: date, limit: int = 2) -> list[Meeting]:
    """The next planned meetings that concern the person, the first to start first, at most `limit`.

    A meeting counts until its last day has passed, and one of which only the month is known until the end of that
    month.
    """
    planned = meetings_visible_to(person, today).filter(concerning(person, today), state=Meeting.State.PLANNED)
    return list(
        planned.alias(last=last_day("ends")).filter(last__gte=today).order_by("starts", "starts_at", "id")[:limit]
    )


def meeting_in_full(person: User, day: date) -> QuerySet[Meeting]:
    """Meetings visible to the person, each with what its page says, in one query.

    Adds `topics` (of the agenda, in order), `attendants` (names), `stands_under` (what `clauses_of` of the room `work`
    reads), and `before` and `after`: key and title of the neighbours in its series, or of the meetings of the same
    holder where it belongs to no series; None at the ends.
    """
    visible = meetings_visible_to(person, day)
    same = (
        visible.filter(group=OuterRef("group"), series=OuterRef("series"))
        .filter(Q(body__isnull=False, body=OuterRef("body")) | Q(forum__isnull=False, forum=OuterRef("forum")))
        .exclude(pk=OuterRef("pk"))
    )
    named = JSONObject(key="key", title="title")
    earlier = Q(starts__lt=OuterRef("starts")) | Q(starts=OuterRef("starts"), pk__lt=OuterRef("pk"))
    later = Q(starts__gt=OuterRef("starts")) | Q(starts=OuterRef("starts"), pk__gt=OuterRef("pk"))
    topics = AgendaItem.objects.filter(meeting=OuterRef("pk")).order_by("position")
    attendants = Organization.objects.filter(attended_meetings=OuterRef("pk")).order_by("name")
    return visible.annotate(
        stands_under=stands_under(Meeting, day),
        topics=ArraySubquery(topics.values("title")),
        attendants=ArraySubquery(attendants.values("name")),
        before=Subquery(same.filter(earlier).order_by("-starts", "-pk").values(it=named)[:1]),
        after=Subquery(same.filter(later).order_by("starts", "pk").values(it=named)[:1]),
    )


def milestones_around(meeting: Meeting) -> tuple[list[Preparation], list[ActionItem]]:
    """What prepares the meeting, and what it agreed on, the first due first, with milestone and owner: one query."""
    found = (
        Milestone.objects.filter(Q(preparation__meeting=meeting) | Q(action_item__meeting=meeting))
        .select_related("group", "body__group", "owner__organization", "preparation", "action_item")
        .order_by("due", "id")
    )
    prepares, agreed = [], []
    for milestone in found:
        if (preparation := getattr(milestone, "preparation", None)) and preparation.meeting_id == meeting.pk:
            prepares.append(preparation)
        if (action := getattr(milestone, "action_item", None)) and action.meeting_id == meeting.pk:
            agreed.append(action)
    return prepares, agreed


def people_of(group: WorkingGroup, day: date) -> QuerySet[User]:
    """Who can own what a meeting of the group agreed on: whoever belongs to the group, by name."""
    held = Membership.objects.filter(Membership.holding(day), body__group=group)
    people = User.objects.filter(is_active=True, pk__in=held.values("person"))
    return people.select_related("organization").order_by("name", "id")
