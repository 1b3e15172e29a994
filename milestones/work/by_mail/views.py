"""The page of a link in a mail. Opening it changes nothing; its form answers as the person to whom it was mailed."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import ZoneInfo

from allauth.core.internal import ratelimit
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.views.decorators.csrf import csrf_exempt

from milestones.work import services
from milestones.work.models import Milestone
from milestones.work.selectors.by_mail import Act, Answer, read_answer
from milestones.work.work_forms import DisclaimForm, HandInForm, MoveForm, Seen
from teams.accounts.access import public, secret_address, takes
from teams.clock import selectors as clock

from .doors import Closed, Door, door_of

LIMITS: Final = {"answer_by_mail": "30/m/ip"}
FORMS: Final[dict[Act, type[Seen]]] = {Act.DONE: HandInForm, Act.LATER: MoveForm, Act.NOT_MINE: DisclaimForm}
HEADINGS: Final = {Act.DONE: "Hand it in", Act.LATER: "Another date", Act.NOT_MINE: "It is not mine"}
BUTTONS: Final = {Act.DONE: "Hand in", Act.LATER: "Move the date", Act.NOT_MINE: "Tell my team’s lead"}


@secret_address
@csrf_exempt  # the signed address is what nobody else can know, and a program that shows mail may keep no cookie
@public
@takes("GET", "POST")
def answer(request: HttpRequest, link: str) -> HttpResponse:
    """What, whose and by when, with the form of what the link answers. Only a POST that says what is asked acts."""
    if request.method == "POST" and not ratelimit.consume(
        request, app="milestones.work", action="answer_by_mail", config=LIMITS
    ):
        refused: HttpResponse = ratelimit.respond_429(request)
        return _guarded(refused)
    meant = read_answer(link)
    door = door_of(meant)
    if isinstance(door, Closed):
        return _guarded(_told(request, door, None))
    with timezone.override(ZoneInfo(door.person.timezone)):
        return _guarded(_answered(request, door))


def _answered(request: HttpRequest, door: Door) -> HttpResponse:
    if closed := door.closed(request):
        return _told(request, closed, door)
    form = _form(door, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.answer_by_mail(
                by=door.person,
                milestone=door.milestone,
                act=door.answer.act,
                seen=form.cleaned_data["revision"],
                said=form.said,
            )
        except (services.ChangedMeanwhile, services.NotYours):
            return _again(request, door.answer)
        except services.Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(request.path)
    return _asked(request, door, form)


def _again(request: HttpRequest, meant: Answer) -> HttpResponse:
    """It was changed meanwhile: the form once more, or why there is none; what was typed is kept."""
    door = door_of(meant)
    if isinstance(door, Closed):
        return _told(request, door, None)
    if closed := door.closed(request):
        return _told(request, closed, door)
    sent = request.POST.copy()
    sent["revision"] = str(door.milestone.edit_revision)
    form = _form(door, sent)
    form.add_error(None, "It was changed after you opened the page, so nothing was done. What you typed is kept.")
    return _asked(request, door, form)


def _form(door: Door, sent: Any) -> Seen:
    """Empty at first: what was handed in before is for those who sign in."""
    milestone = door.milestone
    form = FORMS[door.answer.act](sent, initial={"revision": milestone.edit_revision})
    if isinstance(form, HandInForm):
        form.ask_for_evidence(milestone.evidence_asked)
    return form


def _asked(request: HttpRequest, door: Door, form: Seen) -> HttpResponse:
    milestone, act = door.milestone, door.answer.act
    return render(
        request,
        "work/by_mail.html",
        {
            "heading": HEADINGS[act],
            "act": act,
            "form": form,
            "button": BUTTONS[act],
            "milestone": milestone,
            "person": door.person,
            "due_in_words": door.due_in_words,
            "is_late": milestone.is_late(clock.today()),
            "absent": milestone.owner if milestone.owner_id != door.person.pk else None,
            "following": _following(milestone) if act == Act.LATER else 0,
            "breadcrumb": [],
        },
    )


def _following(milestone: Milestone) -> int:
    return milestone.successors.count()


def _told(request: HttpRequest, closed: Closed, door: Door | None) -> HttpResponse:
    """Why there is no form. What was typed is given back; the name of the milestone only to who may see it."""
    typed: list[tuple[str, str]] = []
    if door is not None and request.method == "POST" and not closed.is_done:
        typed = FORMS[door.answer.act](request.POST).typed
    context = {
        "heading": closed.heading,
        "closed": closed,
        "milestone": door.milestone if door is not None and closed.opens else None,
        "typed": typed,
        "breadcrumb": [],
    }
    return render(request, "work/by_mail_closed.html", context, status=closed.status)


def _guarded(response: HttpResponse) -> HttpResponse:
    """Nothing keeps the page, and no other site learns its address."""
    add_never_cache_headers(response)
    response["Cache-Control"] = "no-store, private"
    response["Referrer-Policy"] = "no-referrer"
    return response
