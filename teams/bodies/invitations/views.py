"""Pages of those who invite, and the page that an invitation's link opens."""

from __future__ import annotations

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from teams.accounts.access import SignedInRequest, public, takes
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Invitation, WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.bodies.selectors import bodies_of_request, state_on
from teams.clock import selectors as clock

from . import selectors, services
from .forms import AcceptanceForm, InvitationFilter, InvitationForm

PAGE_SIZE = 25


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
    context = {"invitation": found, "breadcrumb": [], "login_url": _sign_in(request)}
    if by is not None and by.email.lower() != found.email:
        return render(request, "bodies/invitation_other.html", context)
    if person is not None and not person.is_active:
        return render(request, "bodies/invitation_closed.html", context)
    if by is None and person is not None and person.has_usable_password():
        return render(request, "bodies/invitation_sign_in.html", context)
    form = None
    if by is None:
        invited = User(email=found.email, name=person.name if person else found.name)
        form = AcceptanceForm(request.POST or None, person=invited)
        if person is not None:
            del form.fields["name"]
    if request.method == "POST" and (form is None or form.is_valid()):
        given = form.cleaned_data if form else {}
        try:
            person = services.accept(token=token, by=by, name=given.get("name", ""), password=given.get("password", ""))
        except services.NotOpen:
            return _gone(request, Invitation.State.ACCEPTED)
        except (services.SignInFirst, services.ForAnotherAddress, services.AccountClosed):
            # Something changed since the page was asked for: look again.
            return redirect(request.path)
        messages.success(request, f"Welcome to {found.body}.")
        if by is None:
            entered: HttpResponseBase = perform_login(request, person, redirect_url=reverse("home"))
            return entered
        return redirect("home")
    return render(request, "bodies/invitation.html", {**context, "form": form})


def _gone(request: HttpRequest, state: Invitation.State | None) -> HttpResponse:
    """410 for a link that once worked, 404 for one that never did or that a later mail has replaced."""
    status = 404 if state is None else 410
    return render(request, "bodies/invitation_gone.html", {"state": state, "breadcrumb": []}, status=status)


def _sign_in(request: HttpRequest) -> str:
    return f"{reverse('account_login')}?next={request.path}"
