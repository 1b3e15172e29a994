"""A draft on its way to a version: proposing it, agreeing or objecting, withdrawing, adopting."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from documents.statement import selectors, services
from documents.statement.forms.adoption import ExtendForm, PositionForm, ProposalForm, WithdrawForm
from documents.statement.models import ImpactDecision, Proposal
from teams.accounts.access import SignedInRequest, asks_again, takes
from teams.bodies.models import Role, WorkingGroup
from teams.bodies.permissions import Action, Standing, requires
from teams.clock import selectors as clock

from .places import breadcrumb, draft_at


@requires(Action.ADOPT_STATEMENT)
@takes("GET", "POST")
def propose(request: SignedInRequest, group: WorkingGroup, draft: int) -> HttpResponse:
    """The form that proposes a draft for adoption; refused while something that hangs on it is left to decide."""
    found = draft_at(request, group, draft)
    form = ProposalForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            proposal = services.propose(by=request.user, draft=found, **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Proposed. The chair and CBP’s reviewer are asked.")
            return redirect(proposal)
    context = {"group": group, "draft": found, "form": form, "breadcrumb": breadcrumb(group, found)}
    return render(request, "statement/propose.html", context)


@requires(Action.READ_GROUP)
def proposal(request: SignedInRequest, group: WorkingGroup, proposal: int) -> HttpResponse:
    """The proposal: what it changes, who is asked and what they said, and what keeps it from being adopted."""
    return _page(request, group, _found(request, group, proposal))


@requires(Action.AGREE_TO_STATEMENT)
@takes("GET", "POST")
def take_position(request: SignedInRequest, group: WorkingGroup, proposal: int) -> HttpResponse:
    """Agree, or object with a reason. A GET shows the proposal with the form."""
    found = _found(request, group, proposal)
    if request.method != "POST":
        return _page(request, group, found)
    roles = _roles(request, found)
    form = PositionForm(request.POST, roles=roles)
    if not roles:
        messages.error(request, "The chair and CBP’s reviewer of the body that the statement is of are asked.")
        return redirect(found)
    if form.is_valid():
        try:
            services.take_position(by=request.user, proposal=found, **form.cleaned_data)
        except services.Refused as refusal:
            form.add_error(None if not found.is_open else "reason", str(refusal))
        else:
            messages.success(request, "Your answer is recorded. You can change it while the proposal is open.")
            return redirect(found)
    return _page(request, group, found, position=form)


@requires(Action.ADOPT_STATEMENT)
@takes("GET", "POST")
def change_proposal(request: SignedInRequest, group: WorkingGroup, proposal: int) -> HttpResponse:
    """Two forms: more time for the answers, and taking the proposal back."""
    found = _found(request, group, proposal)
    sent = request.POST.get("change") if request.method == "POST" else None
    dates = {"closes_on": found.closes_on, "effective_on": found.effective_on}
    extend = ExtendForm(request.POST if sent == "extend" else None, initial=dates)
    withdraw = WithdrawForm(request.POST if sent == "withdraw" else None)
    if sent == "extend" and extend.is_valid():
        try:
            services.extend(by=request.user, proposal=found, **extend.cleaned_data)
        except services.Refused as refusal:
            extend.add_error(None, str(refusal))
        else:
            messages.success(request, "The dates are changed. Answers that were given stay.")
            return redirect(found)
    if sent == "withdraw" and withdraw.is_valid():
        try:
            services.withdraw(by=request.user, proposal=found, **withdraw.cleaned_data)
        except services.Refused as refusal:
            withdraw.add_error(None, str(refusal))
        else:
            messages.success(request, "Withdrawn. The draft can be worked on again; the answers stay on the record.")
            return redirect(found)
    return render(
        request,
        "statement/proposal_change.html",
        {
            "group": group,
            "proposal": found,
            "extend": extend,
            "withdraw": withdraw,
            "breadcrumb": _path_to(group, found),
        },
    )


@requires(Action.ADOPT_STATEMENT)
@asks_again
@takes("GET", "POST")
def adopt(request: SignedInRequest, group: WorkingGroup, proposal: int) -> HttpResponse:
    """What adoption will do; a POST adopts. Who proposed it, and what is missing, is said instead of the button."""
    found = _found(request, group, proposal)
    refusal = ""
    if request.method == "POST":
        try:
            version = services.adopt(by=request.user, proposal=found)
        except services.Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, f"Version {version.number} is adopted.")
            return redirect(version)
    asked = selectors.asked_of(found, clock.today())
    missing = services.asked_and_missing(each.position for each in asked if each.position)
    return render(
        request,
        "statement/adopt.html",
        {
            "group": group,
            "proposal": found,
            "refusal": refusal,
            "missing": missing,
            "is_proposer": found.proposed_by_id == request.user.pk,
            "decisions": _decisions(request, found),
            "breadcrumb": _path_to(group, found),
        },
    )


def _page(
    request: SignedInRequest, group: WorkingGroup, found: Proposal, position: PositionForm | None = None
) -> HttpResponse:
    asked = selectors.asked_of(found, clock.today())
    standing: Standing = request.standing  # type: ignore[attr-defined]
    roles = _roles(request, found) if found.is_open else []
    mine = next((each.position for each in asked if each.person.pk == request.user.pk and each.position), None)
    if position is None and roles:
        initial = {"stand": mine.stand, "reason": mine.reason, "role": mine.role} if mine else None
        position = PositionForm(roles=roles, initial=initial)
    return render(
        request,
        "statement/proposal.html",
        {
            "group": group,
            "proposal": found,
            "draft": found.draft,
            "asked": asked,
            "missing": services.asked_and_missing(each.position for each in asked if each.position),
            "decisions": _decisions(request, found),
            "position": position,
            "has_answered": mine is not None,
            "may_adopt": standing.may(Action.ADOPT_STATEMENT),
            "is_proposer": found.proposed_by_id == request.user.pk,
            "compare": reverse("statement:draft", args=[group.slug, found.draft_id]) + "?view=redline&changes=1",
            "breadcrumb": breadcrumb(group, found.draft),
        },
    )


def _path_to(group: WorkingGroup, found: Proposal) -> list[tuple[str, str]]:
    """Where the pages below the proposal's stand."""
    return [*breadcrumb(group, found.draft), (f"Version {found.number} proposed", found.get_absolute_url())]


def _found(request: SignedInRequest, group: WorkingGroup, pk: int) -> Proposal:
    """The group's proposal. Raises Http404 for another's."""
    proposals = selectors.proposals_visible_to(request.user, clock.today())
    return get_object_or_404(proposals.filter(draft__statement__group=group), pk=pk)


def _roles(request: SignedInRequest, found: Proposal) -> list[tuple[str, str]]:
    """The roles in which the person is asked: none where the table does not allow them to answer."""
    standing: Standing = request.standing  # type: ignore[attr-defined]
    return [(role, Role(role).label) for role in selectors.roles_to_answer_in(standing, found.draft.statement.body)]


def _decisions(request: SignedInRequest, found: Proposal) -> list[ImpactDecision]:
    """What was decided of the things that hang on changed clauses, as far as the person may see them."""
    return list(selectors.decisions_visible_to(request.user, clock.today()).filter(draft=found.draft_id))
