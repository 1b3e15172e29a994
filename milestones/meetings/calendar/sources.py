"""What the calendar shows of this room and the one below: meetings, and when milestones and deliverables are due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TypeVar

from django.db.models import BooleanField, ExpressionWrapper, QuerySet

from milestones.meetings.clocks import clocks_of
from milestones.meetings.models import Meeting
from milestones.meetings.selectors import concerning, meetings_visible_to
from milestones.work.models import Deliverable, Milestone, State
from milestones.work.selectors import deliverables_visible_to, milestones_visible_to
from teams.dates import ApproximateDate

from . import Asked, Entry, Kind

OwedRow = TypeVar("OwedRow", Milestone, Deliverable)


def meetings_in_calendar(asked: Asked) -> Iterator[Entry]:
    """The group's meetings for the calendar: at the reader's days where the time is known, else at the place's."""
    meetings = meetings_visible_to(asked.person, asked.today).filter(group=asked.group)
    mine = ExpressionWrapper(concerning(asked.person, asked.today), BooleanField())
    if asked.days is not None:
        # A day more at each side: the reader's day can be the one before or after the place's.
        meetings = meetings.filter(
            starts__startswith__lte=asked.days.last + timedelta(days=1),
            ends__endswith__gte=asked.days.first,
        )
    for meeting in meetings.annotate(is_mine=mine):
        entry = _entry_of_meeting(meeting, asked, is_mine=meeting.is_mine)
        if asked.days is None or _overlap(entry.when, asked.days):
            yield entry


def _entry_of_meeting(meeting: Meeting, asked: Asked, *, is_mine: bool) -> Entry:
    when, starts_at = meeting.span, meeting.starts_in(asked.person.timezone)
    if starts_at is not None:
        ends_at = (meeting.ends_at or starts_at).astimezone(starts_at.tzinfo)
        # What ends at midnight does not take the day that begins there.
        last = max(starts_at, ends_at - timedelta(microseconds=1))
        when = ApproximateDate(starts_at.date(), last.date())
    return Entry(
        kind=Kind.MEETINGS,
        noun="Meeting",
        title=meeting.title,
        url=meeting.get_absolute_url(),
        when=when,
        fills_days=meeting.starts.is_day and meeting.ends.is_day,
        whose=", ".join(words for words in (meeting.convener, meeting.place) if words),
        state="" if meeting.state == Meeting.State.PLANNED else meeting.get_state_display(),
        clocks=tuple(clocks_of(meeting, asked.person.timezone)),
        starts_at=starts_at,
        body_ids=frozenset({meeting.body_id} if meeting.body_id else ()),
        forum_id=meeting.forum_id,
        is_mine=is_mine,
        is_sample=meeting.is_sample,
    )


def milestones_in_calendar(asked: Asked) -> Iterator[Entry]:
    """When milestones are due; dropped ones are left out."""
    milestones = milestones_visible_to(asked.person, asked.today)
    for milestone in _due_in(milestones, asked).select_related("group", "body", "owner"):
        yield _entry_of_owed(
            milestone,
            asked,
            noun="Milestone",
            whose=f"{milestone.body.short_name}, {milestone.owner}",
            is_mine=milestone.owner_id == asked.person.pk,
        )


def deliverables_in_calendar(asked: Asked) -> Iterator[Entry]:
    """When deliverables are due; dropped ones are left out."""
    deliverables = deliverables_visible_to(asked.person, asked.today)
    for deliverable in _due_in(deliverables, asked).select_related("group", "body__group"):
        yield _entry_of_owed(
            deliverable,
            asked,
            noun="Deliverable",
            whose=deliverable.body.short_name,
            is_mine=deliverable.body_id in asked.body_ids,
        )


def _due_in(rows: QuerySet[OwedRow], asked: Asked) -> QuerySet[OwedRow]:
    rows = rows.filter(group=asked.group).exclude(state=State.DROPPED)
    return rows.filter(due__overlap=asked.days) if asked.days is not None else rows


def _entry_of_owed(owed: Milestone | Deliverable, asked: Asked, *, noun: str, whose: str, is_mine: bool) -> Entry:
    state = "Late" if owed.is_late(asked.today) else owed.get_state_display()
    return Entry(
        kind=Kind.DUE,
        noun=noun,
        title=owed.title,
        url=owed.get_absolute_url(),
        when=owed.due,
        fills_days=owed.due.is_day,
        whose=whose,
        state=state,
        owed=owed,
        body_ids=frozenset({owed.body_id}),
        is_mine=is_mine,
        is_sample=owed.is_sample,
    )


def _overlap(one: ApproximateDate, other: ApproximateDate) -> bool:
    return one.first <= other.last and other.first <= one.last
