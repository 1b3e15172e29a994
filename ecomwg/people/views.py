"""Pages for administrators: people and their accounts."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from milestones.work import selectors as work
from milestones.work.models import Milestone
from milestones.work.services import NotInTheGroup
from teams.accounts.access import SignedInRequest, administrators, asks_again, takes
from teams.accounts.models import User
from teams.accounts.selectors import sessions_of
from teams.clock import selectors as clock
from teams.notices.selectors import last_came_back_from

from . import selectors, services
from .forms import ClosingForm, PeopleFilter, ReasonForm

PAGE_SIZE = 25


@administrators
def people(request: SignedInRequest) -> HttpResponse:
    """Everyone with an account. `?q=` and `?state=` choose among them."""
    chosen = PeopleFilter(request.GET)
    found = selectors.people(words=chosen.chosen("q") or "", state=chosen.chosen("state") or "")
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "people/people.html", {"page": page, "filter": chosen, "breadcrumb": _way()[:1]})


@administrators
@takes("GET", "POST")
@asks_again
def account(request: SignedInRequest, person: int) -> HttpResponse:
    """A person's account: what ends when it is closed, and to whom what they owe goes; or opening it again.

    A POST asks for the administrator's password or second factor again, and then goes on with what was sent.
    """
    everyone = selectors.with_their_invitations(User.objects.select_related("organization"), clock.now())
    found = get_object_or_404(everyone, pk=person)
    today = clock.today()
    owed = work.in_order_of_due(selectors.open_milestones(found), selectors.open_deliverables(found))
    number_of_milestones = sum(isinstance(each, Milestone) for each in owed)
    form: ReasonForm = (
        ClosingForm(
            request.POST or None,
            offered=selectors.heirs(owed, instead_of=found, by=request.user, today=today) if owed else {},
        )
        if found.is_active
        else ReasonForm(request.POST or None)
    )
    is_own = found == request.user
    if request.method == "POST" and not is_own and form.is_valid() and _done(request, found, form):
        return redirect("people:account", found.pk)
    return render(
        request,
        "people/account.html",
        {
            "person": found,
            "is_own": is_own,
            "form": form,
            "came_back": last_came_back_from(found),
            "memberships": list(selectors.open_memberships(found, today)),
            "number_of_sessions": len(sessions_of(found)),
            "number_of_milestones": number_of_milestones,
            "number_of_deliverables": len(owed) - number_of_milestones,
            "breadcrumb": _way(),
        },
    )


def _way() -> list[tuple[str, str]]:
    return [("Administration", reverse("administration")), ("People", reverse("people:people"))]


def _done(request: SignedInRequest, person: User, form: ReasonForm) -> bool:
    reason = form.cleaned_data["reason"]
    if not isinstance(form, ClosingForm):
        services.open_account(by=request.user, person=person, reason=reason)
        messages.success(request, f"The account of {person.name} is open again. Roles are given anew.")
        return True
    try:
        services.close_account(by=request.user, person=person, heirs=form.heirs, reason=reason)
    except services.CommitmentsChanged:
        form.add_error(None, "Their open milestones or deliverables have changed meanwhile. Look at them again.")
    except NotInTheGroup:
        form.add_error(None, "Someone chosen has left the group meanwhile. Choose again.")
    else:
        messages.success(request, f"The account of {person.name} is closed.")
        return True
    return False
