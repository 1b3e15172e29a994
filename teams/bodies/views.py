"""Pages of the room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render

from teams.accounts.access import SignedInRequest
from teams.clock import selectors as clock

from . import selectors, tree
from .models import Body, BodyState, Membership, Role, WorkingGroup
from .permissions import Action, requires, standings_of

PEOPLE_ON_A_PAGE = 50
# A drawing with more columns than this is set as an indented list on every screen.
WIDEST_DRAWING = 5
_RANK = {role: rank for rank, role in enumerate(Role.values)}


@dataclass(frozen=True, slots=True)
class Team:
    """A team on the group's page."""

    body: Body
    state: BodyState | None
    leads: list[Membership]
    people: int
    progress_note: Any | None


@dataclass(frozen=True, slots=True)
class Reporting:
    """One line about a parent: "Reports to", the body, "since 2017, until October 3, 2018"."""

    word: str
    parent: Body
    when: str


@requires(Action.READ_GROUP)
def group(request: SignedInRequest, group: WorkingGroup) -> HttpResponse:
    """The group: where it stands in the committee, its teams and its people.

    `?team=` (a body's key) and `?person=` (a part of a name or an organization) choose among the people.
    """
    today = clock.today()
    bodies = selectors.tree_of_request(request, group)
    body = next(each for each in bodies if each.kind == Body.Kind.WORKING_GROUP)
    nodes = tree.roots(bodies, today)
    progress = selectors.latest_progress_of(request.user, group)
    chosen, sought = request.GET.get("team", ""), request.GET.get("person", "").strip()
    return render(
        request,
        "bodies/group.html",
        {
            "group": group,
            "body": body,
            "state": selectors.state_on(body, today),
            "states": list(body.states.all()),
            "reporting": list(_reporting(body, today)),
            "roots": nodes,
            "is_wide_drawing": sum(node.leaves for node in nodes) <= WIDEST_DRAWING,
            "teams": [_team(each, today, progress.get(each.pk)) for each in bodies if each.kind == Body.Kind.TEAM],
            "bodies_with_people": [each for each in bodies if each.memberships.all()],
            "people": Paginator(_people(bodies, today, chosen, sought), PEOPLE_ON_A_PAGE).get_page(
                request.GET.get("page")
            ),
            "chosen": chosen,
            "sought": sought,
            "may_keep_settings": standings_of(request)[group.slug].may(Action.KEEP_SETTINGS),
            "may_invite": standings_of(request)[group.slug].may(Action.INVITE),
            "strategies": group.strategy_set.select_related("issuer").prefetch_related("goals"),
            "breadcrumb": [],
        },
    )


def _reporting(body: Body, today: date) -> Iterator[Reporting]:
    for link in body.parents.all():
        if link.holds_on(today):
            words = [f"since {link.started}" if link.started else "", f"until {link.ended}" if link.ended else ""]
            yield Reporting("Reports to", link.parent, ", ".join(filter(None, words)))
            continue
        words = [f"from {link.started}" if link.started else "", f"until {link.ended}" if link.ended else ""]
        word = "Will report to" if tree.is_to_come(link, today) else "Reported to"
        yield Reporting(word, link.parent, " ".join(filter(None, words)))


def _team(body: Body, today: date, progress_note: Any | None) -> Team:
    members = selectors.members_on(body, today)
    return Team(
        body=body,
        state=selectors.state_on(body, today),
        leads=[held for held in members if held.role == Role.LEAD],
        people=len({held.person_id for held in members}),
        progress_note=progress_note,
    )


def _people(bodies: Sequence[Body], today: date, chosen: str, sought: str) -> list[Membership]:
    """Who belongs to the bodies today: in the order of the bodies, the chair and the leads first."""
    found = []
    for body in bodies:
        if chosen and body.key != chosen:
            continue
        members = selectors.members_on(body, today)
        found += sorted(members, key=lambda held: (_RANK[held.role], held.person.name.casefold()))
    if sought:
        found = [held for held in found if sought.casefold() in _searched(held)]
    return found


def _searched(held: Membership) -> str:
    return f"{held.person.name} {held.person.organization or ''}".casefold()
