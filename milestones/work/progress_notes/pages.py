"""Progress notes: the list, the page of one, and the form that drafts one."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from milestones.work.models import ProgressNote
from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.remarks.changing import CHANGED, WITHDRAWN, Changing, refuse_forged_mark
from teams.remarks.selectors import as_read_by
from teams.remarks.services import AlreadyWithdrawn, ChangedMeanwhile

from . import selectors, services
from .figures import figures_of, month_before, month_of
from .forms import MonthForm, ProgressFilter, ProgressForm

PAGE_SIZE = 12


def may_report(request: SignedInRequest, body: Body) -> bool:
    """Whether the reader may write progress notes for the body."""
    return standings_of(request)[body.group.slug].may(Action.REPORT_PROGRESS, body)


@requires(Action.READ_GROUP)
def progress_notes(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The group's progress notes that the reader may see, the last month first; `?team=` chooses."""
    bodies = bodies_of_request(request, group)
    filters = ProgressFilter(request.GET, bodies=bodies)
    found = selectors.progress_notes_visible_to(request.user, clock.today()).filter(group=group)
    if team := filters.chosen("team"):
        found = found.filter(body__key=team)
    page = Paginator(found.order_by("-month", "body__position", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = as_read_by(request.user, page.object_list)
    teams = [each for each in bodies if each.kind == Body.Kind.TEAM and (not team or each.key == team)]
    return render(
        request,
        "work/progress_notes.html",
        {
            "group": group,
            "filters": filters,
            "page": page,
            "to_write": [each for each in teams if may_report(request, each)],
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def progress_note(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """One progress note, with the forms that publish, correct, withdraw and mark it for those who may."""
    today = clock.today()

    def find() -> ProgressNote:
        return get_object_or_404(selectors.progress_notes_visible_to(request.user, today), group=group, key=key)

    def save_words(note: ProgressNote, **given: object) -> None:
        form = changing.edit
        assert isinstance(form, ProgressForm)
        services.correct_progress(note, reason=form.reason, **given)  # type: ignore[arg-type]

    found = find()
    may_write = may_report(request, found.body)
    changing = Changing(
        request,
        found,
        find=find,
        save_words=save_words,
        save_mark=services.mark_progress,
        form=ProgressForm,
        may_edit=may_write,
        may_withdraw=may_write or standings_of(request)[group.slug].may(Action.WITHDRAW_NOTES, found.body),
    )
    takes_its_place = found.is_government_only and services.open_note(found.body, found.month) is not None
    if takes_its_place:
        # Of a month there is one that everybody sees: this one can't be opened beside it.
        changing.mark = None
        changing.tried = None if changing.sent == "mark" else changing.tried
    refused = ""
    if changing.sent == "publish" and found.is_draft:
        refused = _publish(request, found, may_write=may_write)
        if not refused:
            messages.success(request, "Published: the group reads it from now on, with the figures of today.")
            return redirect(found)
    elif done := changing.save():
        messages.success(request, done)
        return redirect(found)
    note = as_read_by(request.user, [changing.remark])[0]
    return render(
        request,
        "work/progress_note.html",
        {
            "group": group,
            "note": note,
            "changing": changing,
            "refused": refused,
            "takes_its_place": takes_its_place,
            "may_publish": may_write and note.is_draft and not note.is_withdrawn,
            "figures": figures_of(request.user, note.body, note.month, today) if note.is_draft else note.figures,
            "breadcrumb": _breadcrumb(group, found.body),
        },
    )


def _publish(request: SignedInRequest, note: ProgressNote, *, may_write: bool) -> str:
    """Publish the note; returns why it was not, in a sentence, or nothing."""
    if not may_write:
        raise PermissionDenied("your role does not allow you to publish progress notes there")
    seen = request.POST.get("revision", "")
    try:
        services.publish_progress(by=request.user, note=note, seen=int(seen) if seen.isdecimal() else 0)
    except AlreadyWithdrawn:
        return WITHDRAWN
    except ChangedMeanwhile:
        return CHANGED
    return ""


@requires(Action.REPORT_PROGRESS)
@takes("GET", "POST")
def write_progress_note(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that drafts the progress note of a month, beside the figures of that month.

    `look` among what is sent shows the figures of the month that is chosen, keeps what was typed, and changes nothing.
    """
    body = get_object_or_404(Body.objects.select_related("group"), group=group, kind=Body.Kind.TEAM, key=key)
    if not may_report(request, body):
        raise PermissionDenied("your role does not allow you to write progress notes there")
    refuse_forged_mark(request)
    today = clock.today()
    months = _months(today)
    is_look = "look" in request.POST
    is_sent = request.method == "POST" and not is_look
    form = MonthForm(request.POST if is_sent else None, person=request.user, months=months)
    if is_look:
        form.keep(request.POST)
    month = next((each for each in months if each.isoformat() == form["month"].value()), months[0])
    there = None
    if is_sent and form.is_valid():
        try:
            note = services.draft_progress(by=request.user, body=body, key=form.cleaned_data["key"], **form.said)
        except services.ThereAlready as already:
            there = already.note
            form.add_error("month", "There is a progress note of that month already: open it to change it.")
        else:
            messages.success(request, "The draft is kept. The group reads it once you publish it.")
            return redirect(note)
    return render(
        request,
        "work/progress_note_new.html",
        {
            "group": group,
            "body": body,
            "form": form,
            "there": there,
            "month": month,
            "figures": figures_of(request.user, body, month, today),
            "breadcrumb": _breadcrumb(group, body),
        },
    )


def _months(today: date) -> list[date]:
    """The months that a new note can be about: this one and the two before."""
    this = month_of(today)
    return [this, month_before(this), month_before(month_before(this))]


def _breadcrumb(group: WorkingGroup, body: Body) -> list[tuple[str, str]]:
    return [
        (group.slug.upper(), group.get_absolute_url()),
        (body.short_name, body.get_absolute_url()),
        ("Progress notes", reverse("work:progress_notes", args=[group.slug])),
    ]
