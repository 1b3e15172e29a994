"""The pages of those who keep memberships: the list, one membership, a new one, a new term."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from teams.accounts.access import SignedInRequest, takes
from teams.bodies.absences.selectors import kept_by, who_is_away
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.bodies.permissions import Action, Standing, recorded_as, requires
from teams.bodies.selectors import absences_holding, bodies_of_request
from teams.clock import selectors as clock

from . import selectors, services
from .forms import AddForm, EndForm, MembershipFilter, RoleForm, TermForm

PAGE_SIZE = 25
TOO_EARLY = "The membership begins later than that."
HELD = "The person holds that role in that body at that time already."


def bodies_kept(request: SignedInRequest, group: WorkingGroup) -> list[Body]:
    """The bodies of the group whose memberships the person keeps."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    return [body for body in bodies_of_request(request, group) if standing.may(Action.KEEP_MEMBERSHIPS, body)]


@requires(Action.KEEP_MEMBERSHIPS)
def memberships(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Who has what since when until when, and when they were last here. `?q=`, `?body=` and `?state=` choose."""
    today = clock.today()
    bodies = bodies_kept(request, group)
    chosen = MembershipFilter(request.GET, bodies=bodies)
    found = selectors.narrowed(
        selectors.memberships_in(bodies),
        words=chosen.chosen("q") or "",
        body=chosen.chosen("body") or "",
        state=chosen.chosen("state") or selectors.NOW,
        day=today,
    )
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    away = list(absences_holding(group, today))
    return render(
        request,
        "bodies/memberships.html",
        {
            "group": group,
            "today": today,
            "bodies": bodies,
            "filter": chosen,
            "page": page,
            "rows": [(each, who_is_away(away, each)) for each in page],
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.KEEP_MEMBERSHIPS)
@takes("GET", "POST")
def membership(request: SignedInRequest, group: WorkingGroup, membership: int) -> HttpResponse:
    """One membership, with the forms that end it or change the role. Raises Http404 where the person keeps it not."""
    found = get_object_or_404(selectors.memberships_in(bodies_kept(request, group)), pk=membership)
    today = clock.today()
    first = {"on": max(today, found.started.first) if found.started else today}
    sent = request.POST.get("change") if request.method == "POST" else None
    end = EndForm(request.POST if sent == "end" else None, auto_id="end-%s", initial=first)
    role = RoleForm(request.POST if sent == "role" else None, by=request.user, auto_id="role-%s", initial=first)
    if sent == "end" and end.is_valid() and _end(request, found, end):
        return redirect("bodies:memberships", group.slug)
    if sent == "role" and role.is_valid() and _change_role(request, found, role):
        return redirect("bodies:memberships", group.slug)
    return render(
        request,
        "bodies/membership.html",
        {
            "group": group,
            "membership": found,
            "has_ended": found.ended is not None and found.ended.first <= today,
            "away": who_is_away(absences_holding(group, today), found),
            "may_set_absence": kept_by(request.standing, bodies_of_request(request, group))  # type: ignore[attr-defined]
            .filter(pk=found.person_id)
            .exists(),
            "end": end,
            "role": role,
            "breadcrumb": _breadcrumb(group),
        },
    )


def _end(request: SignedInRequest, found: Membership, form: EndForm) -> bool:
    on = form.cleaned_data["on"]
    try:
        with _recorded(request, found.body):
            services.end(by=request.user, membership=found, **form.cleaned_data)
    except (services.AlreadyEnded, services.EndsBeforeItStarts) as refusal:
        _say(form, refusal)
        return False
    messages.success(
        request, f"{found.person.name} is {found.get_role_display()} of {found.body} until {on:%B %-d, %Y}."
    )
    return True


def _change_role(request: SignedInRequest, found: Membership, form: RoleForm) -> bool:
    try:
        with _recorded(request, found.body):
            made = services.change_role(by=request.user, membership=found, **form.cleaned_data)
    except (services.AlreadyEnded, services.EndsBeforeItStarts, services.AlreadyHeld) as refusal:
        _say(form, refusal)
        return False
    messages.success(request, f"{made.person.name} is {made.get_role_display()} of {made.body} from {made.started} on.")
    return True


def _say(form: forms.Form, refusal: Exception) -> None:
    match refusal:
        case services.EndsBeforeItStarts():
            form.add_error("on", TOO_EARLY)
        case services.AlreadyHeld():
            form.add_error("role", HELD)
        case _:
            form.add_error(None, "This membership has ended already.")


@requires(Action.KEEP_MEMBERSHIPS)
@takes("GET", "POST")
def add_membership(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The form that gives someone with an account a role in a body."""
    bodies = bodies_kept(request, group)
    form = AddForm(
        request.POST if request.method == "POST" else None,
        people=selectors.people_to_add(request.user, bodies),
        bodies=bodies,
        by=request.user,
        initial={"on": clock.today(), "body": request.GET.get("body", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            with _recorded(request, form.cleaned_data["body"]):
                made = services.add(by=request.user, **form.cleaned_data)
        except services.AlreadyHeld:
            form.add_error("role", HELD)
        else:
            messages.success(
                request, f"{made.person.name} is {made.get_role_display()} of {made.body} from {made.started} on."
            )
            return redirect("bodies:memberships", group.slug)
    context = {"group": group, "form": form, "breadcrumb": _breadcrumb(group)}
    return render(request, "bodies/membership_new.html", context)


@requires(Action.KEEP_MEMBERSHIPS)
@takes("GET", "POST")
def new_term(request: SignedInRequest, group: WorkingGroup, key: str) -> HttpResponse:
    """A body's new term as one screen: all memberships end on a day, and the chosen ones begin anew.

    Raises Http404 where there is no such body, PermissionDenied where the person doesn't keep it.
    """
    body = next((each for each in bodies_of_request(request, group) if each.key == key), None)
    if body is None:
        raise Http404("no such body in this group")
    if body not in bodies_kept(request, group):
        raise PermissionDenied("your role does not allow you to keep the memberships of this body")
    held = selectors.not_ended(body, clock.today())
    form = TermForm(
        request.POST if request.method == "POST" else None, held=held, by=request.user, initial={"on": clock.today()}
    )
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with _recorded(request, body):
                made = services.begin_term(
                    by=request.user, body=body, on=given["on"], roles=form.roles, reason=given["reason"]
                )
        except services.ListChanged:
            form.add_error(None, "Someone else changed this list meanwhile. Look at it again before you send it.")
        except services.EndsBeforeItStarts:
            form.add_error("on", "One of the memberships begins later than that.")
        except services.AlreadyHeld:
            form.add_error(None, "Someone would hold the same role twice, or begins on that very day.")
        else:
            ended = len(form.held) - len(made)
            on, end = ("goes" if len(made) == 1 else "go"), ("ends" if ended == 1 else "end")
            messages.success(request, f"The new term of {body} is set: {len(made)} {on} on, {ended} {end}.")
            return redirect("bodies:memberships", group.slug)
    context = {"group": group, "body": body, "form": form, "breadcrumb": _breadcrumb(group)}
    return render(request, "bodies/membership_term.html", context)


def _recorded(request: SignedInRequest, body: Body) -> AbstractContextManager[None]:
    """With both names where the person keeps the memberships of the body only as somebody's stand-in."""
    return recorded_as(request.standing, Action.KEEP_MEMBERSHIPS, body)  # type: ignore[attr-defined]


def _breadcrumb(group: WorkingGroup) -> list[tuple[str, Any]]:
    return [
        (group.slug.upper(), group.get_absolute_url()),
        ("Memberships", reverse("bodies:memberships", args=[group.slug])),
    ]
