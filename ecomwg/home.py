"""The home page: what is asked of me, and by when?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import HttpResponse
from django.shortcuts import render

from documents.consultations import selectors as consultations
from documents.statement import selectors as statement
from documents.statement.models import Proposal
from milestones.meetings import selectors as meetings
from milestones.meetings.clocks import Clock, clocks_of
from milestones.meetings.models import Meeting
from milestones.work import selectors as work
from milestones.work.models import Deliverable, Milestone, State
from milestones.work.selectors import Progress
from teams.accounts.access import SignedInRequest, signed_in
from teams.accounts.models import User
from teams.bodies import selectors as bodies
from teams.bodies.models import Body
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, Action, Standing, standings_of
from teams.clock import selectors as clock
from teams.dates import ApproximateDate
from teams.history.selectors import Change, recent_changes

WAITING_SHOWN = 25
CONSULTATIONS_SHOWN = 5
MEETINGS_SHOWN = 2
CHANGES_READ = 100
CHANGES_OF_BODY_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """A milestone or deliverable that waits on me; `group` names the working group where I am in several.

    `instead_of` is who owns it, where that is somebody for whom I stand in. `to` says what is asked: "do" it, "accept"
    what is handed in, or "decide" on a proposal to drop it or on what its owner says is not theirs.
    """

    owed: Milestone | Deliverable
    group: str
    instead_of: str
    to: str = "do"

    @property
    def milestone(self) -> Milestone | None:
        """It, where it is one."""
        return self.owed if isinstance(self.owed, Milestone) else None

    @property
    def url(self) -> str:
        """Its own page."""
        return self.owed.page if isinstance(self.owed, Deliverable) else self.owed.get_absolute_url()


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
    waiting = _waiting_on(person, today, standings)
    calls = list(statement.waiting_on(person, today, standings))
    request.waiting_counted = waiting.in_all + len(calls)  # type: ignore[attr-defined]
    return render(
        request,
        "home.html",
        {
            "today": today,
            "waiting": [_asked(owed, person, standings, names) for owed in waiting.owed],
            "calls": _calls(calls, standings, names),
            "shown": len(waiting.owed) + len(calls),
            "late": waiting.late + sum(call.closes_on < today for call in calls),
            "next_due": _next_due(waiting.owed, calls, today),
            "consultations": consultations.open_to(person, today)[:CONSULTATIONS_SHOWN] if standings else [],
            "meetings": _next_meetings(person, today) if standings else [],
            "changes": _by_body(_changes(person), known, names) if standings else [],
            "teams": _progress_of(_my_teams(standings, known), names, today),
            "groups": _entered(standings),
        },
    )


def _waiting_on(person: User, today: date, standings: list[Standing]) -> work.First:
    """The first of what waits on the person, also as a stand-in, and how much that is in all: one query."""
    if not standings:
        return work.First([], 0, 0)
    found = work.waiting_on(person, today, standings), work.deliverables_waiting_on(person, today, standings)
    return work.first_of(*found, today=today, most=WAITING_SHOWN)


def _asked(owed: Milestone | Deliverable, person: User, standings: list[Standing], names: Mapping[int, str]) -> Asked:
    """What is asked of the person: to decide, to accept, or to do what they or somebody else own."""
    standing = next(each for each in standings if each.group.pk == owed.group_id)
    group = _group_of(owed.body, names)
    if owed.drop_asked_by_id and standing.roles & ALLOWED[Action.DROP_WORK]:
        return Asked(owed, group, "", "decide")
    if owed.state == State.HANDED_IN:
        return Asked(owed, group, "", "accept")
    if owed.owner_id != person.pk and owed.owner_id not in {each.person for each in standing.stands_in}:
        return Asked(owed, group, "", "decide")
    return Asked(owed, group, "" if owed.owner_id == person.pk else str(owed.owner))


def _calls(calls: list[Proposal], standings: list[Standing], names: Mapping[int, str]) -> list[Call]:
    standing_in = {standing.group.pk: standing for standing in standings}
    found = []
    for call in calls:
        body = call.draft.statement.body
        instead_of = statement.asked_instead_of(standing_in[body.group_id], body)
        found.append(Call(call, _group_of(body, names), instead_of))
    return found


def _next_due(waiting: list[Milestone | Deliverable], calls: list[Proposal], today: date) -> ApproximateDate | None:
    """When the first is due of what waits on the person and isn't late."""
    due = [owed.due for owed in waiting if not owed.is_late(today)]
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
