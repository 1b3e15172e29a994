"""What stands between a signed-in person and the pages: the second factor that some must set up, and their visits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from teams.clock import selectors as clock

from . import selectors, services
from .identities.selectors import has_second_factor_at_provider

# What opens for somebody who must set up a second factor first: only what leads there, and the way out. An address that
# waits to be confirmed stands in the way of setting up, so its pages open too.
ENROLMENT = frozenset(
    {
        "mfa_index",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_view_recovery_codes",
        "account_reauthenticate",
        "account_email",
        "account_confirm_email",
        "account_logout",
        "identities:identities",
        "identities:link",
        "identities:sign_in",
        "identities:answer",
    }
)
# What opens for somebody whose second factor is their identity provider, and who has signed in without it: showing it,
# and the way out. Setting up another one does not, or whoever learns the password would.
SHOWING = frozenset({"identities:identities", "identities:sign_in", "identities:answer", "account_logout"})


class SecondFactorMiddleware:
    """Sends people who must set up a second factor there from everywhere else, also from addresses that aren't there.

    It marks their requests `is_enrolling`, so that the page around the page shows nothing of the portal either; and
    `must_show` where the second factor is there already, at the identity provider, and only has to be shown.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.user.is_authenticated and selectors.must_set_up_second_factor(request.user, request.session):
            request.is_enrolling = True  # type: ignore[attr-defined]
            must_show = has_second_factor_at_provider(request.user)
            request.must_show = must_show  # type: ignore[attr-defined]
            if not self._is_one_of(SHOWING if must_show else ENROLMENT, request.path_info):
                return redirect("identities:identities" if must_show else "mfa_index")
        return self.get_response(request)

    @staticmethod
    def _is_one_of(names: frozenset[str], path: str) -> bool:
        try:
            return resolve(path).view_name in names
        except Resolver404:
            return False


class VisitMiddleware:
    """Notes the visit of a signed-in person before the view runs; must stand after the clock's middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Note it; costs a statement once in five minutes."""
        if request.user.is_authenticated:
            services.note_visit(person=request.user, at=clock.now())
