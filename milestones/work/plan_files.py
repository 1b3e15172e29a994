"""The files that can be had of the plan."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.http import HttpResponse

from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock
from teams.exports import XLSX as XLSX_TYPE
from teams.icalendars.writing import MEDIA_TYPE as CALENDAR_TYPE

from .exports import plan_csv, plan_ics, plan_xlsx
from .forms import CALENDAR, XLSX
from .listing import Row
from .models import Deliverable


def file_of(
    rows: Iterable[Row], deliverables: Iterable[Deliverable], group: WorkingGroup, wanted: str, today: date
) -> HttpResponse:
    """The rows, and the deliverables, as the file that was asked for (a value of FILES), named after group and day.

    The calendar has the milestones alone.
    """
    title = f"Plan of {group.slug.upper()}"
    if wanted == XLSX:
        content, kind = plan_xlsx(rows, deliverables, today=today, title=f"{title} on {today}"), XLSX_TYPE
    elif wanted == CALENDAR:
        content, kind = plan_ics(rows, group, title=title, at=clock.now()), CALENDAR_TYPE
    else:
        content, kind = plan_csv(rows, deliverables, today=today), "text/csv; charset=utf-8"
    name = f"plan-{group.slug}-{today.isoformat()}.{wanted}"
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
