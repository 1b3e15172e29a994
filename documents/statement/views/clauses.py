"""Work on the clauses of a draft: each small form has its page, so that everything works without JavaScript."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from documents.statement import merging, redline, selectors, services
from documents.statement.forms.drafts import (
    BOTH,
    ClashForm,
    ClauseForm,
    NewClauseForm,
    OtherClauseForm,
    PlaceForm,
    SplitForm,
    put_together,
)
from documents.statement.models import DraftClause
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires

from .places import Place, breadcrumb, draft_at, number_now, place_at, to_clause

DIRECTIONS: dict[str, services.Direction] = {"up": "up", "down": "down", "in": "in", "out": "out"}


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_add(request: SignedInRequest, group: WorkingGroup, draft: int) -> HttpResponse:
    """A new clause, behind the clause `?after=` or first under `?under=`; without either first in the draft.

    Raises Http404 where the draft has no such clause; one that was removed meanwhile is said.
    """
    found = draft_at(request, group, draft)
    rows = {row.clause_id: row for row in selectors.rows_of(found)}
    asked = [request.GET.get(name, "") for name in ("after", "under")]
    if any(clause and _number(clause) not in rows for clause in asked):
        raise Http404("the draft has no such clause")
    after, under = (rows.get(_number(clause)) for clause in asked)
    form = NewClauseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            row = services.add_clause(by=request.user, draft=found, after=after, under=under, **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"Clause {number_now(found, row.clause_id)} is added.")
            return to_clause(found, row.clause_id)
    context = {
        "group": group,
        "draft": found,
        "form": form,
        "after": after,
        "under": under,
        "breadcrumb": breadcrumb(group, found),
    }
    return render(request, "statement/draft_add.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_edit(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """Heading and text of a clause; what two people changed is brought together, or put to the second one.

    A script that saves while somebody types asks for JSON, and is told in it what became of the text.
    """
    place = place_at(request, group, draft, clause)
    if request.method == "POST":
        if "base_revision" in request.POST:
            return _decide_clashes(request, group, place)
        form = ClauseForm(request.POST)
        if request.accepts("text/html"):
            return _edit(request, group, place, form)
        return JsonResponse(_autosave(request, place, form))
    seen = {"heading": place.row.heading, "text": place.row.text, "seen_revision": place.row.revision}
    template = "statement/_edit.html" if request.GET.get("part") else "statement/draft_edit.html"
    return _form_page(request, group, place, ClauseForm(initial=seen), template)


def _form_page(
    request: SignedInRequest, group: WorkingGroup, place: Place, form: ClauseForm, template: str
) -> HttpResponse:
    context = {
        "group": group,
        "draft": place.draft,
        "place": place,
        "form": form,
        "into": place.row_of(place.row.merged_into_id or 0),
        "breadcrumb": breadcrumb(group, place.draft),
    }
    return render(request, template, context)


def _edit(request: SignedInRequest, group: WorkingGroup, place: Place, form: ClauseForm) -> HttpResponse:
    if not form.is_valid():
        return _form_page(request, group, place, form, "statement/draft_edit.html")
    try:
        if place.row.is_removed and request.POST.get("restore"):
            services.restore_clause(by=request.user, clause=place.row)
        saved = services.edit_clause(by=request.user, clause=place.row, **form.cleaned_data)
    except services.Conflict as conflict:
        return _conflict_page(request, group, place, conflict, form.cleaned_data)
    except services.Refused as refusal:
        form.add_error(None, str(refusal))
        if isinstance(refusal, services.Gone):
            place.row.is_removed = True
        return _form_page(request, group, place, form, "statement/draft_edit.html")
    _say_saved(request, place, saved)
    return to_clause(place.draft, saved.row.clause_id)


def _say_saved(request: SignedInRequest, place: Place, saved: services.Saved) -> None:
    number = number_now(place.draft, saved.row.clause_id)
    others = f" {_possessive(place)} change is in it too." if saved.merged else ""
    messages.success(request, f"Clause {number} is saved.{others}")


def _possessive(place: Place) -> str:
    """Whose change it was that a save brought together with one's own: that of who edited the clause last."""
    return f"{place.row.edited_by}’s" if place.row.edited_by else "Somebody else’s"


def _autosave(request: SignedInRequest, place: Place, form: ClauseForm) -> dict[str, object]:
    """What became of a text that was sent while it is typed: saved, wrong (go on typing), or refused (stop)."""
    if not form.is_valid():
        return {"wrong": " ".join(str(error) for errors in form.errors.values() for error in errors)}
    try:
        saved = services.edit_clause(by=request.user, clause=place.row, **form.cleaned_data)
    except services.Conflict as conflict:
        return {"refused": f"{conflict} Press “Save” to see both, and choose."}
    except services.Refused as refusal:
        return {"refused": f"{refusal} Press “Save” to see what can be done."}
    return {
        "saved": f"Saved {timezone.localtime(saved.row.edited_at):%H:%M}" if saved.row.edited_at else "Saved",
        "others": f"{_possessive(place)} change is in it too." if saved.merged else "",
        "revision": saved.row.revision,
        "heading": saved.row.heading,
        "text": saved.row.text,
    }


def _conflict_page(
    request: SignedInRequest,
    group: WorkingGroup,
    place: Place,
    conflict: services.Conflict,
    typed: dict[str, object],
    form: ClashForm | None = None,
) -> HttpResponse:
    """What it was, what the other made of it, what was typed; and both in one, with each clash for a choice."""
    row, base_revision = conflict.row, int(str(typed["seen_revision"]))
    base = selectors.wording_at(row, base_revision) or (row.heading, row.text)
    mine = (str(typed["heading"]), str(typed["text"]).replace("\r\n", "\n"))
    clashes = form or ClashForm(
        heading=conflict.heading,
        text=conflict.text,
        initial={
            "mine_heading": mine[0],
            "mine_text": mine[1],
            "base_revision": base_revision,
            "seen_revision": row.revision,
        },
    )
    both = {
        "heading": put_together(conflict.heading, lambda _: BOTH)[:200],
        "text": put_together(conflict.text, lambda _: BOTH),
        "seen_revision": row.revision,
    }
    return render(
        request,
        "statement/draft_conflict.html",
        {
            "group": group,
            "draft": place.draft,
            "place": place,
            "row": row,
            "why": str(conflict),
            "base": base,
            "theirs": [redline.redline(was, now) for was, now in zip(base, (row.heading, row.text), strict=True)],
            "mine": [redline.redline(was, now) for was, now in zip(base, mine, strict=True)],
            "clashes": clashes,
            "form": ClauseForm(initial=both, auto_id="whole-%s"),
            "breadcrumb": breadcrumb(group, place.draft),
        },
    )


def _decide_clashes(request: SignedInRequest, group: WorkingGroup, place: Place) -> HttpResponse:
    """Save what was chosen for each clash; where the clause changed once more, that is put to the person too."""
    row = place.row
    typed = {
        "heading": request.POST.get("mine_heading", "").strip(),
        "text": request.POST.get("mine_text", "").replace("\r\n", "\n"),
        "seen_revision": _number(request.POST.get("base_revision", "")),
    }
    base = selectors.wording_at(row, int(str(typed["seen_revision"])))
    theirs = selectors.wording_at(row, _number(request.POST.get("seen_revision", "")))
    if base is None or theirs is None:
        messages.error(request, "The page that this was sent from is not of this clause. Open it again.")
        return redirect("statement:draft_edit", group.slug, place.draft.pk, row.clause_id)
    headings = merging.merge(base[0], str(typed["heading"]), theirs[0])
    texts = merging.merge(base[1], str(typed["text"]), theirs[1])
    form = ClashForm(request.POST, heading=headings, text=texts)
    if not form.is_valid():
        conflict = services.Conflict(row, headings, texts)
        return _conflict_page(request, group, place, conflict, typed, form)
    chosen = {
        "heading": form.chosen("heading"),
        "text": form.chosen("text"),
        "seen_revision": form.cleaned_data["seen_revision"],
    }
    return _edit(request, group, place, ClauseForm(chosen))


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_move(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """Up, down, in, out (`direction`), or to a place that is chosen from a list (or by dragging)."""
    place = place_at(request, group, draft, clause)
    others = [text for text in place.texts if text.clause_id != place.row.clause_id]
    direction = DIRECTIONS.get(request.POST.get("direction", ""))
    form = PlaceForm(request.POST if request.method == "POST" and direction is None else None, others=others)
    if request.method == "POST" and (direction is not None or form.is_valid()):
        try:
            if direction is not None:
                services.move_clause(by=request.user, clause=place.row, direction=direction)
            else:
                after, under = _spot(place, **form.cleaned_data)
                services.place_clause(by=request.user, clause=place.row, after=after, under=under)
        except services.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            number = number_now(place.draft, place.row.clause_id)
            if number == place.number:
                messages.info(request, f"Clause {number} stands where it stood.")
            else:
                messages.success(request, f"Clause {place.number} is clause {number} now.")
        return to_clause(place.draft, place.row.clause_id)
    context = {
        "group": group,
        "draft": place.draft,
        "place": place,
        "form": form,
        "breadcrumb": breadcrumb(group, place.draft),
    }
    return render(request, "statement/draft_move.html", context)


def _spot(place: Place, how: str, other: int) -> tuple[DraftClause | None, DraftClause | None]:
    """Behind which clause, or under which one."""
    row = place.row_of(other)
    assert row is not None
    if how == "after":
        return row, None
    if how == "under":
        return None, row
    beside = [text.row for text in place.texts if text.row.parent_id == row.parent_id and text.row.pk != place.row.pk]
    at = beside.index(row)
    above = next((each for each in place.rows if each.pk == row.parent_id), None)
    return (beside[at - 1], None) if at else (None, above)


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_split(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """Make two clauses of one."""
    place = place_at(request, group, draft, clause)
    seen = {"kept": place.row.text, "seen_revision": place.row.revision}
    form = SplitForm(request.POST if request.method == "POST" else None, initial=seen)
    if request.method == "POST" and form.is_valid():
        try:
            _, part = services.split_clause(by=request.user, clause=place.row, **form.cleaned_data)
        except services.Conflict as conflict:
            # What was typed stays, over the clause as it stands now.
            form = SplitForm({**request.POST.dict(), "seen_revision": conflict.row.revision})
            form.add_error(None, f"{conflict} The clause as it stands now is above: bring your two parts up to it.")
            place = place_at(request, group, draft, clause)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            number = number_now(place.draft, part.clause_id)
            messages.success(request, f"Clause {place.number} is split: its second part is {number} now.")
            return to_clause(place.draft, part.clause_id)
    context = {
        "group": group,
        "draft": place.draft,
        "place": place,
        "form": form,
        "breadcrumb": breadcrumb(group, place.draft),
    }
    return render(request, "statement/draft_split.html", context)


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_merge(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """Put a clause's text at the end of another's."""
    place = place_at(request, group, draft, clause)
    others = [text for text in place.texts if text.clause_id != place.row.clause_id]
    form = OtherClauseForm(request.POST if request.method == "POST" else None, others=others)
    if request.method == "POST" and form.is_valid():
        into = place.row_of(form.cleaned_data["into"])
        assert into is not None
        try:
            services.merge_clause(by=request.user, clause=place.row, into=into)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            number = number_now(place.draft, into.clause_id)
            messages.success(request, f"Clause {place.number} is merged into {number}. It can be put back.")
            return to_clause(place.draft, into.clause_id)
    context = {
        "group": group,
        "draft": place.draft,
        "place": place,
        "form": form,
        "breadcrumb": breadcrumb(group, place.draft),
    }
    return render(request, "statement/draft_merge.html", context)


@requires(Action.EDIT_STATEMENT)
@takes("GET", "POST")
def draft_remove(request: SignedInRequest, group: WorkingGroup, draft: int, clause: int) -> HttpResponse:
    """Take a clause out, with those under it or without; or put a removed one back (`restore`)."""
    place = place_at(request, group, draft, clause)
    refused = ""
    if request.method == "POST" and request.POST.get("restore"):
        try:
            services.restore_clause(by=request.user, clause=place.row)
        except services.Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"The clause is back: it is {number_now(place.draft, clause)}.")
            return to_clause(place.draft, clause)
    elif request.method == "POST":
        is_whole = request.POST.get("with_those_under_it") == "yes"
        try:
            services.remove_clause(by=request.user, clause=place.row, with_those_under_it=is_whole)
        except services.Refused as refusal:
            refused = str(refusal)
        else:
            messages.success(request, f"Clause {place.name} is removed. It stands at the end, and can be put back.")
            return redirect(f"{place.draft.get_absolute_url()}#removed")
    context = {
        "group": group,
        "draft": place.draft,
        "place": place,
        "under": [text for text in place.texts if text.number.startswith(f"{place.number}.")] if place.number else [],
        "refused": refused,
        "breadcrumb": breadcrumb(group, place.draft),
    }
    return render(request, "statement/draft_remove.html", context)
