"""Groups full of people, milestones that are late, and one of everything else that people are reminded of.

All of it is written set-wise, and the same each time: what differs is how many groups there are and how many milestones
each has. Of each milestone five reminders are due at NOW: one to its owner, two to the leads of its team, and two to
the chairs of its group; some of these people are away, and it goes to who stands in for them.
"""

from __future__ import annotations

import itertools
import zoneinfo
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any, Final

from django.db import connection

from documents.consultations.models import Consultation
from documents.library.models import Document
from documents.statement.models import Draft, Proposal, StatementOfWork
from milestones.meetings.models import Meeting
from milestones.reminders.models import ReminderRule, To
from milestones.work.models import Deliverable, Milestone
from teams.accounts.models import User
from teams.bodies.models import Absence, Body, BodyParent, BodyState, Membership, Role, WorkingGroup
from teams.dates import ApproximateDate
from teams.notices.models import Choice, QuietTimes, Way
from tests.conftest import START

NOW: Final = START  # noon of Friday, July 20, 2018 in Washington
TODAY: Final = date(2018, 7, 20)
ALWAYS: Final = ApproximateDate.parse("2017")
EACH: Final = 5
"""Reminders of a milestone."""

TEAMS: Final = 4
# Of a group's people: two chairs, CBP's reviewer, two leads for each team; one who stands in for the owners of the
# group, one for its leads, one for its chairs. The others own the milestones.
CHAIRS: Final = 2
LEADS: Final = 2
STAND_INS: Final = 3
OFFICERS: Final = CHAIRS + 1 + LEADS * TEAMS + STAND_INS

# Whom, so many days after the due date, again every so many days.
RULES: Final[tuple[tuple[To, int, int | None], ...]] = (
    (To.OWNER, -7, None),
    (To.OWNER, -1, None),
    (To.OWNER, 0, None),
    (To.OWNER, 3, 7),
    (To.LEAD, 10, 7),
    (To.CHAIR, 17, None),
)
# Days for which the milestones are late: from the first to the last of them every rule's latest day is less than a week
# ago, wherever somebody is.
LATE: Final = (18, 19, 20, 21, 22)
# Fewer days than that after the end of June.
MONTH: Final = ApproximateDate.parse("2018-06")


@dataclass(frozen=True, slots=True)
class Group:
    """A group with what hangs on it."""

    group: WorkingGroup
    body: Body
    teams: tuple[Body, ...]
    chairs: tuple[User, ...]
    reviewer: User
    leads: tuple[tuple[User, ...], ...]
    stand_ins: tuple[User, ...]
    owners: tuple[User, ...]

    @property
    def officers(self) -> tuple[User, ...]:
        """Who must be there for the others."""
        return (*self.chairs, self.reviewer, *itertools.chain.from_iterable(self.leads), *self.stand_ins)


def groups(number: int, *, people: int, prefix: str = "crowd") -> list[Group]:
    """So many groups of so many people each, with four teams, rules, absences, and choices of some people."""
    assert people > OFFICERS
    made = _groups(number, people=people, prefix=prefix)
    _belong(made)
    ReminderRule.objects.bulk_create(
        ReminderRule(group=each.group, to=to, days_after=days, every=every)
        for each in made
        for to, days, every in RULES
    )
    _be_away(made)
    _choose(made)
    return made


def _groups(number: int, *, people: int, prefix: str) -> list[Group]:
    places = itertools.cycle(sorted(name for name in zoneinfo.available_timezones() if "/" in name))
    owned = WorkingGroup.objects.bulk_create(WorkingGroup(slug=f"{prefix}-{n}", as_of=TODAY) for n in range(number))
    bodies = Body.objects.bulk_create(
        Body(group=group, key=group.slug, kind=Body.Kind.WORKING_GROUP, name=f"Working Group {group.slug}")
        for group in owned
    )
    teams = Body.objects.bulk_create(
        Body(group=group, key=f"team-{n}", kind=Body.Kind.TEAM, number=n, name=f"Team {n}", position=n)
        for group in owned
        for n in range(1, TEAMS + 1)
    )
    BodyState.objects.bulk_create(BodyState(body=body, state="active", started=ALWAYS) for body in (*bodies, *teams))
    BodyParent.objects.bulk_create(
        BodyParent(body=team, parent=bodies[n // TEAMS], started=ALWAYS) for n, team in enumerate(teams)
    )
    everybody = User.objects.bulk_create(
        User(
            email=f"{prefix}-{n}@example.test",
            name=f"Person {n} of {prefix}",
            password="!",
            timezone=next(places),
            affiliation=User.Affiliation.GOVERNMENT if n % people == CHAIRS else User.Affiliation.TRADE,
        )
        for n in range(number * people)
    )
    return [
        _group(group, bodies[n], teams[n * TEAMS : (n + 1) * TEAMS], iter(everybody[n * people : (n + 1) * people]))
        for n, group in enumerate(owned)
    ]


def _group(group: WorkingGroup, body: Body, teams: Iterable[Body], people: Iterator[User]) -> Group:
    def take(number: int) -> tuple[User, ...]:
        return tuple(itertools.islice(people, number))

    return Group(
        group,
        body,
        tuple(teams),
        chairs=take(CHAIRS),
        reviewer=take(1)[0],
        leads=tuple(take(LEADS) for _ in range(TEAMS)),
        stand_ins=take(STAND_INS),
        owners=tuple(people),
    )


def _belong(made: Iterable[Group]) -> None:
    roles: list[tuple[Body, User, str]] = []
    for each in made:
        roles += [(each.body, person, Role.CHAIR) for person in each.chairs]
        roles.append((each.body, each.reviewer, Role.REVIEWER))
        roles += [
            (team, person, Role.LEAD) for team, leads in zip(each.teams, each.leads, strict=True) for person in leads
        ]
        roles += [(each.body, person, Role.MEMBER) for person in each.stand_ins]
        roles += [(each.teams[n % TEAMS], person, Role.MEMBER) for n, person in enumerate(each.owners)]
    Membership.objects.bulk_create(
        Membership(body=body, person=person, role=role, started=ALWAYS) for body, person, role in roles
    )


def _be_away(made: Iterable[Group]) -> None:
    """Of every group one chair, a lead of one team, and every tenth owner, for two weeks around today."""
    away: list[tuple[Group, User, User]] = []
    for each in made:
        for_owners, for_leads, for_chairs = each.stand_ins
        away += [(each, each.chairs[0], for_chairs), (each, each.leads[0][0], for_leads)]
        away += [(each, person, for_owners) for person in each.owners[::10]]
    days = {"first_day": TODAY - timedelta(days=7), "last_day": TODAY + timedelta(days=7)}
    Absence.objects.bulk_create(
        Absence(group=each.group, person=person, stand_in=stand_in, **days) for each, person, stand_in in away
    )


def _choose(made: Iterable[Group]) -> None:
    """Every tenth owner has quiet hours, every tenth takes reminders in a daily digest."""
    owners = [person for each in made for person in each.owners]
    Choice.objects.bulk_create(Choice(person=person, kind="milestone_due", way=Way.DAILY) for person in owners[5::10])
    hours = {"starts": time(20), "ends": time(7)}
    QuietTimes.objects.bulk_create(
        QuietTimes(person=person, working_days=[1, 2, 3, 4, 5], **hours) for person in owners[7::10]
    )


def milestones(made: list[Group], number: int, *, since: int = 0) -> None:
    """So many milestones that are late, in turn over groups, teams and owners; `since` is how many there are already.

    A fifth are due in a month, the others on a day.
    """
    deliverables = {each.body_id: each for each in Deliverable.objects.filter(body__in=_teams(made), title="Late")}
    missing = [team for team in _teams(made) if team.pk not in deliverables]
    for each in Deliverable.objects.bulk_create(_deliverable(team, "late", title="Late") for team in missing):
        deliverables[each.body_id] = each
    Milestone.objects.bulk_create(
        (_milestone(made[n % len(made)], n, n // len(made), deliverables) for n in range(since, since + number)),
        batch_size=2000,
    )


def _teams(made: Iterable[Group]) -> list[Body]:
    return [team for each in made for team in each.teams]


def _milestone(of: Group, key: int, number: int, deliverables: dict[int, Deliverable]) -> Milestone:
    team = of.teams[number % TEAMS]
    late = LATE[number % len(LATE)]
    due = MONTH if late == LATE[2] else ApproximateDate.day(TODAY - timedelta(days=late))
    return Milestone(
        group=of.group,
        key=f"late-{key}",
        body=team,
        deliverable=deliverables[team.pk],
        title=f"Late milestone {key}",
        owner=of.owners[number % len(of.owners)],
        due=due,
        baseline_due=due,
    )


def _deliverable(team: Body, key: str, **fields: Any) -> Deliverable:
    due = ApproximateDate.day(TODAY + timedelta(days=60))
    own: dict[str, Any] = {"kind": Deliverable.Kind.PROCESS_MAP, "due": due, "title": key.title(), **fields}
    return Deliverable(group=team.group, key=f"{key}-{team.key}", body=team, baseline_due=own["due"], **own)


def everything_else(made: list[Group]) -> None:
    """For each group one of each other thing that somebody is reminded or told of at NOW.

    A deliverable without milestones, a meeting tomorrow and one that was moved, a consultation that closes tomorrow,
    and a proposed version of the statement of work that does.
    """
    tomorrow = TODAY + timedelta(days=1)
    Deliverable.objects.bulk_create(
        _deliverable(each.teams[0], "alone", due=ApproximateDate.day(TODAY - timedelta(days=4))) for each in made
    )
    moved = {"revision": 2, "changed_at": NOW - timedelta(hours=2), "last_change": Meeting.Change.MOVED}
    Meeting.objects.bulk_create(
        Meeting(
            group=each.group,
            key=key,
            body=each.teams[0],
            title=f"Meeting {key}",
            starts=day,
            ends=day,
            timezone="America/New_York",
            **change,
        )
        for each in made
        for key, day, change in (
            ("soon", ApproximateDate.day(tomorrow), {}),
            ("moved", ApproximateDate.day(TODAY + timedelta(days=25)), moved),
        )
    )
    documents = Document.objects.bulk_create(
        Document(group=each.group, key="draft-report", title="Draft report", kind=Document.Kind.REPORT) for each in made
    )
    rounds = Consultation.objects.bulk_create(
        Consultation(
            group=document.group,
            key="round",
            document=document,
            title="First round",
            opens_on=TODAY - timedelta(days=4),
            closes_on=tomorrow,
        )
        for document in documents
    )
    Consultation.audience.through.objects.bulk_create(
        Consultation.audience.through(consultation=each, body=of.teams[0])
        for each, of in zip(rounds, made, strict=True)
    )
    _propose(made, closes_on=tomorrow)


def _propose(made: list[Group], *, closes_on: date) -> None:
    began = NOW - timedelta(days=2)
    statements = StatementOfWork.objects.bulk_create(StatementOfWork(group=each.group, body=each.body) for each in made)
    drafts = Draft.objects.bulk_create(
        Draft(
            statement=statement,
            title="Next version",
            state=Draft.State.PROPOSED,
            started_by=each.chairs[0],
            started_at=began,
        )
        for statement, each in zip(statements, made, strict=True)
    )
    Proposal.objects.bulk_create(
        Proposal(
            draft=draft,
            number="2",
            summary="More",
            effective_on=closes_on + timedelta(days=9),
            closes_on=closes_on,
            proposed_by=each.chairs[0],
            proposed_at=began,
        )
        for draft, each in zip(drafts, made, strict=True)
    )


def analyze() -> None:
    """As autovacuum does after so many rows, which can't see those of a test."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
