"""Why a person can see an object, or can't: the rule and the membership that decide it, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from documents.consultations import selectors as consultations
from documents.library import selectors as library
from documents.library.models import Document
from milestones.meetings import selectors as meetings
from milestones.meetings.models import Meeting
from milestones.work import selectors as work
from teams.accounts.access import SignedInRequest
from teams.accounts.models import User
from teams.bodies import selectors as bodies
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.bodies.permissions import ALLOWED, Action, requires
from teams.clock import selectors as clock

FOUND_AT_MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object with a page: `visible` is what that page itself asks for."""

    label: str
    view: str
    visible: Callable[[User, date], QuerySet[Any]]


def _teams_visible_to(person: User, day: date) -> QuerySet[Body]:
    return bodies.bodies_visible_to(person, day).filter(kind=Body.Kind.TEAM)


KINDS: Final = {
    "document": Kind("document", "library:document", library.documents_visible_to),
    "consultation": Kind("consultation", "consultations:consultation", consultations.consultations_visible_to),
    "meeting": Kind("meeting", "meetings:meeting", meetings.meetings_visible_to),
    "milestone": Kind("milestone", "work:milestone", work.milestones_visible_to),
    "team": Kind("team", "work:team", _teams_visible_to),
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the person sees it; the rules that decide, in sentences; and the memberships that they go by."""

    sees: bool
    rules: list[str]
    memberships: list[Membership]


def explained(person: User, kind: Kind, row: Any, group: WorkingGroup, day: date) -> Answer:
    """Why the person sees the row of the group on `day`, or doesn't. Whether they do is asked as the page asks it."""
    ever = Membership.objects.filter(person=person, body__group=group).select_related("body")
    held = [membership for membership in ever if membership.holds_on(day)]
    if not person.is_active:
        return Answer(False, ["The account is closed: nobody can sign in with it."], list(ever))
    if not bodies.groups_entered_by(person, day).filter(pk=group.pk).exists():
        return Answer(False, [_outside(list(ever), day)], list(ever))
    rules = [
        "Administrators of the portal enter every group."
        if person.is_site_admin
        else f"Whoever holds a role in one of the group’s bodies may {Action.READ_GROUP.value}."
    ]
    sees = kind.visible(person, day).filter(pk=row.pk).exists()
    document = row if isinstance(row, Document) else getattr(row, "document", None)
    if isinstance(document, Document) and document.access == Document.Access.GOVERNMENT:
        works_for = "the government" if person.is_government else "the trade"
        rules.append(f"The document is shown to people of the government alone; this person works for {works_for}.")
    if isinstance(row, Meeting) and row.state == Meeting.State.DRAFT:
        readers = ", ".join(sorted(ALLOWED[Action.READ_DRAFT_MEETINGS]))
        rules.append(f"The meeting is still a draft, which is shown to these roles alone: {readers}.")
    return Answer(sees, rules, held)


def _outside(ever: list[Membership], day: date) -> str:
    if any(membership.started and membership.started.first > day for membership in ever):
        return "The person’s membership in this group has not begun yet."
    if ever:
        return "Every membership of the person in this group has ended."
    return "The person never had a role in this group; to them it is as if it did not exist."


def page_of(request: HttpRequest) -> str:
    """The address that explains the page of the request; empty where it is not the page of an object."""
    match = request.resolver_match
    for name, kind in KINDS.items():
        if match is not None and match.view_name == kind.view:
            return reverse("why", args=[match.kwargs["group"], name, match.kwargs["key"]])
    return ""


@requires(Action.EXPLAIN_ACCESS)
def why(request: SignedInRequest, group: WorkingGroup, kind: str, key: str) -> HttpResponse:
    """The explanation for one object: `?person=` (their number) says for whom, `?q=` looks for people."""
    if kind not in KINDS:
        raise Http404("nothing of this kind is explained")
    today = clock.today()
    of = KINDS[kind]
    row = get_object_or_404(of.visible(request.user, today), group=group, key=key)
    chosen, words = request.GET.get("person", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    person = None
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        person = User.objects.select_related("organization").filter(pk=chosen).first()
    return render(
        request,
        "bodies/why.html",
        {
            "group": group,
            "kind": of,
            "row": row,
            "address": reverse(of.view, args=[group.slug, key]),
            "person": person,
            "answer": explained(person, of, row, group, today) if person else None,
            "words": words,
            "people": _people(words)[:FOUND_AT_MOST] if words and person is None else [],
            "breadcrumb": [
                (group.slug.upper(), group.get_absolute_url()),
                (str(row), reverse(of.view, args=[group.slug, key])),
            ],
        },
    )


def _people(words: str) -> QuerySet[User]:
    return User.objects.filter(Q(name__icontains=words) | Q(email__icontains=words)).select_related("organization")
