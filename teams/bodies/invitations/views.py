"""Pages of those who invite, and the page that an invitation's link opens."""

from __future__ import annotations

from typing import Any

from allauth.account.models import Login
from allauth.account.utils import perform_login
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.flows import auto_generate_recovery_codes
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login, reauthenticate
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from teams.accounts.access import SignedInRequest, public, secret_address, takes
from teams.accounts.models import User
from teams.accounts.selectors import has_way_in
from teams.accounts.services import reserve_number
from teams.bodies.models import Body, BodyState, Invitation, WorkingGroup
from teams.bodies.permissions import Action, Standing, recorded_as, requires
from teams.bodies.selectors import bodies_of_request, state_on
from teams.clock import selectors as clock

from . import links, selectors, services
from .forms import AcceptanceForm, InvitationFilter, InvitationForm

PAGE_SIZE = 25

# Where a session keeps for which link a passkey is being made, and for the person of which number.
PASSKEY_FOR = "invitation_passkey_for"


def bodies_to_invite_to(request: SignedInRequest, group: WorkingGroup) -> list[Body]:
    """The bodies of the group in which the person may give a role."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    return [body for body in bodies_of_request(request, group) if standing.may(Action.INVITE, body)]


@requires(Action.INVITE)
def invitations(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """Who was invited to what, by whom, and what became of it. `?q=` and `?state=` choose among them."""
    now = clock.now()
    chosen = InvitationFilter(request.GET)
    found = selectors.invitations_of(group).filter(body__in=bodies_to_invite_to(request, group))
    found = selectors.narrowed(found, words=chosen.chosen("q") or "", state=chosen.chosen("state") or "", now=now)
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    mails = selectors.mails_of(page)
    return render(
        request,
        "bodies/invitations.html",
        {
            "group": group,
            "page": page,
            "rows": [(each, each.state_at(now), mails.get(each.pk)) for each in page],
            "filter": chosen,
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url())],
        },
    )


@requires(Action.INVITE)
@takes("GET", "POST")
def invite(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The form to invite someone to a body that is not closed."""
    today = clock.today()
    bodies = bodies_to_invite_to(request, group)
    prefetch_related_objects(bodies, "states")
    bodies = [body for body in bodies if not _is_closed(state_on(body, today))]
    form = InvitationForm(request.POST or None, bodies=bodies, by=request.user)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with recorded_as(request.standing, Action.INVITE, given["body"]):  # type: ignore[attr-defined]
                invitation = services.invite(by=request.user, **given)
        except services.AlreadyInvited:
            form.add_error("email", "This address has an open invitation to that role: send it again from the list.")
        except services.AlreadyHeld:
            form.add_error("email", "The person with this address holds that role already.")
        else:
            messages.success(request, f"The invitation to {invitation.email} is on its way.")
            return redirect("bodies:invitations", group.slug)
    return render(
        request,
        "bodies/invite.html",
        {"group": group, "form": form, "days": services.VALID_FOR.days, "breadcrumb": _breadcrumb(group)},
    )


@requires(Action.INVITE)
@takes("GET", "POST")
def invitation(request: SignedInRequest, group: WorkingGroup, invitation: int) -> HttpResponse:
    """One invitation; a POST with `resend` or `revoke` does that."""
    allowed = selectors.invitations_of(group).filter(body__in=bodies_to_invite_to(request, group))
    found = get_object_or_404(allowed, pk=invitation)
    if request.method == "POST" and ("resend" in request.POST or "revoke" in request.POST):
        try:
            with recorded_as(request.standing, Action.INVITE, found.body):  # type: ignore[attr-defined]
                if "resend" in request.POST:
                    services.resend(by=request.user, invitation=found)
                    messages.success(request, f"Sent again to {found.email}. The link before no longer works.")
                else:
                    services.revoke(by=request.user, invitation=found)
                    messages.success(request, f"The invitation of {found.name} is revoked; its link no longer works.")
        except services.NotOpen:
            messages.error(request, "Someone was quicker: it was accepted or revoked already.")
        return redirect(found.get_absolute_url())
    return render(
        request,
        "bodies/invitation_page.html",
        {
            "group": group,
            "invitation": found,
            "state": found.state_at(clock.now()),
            "mail": selectors.mails_of([found]).get(found.pk),
            "breadcrumb": _breadcrumb(group),
        },
    )


def _breadcrumb(group: WorkingGroup) -> list[tuple[str, str]]:
    return [
        (group.slug.upper(), group.get_absolute_url()),
        ("Invitations", reverse("bodies:invitations", args=[group.slug])),
    ]


def _is_closed(state: BodyState | None) -> bool:
    return state is not None and state.state == BodyState.State.CLOSED


# --- The link ---------------------------------------------------------------------------------------------------------


@never_cache
@secret_address
@public
@takes("GET", "POST")
def accept(request: HttpRequest, token: str) -> HttpResponseBase:
    """What the link of an invitation opens. Only the POST of its form changes anything.

    A link that no longer works says what to do, and neither who was invited nor to what.
    """
    found = selectors.find(token)
    state = found.state_at(clock.now()) if found else None
    if found is None or state != Invitation.State.OPEN:
        return _gone(request, state)
    by = request.user if request.user.is_authenticated else None
    person = by or User.objects.filter(email__iexact=found.email).first()
    context = {"invitation": found, "token": token, "breadcrumb": [], "login_url": _sign_in(request)}
    if by is not None and by.email.lower() != found.email:
        return render(request, "bodies/invitation_other.html", context)
    if person is not None and not person.is_active:
        return render(request, "bodies/invitation_closed.html", context)
    if by is None and person is not None and has_way_in(person):
        return render(request, "bodies/invitation_sign_in.html", context)
    form = None
    if by is None:
        form = _form(request, found, person)
    if request.method == "POST" and (form is None or form.is_valid()):
        given = form.cleaned_data if form else {}
        try:
            person = services.accept(
                token=token,
                by=by,
                name=given.get("name", ""),
                password=given.get("password", ""),
                passkey=_passkey(request, token, given),
            )
        except services.NotOpen:
            return _gone(request, Invitation.State.ACCEPTED)
        except (services.SignInFirst, services.ForAnotherAddress, services.AccountClosed, services.MadeForAnother):
            # Something changed since the page was asked for: look again.
            return redirect(request.path)
        messages.success(request, f"Welcome to {found.body}.")
        return redirect("home") if by is not None else _enter(request, person, by_passkey="passkey" in given)
    return render(request, "bodies/invitation.html", {**context, "form": form})


@never_cache
@secret_address
@public
@takes("POST")
def passkey(request: HttpRequest, token: str) -> JsonResponse:
    """What the browser needs to make the passkey of who accepts: WebAuthn's options, or none.

    None where something is wrong with the form, or the link: the page's script then sends the form, and the page says
    what. A number is kept for somebody who is yet to be made, since a passkey names its person by number.
    """
    found = selectors.find(token)
    is_open = found is not None and found.state_at(clock.now()) == Invitation.State.OPEN
    if found is None or not is_open or request.user.is_authenticated:
        return JsonResponse({"creation_options": None})
    person = User.objects.filter(email__iexact=found.email).first()
    form = _form(request, found, person, is_passkey_due=False)
    if (person is not None and (not person.is_active or has_way_in(person))) or not form.is_valid():
        return JsonResponse({"creation_options": None})
    number = person.pk if person else reserve_number()
    request.session[PASSKEY_FOR] = {"link": links.hash_of(token), "person": number}
    named = User(pk=number, email=found.email, name=form.cleaned_data.get("name", form.person.name))
    return JsonResponse({"creation_options": webauthn.begin_registration(named, passwordless=True)})


def _form(
    request: HttpRequest, found: Invitation, person: User | None, *, is_passkey_due: bool = True
) -> AcceptanceForm:
    """The form of who accepts without being signed in; who has an account keeps their name."""
    invited = User(email=found.email, name=person.name if person else found.name)
    form = AcceptanceForm(
        request.POST if request.method == "POST" else None, person=invited, is_passkey_due=is_passkey_due
    )
    if person is not None:
        del form.fields["name"]
    return form


def _passkey(request: HttpRequest, token: str, given: dict[str, Any]) -> services.Passkey | None:
    """The passkey that was sent, if any. Raises MadeForAnother when it was made for another link."""
    if "passkey" not in given:
        return None
    made_for = request.session.pop(PASSKEY_FOR, {})
    if made_for.get("link") != links.hash_of(token):
        raise services.MadeForAnother
    return services.Passkey(made_for["person"], given["passkey"])


def _enter(request: HttpRequest, person: User, *, by_passkey: bool) -> HttpResponseBase:
    """Sign the person in by what they have just set; who made a passkey is shown recovery codes at once."""
    if not by_passkey:
        entered: HttpResponseBase = perform_login(request, person, redirect_url=reverse("home"))
        return entered
    made = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN).latest("created_at")
    entered = perform_passwordless_login(request, made, Login(user=person, redirect_url=reverse("home")))
    if request.user.is_authenticated and auto_generate_recovery_codes(request):
        # The device has just asked who it is; the codes' page would have it asked once more.
        reauthenticate(request, made)
        return redirect("mfa_view_recovery_codes")
    return entered


def _gone(request: HttpRequest, state: Invitation.State | None) -> HttpResponse:
    """410 for a link that once worked, 404 for one that never did or that a later mail has replaced."""
    status = 404 if state is None else 410
    return render(request, "bodies/invitation_gone.html", {"state": state, "breadcrumb": []}, status=status)


def _sign_in(request: HttpRequest) -> str:
    return f"{reverse('account_login')}?next={request.path}"
