"""The plan as a picture and a list, and the page of a team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render

from teams.accounts.access import SignedInRequest
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.filters import address_with
from teams.history.selectors import recent_changes

from . import picture, selectors
from .forms import FILES, PlanFilter
from .listing import LATE, Row, headings, in_order, rows_of
from .models import Deliverable, State
from .note_pages import may_write
from .plan_files import file_of
from .planning_pages import may_plan
from .progress_notes.pages import may_report
from .team_page import entries_of, moves_of, place_of
from .timeline import Band, Drawing, axis_of, draw

ROWS_A_PAGE = 30
ENTRIES_A_PAGE = 10
CHANGES_SHOWN = 8
FINISHED = "finished"


@requires(Action.READ_GROUP)
def plan(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """What comes when, what slipped and what hangs on what: a picture, and the same as a list or a file."""
    today = clock.today()
    bodies = {body.pk: body for body in bodies_of_request(request, group)}
    whole = selectors.plan_of(request.user, group, today)
    deliverables = _deliverables(request, group, today, bodies)
    owing = {step.body_id for step in whole.steps} | {each.body_id for each in deliverables.values()}
    filters = PlanFilter(
        request.GET,
        bodies=[bodies[pk] for pk in bodies if pk in owing],
        steps=whole.steps,
        deliverables=deliverables.values(),
    )
    found = rows_of(whole, filters.wanted, bodies=bodies, deliverables=deliverables)
    rows = in_order(found, filters.order)
    planned = {step.deliverable_id for step in whole.steps if step.deliverable_id is not None}
    if wanted := filters.chosen("format"):
        led_to = picture.deliverables_shown(deliverables.values(), rows, planned, filters.wanted)
        return file_of(rows, led_to, group, wanted, today)
    drawn = picture.closest(found, today)
    lanes = picture.deliverables_shown(deliverables.values(), drawn, planned, filters.wanted)
    return render(
        request,
        "work/plan.html",
        {
            "group": group,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
            "filters": filters,
            "is_empty": not whole.steps and not deliverables,
            "drawing": _draw(_bands(request, drawn, lanes, bodies, filters, today), group, filters, today),
            "drawn": len(drawn),
            "left_out": len(found) - len(drawn),
            "files": FILES,
            "may_import": standings_of(request)[group.slug].may(Action.PLAN_WORK),
            "legend": [*State.choices, (LATE, "Late")],
            "page": Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page")),
            "headings": headings(filters.order),
            "deliverables": lanes,
            "with_milestones": planned,
        },
    )


def _deliverables(
    request: SignedInRequest, group: WorkingGroup, today: date, bodies: Mapping[int, Body]
) -> dict[int, Deliverable]:
    found = {each.pk: each for each in selectors.deliverables_of(request.user, group, today).select_related("owner")}
    for each in found.values():
        each.body = bodies[each.body_id]
    return found


def _bands(
    request: SignedInRequest,
    rows: Sequence[Row],
    deliverables: Sequence[Deliverable],
    bodies: Mapping[int, Body],
    filters: PlanFilter,
    today: date,
) -> list[Band]:
    if filters.is_by_person:
        return picture.bands_of_people(rows, deliverables, today, lambda owner: address_with(request, owner=str(owner)))
    return picture.bands_of(rows, deliverables, bodies.values(), today)


def _draw(bands: Sequence[Band], group: WorkingGroup, filters: PlanFilter, today: date) -> Drawing | None:
    wanted, with_baseline = filters.wanted, filters.shows_baseline
    axis = axis_of(
        bands, today=today, scale=filters.scale, first=wanted.first, last=wanted.last, with_baseline=with_baseline
    )
    if axis is None:
        return None
    return draw(
        bands,
        picture.events_of(selectors.meetings_of_plan(group, axis.first, axis.last)),
        axis=axis,
        today=today,
        with_arrows=filters.shows_dependencies,
        with_baseline=with_baseline,
    )


@requires(Action.READ_GROUP)
def team(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """Is this team on track: what it owes and how far that is, who is in it, what changed."""
    today = clock.today()
    bodies = {body.pk: body for body in bodies_of_request(request, group)}
    body = next((each for each in bodies.values() if each.key == key and each.kind == Body.Kind.TEAM), None)
    if body is None:
        raise Http404("no such team in this group")
    whole = selectors.plan_of_body(request.user, body, today)
    deliverables = selectors.with_clauses(selectors.deliverables_of(request.user, group, today), today)
    to_do, finished = entries_of(whole, deliverables.filter(body=body), body)
    looked_for = request.GET.get("deliverable", "")
    shows_finished = request.GET.get("show") == FINISHED or place_of(looked_for, finished) is not None
    shown = finished if shows_finished else to_do
    place = place_of(looked_for, shown)
    number = request.GET.get("page") or (place or 0) // ENTRIES_A_PAGE + 1
    return render(
        request,
        "work/team.html",
        {
            "group": group,
            "body": body,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
            "progress": whole.progress(step for step in whole.steps if step.body_id == body.pk),
            "moved": moves_of([*to_do, *finished]),
            "tabs": [
                (f"To do ({len(to_do)})", address_with(request, show=None, deliverable=None), not shows_finished),
                (
                    f"Finished ({len(finished)})",
                    address_with(request, show=FINISHED, deliverable=None),
                    shows_finished,
                ),
            ],
            "shows_finished": shows_finished,
            "page": Paginator(shown, ENTRIES_A_PAGE).get_page(number),
            "looked_for": looked_for,
            "circle": selectors.circle_of(request.user, body, today),
            "may_write": may_write(request, body),
            "may_plan": may_plan(request, body),
            "may_report": may_report(request, body),
            "changes": recent_changes(request.user, limit=CHANGES_SHOWN, body_id=body.pk),
        },
    )
