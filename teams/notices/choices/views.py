"""A person's page of choices, and the page of the link in a mail."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from teams.accounts.access import SignedInRequest, public, secret_address, signed_in, takes
from teams.accounts.models import User
from teams.notices import kinds, selectors, services
from teams.notices.models import Way

from . import links, wording
from .forms import ChoicesForm


@signed_in
@takes("GET", "POST")
def choices(request: SignedInRequest) -> HttpResponse:
    """How the reader's mail comes: each kind's way, quiet hours and working days, and what that means in words."""
    ways, quiet = selectors.ways_of(request.user), selectors.quiet_times_of(request.user)
    form = ChoicesForm(request.POST or None, ways=ways, quiet=quiet)
    if request.method == "POST" and form.is_valid():
        services.choose(by=request.user, ways=form.ways, quiet_hours=form.quiet_hours, working_days=form.days)
        messages.success(request, "Saved. It holds for what waits already, too.")
        return redirect("choices:choices")
    return render(
        request,
        "notices/choices.html",
        {
            "form": form,
            "sentences": list(wording.sentences(ways, quiet)),
            "tabs": [
                ("You", reverse("profile:profile"), False),
                ("Mail you get", reverse("choices:choices"), True),
            ],
            "breadcrumb": [],
        },
    )


@secret_address
@csrf_exempt  # a mail program that does as RFC 8058 says has no page of ours to take a token from
@public
@takes("GET", "POST")
@never_cache
def least(request: HttpRequest, link: str) -> HttpResponse:
    """The link in a mail: a POST lets as little as may be come of its kind, at once; a GET asks and changes nothing.

    It answers the same whoever the person is and whether their account is open.
    """
    meant = links.read(link)
    found = [kind for name in (meant.kinds if meant else ()) if (kind := kinds.find(name)) and kind.is_chosen]
    if meant is None or not found:
        raise Http404("not a link of ours")
    if request.method == "POST" and (person := User.objects.filter(pk=meant.person_id).first()):
        services.least(person=person, names=meant.kinds)
    return render(
        request,
        "notices/least.html",
        {
            "off": [kind.title for kind in found if kind.least == Way.OFF],
            "fewer": [kind.title for kind in found if kind.least != Way.OFF],
            "is_done": request.method == "POST",
            "breadcrumb": [],
        },
    )
