"""What every view must say about itself: `@public`, `@signed_in`, `@administrators`, or `@requires(...)` of
`teams.bodies.permissions`.

A view that says nothing is refused, so that a forgotten line closes a page and never opens one. In the same way a view
only reads (GET and HEAD) unless it says `@takes("GET", "POST")`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import ResolverMatch

from .addresses import secret_address as secret_address
from .models import User

View = TypeVar("View", bound=Callable[..., HttpResponseBase])

PUBLIC = "public"
SIGNED_IN = "signed in"
ADMINISTRATORS = "administrator"
READING = ("GET", "HEAD")

# Pages of django-allauth that are open without signing in; its other pages are for people who are signed in.
ALLAUTH_PUBLIC = frozenset(
    {
        "account_login",
        "account_signup",
        "account_inactive",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "account_confirm_email",
        "account_email_verification_sent",
        "mfa_authenticate",  # between password and second factor nobody is signed in yet
        "mfa_login_webauthn",
    }
)


class SignedInRequest(HttpRequest):
    """A request whose person is known (for annotations in views behind `@signed_in` and `@requires`)."""

    user: User


def declare(view: View, access: str) -> View:
    """Write on a view who may come in; `AccessMiddleware` reads it."""
    view.access = access  # type: ignore[attr-defined]
    return view


def public(view: View) -> View:
    """Anyone may come, signed in or not."""
    return declare(view, PUBLIC)


def signed_in(view: View) -> View:
    """Anyone who is signed in may come; what they see starts from them."""
    return declare(view, SIGNED_IN)


def administrators(view: View) -> View:
    """Administrators of the portal may come; for everyone else there is no such page."""
    return declare(view, ADMINISTRATORS)


def asks_again(view: View) -> View:
    """A POST to the view asks for the person's password or second factor again, unless that was done just now.

    It then goes on with what was sent. Stands below the line that declares the access.
    """
    return cast(View, reauthentication_required(allow_get=True)(view))


def takes(*methods: str) -> Callable[[View], View]:
    """Which methods a view answers to, where it does more than read: `@takes("GET", "POST")`, `@takes("POST")`.

    HEAD comes with GET. Every other method is refused (405) before the view runs. Stands above or below the line that
    declares the access.
    """
    answered = (*methods, "HEAD") if "GET" in methods else methods

    def declare_methods(view: View) -> View:
        view.methods = answered  # type: ignore[attr-defined]
        return view

    return declare_methods


def methods_of(match: ResolverMatch) -> tuple[str, ...] | None:
    """The methods that the view of a resolved address answers to; None for pages of other packages, which know."""
    if getattr(match.func, "access", None) is None:
        return None
    methods: tuple[str, ...] = getattr(match.func, "methods", READING)
    return methods


def access_of(match: ResolverMatch) -> str | None:
    """What the view of a resolved address says about itself; None where it says nothing (and so is refused)."""
    declared: str | None = getattr(match.func, "access", None)
    if declared is not None:
        return declared
    module = getattr(match.func, "__module__", "")
    if module.startswith("allauth."):
        return PUBLIC if match.url_name in ALLAUTH_PUBLIC else SIGNED_IN
    if match.app_name == "admin" or module.startswith("django.contrib.admin"):
        return ADMINISTRATORS
    return None


class AccessMiddleware:
    """Refuses what is not declared, and sends people who are not signed in to the sign-in page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if request.user.is_authenticated and not response.has_header("Cache-Control"):
            # Neither a proxy nor the browser's "back" shows a person's page to the next one.
            response["Cache-Control"] = "no-store, private"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Decide before the view runs. Raises Http404 for what no one may have, or not this person."""
        assert request.resolver_match is not None
        access = access_of(request.resolver_match)
        if access is None:
            raise Http404("this address declares no access")
        methods = methods_of(request.resolver_match)
        if methods is not None and request.method not in methods:
            # Says nothing about what exists: it goes by the form of the address alone.
            return HttpResponseNotAllowed(methods)
        if access == PUBLIC:
            return None
        if not request.user.is_authenticated:
            if request.method in ("GET", "HEAD") and request.resolver_match.url_name != "account_logout":
                return redirect_to_login(request.get_full_path(), settings.LOGIN_URL)
            return redirect_to_login("/", settings.LOGIN_URL)
        if access == ADMINISTRATORS and not request.user.is_site_admin:
            raise Http404("for administrators")
        return None
