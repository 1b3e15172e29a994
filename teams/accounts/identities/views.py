"""Leaving for the identity provider, coming back, and the page where one's own identities stand."""

from __future__ import annotations

import logging
from typing import Final
from urllib.parse import urlencode, urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from teams.accounts.access import SignedInRequest, asks_again, public, signed_in, takes
from teams.clock import selectors as clock

from . import conversation, journeys, selectors, services, tokens
from .conversation import ProviderAway
from .journeys import Journey, Purpose
from .provider import Provider, configured
from .stages import SECOND_FACTOR
from .tokens import SignedIn, TokenRefused

log = logging.getLogger(__name__)

ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_CODE: Final = 4096  # characters
# How often somebody at one address may leave for the provider; allauth's form of saying it.
LIMITS: Final = {"identity": "30/m/ip"}


def the_provider() -> Provider:
    """The provider of the settings. Raises Http404 where there is none."""
    provider = configured()
    if provider is None:
        raise Http404("no identity provider is configured")
    return provider


# --- One's own identities ---------------------------------------------------------------------------------------------


@signed_in
def identities(request: SignedInRequest) -> HttpResponse:
    """The reader's identities at the provider, to be linked and removed; or the way to show one as second factor."""
    provider = the_provider()
    must_show = getattr(request, "must_show", False)
    return render(
        request,
        "identities/show.html" if must_show else "identities/identities.html",
        {
            "provider": provider,
            "identities": selectors.identities_of(request.user, provider),
            "breadcrumb": [] if getattr(request, "is_enrolling", False) else [("Profile", reverse("profile:profile"))],
        },
    )


@signed_in
@takes("POST")
@asks_again
def link(request: SignedInRequest) -> HttpResponseBase:
    """Off to the provider, to link an identity there with the reader's account."""
    return _leave(request, the_provider(), Purpose.LINK)


@signed_in
@takes("POST")
@asks_again
def remove(request: SignedInRequest) -> HttpResponseBase:
    """Remove the reader's identity whose number is sent as `identity`."""
    provider, number = the_provider(), request.POST.get("identity", "")
    if number.isdecimal() and len(number) < 19 and services.remove(by=request.user, identity=int(number)):
        _tell(request, "identity_removed", provider)
        messages.success(request, f"Your {provider.name} account no longer opens the portal.")
    return redirect("identities:identities")


# --- There and back ---------------------------------------------------------------------------------------------------


@never_cache
@public
@takes("POST")
def sign_in(request: HttpRequest) -> HttpResponseBase:
    """Off to the provider, to sign in; for somebody who is signed in with an identity, to show their second factor."""
    provider = the_provider()
    if not request.user.is_authenticated:
        return _leave(request, provider, Purpose.SIGN_IN)
    if selectors.identities_of(request.user, provider).exists():
        return _leave(request, provider, Purpose.PROVE)
    return redirect(_onward(request) or "home")


@never_cache
@public
def answer(request: HttpRequest) -> HttpResponseBase:
    """Where the provider sends people back to. What was asked is answered once, and only in the same browser."""
    provider = the_provider()
    at = clock.real_now()
    journey = journeys.take(request.session, request.GET.get("state", ""), at=at)
    if journey is None or journey.issuer != provider.issuer:
        return _back(request, None, "That sign-in was not begun in this browser, or took too long. Please try again.")
    if journey.purpose is Purpose.SIGN_IN and request.user.is_authenticated:
        return redirect(journey.onward or "home")  # meanwhile, in another window
    if journey.purpose is not Purpose.SIGN_IN and request.user.pk != journey.person:
        return _back(request, journey, "Meanwhile you were signed out. Sign in, and begin again.")
    try:
        who = _who(request, provider, journey)
    except ProviderAway:
        return _back(request, journey, _away(provider))
    except _Stopped:
        messages.info(request, f"You did not go on at {provider.name}. Nothing has changed.")
        return _back(request, journey)
    except TokenRefused as why:
        log.warning("A sign-in by %s is refused: %s", provider.issuer, why)
        return _back(request, journey, f"{provider.name} gave no answer that can be trusted. Please try again.")
    if journey.purpose is Purpose.SIGN_IN:
        return _enter(request, provider, journey, who)
    return _link(request, provider, journey, who)


class _Stopped(Exception):
    """The person did not want to go on."""


def _leave(request: HttpRequest, provider: Provider, purpose: Purpose) -> HttpResponseBase:
    """Send the browser to the provider with a question that only this session can have answered."""
    if not ratelimit.consume(request, app="teams.accounts", action="identity", config=LIMITS):
        refused: HttpResponse = ratelimit.respond_429(request)
        return refused
    try:
        door = conversation.metadata(provider).authorization_endpoint
    except ProviderAway:
        return _back(request, None, _away(provider), onward=_onward(request))
    journey = journeys.begin(
        request.session,
        purpose,
        issuer=provider.issuer,
        at=clock.real_now(),
        person=request.user.pk,
        onward=_onward(request),
    )
    asked = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": _answer_address(),
        "scope": "openid",  # who it is, and nothing else about them
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": journey.challenge,
        "code_challenge_method": "S256",
    }
    if provider.acr_values:
        asked["acr_values"] = " ".join(provider.acr_values)
    return redirect(f"{door}{'&' if urlsplit(door).query else '?'}{urlencode(asked)}")


def _who(request: HttpRequest, provider: Provider, journey: Journey) -> SignedIn:
    """Who has signed in at the provider, by the answer in the address. Raises ProviderAway, _Stopped, TokenRefused."""
    said = request.GET
    metadata = conversation.metadata(provider)
    # RFC 9207: an answer of another provider than the one that was asked.
    if said.get("iss", "" if metadata.answers_with_issuer else provider.issuer) != provider.issuer:
        raise TokenRefused("the answer is another issuer's")
    if said.get("error") == "access_denied":
        raise _Stopped
    code = said.get("code", "")
    if "error" in said or not 0 < len(code) <= LONGEST_CODE:
        raise TokenRefused(f"the provider says {said.get('error', 'nothing')[:60]!r}")
    at = clock.real_now()
    given = conversation.token_for(
        provider,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": _answer_address(),
            "code_verifier": journey.verifier,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": tokens.client_assertion(provider, audience=metadata.token_endpoint, at=at),
        },
    )
    if "error" in given:
        raise TokenRefused(f"the code was refused: {str(given['error'])[:60]!r}")
    return tokens.verified(provider, given.get("id_token"), nonce=journey.nonce, at=clock.real_now())


def _enter(request: HttpRequest, provider: Provider, journey: Journey, who: SignedIn) -> HttpResponseBase:
    """Sign in the person of that identity; tell nothing about anybody where there is none."""
    identity = selectors.identity_of(provider, who.subject)
    if identity is None:
        return render(request, "identities/unknown.html", {"provider": provider, "breadcrumb": []}, status=403)
    counts = provider.counts_as_second_factor(who.acr)
    if identity.person.is_active:
        services.note_use(identity=identity, provider=provider, who=who)
        record_authentication(request, identity.person, method="identity", issuer=provider.issuer)
    login = Login(
        user=identity.person,
        redirect_url=journey.onward or None,
        signal_kwargs={SECOND_FACTOR: {"identity": identity.pk, "acr": who.acr}} if counts else None,
    )
    entered: HttpResponseBase = perform_login(request, login)  # refuses people whose account is closed
    return entered


def _link(request: HttpRequest, provider: Provider, journey: Journey, who: SignedIn) -> HttpResponseBase:
    """Link the identity with the person who is signed in, or take it as their second factor where it is theirs."""
    assert request.user.is_authenticated
    page = reverse("identities:identities")
    # Whoever has to show a second factor first links no other one, also when they left for that before.
    is_proof = journey.purpose is Purpose.PROVE or getattr(request, "must_show", False)
    if is_proof:
        identity = selectors.identity_of(provider, who.subject)
        if identity is None or identity.person_id != request.user.pk:
            messages.error(request, f"That {provider.name} account is not the one that is linked with yours here.")
            return redirect(page)
        services.note_use(identity=identity, provider=provider, who=who)
    else:
        try:
            identity, is_new = services.link(by=request.user, provider=provider, who=who)
        except services.LinkedToAnother:
            messages.error(request, f"That {provider.name} account opens another person’s account here already.")
            return redirect(page)
        if is_new:
            _tell(request, "identity_linked", provider)
        messages.success(request, f"Linked. From now on you can sign in with {provider.name}.")
    if provider.counts_as_second_factor(who.acr):
        services.note_second_factor(request.session, identity=identity.pk, acr=who.acr)
    elif is_proof:
        messages.error(request, f"{provider.name} did not ask you for a second factor this time. Please try again.")
        return redirect(page)
    return redirect((journey.onward or "home") if is_proof else page)


def _back(request: HttpRequest, journey: Journey | None, why: str = "", *, onward: str = "") -> HttpResponseBase:
    """To where the person can try again, or sign in with their password; with the reason where it was no wish."""
    if why:
        messages.error(request, why)
    if request.user.is_authenticated:
        return redirect("identities:identities")
    onward = onward or (journey.onward if journey else "")
    return redirect_to_login(onward) if onward else redirect(settings.LOGIN_URL)


def _away(provider: Provider) -> str:
    return (
        f"{provider.name} can’t be reached just now. Try again in a minute, or sign in with your e-mail address and"
        " password."
    )


def _onward(request: HttpRequest) -> str:
    """Where the person wanted to go, when that is an address of the portal; else nothing."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if is_ours and len(wanted) <= 2000 else ""


def _answer_address() -> str:
    """The address of `answer` as it is registered with the provider."""
    return f"{settings.SITE_URL}{reverse('identities:answer')}"


def _tell(request: SignedInRequest | HttpRequest, mail: str, provider: Provider) -> None:
    """Mail the person that a way into their account was opened or closed."""
    get_adapter().send_notification_mail(f"account/email/{mail}", request.user, {"provider": provider})
