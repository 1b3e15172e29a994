"""The pages of absences: who is away and who stands in, setting one, changing and ending it."""

from __future__ import annotations

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.models import Absence, WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.bodies.selectors import absences_of, bodies_of_request
from teams.clock import selectors as clock
from teams.dates import span_of_days

from . import selectors, services
from .forms import AbsenceForm, PersonForm

PAGE_SIZE = 25
ALL = "all"

# Which field a refusal belongs to, and what it says there.
IN_THE_PAST = "What has passed can’t be changed: write today or a later day."
REFUSALS: dict[type[Exception], tuple[str | None, str]] = {
    services.InThePast: ("first_day", IN_THE_PAST),
    services.EndsInThePast: ("last_day", IN_THE_PAST),
    services.EndsBeforeItStarts: ("last_day", "This day comes before the first day away."),
    services.Overlapping: ("first_day", "Some of these days lie in another absence from this group. Change that one."),
    services.CanNotStandIn: ("stand_in", "This person can’t stand in: they don’t belong to the group today."),
    services.NotTheirRole: ("roles", "One of these roles is no longer held. Choose again."),
    services.OnlyForGovernment: (
        "roles",
        "The role of a CBP reviewer passes only to someone who works for the government.",
    ),
    services.ChangedMeanwhile: (
        None,
        "Somebody changed this absence after you opened it. What you wrote stands below; how it is now stands above. "
        "Send it again if yours should count.",
    ),
    services.NotOpen: (None, "This absence is over: its record stays as it is."),
}


@requires(Action.READ_GROUP)
def absences(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Who is away now and later, and who stands in; `?show=all` adds what has passed."""
    today = clock.today()
    shows_all = request.GET.get("show") == ALL
    found = selectors.narrowed(absences_of(group), state=ALL if shows_all else "", day=today)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(
        request,
        "bodies/absences.html",
        {
            "group": group,
            "page": page,
            "rows": [(each, each.state_on(today)) for each in page],
            "shows_all": shows_all,
            "others": PersonForm(people=selectors.kept_by(_standing(request), bodies_of_request(request, group)))
            if _standing(request).may_by_own_role(Action.KEEP_MEMBERSHIPS)
            else None,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def set_absence(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The form that sets an absence: one's own, or `?person=` that of somebody whose memberships one keeps.

    Raises PermissionDenied where one doesn't keep them.
    """
    person = request.user
    if request.GET.get("person"):
        kept = selectors.kept_by(_standing(request), bodies_of_request(request, group))
        chosen = PersonForm(request.GET, people=kept)
        if not chosen.is_valid():
            raise PermissionDenied("you don't keep the memberships of this person")
        person = chosen.cleaned_data["person"]
    today = clock.today()
    roles = list(selectors.roles_of(person, group, today))
    form = AbsenceForm(
        request.POST if request.method == "POST" else None,
        stand_ins=selectors.who_can_stand_in(person, group, today),
        roles=roles,
        is_own=person == request.user,
    )
    if request.method == "POST" and form.is_valid():
        made = _tried(
            form, lambda: services.set_absence(by=request.user, person=person, group=group, **form.cleaned_data)
        )
        if made is not None:
            messages.success(request, f"{made.stand_in.name} stands in, {_days(made)}. Both of you get a mail.")
            return redirect(made)
    return render(
        request,
        "bodies/absence_new.html",
        {
            "group": group,
            "person": person,
            "is_own": person == request.user,
            "has_roles": bool(roles),
            "form": form,
            "breadcrumb": _breadcrumb(group),
        },
    )


@requires(Action.READ_GROUP)
@takes("GET", "POST")
def absence(request: SignedInRequest, group: WorkingGroup, absence: int) -> HttpResponse:
    """One absence, with the forms that change and end it for those who may.

    Raises Http404 for another group's, PermissionDenied for a POST of somebody who may only read.
    """
    found = get_object_or_404(absences_of(group), pk=absence)
    today = clock.today()
    held = list(selectors.roles_of(found.person, group, today))
    may_change = selectors.may_change(request.user, _standing(request), found, held)
    if request.method == "POST" and not may_change:
        raise PermissionDenied("this absence is not yours to change")
    is_open = found.is_open_on(selectors.day_of(found))
    form = None
    if may_change and is_open:
        sent = request.POST if request.method == "POST" and request.POST.get("what") == "change" else None
        roles = {each.pk: each for each in [*held, *found.roles.all()]}
        form = AbsenceForm(
            sent,
            stand_ins=selectors.who_can_stand_in(found.person, group, today),
            roles=roles.values(),
            is_own=found.person == request.user,
            absence=found,
        )
    if request.method == "POST" and _changed(request, found, form):
        return redirect(found)
    return render(
        request,
        "bodies/absence.html",
        {
            "group": group,
            "absence": found,
            "state": found.state_on(today),
            "is_own": found.person == request.user,
            "form": form,
            "mails": list(selectors.mails_of(found).select_related("recipient").defer("text", "html"))
            if may_change or found.stand_in == request.user
            else [],
            "breadcrumb": _breadcrumb(group),
        },
    )


def _changed(request: SignedInRequest, found: Absence, form: AbsenceForm | None) -> bool:
    """Do what was sent; False where it can't be done, which the form or a message then says."""
    sent = request.POST.get("revision", "")
    revision = int(sent) if sent.isascii() and sent.isdigit() and len(sent) < 10 else 0
    if request.POST.get("what") == "end" or form is None:
        try:
            ended = services.end(by=request.user, absence=found, revision=revision)
        except (services.ChangedMeanwhile, services.NotOpen) as refusal:
            messages.error(request, REFUSALS[type(refusal)][1].partition(" What you wrote")[0])
            return True
        said = "called off" if ended.returned_on == ended.first_day else "ended; everything is back"
        messages.success(request, f"The absence is {said}. Both of you get a mail.")
        return True
    if not form.is_valid():
        return False
    given = form.cleaned_data
    made = _tried(form, lambda: services.change(by=request.user, absence=found, revision=revision, **given))
    if made is not None:
        messages.success(request, f"Saved: {made.stand_in.name} stands in, {_days(made)}. Both of you get a mail.")
    return made is not None


def _tried(form: forms.Form, write: Callable[[], Absence]) -> Absence | None:
    """What was written; None where it was refused, with the refusal at its field."""
    try:
        return write()
    except tuple(REFUSALS) as refusal:
        form.add_error(*REFUSALS[type(refusal)])
    return None


def _days(absence: Absence) -> str:
    return span_of_days(absence.first_day, absence.last_day)


def _standing(request: SignedInRequest) -> Standing:
    standing: Standing = request.standing  # type: ignore[attr-defined]
    return standing


def _breadcrumb(group: WorkingGroup) -> list[tuple[str, str]]:
    return [
        (group.slug.upper(), group.get_absolute_url()),
        ("Absences", reverse("bodies:absences", args=[group.slug])),
    ]
