"""The drafts of the statement of work: the list, a new one, the page of one, its title and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from documents.statement import changes, selectors, services
from documents.statement.forms.drafts import AbandonForm, TitleForm
from documents.statement.forms.versions import SIDE_BY_SIDE, DraftView
from documents.statement.models import Draft, DraftClause
from documents.statement.selectors import DraftText
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.clock import selectors as clock
from teams.filters import address_with

from .places import breadcrumb, draft_at

DEEPEST_HEADING: Final = 6


@dataclass(slots=True)
class Line:
    """A clause on the draft's page: what became of it, its comments, and where it can move."""

    text: DraftText
    change: changes.Change
    comments: int
    open: int
    is_first: bool
    is_last: bool

    @property
    def level(self) -> int:
        """Of its heading on the page."""
        return min(self.text.depth + 1, DEEPEST_HEADING)


@requires(Action.READ_GROUP)
def drafts(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """All drafts, the newest first, with how each ended."""
    found = list(selectors.drafts_visible_to(request.user, clock.today()).filter(statement__group=group))
    return render(
        request,
        "statement/drafts.html",
        {
            "group": group,
            "drafts": found,
            "may_start": _may_edit(request) and not any(draft.is_under_work for draft in found),
            "breadcrumb": breadcrumb(group)[:-1],
        },
    )


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def start_draft(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The form that starts a draft from the version in force."""
    statement = selectors.statement_of(group)
    form = TitleForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        if statement is None:
            form.add_error(None, "The group has no statement of work yet: it comes with the group’s file.")
        else:
            try:
                draft = services.start_draft(by=request.user, statement=statement, **form.cleaned_data)
            except services.DraftThere as refusal:
                form.add_error(None, str(refusal))
            else:
                messages.success(request, "The draft is started. Nothing changes in the version in force.")
                return redirect(draft)
    context = {"group": group, "form": form, "breadcrumb": breadcrumb(group)}
    return render(request, "statement/draft_new.html", context)


@requires(Action.READ_GROUP)
def draft(request: SignedInRequest, group: WorkingGroup, draft: int) -> HttpResponse:
    """The draft, clause by clause; `?view=redline` and `?view=side` show what it changes, word by word.

    `?comments=open` keeps the clauses with open comments, `?changes=1` those that the draft changes.
    """
    found = draft_at(request, group, draft)
    chosen = DraftView(request.GET)
    view = chosen.chosen("view") or ""
    words = "" if view else chosen.words
    rows = selectors.rows_of(found, words)
    texts = selectors.numbered(row for row in rows if not row.is_removed)
    old = selectors.clauses_of(found.based_on)[found.based_on.pk] if found.based_on else []
    changed = changes.changes(old, texts, selectors.origins_in(rows))
    counted = selectors.comments_by_clause(request.user, found, clock.today())
    proposals = selectors.proposals_visible_to(request.user, clock.today()).filter(draft=found)
    is_open_only, is_changes_only = bool(chosen.chosen("comments")), bool(chosen.chosen("changes"))
    lines = _lines(texts, {change.clause_id: change for change in changed}, counted)
    wanted = [
        line for line in lines if (not is_open_only or line.open) and (not is_changes_only or line.change.is_change)
    ]
    fit = [line.text for line in wanted if getattr(line.text.row, "fits", False)]
    return render(
        request,
        "statement/draft.html",
        {
            "group": group,
            "draft": found,
            "proposal": next((each for each in proposals if each.is_open), None),
            "ended_proposals": [each for each in proposals if not each.is_open],
            "exported": f"{found.get_absolute_url()}export.",
            "lines": wanted,
            "nodes": selectors.tree(line.text for line in wanted),
            "last": next((text.clause_id for text in reversed(texts) if text.depth == 1), None),
            "removed": _removed(rows, texts, counted),
            "changes": [change for change in changed if change.is_change or not is_changes_only],
            "summary": changes.summary(changed),
            "open": sum(open_ for _, open_ in counted.values()),
            "view": view,
            "is_beside": view == SIDE_BY_SIDE,
            "is_open_only": is_open_only,
            "is_changes_only": is_changes_only,
            "old_name": str(found.based_on) if found.based_on else "Nothing",
            "new_name": "Draft",
            "filters": chosen,
            "place": "the clauses shown of the draft" if is_open_only or is_changes_only else "the draft",
            "without": address_with(request, q=None),
            "found": selectors.found_in(fit, words),
            "may_edit": _may_edit(request),
            "is_edited": _may_edit(request) and found.is_open,
            "tabs": [
                ("Clauses", address_with(request, view=None), not view),
                ("Redline", address_with(request, view="redline", comments=None, q=None), view == "redline"),
                ("Side by side", address_with(request, view=SIDE_BY_SIDE, comments=None, q=None), view == SIDE_BY_SIDE),
            ],
            "breadcrumb": breadcrumb(group),
        },
    )


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_settings(request: SignedInRequest, group: WorkingGroup, draft: int) -> HttpResponse:
    """Two forms: another title, and the end of the draft without adoption."""
    found = draft_at(request, group, draft)
    sent = request.POST.get("change") if request.method == "POST" else None
    title = TitleForm(request.POST if sent == "title" else None, initial={"title": found.title})
    abandon = AbandonForm(request.POST if sent == "abandon" else None)
    if sent == "title" and title.is_valid():
        try:
            services.rename_draft(by=request.user, draft=found, **title.cleaned_data)
        except services.NotOpen as refusal:
            title.add_error(None, str(refusal))
        else:
            messages.success(request, "The draft has its new title.")
            return redirect(found)
    if sent == "abandon" and abandon.is_valid():
        try:
            services.abandon_draft(by=request.user, draft=found, **abandon.cleaned_data)
        except services.NotOpen as refusal:
            abandon.add_error(None, str(refusal))
        else:
            messages.success(request, "The draft is abandoned. It stays on the record.")
            return redirect("statement:drafts", group.slug)
    return render(
        request,
        "statement/draft_settings.html",
        {
            "group": group,
            "draft": found,
            "title": title,
            "abandon": abandon,
            "breadcrumb": breadcrumb(group, found),
        },
    )


def _may_edit(request: SignedInRequest) -> bool:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    return standing.may(Action.EDIT_STATEMENT)


def _lines(
    texts: Sequence[DraftText], changed: dict[int, changes.Change], counted: dict[int, tuple[int, int]]
) -> list[Line]:
    below: dict[int | None, list[int]] = {}
    for text in texts:
        below.setdefault(text.row.parent_id, []).append(text.clause_id)
    return [
        Line(
            text,
            changed[text.clause_id],
            *counted.get(text.clause_id, (0, 0)),
            is_first=below[text.row.parent_id][0] == text.clause_id,
            is_last=below[text.row.parent_id][-1] == text.clause_id,
        )
        for text in texts
    ]


def _removed(
    rows: Sequence[DraftClause], texts: Sequence[DraftText], counted: dict[int, tuple[int, int]]
) -> list[tuple[DraftClause, str, int, int]]:
    """The removed clauses, each with the clause that took it in, and how many comments it has, and open ones."""
    names = {text.clause_id: f"{text.number} {text.heading}" for text in texts}
    return [
        (row, names.get(row.merged_into_id or 0, ""), *counted.get(row.clause_id, (0, 0)))
        for row in rows
        if row.is_removed
    ]


def under_work(request: SignedInRequest, group: WorkingGroup) -> Draft | None:
    """The group's draft that is neither adopted nor abandoned."""
    found = selectors.drafts_visible_to(request.user, clock.today()).filter(statement__group=group)
    return found.filter(state__in=[Draft.State.OPEN, Draft.State.PROPOSED]).first()
