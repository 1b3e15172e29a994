"""A person's own page."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from teams.accounts import services
from teams.accounts.access import SignedInRequest, signed_in, takes
from teams.accounts.identities.provider import configured

from .forms import ProfileForm


@signed_in
@takes("GET", "POST")
def profile(request: SignedInRequest) -> HttpResponse:
    """Who the portal takes the reader for; name and time zone can be changed here, the rest where it says."""
    form = ProfileForm(request.POST or None, person=request.user)
    if request.method == "POST" and form.is_valid():
        services.change_profile(by=request.user, name=form.cleaned_data["name"], timezone=form.cleaned_data["timezone"])
        messages.success(request, "Saved.")
        return redirect("profile:profile")
    return render(
        request,
        "accounts/profile.html",
        {
            "form": form,
            "provider": configured(),
            "tabs": [
                ("You", reverse("profile:profile"), True),
                ("Mail you get", reverse("choices:choices"), False),
            ],
            "breadcrumb": [],
        },
    )
