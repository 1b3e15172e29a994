"""A clause of a draft with what members say of it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from documents.statement import changes, selectors, services
from documents.statement.forms.drafts import CommentForm
from documents.statement.models import DraftComment
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.clock import selectors as clock

from .places import Place, breadcrumb, place_at


@requires(Action.READ_GROUP)
def draft_clause(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """The clause against the version that the draft is based on, and what was said of it."""
    return _page(request, group, place_at(request, group, draft, clause))


@requires(Action.COMMENT_ON_DRAFT)
@takes("GET", "POST")
def draft_comment(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """Say something of the clause, or answer (`answers`) what was said."""
    place = place_at(request, group, draft, clause)
    if request.method != "POST":
        return _page(request, group, place)
    answers, pk = None, request.POST.get("answers", "")
    if pk:
        said = selectors.comments_visible_to(request.user, clock.today()).filter(draft=place.draft)
        answers = get_object_or_404(said, pk=int(pk) if pk.isascii() and pk.isdigit() and len(pk) < 18 else 0)
    form = CommentForm(
        request.POST,
        is_government=request.user.is_government,
        is_answer=answers is not None,
        auto_id=f"answer-{answers.pk}-%s" if answers else "comment-%s",
    )
    if form.is_valid():
        try:
            made = services.comment(
                by=request.user, draft=place.draft, clause=place.row.clause, answers=answers, **form.cleaned_data
            )
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Your answer is there." if answers else "Your comment is there.")
            return redirect(f"{_address(place)}#comment-{made.pk}")
    return _page(request, group, place, form, answers)


@requires(Action.COMMENT_ON_DRAFT)
@takes("GET", "POST")
def draft_resolve(request: SignedInRequest, group: WorkingGroup, draft: int, comment: int) -> HttpResponse:
    """Mark a comment as dealt with, or take that back (`reopen`): for who wrote it, and for who works on the draft."""
    visible = selectors.comments_visible_to(request.user, clock.today())
    found = get_object_or_404(visible.filter(draft__statement__group=group, draft=draft), pk=comment)
    if request.method != "POST":
        return _page(request, group, place_at(request, group, draft, found.clause_id))
    standing: Standing = request.standing  # type: ignore[attr-defined]
    if found.author_id != request.user.pk and not standing.may(Action.EDIT_STATEMENT):
        raise PermissionDenied("a comment is resolved by who wrote it, or by an administrator")
    try:
        if request.POST.get("reopen"):
            services.reopen(by=request.user, comment=found)
            messages.success(request, "The comment is open again.")
        else:
            services.resolve(by=request.user, comment=found)
            messages.success(request, "The comment is resolved.")
    except services.Refused as refusal:
        messages.error(request, str(refusal))
    address = reverse("statement:draft_clause", args=[group.slug, draft, found.clause_id])
    return redirect(f"{address}#comment-{found.pk}")


def _address(place: Place) -> str:
    group = place.draft.statement.group.slug
    return reverse("statement:draft_clause", args=[group, place.draft.pk, place.row.clause_id])


def _page(
    request: SignedInRequest,
    group: WorkingGroup,
    place: Place,
    sent: CommentForm | None = None,
    answered: DraftComment | None = None,
) -> HttpResponse:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    row, user = place.row, request.user
    may_comment = standing.may(Action.COMMENT_ON_DRAFT) and place.draft.is_under_work
    may_edit = standing.may(Action.EDIT_STATEMENT)
    visible = selectors.comments_visible_to(user, clock.today())
    said = list(visible.filter(draft=place.draft, clause=row.clause_id).order_by("written_at", "pk"))
    threads: list[dict[str, Any]] = []
    for comment in (each for each in said if each.answers_id is None):
        is_answered = answered is not None and answered.pk == comment.pk
        threads.append(
            {
                "comment": comment,
                "answers": [each for each in said if each.answers_id == comment.pk],
                "may_resolve": place.draft.is_under_work and may_comment and (may_edit or comment.author_id == user.pk),
                "form": sent
                if is_answered
                else CommentForm(is_government=user.is_government, is_answer=True, auto_id=f"answer-{comment.pk}-%s"),
                "is_answered": is_answered,
            }
        )
    old = selectors.clauses_of(place.draft.based_on)[place.draft.based_on.pk] if place.draft.based_on else []
    changed = changes.changes(old, place.texts, selectors.origins_in(place.rows))
    return render(
        request,
        "statement/draft_clause.html",
        {
            "group": group,
            "draft": place.draft,
            "place": place,
            "change": next((each for each in changed if each.clause_id == row.clause_id), None),
            "threads": threads,
            "form": sent
            if sent and answered is None
            else CommentForm(is_government=user.is_government, auto_id="comment-%s"),
            "may_comment": may_comment,
            "is_edited": may_edit and place.draft.is_open and not row.is_removed,
            "breadcrumb": breadcrumb(group, place.draft),
        },
    )
