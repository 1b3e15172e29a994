"""The figures of a progress note: what the plan says of a body and a month, on the day on which it is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from milestones.work.models import Milestone
from milestones.work.selectors import Step, plan_of_body
from teams.accounts.models import User
from teams.bodies.models import Body

# So many milestones are named by each figure; the number counts them all.
NAMED: Final = 20


def month_of(day: date) -> date:
    """The first day of its month, which stands for the month."""
    return day.replace(day=1)


def month_before(month: date) -> date:
    """The month before."""
    return month_of(month - timedelta(days=1))


def figures_of(person: User, body: Body, month: date, today: date) -> dict[str, Any]:
    """What the plan says of the body and the month, as it stands on `today`: two queries.

    Of the month: which milestones were `accepted`, `handed_in` and `slipped` in it. As it stands: which are `late`,
    which is `next_due`, and how many of `total` are `done`. Each kind has a `number`, and names the first of NAMED.
    A date known only as a month counts by its last day; instants count by the day in the group's time zone.
    """
    zone = ZoneInfo(body.group.timezone)
    whole = plan_of_body(person, body, today)
    progress = whole.progress(step for step in whole.steps if step.body_id == body.pk)
    own = list(Milestone.objects.filter(body=body).order_by("due", "pk").prefetch_related("slips"))
    slipped = {each: sum(slip.days for slip in each.slips.all() if _in(slip.at, month, zone)) for each in own}
    return {
        "as_of": today.isoformat(),
        "accepted": _named(each for each in own if each.accepted and month_of(each.accepted.last) == month),
        "handed_in": _named(each for each in own if each.handed_in_at and _in(each.handed_in_at, month, zone)),
        "late": _named(progress.overdue),
        "slipped": _named((each for each, days in slipped.items() if days > 0), slipped),
        "next_due": _one(progress.next_due) if progress.next_due else None,
        "done": progress.accepted,
        "total": progress.total,
    }


def _in(at: datetime, month: date, zone: ZoneInfo) -> bool:
    return month_of(at.astimezone(zone).date()) == month


def _named(found: Iterable[Milestone | Step], days: Mapping[Any, int] | None = None) -> dict[str, Any]:
    every = list(found)
    first = [{**_one(each), **({"days": days[each]} if days else {})} for each in every[:NAMED]]
    return {"number": len(every), "first": first}


def _one(milestone: Milestone | Step) -> dict[str, Any]:
    due = milestone.due
    return {"key": milestone.key, "title": milestone.title, "when": f"on {due}" if due.is_day else f"in {due}"}
