"""Changes of when, where and whether a meeting is."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from milestones.meetings.models import Meeting
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

WHEN = ("starts", "ends", "starts_at", "ends_at")
WAS_AT_MOST = 300


def due_before(starts: ApproximateDate, days_before: int) -> ApproximateDate:
    """The day on which something is due that prepares a meeting, counted back from the first day it can start."""
    return ApproximateDate.day(starts.first - timedelta(days=days_before))


@transaction.atomic
def save_changes(*, meeting: Meeting) -> None:
    """Write a meeting of which fields were changed.

    Another time, place or state raises its revision, so that reminders are counted anew. Where it was announced and was
    or is still to come, it is kept what changed and when: whom it concerns is told (`milestones.reminders.meetings`).
    What changed while it was a draft is told to nobody.
    """
    before = Meeting.objects.select_for_update().get(pk=meeting.pk)
    change = _change(before, meeting)
    if change is not None:
        meeting.revision = before.revision + 1
        today = clock.today(meeting.timezone)
        is_to_come = max(before.ends.last, meeting.ends.last) >= today
        if before.state == Meeting.State.DRAFT or not is_to_come:
            meeting.changed_at, meeting.last_change, meeting.was = None, "", ""
        else:
            meeting.changed_at, meeting.last_change = clock.now(), change
            meeting.was = before.when_and_where[:WAS_AT_MOST]
    meeting.save()


def _change(before: Meeting, after: Meeting) -> Meeting.Change | None:
    """What of it changed, the weightiest first; that it was held is no change, nor what is
    noted of one that is cancelled."""
    planned, cancelled = Meeting.State.PLANNED, Meeting.State.CANCELLED
    if before.state != after.state:
        if after.state == cancelled:
            return Meeting.Change.CANCELLED
        if before.state == cancelled and after.state == planned:
            return Meeting.Change.ON_AGAIN
    elif after.state == cancelled:
        return None
    if any(getattr(before, name) != getattr(after, name) for name in WHEN):
        return Meeting.Change.MOVED
    return Meeting.Change.PLACE if before.place != after.place else None
