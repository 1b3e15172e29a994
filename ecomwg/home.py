"""The home page: what is asked of me, and by when?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Q, Window
from django.http import HttpResponse
from django.shortcuts import render

from documents.consultations import selectors as consultations
from documents.statement import selectors as statement
from documents.statement.models import Proposal
from milestones.meetings import selectors as meetings
from milestones.meetings.clocks import Clock, clocks_of
from milestones.meetings.models import Meeting
from milestones.work import selectors as work
from milestones.work.models import Milestone, State
from milestones.work.selectors import Progress
from teams.accounts.access import SignedInRequest, signed_in
from teams.accounts.models import User
from teams.bodies import selectors as bodies
from teams.bodies.models import Body
from teams.bodies.permissions import ADMINISTRATOR, Action, Standing, standings_of
from teams.clock import selectors as clock
from teams.dates import ApproximateDate, last_day
from teams.history.selectors import Change, recent_changes

WAITING_SHOWN = 25
CONSULTATIONS_SHOWN = 5
MEETINGS_SHOWN = 2
CHANGES_READ = 100
CHANGES_OF_BODY_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A milestone that waits on me; `group` names the working group where I am in several.

    `instead_of` is who owns it, where that is somebody for whom I stand in. `to` says what is asked: "do" it, "accept"
    what is handed in, or "decide" on a proposal to drop it or on what its owner says is not theirs.
    """

    milestone: Milestone
    group: str
    instead_of: str
    to: str = "do"


@dataclass(frozen=True, slots=True)
class Call:
    """A proposed version of a statement of work on which I am asked; `group` and `instead_of` as in `Asked`."""

    proposal: Proposal
    group: str
    instead_of: str


@dataclass(frozen=True, slots=True)
class TeamProgress:
    """A team of mine with how far it has come; `group` as in `Asked`."""

    body: Body
    group: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class ChangesOfBody:
    """What changed in one body; `body` is None for what belongs to no single one; `group` as in `Asked`."""

    body: Body | None
    group: str
    changes: list[Change]
    more: int


@dataclass(frozen=True, slots=True)
class NextMeeting:
    """A meeting with what the clocks that matter show when it starts."""

    meeting: Meeting
    clocks: list[Clock]


@dataclass(frozen=True, slots=True)
class Entered:
    """A group that the person may enter, and whether the ledger opens for them."""

    standing: Standing
    reads_ledger: bool


@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """What waits on the person, what they are asked, what comes next and what changed.

    The number of queries is the same whatever there is to show.
    """
    person, today = request.user, clock.today()
    standings = list(standings_of(request).values())
    known = bodies.bodies_of_groups(request, [standing.group for standing in standings])
    names = _names_of_groups(known) if len(standings) > 1 else {}
    waiting = _waiting_on(person, today, standings) if standings else []
    calls = list(statement.waiting_on(person, today, standings))
    in_all, late = (waiting[0].in_all, waiting[0].late_in_all) if waiting else (0, 0)
    request.waiting_counted = in_all + len(calls)  # type: ignore[attr-defined]
    return render(
        request,
        "home.html",
        {
            "today": today,
            "waiting": [_asked(milestone, person, standings, names) for milestone in waiting],
            "calls": _calls(calls, standings, names),
            "shown": len(waiting) + len(calls),
            "late": late + sum(call.closes_on < today for call in calls),
            "next_due": _next_due(waiting, calls, today),
            "consultations": consultations.open_to(person, today)[:CONSULTATIONS_SHOWN] if standings else [],
            "meetings": _next_meetings(person, today) if standings else [],
            "changes": _by_body(_changes(person), known, names) if standings else [],
            "teams": _progress_of(_my_teams(standings, known), names, today),
            "groups": _entered(standings),
        },
    )


def _waiting_on(person: User, today: date, standings: list[Standing]) -> list[Any]:
    """The first of what waits on the person, also as a stand-in; each says how much `in_all` and `late_in_all`."""
    owed = work.waiting_on(person, today, standings).select_related(
        *("group", "body__group", "deliverable", "owner", "handed_in_by", "drop_asked_by", "disclaimed_by")
    )
    counted = owed.alias(last=last_day("due")).annotate(
        in_all=Window(Count("pk")), late_in_all=Window(Count("pk", filter=Q(last__lt=today)))
    )
    return list(counted[:WAITING_SHOWN])


def _asked(milestone: Milestone, person: User, standings: list[Standing], names: Mapping[int, str]) -> Asked:
    """What is asked of the person: to decide, to accept, or to do what they or somebody else own."""
    is_own = milestone.owner_id == person.pk
    stood_in_for = {each.person for standing in standings for each in standing.stands_in}
    group = _group_of(milestone.body, names)
    if milestone.state == State.HANDED_IN:
        return Asked(milestone, group, "", "accept")
    if not is_own and milestone.owner_id not in stood_in_for:
        return Asked(milestone, group, "", "decide")
    return Asked(milestone, group, "" if is_own else milestone.owner.name)


def _calls(calls: list[Proposal], standings: list[Standing], names: Mapping[int, str]) -> list[Call]:
    standing_in = {standing.group.pk: standing for standing in standings}
    found = []
    for call in calls:
        body = call.draft.statement.body
        instead_of = statement.asked_instead_of(standing_in[body.group_id], body)
        found.append(Call(call, _group_of(body, names), instead_of))
    return found


def _next_due(waiting: list[Milestone], calls: list[Proposal], today: date) -> ApproximateDate | None:
    """When the first is due of what waits on the person and isn't late."""
    due = [milestone.due for milestone in waiting if not milestone.is_late(today)]
    due += [ApproximateDate.day(call.closes_on) for call in calls if call.closes_on >= today]
    return min(due, key=lambda each: each.last, default=None)


def _names_of_groups(known: Mapping[int, Body]) -> dict[int, str]:
    return {body.group_id: body.short_name for body in known.values() if body.kind == Body.Kind.WORKING_GROUP}


def _group_of(body: Body, names: Mapping[int, str]) -> str:
    """The name to put before a body's own; none before the working group itself."""
    return "" if body.kind == Body.Kind.WORKING_GROUP else names.get(body.group_id, "")


def _changes(person: User) -> list[Change]:
    return recent_changes(person, since=person.previous_visit_at, limit=CHANGES_READ)


def _next_meetings(person: User, today: date) -> list[NextMeeting]:
    found = meetings.upcoming(person, today, MEETINGS_SHOWN)
    return [NextMeeting(meeting, clocks_of(meeting, person.timezone)) for meeting in found]


def _my_teams(standings: list[Standing], known: Mapping[int, Body]) -> list[Body]:
    """The teams that the person belongs to; all of a group's for those who belong to a body above them.

    An administrator who belongs to no body sees the teams where there is only one group.
    """
    mine = []
    for standing in standings:
        teams = [body for body in known.values() if body.group_id == standing.group.pk and body.kind == Body.Kind.TEAM]
        held = [known[pk] for pk in standing.body_ids]
        oversees = any(body.kind != Body.Kind.TEAM for body in held) or (not held and len(standings) == 1)
        mine += [team for team in teams if oversees or team.pk in standing.body_ids]
    return mine


def _progress_of(teams: list[Body], names: Mapping[int, str], today: date) -> list[TeamProgress]:
    if not teams:
        return []
    found = work.progress_of(teams, today)
    return [TeamProgress(team, _group_of(team, names), found[team.pk]) for team in teams]


def _by_body(changes: list[Change], known: Mapping[int, Body], names: Mapping[int, str]) -> list[ChangesOfBody]:
    """The changes by body in the order of the bodies, what belongs to none at the end."""
    found: dict[int | None, list[Change]] = {}
    for change in changes:
        found.setdefault(change.body_id if change.body_id in known else None, []).append(change)
    lists = []
    for pk in (*known, None):
        if pk in found:
            body = known[pk] if pk is not None else None
            shown, more = found[pk][:CHANGES_OF_BODY_SHOWN], found[pk][CHANGES_OF_BODY_SHOWN:]
            lists.append(ChangesOfBody(body, _group_of(body, names) if body else "", shown, len(more)))
    return lists


def _entered(standings: list[Standing]) -> list[Entered]:
    """The groups to choose from: for those who may enter several, and for administrators."""
    return [
        Entered(standing, standing.may(Action.READ_LEDGER))
        for standing in standings
        if len(standings) > 1 or ADMINISTRATOR in standing.roles
    ]
