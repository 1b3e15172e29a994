"""The statement of work: the version in force, any version, and what changed between two."""

from __future__ import annotations

from itertools import zip_longest
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from documents.statement import changes, selectors
from documents.statement.forms.versions import DRAFT, SIDE_BY_SIDE, AsOf, Comparison
from documents.statement.models import Draft, Proposal, StatementVersion
from teams.accounts.access import SignedInRequest
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.clock import selectors as clock
from teams.filters import address_with

from .drafts import under_work


@requires(Action.READ_GROUP)
def current(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The version in force today, or on the date asked for."""
    today = clock.today()
    filters = AsOf(request.GET)
    day = filters.chosen("as_of") or today
    versions = selectors.versions_of(request.user, group, today)
    return _page(request, group, versions, selectors.in_force(versions, day), filters)


@requires(Action.READ_GROUP)
def version(request: SignedInRequest, group: WorkingGroup, number: str) -> HttpResponse:
    """One version, whether it is in force or not: what stable links to a clause lead to."""
    versions = selectors.versions_of(request.user, group, clock.today())
    shown = next((each for each in versions if each.number == number), None)
    if shown is None:
        raise Http404(f"the statement of work has no version {number}")
    return _page(request, group, versions, shown, AsOf({"q": request.GET.get("q", "")}))


def _page(
    request: SignedInRequest,
    group: WorkingGroup,
    versions: list[StatementVersion],
    shown: StatementVersion | None,
    filters: AsOf,
) -> HttpResponse:
    today = clock.today()
    texts = selectors.clauses_of(shown, words=filters.words)[shown.pk] if shown else []
    links = selectors.links_of((text.clause_id for text in texts), request.user, today)
    for text in texts:
        text.hanging = links[text.clause_id]  # type: ignore[attr-defined]
    in_force = selectors.in_force(versions, today)
    standing: Standing = request.standing  # type: ignore[attr-defined]
    draft = under_work(request, group)
    fit = [text for text in texts if getattr(text, "fits", False)]
    place = versions.index(shown) if shown else -1
    return render(
        request,
        "statement/version.html",
        {
            "version": shown,
            "in_force": in_force,
            "after": versions[place - 1] if place > 0 else None,
            "before": versions[place + 1] if shown and place + 1 < len(versions) else None,
            "nodes": selectors.tree(texts),
            "signatures": selectors.signatures_at_hand(shown) if shown else [],
            "group": group,
            "versions": list(zip_longest(versions, versions[1:])),
            "filters": filters,
            "found": selectors.found_in(fit, filters.words) if shown else None,
            "place": f"version {shown.number}" if shown else "",
            "without": address_with(request, q=None),
            "day": filters.chosen("as_of"),
            "today": today,
            "draft": draft,
            "proposal": _open_proposal(request, draft),
            "may_start": standing.may(Action.EDIT_STATEMENT) and draft is None,
            "compare": reverse("statement:compare", args=[group.slug]),
            "exported": f"{shown.get_absolute_url()}export." if shown else "",
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


def _open_proposal(request: SignedInRequest, draft: Draft | None) -> Proposal | None:
    """The proposal that asks about the draft now; without a query where there can be none."""
    if draft is None or draft.state != Draft.State.PROPOSED:
        return None
    proposals = selectors.proposals_visible_to(request.user, clock.today())
    return proposals.filter(draft=draft, state=Proposal.State.OPEN).first()


@requires(Action.READ_GROUP)
def compare(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """What changed from one version to another or to the draft, word by word; else by the version in force.

    A version that does not exist is said so, with status 404.
    """
    today = clock.today()
    versions = selectors.versions_of(request.user, group, today)
    draft = under_work(request, group)
    filters = Comparison(request.GET, versions=versions, has_draft=draft is not None)
    is_draft = draft is not None and filters.chosen("new") == DRAFT
    new = filters.versions.get(filters.chosen("new") or "") or selectors.in_force(versions, today)
    older = versions[versions.index(new) + 1 :] if new else []
    newest = new if is_draft else older[0] if older else new
    old = filters.versions.get(filters.chosen("old") or "") or newest
    is_unknown = "old" in filters.errors or "new" in filters.errors
    found: list[changes.Change] = []
    if draft and is_draft and old and not is_unknown:
        rows = selectors.rows_of(draft)
        texts = selectors.numbered(row for row in rows if not row.is_removed)
        found = changes.changes(selectors.clauses_of(old)[old.pk], texts, selectors.origins_in(rows))
    elif old and new and not is_unknown:
        of = selectors.clauses_of(old, new)
        found = changes.changes(of[old.pk], of[new.pk], selectors.origins_between(old, new))
    name_in_address = DRAFT if is_draft else new.number if new else ""
    is_beside = filters.chosen("view") == SIDE_BY_SIDE
    return render(
        request,
        "statement/compare.html",
        {
            "old": old,
            "new": new,
            "changes": found,
            "summary": changes.summary(found),
            "draft": draft,
            "is_draft": is_draft,
            "old_name": str(old),
            "signatures": selectors.signatures_at_hand(new) if new and not is_draft and not is_unknown else [],
            "new_name": "Draft" if is_draft else str(new),
            "is_unknown": is_unknown,
            "exported": f"{request.path}export." if old and new and (is_draft or old != new) and not is_unknown else "",
            "asked": f"?{urlencode({'from': old.number, 'to': name_in_address})}" if old else "",
            "is_beside": is_beside,
            "is_changes_only": bool(filters.chosen("changes")),
            "filters": filters,
            "versions": versions,
            "tabs": [
                ("In one text", address_with(request, view=None), not is_beside),
                ("Side by side", address_with(request, view=SIDE_BY_SIDE), is_beside),
            ],
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                ("Statement of work", reverse("statement:current", args=[group.slug])),
            ],
        },
        status=404 if is_unknown else 200,
    )
