"""What hangs on which clause, from both sides: a clause's page of links, and the page of one thing."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from documents.statement import selectors, services
from documents.statement.forms.links import ClauseChoice, Looked, RemovalForm
from documents.statement.models import ClauseText, StatementOfWork
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, Standing, recorded_as, requires
from teams.clock import selectors as clock

SHOWN = 20


@requires(Action.LINK_CLAUSES)
@takes("GET", "POST")
def clause_links(request: SignedInRequest, group: WorkingGroup, clause: int) -> HttpResponse:
    """What hangs on a clause in force, each with the way to take it away, and the things that can be added.

    `?sort=` and `?q=` look for things; a POST with `sort` and `key` adds one of those that the reader may link.
    """
    today = clock.today()
    statement, text = _text(request, group, clause)
    standing = _standing(request)
    filters = Looked(request.GET)
    refused = ""
    if request.method == "POST":
        sort = request.POST.get("sort", "")
        thing = selectors.thing_called(request.user, group, today, sort, request.POST.get("key", ""))
        if thing is None:
            refused = "Nothing that you may see is called so: look for it below, and choose it there."
        else:
            refused = _add(request, statement, text, sort, thing)
        if not refused:
            messages.success(request, f"“{thing}” hangs on clause {text.number} now.")
            return redirect("statement:clause_links", group.slug, clause)
    links = selectors.links_of([clause], request.user, today)[clause]
    hanging = {(link.sort, link.target.pk) for link in links}
    found = []
    if filters.chosen_sort:
        things = selectors.things_visible_to(request.user, group, today, filters.chosen_sort)
        for thing in selectors.things_saying(things, filters.chosen_sort, filters.words)[: SHOWN + 1]:
            may = standing.may(Action.LINK_CLAUSES, selectors.body_of(thing, statement))
            found.append(
                (
                    thing,
                    thing.pk if filters.chosen_sort == "goal" else thing.key,
                    may,
                    (filters.chosen_sort, thing.pk) in hanging,
                )
            )
    return render(
        request,
        "statement/clause_links.html",
        {
            "group": group,
            "text": text,
            "links": [
                (link, standing.may(Action.LINK_CLAUSES, selectors.body_of(link.target, statement))) for link in links
            ],
            "filters": filters,
            "found": found[:SHOWN],
            "is_cut": len(found) > SHOWN,
            "refused": refused,
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Statement of work", reverse("statement:current", args=[group.slug])),
                (f"Clause {text.number}", reverse("statement:clause", args=[group.slug, clause])),
            ],
        },
    )


@requires(Action.LINK_CLAUSES)
@takes("GET", "POST")
def remove_link(request: SignedInRequest, group: WorkingGroup, clause: int, link: int) -> HttpResponse:
    """Take something away from a clause, with a reason. It stays itself as it is."""
    today = clock.today()
    statement, text = _text(request, group, clause)
    found = next((each for each in selectors.links_of([clause], request.user, today)[clause] if each.pk == link), None)
    if found is None:
        if request.method == "POST":
            messages.info(request, "It does not hang on this clause any more.")
            return redirect("statement:clause_links", group.slug, clause)
        raise Http404("nothing that you see hangs on the clause by this link")
    body = selectors.body_of(found.target, statement)
    if not _standing(request).may(Action.LINK_CLAUSES, body):
        raise PermissionDenied("your role does not allow you to link this")
    form = RemovalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        found.clause = text.clause
        try:
            with recorded_as(_standing(request), Action.LINK_CLAUSES, body):
                services.remove_link(by=request.user, link=found, **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"“{found.target}” does not hang on clause {text.number} any more.")
            return redirect("statement:clause_links", group.slug, clause)
    others = [
        each for each in selectors.links_of_thing(found.sort, found.target, statement, today) if each.pk != found.pk
    ]
    return render(
        request,
        "statement/remove_link.html",
        {
            "group": group,
            "text": text,
            "link": found,
            "others": others,
            "form": form,
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Statement of work", reverse("statement:current", args=[group.slug])),
                (f"Clause {text.number}", reverse("statement:clause", args=[group.slug, clause])),
                ("What hangs on it", reverse("statement:clause_links", args=[group.slug, clause])),
            ],
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def thing(request: SignedInRequest, group: WorkingGroup, sort: str, key: str) -> HttpResponse:
    """The clauses in force that a deliverable, milestone, document, meeting or goal stands under.

    Whoever may link it is offered the way to take a clause away, and the form that adds one.
    """
    today = clock.today()
    found = selectors.thing_called(request.user, group, today, sort, key)
    statement = selectors.statement_of(group)
    if found is None or statement is None:
        raise Http404("nothing of the group is called so")
    texts = selectors.clauses_in_force(request.user, statement, today)
    links = selectors.links_of_thing(sort, found, statement, today)
    may = _standing(request).may(Action.LINK_CLAUSES, selectors.body_of(found, statement))
    taken = {link.clause_id for link in links}
    form = ClauseChoice(
        request.POST if request.method == "POST" else None,
        clauses=[each for each in texts if each.clause_id not in taken],
    )
    if request.method == "POST":
        if not may:
            raise PermissionDenied("your role does not allow you to link this")
        if form.is_valid():
            text = next(each for each in texts if each.clause_id == form.cleaned_data["clause"])
            refused = _add(request, statement, text, sort, found)
            if not refused:
                messages.success(request, f"It stands under clause {text.number} now.")
                return redirect("statement:thing", group.slug, sort, key)
            form.add_error(None, refused)
    by_clause = {each.clause_id: each for each in texts}
    return render(
        request,
        "statement/thing.html",
        {
            "group": group,
            "thing": found,
            "sort": sort,
            "links": [(link, by_clause[link.clause_id]) for link in links if link.clause_id in by_clause],
            "may": may,
            "form": form,
            "has_more": len(taken) < len(texts),
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Statement of work", reverse("statement:current", args=[group.slug])),
            ],
        },
    )


def _text(request: SignedInRequest, group: WorkingGroup, clause: int) -> tuple[StatementOfWork, ClauseText]:
    """The clause as it stands in the version in force. Raises Http404 for one that is not part of it."""
    statement = selectors.statement_of(group)
    texts = selectors.clauses_in_force(request.user, statement, clock.today()) if statement else []
    text = next((each for each in texts if each.clause_id == clause), None)
    if statement is None or text is None:
        raise Http404("the version in force has no such clause")
    text.clause.statement = statement
    return statement, text


def _add(request: SignedInRequest, statement: StatementOfWork, text: ClauseText, sort: str, thing: Any) -> str:
    """Let the thing hang on the clause; why that is refused, or nothing. Raises PermissionDenied."""
    body = selectors.body_of(thing, statement)
    standing = _standing(request)
    if not standing.may(Action.LINK_CLAUSES, body):
        raise PermissionDenied("your role does not allow you to link this")
    text.clause.statement = statement
    try:
        with recorded_as(standing, Action.LINK_CLAUSES, body):
            services.add_link(by=request.user, clause=text.clause, sort=sort, thing=thing)
    except services.Refused as refusal:
        return str(refusal)
    return ""


def _standing(request: SignedInRequest) -> Standing:
    return request.standing  # type: ignore[attr-defined, no-any-return]
