"""The page on which an administrator asks who can see another page, and why."""

from __future__ import annotations

from typing import Final

from django.db.models import Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render

from teams.accounts.access import SignedInRequest
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.bodies.permissions import Action, requires
from teams.bodies.selectors import bodies_of_request
from teams.clock import selectors as clock

from .answers import explained
from .objects import KINDS, PAGE, Asking, Page, page_of_group

FOUND_AT_MOST: Final = 20


@requires(Action.EXPLAIN_ACCESS)
def why(request: SignedInRequest, group: WorkingGroup, kind: str, key: str) -> HttpResponse:
    """The explanation for one page: `?person=` (their number) says for whom, `?q=` looks for people.

    `kind` and `key` name the object, or "page" and the page. Raises Http404 for what is not there, and for what the
    administrator doesn't see themselves.
    """
    today = clock.today()
    page = _page(request, group, kind, key)
    if page is None:
        raise Http404("nothing that could be explained")
    chosen, words = request.GET.get("person", ""), request.GET.get("q", "").replace("\x00", "").strip()[:200]
    person = None
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        person = User.objects.select_related("organization").filter(pk=chosen).first()
    return render(
        request,
        "bodies/why.html",
        {
            "group": group,
            "page": page,
            "person": person,
            "answer": explained(person, page, group, bodies_of_request(request, group), today) if person else None,
            "words": words,
            "people": _people(words)[:FOUND_AT_MOST] if words and person is None else [],
            "breadcrumb": [(group.slug.upper(), group.get_absolute_url()), (page.title, page.address)],
        },
    )


def _page(request: SignedInRequest, group: WorkingGroup, kind: str, key: str) -> Page | None:
    if kind == PAGE:
        return page_of_group(group, key)
    of = KINDS.get(kind)
    where = of.finds(key.replace("\x00", "")) if of else None
    if of is None or where is None:
        return None
    asking = Asking(request.user, request.standing, bodies_of_request(request, group))  # type: ignore[attr-defined]
    row = of.seen_by(asking).filter(**where).first()
    return Page(of, row, of.title(row), of.address(group, key)) if row else None


def _people(words: str) -> QuerySet[User]:
    return User.objects.filter(Q(name__icontains=words) | Q(email__icontains=words)).select_related("organization")
