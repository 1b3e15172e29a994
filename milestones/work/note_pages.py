"""Notes: the list, the page of one, and the form that writes one on a milestone, a deliverable or a team."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, Standing, requires, standings_of
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock
from teams.remarks import services as remarks
from teams.remarks.changing import Changing, RemarkForm, refuse_forged_mark
from teams.remarks.selectors import as_read_by

from . import selectors, services
from .forms import NoteFilter
from .models import Deliverable, Milestone, Note

PAGE_SIZE = 25


def may_write(request: SignedInRequest, body: Body) -> bool:
    """Whether the reader may write notes on what the body does."""
    return _standing(request, body.group).may(Action.WRITE_NOTES, body)


def _standing(request: SignedInRequest, group: WorkingGroup) -> Standing:
    return standings_of(request)[group.slug]


@requires(Action.READ_GROUP)
def notes(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The group's notes that the reader may see, the newest first: `?team=`, `?milestone=`, `?deliverable=` choose."""
    today = clock.today()
    filters = NoteFilter(request.GET, bodies=bodies_of_request(request, group))
    found = selectors.notes_visible_to(request.user, today).filter(group=group)
    found = selectors.notes_about(found, **filters.keys)
    if filters.chosen("mine"):
        found = found.filter(author=request.user)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    page.object_list = as_read_by(request.user, page.object_list)
    return render(
        request,
        "work/notes.html",
        {
            "group": group,
            "filters": filters,
            "page": page,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def note(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """One note, with the forms that edit, withdraw and mark it for those who may."""
    today = clock.today()

    def find() -> Note:
        return get_object_or_404(selectors.notes_visible_to(request.user, today), group=group, key=key)

    found = find()
    is_author = found.author_id == request.user.pk
    changing = Changing(
        request,
        found,
        find=find,
        save_words=remarks.edit,
        may_edit=is_author,
        may_withdraw=is_author or _standing(request, group).may(Action.WITHDRAW_NOTES, found.body),
    )
    if done := changing.save():
        messages.success(request, done)
        return redirect(found)
    return render(
        request,
        "work/note.html",
        {
            "group": group,
            "note": as_read_by(request.user, [changing.remark])[0],
            "changing": changing,
            "breadcrumb": _breadcrumb(group, found.about),
        },
    )


@requires(Action.WRITE_NOTES)
@takes("GET", "POST")
def write_milestone_note(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that writes a note on a milestone."""
    return _write(request, get_object_or_404(selectors.milestone_of(request.user, group, clock.today()), key=key))


@requires(Action.WRITE_NOTES)
@takes("GET", "POST")
def write_deliverable_note(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that writes a note on a deliverable."""
    seen = selectors.deliverables_of(request.user, group, clock.today()).select_related("group", "body__group")
    return _write(request, get_object_or_404(seen, key=key))


@requires(Action.WRITE_NOTES)
@takes("GET", "POST")
def write_team_note(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """The form that writes a note on a team."""
    seen = Body.objects.select_related("group").filter(group=group, kind=Body.Kind.TEAM)
    return _write(request, get_object_or_404(seen, key=key))


def _write(request: SignedInRequest, about: Milestone | Deliverable | Body) -> HttpResponse:
    body = about if isinstance(about, Body) else about.body
    if not may_write(request, body):
        raise PermissionDenied("your role does not allow you to write notes there")
    refuse_forged_mark(request)
    form = RemarkForm(request.POST if request.method == "POST" else None, person=request.user)
    if request.method == "POST" and form.is_valid():
        given = {"key": form.cleaned_data["key"], **form.said}
        written = services.write_note(by=request.user, about=about, **given)
        messages.success(request, "Your note is written.")
        return redirect(f"{about.get_absolute_url().partition('#')[0]}#note-{written.key}")
    return render(
        request,
        "work/note_new.html",
        {"group": about.group, "about": about, "form": form, "breadcrumb": _breadcrumb(about.group, about)},
    )


def _breadcrumb(group: WorkingGroup, about: Milestone | Deliverable | Body) -> list[tuple[str, str]]:
    return [
        (group.slug.upper(), group.get_absolute_url()),
        (str(about), about.get_absolute_url()),
        ("Notes", reverse("work:notes", args=[group.slug])),
    ]
