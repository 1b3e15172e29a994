"""One clause: its wording through all versions, and what hangs on it."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from documents.statement import selectors
from documents.statement.models import Draft
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.clock import selectors as clock


@requires(Action.READ_GROUP)
def clause(request: SignedInRequest, group: WorkingGroup, clause: int) -> HttpResponse:
    """Who changed the clause and when, word by word; what hangs on it; how much is said of it in the draft.

    A clause that no version has is no page: the draft shows it.
    """
    today = clock.today()
    versions = selectors.versions_of(request.user, group, today)
    stages = selectors.stages_of(clause, versions)
    if not stages:
        raise Http404("no version of the statement of work has such a clause")
    shown = next(stage.text for stage in stages if stage.text)
    current = selectors.in_force(versions, today)
    reached = (stage for stage in stages if current and stage.version.in_force.lower <= current.in_force.lower)
    latest = next(reached, None)
    standing: Standing = request.standing  # type: ignore[attr-defined]
    said = selectors.comments_visible_to(request.user, today).filter(
        clause=clause, draft__state__in=[Draft.State.OPEN, Draft.State.PROPOSED], draft__statement__group=group
    )
    comments = list(said.order_by())
    return render(
        request,
        "statement/clause.html",
        {
            "text": shown,
            # A clause that went has a stage that says so, which no later version took back.
            "is_gone": stages[0].text is None,
            "stages": stages,
            "links": selectors.links_of([clause], request.user, today)[clause],
            "group": group,
            "may_link": latest is not None and latest.text is not None and standing.may(Action.LINK_CLAUSES),
            "comments": comments,
            "open": sum(each.answers_id is None and each.resolved_at is None for each in comments),
            "draft_clause": reverse("statement:draft_clause", args=[group.slug, comments[0].draft_id, clause])
            if comments
            else "",
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Statement of work", reverse("statement:current", args=[group.slug])),
            ],
        },
    )
