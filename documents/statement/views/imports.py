"""A file taken into a draft: first what would change is shown, and only the confirmation changes anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render

from documents.statement import changes, imports, selectors, services
from documents.statement.forms.imports import FileForm
from documents.statement.imports import Unreadable
from documents.statement.models import Draft
from documents.statement.services import Incoming
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires

from .places import breadcrumb, draft_at

KEPT = timedelta(days=1)


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
        try:
            read = signing.loads(request.POST["read"], salt=salt, max_age=KEPT)
        except signing.BadSignature:
            context["refused"] = "The preview is too old, or not of this draft: send the file once more."
        else:
            clauses = [Incoming(**each) for each in read["clauses"]]
            try:
                services.import_into(by=request.user, draft=found, clauses=clauses, seen=request.POST.get("seen", ""))
            except services.Refused as refusal:
                return _preview(request, context, salt, clauses, read["unread"], str(refusal))
            messages.success(request, "The file is taken into the draft.")
            return redirect(found)
    form = FileForm(request.POST, request.FILES) if request.FILES or "send" in request.POST else FileForm()
    if form.is_bound and form.is_valid():
        try:
            reading = imports.read_file(form.cleaned_data["file"])
        except Unreadable as reason:
            form.add_error("file", str(reason))
        else:
            return _preview(request, context, salt, reading.clauses, reading.unread)
    return render(request, "statement/draft_import.html", {**context, "form": form})


def _preview(
    request: SignedInRequest,
    context: dict[str, Any],
    salt: str,
    clauses: Sequence[Incoming],
    unread: Sequence[str],
    refused: str = "",
) -> HttpResponse:
    draft: Draft = context["draft"]
    seen = services.state_of(draft)
    found = changes.changes(selectors.clauses_of_draft(draft), services.plan_of(draft, clauses))
    read = {"clauses": [asdict(each) for each in clauses], "unread": list(unread)}
    shown = {
        "changes": [change for change in found if change.kind is not changes.Kind.UNCHANGED],
        "summary": changes.summary(found),
        "unread": unread,
        "refused": refused,
        "read": signing.dumps(read, salt=salt, compress=True),
        "seen": seen,
        "is_preview": True,
    }
    return render(request, "statement/draft_import.html", {**context, **shown})
