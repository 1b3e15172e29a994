"""A file taken into a draft, or made one: first what would change is shown, and only the confirmation changes it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import PurePath
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from documents.statement import changes, imports, selectors, services
from documents.statement.forms.drafts import TitleForm
from documents.statement.forms.imports import FileForm
from documents.statement.imports import Unreadable
from documents.statement.models import Draft, StatementOfWork
from documents.statement.services import Incoming, Match, Planned
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires

from .drafts import under_work
from .places import breadcrumb, draft_at

KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Matching:
    """By what the clauses of a file were known again, and which are new or would be gone."""

    counted: list[tuple[str, int]]  # by what, and how many
    alike: list[tuple[Any, Planned]]  # known by their likeness alone: as they stand, and as they would
    new: list[Planned]
    gone: list[Any]


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_import(request: SignedInRequest, group: WorkingGroup, draft: int) -> HttpResponse:
    """Choose a file; see what it would change, and what of it can't be read; confirm.

    What was read stands signed in the page of the preview: it is that person's, for that draft, for a day.
    """
    found = draft_at(request, group, draft)
    context: dict[str, Any] = {"group": group, "draft": found, "breadcrumb": breadcrumb(group, found)}
    salt = f"statement.import.{request.user.pk}.{found.pk}"
    if request.method == "POST" and "read" in request.POST:
        read = _read(request, salt)
        if read is None:
            context["refused"] = "The preview is too old, or not of this draft: send the file once more."
        else:
            clauses = [Incoming(**each) for each in read["clauses"]]
            try:
                services.import_into(by=request.user, draft=found, clauses=clauses, seen=request.POST.get("seen", ""))
            except services.Refused as refusal:
                return _preview(request, context, salt, read, str(refusal))
            messages.success(request, "The file is taken into the draft.")
            return redirect(found)
    form = FileForm(request.POST, request.FILES) if request.FILES or "send" in request.POST else FileForm()
    sent = _sent(form)
    if sent is not None:
        return _preview(request, context, salt, sent)
    return render(request, "statement/draft_import.html", {**context, "form": form})


def _preview(
    request: SignedInRequest, context: dict[str, Any], salt: str, read: dict[str, Any], refused: str = ""
) -> HttpResponse:
    draft: Draft = context["draft"]
    seen = services.state_of(draft)
    planned = services.plan_of(draft, [Incoming(**each) for each in read["clauses"]])
    shown = _shown(selectors.clauses_of_draft(draft), planned, read, salt)
    return render(
        request,
        "statement/draft_import.html",
        {**context, **shown, "refused": refused, "seen": seen, "is_preview": True},
    )


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def import_draft(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Make a new draft of a file: see what it would change in the version in force, and confirm.

    While a draft is under work nothing can be made: the page says so, and leads to it. What was read stands signed in
    the page of the preview: it is that person's, against that version, for a day.
    """
    statement = selectors.statement_of(group)
    draft = under_work(request, group)
    context: dict[str, Any] = {
        "group": group,
        "draft": draft,
        "base": services.base_of(statement) if statement else None,
        "has_statement": statement is not None,
        "breadcrumb": breadcrumb(group),
    }
    form = FileForm()
    if request.method == "POST" and draft is None and statement is not None:
        salt = f"statement.import_draft.{request.user.pk}.{statement.pk}"
        if "read" in request.POST:
            read = _read(request, salt)
            if read is not None:
                return _make(request, context, statement, salt, read)
            context["refused"] = "The preview is too old: send the file once more."
        else:
            form = FileForm(request.POST, request.FILES)
            sent = _sent(form)
            if sent is not None:
                title = TitleForm(initial={"title": f"Draft from {sent['name']}"})
                return _preview_of_new(request, context, statement, salt, sent, title)
    return render(request, "statement/import_draft.html", {**context, "form": form})


def _make(
    request: SignedInRequest, context: dict[str, Any], statement: StatementOfWork, salt: str, read: dict[str, Any]
) -> HttpResponse:
    title = TitleForm(request.POST)
    base = context["base"]
    if title.is_valid():
        clauses = [Incoming(**each) for each in read["clauses"]]
        try:
            if read["base"] != (base.pk if base else None):
                raise services.Refused("Another version is in force by now: look at what would change once more.")
            draft = services.draft_from(
                by=request.user, statement=statement, clauses=clauses, seen=base, **title.cleaned_data
            )
        except services.Refused as refusal:
            title.add_error(None, str(refusal))
        else:
            messages.success(request, "The draft is made from the file. Nothing changes in the version in force.")
            return redirect(draft)
    return _preview_of_new(request, context, statement, salt, read, title)


def _preview_of_new(
    request: SignedInRequest,
    context: dict[str, Any],
    statement: StatementOfWork,
    salt: str,
    read: dict[str, Any],
    title: TitleForm,
) -> HttpResponse:
    base = context["base"]
    before = selectors.clauses_of(base)[base.pk] if base else []
    planned = services.plan_over(statement.pk, before, [Incoming(**each) for each in read["clauses"]])
    shown = _shown(before, planned, {**read, "base": base.pk if base else None}, salt)
    return render(request, "statement/import_draft.html", {**context, **shown, "form": title, "is_preview": True})


def _sent(form: FileForm) -> dict[str, Any] | None:
    """What the file says, to be kept in the page; None where none was sent, or none that can be read."""
    if not form.is_bound or not form.is_valid():
        return None
    file = form.cleaned_data["file"]
    try:
        reading = imports.read_file(file)
    except Unreadable as reason:
        form.add_error("file", str(reason))
        return None
    clauses = [asdict(each) for each in reading.clauses]
    return {"clauses": clauses, "unread": list(reading.unread), "name": PurePath(file.name or "a file").stem[:100]}


def _read(request: HttpRequest, salt: str) -> dict[str, Any] | None:
    """What the page of the preview carried; None where it is too old, or was not made for this."""
    try:
        return dict(signing.loads(request.POST["read"], salt=salt, max_age=KEPT))
    except signing.BadSignature:
        return None


def _shown(before: Sequence[Any], planned: Sequence[Planned], read: dict[str, Any], salt: str) -> dict[str, Any]:
    found = changes.changes(before, planned)
    return {
        "changes": [change for change in found if change.kind is not changes.Kind.UNCHANGED],
        "summary": changes.summary(found),
        "matching": _matching(before, planned),
        "unread": read["unread"],
        "read": signing.dumps(read, salt=salt, compress=True),
    }


def _matching(before: Iterable[Any], planned: Sequence[Planned]) -> Matching:
    as_it_stands = {each.clause_id: each for each in before}
    counted = Counter(each.match for each in planned)
    staying = {each.clause_id for each in planned}
    return Matching(
        counted=[
            (str(match), counted[match]) for match in (Match.MARK, Match.HEADING, Match.LIKENESS) if counted[match]
        ],
        alike=[(as_it_stands[each.clause_id], each) for each in planned if each.match is Match.LIKENESS],
        new=[each for each in planned if each.match is Match.NEW],
        gone=[each for each in as_it_stands.values() if each.clause_id not in staying],
    )
