"""What follows a milestone, near and far, and where its dates go when the milestone's date moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection

from milestones.work.models import OPEN_STATES, Milestone
from teams.bodies.permissions import Standing
from teams.dates import ApproximateDate

from .rights import Verb, right_to

_AFTER = """
WITH RECURSIVE later(id) AS (
    SELECT milestone_id FROM work_dependency WHERE after_id = %s
    UNION SELECT held.milestone_id FROM work_dependency held JOIN later ON held.after_id = later.id
) SELECT id FROM later
"""


@dataclass(frozen=True, slots=True)
class Follower:
    """An open milestone that follows the one that moves, and the date it would move to.

    `is_movable` says whether the reader may move it; `is_counted_back` whether its date comes from a meeting's.
    """

    milestone: Milestone
    due: ApproximateDate
    is_movable: bool
    is_counted_back: bool


def shifted(due: ApproximateDate, days: int) -> ApproximateDate:
    """The date so many days later, as exact as before: a month becomes the month in which its last day then lies."""
    last = due.last + timedelta(days=days)
    match due.precision:
        case "month":
            return ApproximateDate.month(last.year, last.month)
        case "year":
            return ApproximateDate.year(last.year)
    return ApproximateDate(due.first + timedelta(days=days), last)


def ids_after(milestone: Milestone) -> list[int]:
    """The keys of everything that follows it, directly or not: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_AFTER, [milestone.pk])
        return [pk for (pk,) in cursor.fetchall()]


def followers_of(
    milestone: Milestone, due: ApproximateDate, standing: Standing, person: int, today: date
) -> list[Follower]:
    """The open milestones that follow it and would move by as many days, the first due first: two queries.

    What would then be due in the past is left out.
    """
    days = (due.last - milestone.due.last).days
    if not days:
        return []
    rows = (
        Milestone.objects.filter(pk__in=ids_after(milestone), group=milestone.group_id, state__in=OPEN_STATES)
        .select_related("group", "body__group", "owner", "preparation")
        .order_by("due", "id")
    )
    found = []
    for row in rows:
        moved = shifted(row.due, days)
        if moved != row.due and moved.last >= today:
            is_movable = right_to(standing, person, Verb.MOVE, row) is not None
            found.append(Follower(row, moved, is_movable, hasattr(row, "preparation")))
    return found
