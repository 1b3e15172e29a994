"""What of the plan a person may see, and what waits on them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Exists, OuterRef, Q, QuerySet

from milestones.work.models import OPEN_STATES, Deliverable, Dependency, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import BodyParent
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, Action, Standing
from teams.bodies.selectors import groups_entered_by
from teams.dates import first_day, last_day

from .step import TO_DO


def milestones_visible_to(person: User, day: date) -> QuerySet[Milestone]:
    """Milestones of the groups that the person may enter on `day`."""
    return Milestone.objects.filter(group__in=groups_entered_by(person, day))


def deliverables_visible_to(person: User, day: date) -> QuerySet[Deliverable]:
    """Deliverables of the groups that the person may enter on `day`."""
    return Deliverable.objects.filter(group__in=groups_entered_by(person, day))


def dependencies_visible_to(person: User, day: date) -> QuerySet[Dependency]:
    """What follows what, as far as the person may see the milestones on `day`."""
    return Dependency.objects.filter(dependencies_shown(person, day))


def dependencies_shown(person: User, day: date) -> Q:
    """The condition on dependencies, also on what the record says of them: the person may see both milestones."""
    seen = milestones_visible_to(person, day)
    return Q(milestone__in=seen, after__in=seen)


def _bodies_where(standing: Standing, action: Action) -> Q:
    """The bodies in which the owner of the standing may do it by a role, as a condition for what these bodies owe."""
    held = {body for body, role in standing.counting if role in ALLOWED[action]}
    if not held:
        return Q(pk__in=[])
    links = BodyParent.objects.filter(BodyParent.holding(standing.day), body__group=standing.group)
    found = Q(body__in=held)
    below = links.filter(parent__in=held)
    # A committee, its subcommittee, the working group and its teams: three steps down are all there are.
    for _ in range(3):
        found |= Q(body__in=below.values("body"))
        below = links.filter(parent__in=below.values("body"))
    return found


def to_accept(person: User, standing: Standing) -> Q:
    """What is handed in and the person may accept, of milestones and of deliverables."""
    own = Q(owner=person) | Q(handed_in_by=person)
    return Q(group=standing.group, state=State.HANDED_IN) & _bodies_where(standing, Action.ACCEPT_WORK) & ~own


def to_decide(standings: Iterable[Standing]) -> Q:
    """What somebody proposes to drop, where the owner of the standings decides, of milestones and of deliverables."""
    everywhere = []
    found = Q(pk__in=[])
    for standing in standings:
        if standing.is_administrator and ADMINISTRATOR in ALLOWED[Action.DROP_WORK]:
            everywhere.append(standing.group)
        elif standing.roles & ALLOWED[Action.DROP_WORK]:
            found |= Q(group=standing.group) & _bodies_where(standing, Action.DROP_WORK)
    return Q(drop_asked_by__isnull=False, state__in=OPEN_STATES) & (found | Q(group__in=everywhere))


def to_hand_over(standing: Standing) -> Q:
    """Milestones whose owner says that they aren't theirs, where the owner of the standing plans by a role."""
    disclaimed = Q(group=standing.group, disclaimed_by__isnull=False, state__in=TO_DO)
    return disclaimed & _bodies_where(standing, Action.PLAN_WORK)


def _to_do_or_accept(person: User, standings: Iterable[Standing]) -> Q:
    """What the person, or who they stand in for, owns and has to hand in; what is handed in for them to accept."""
    waits = Q(owner=person, state__in=TO_DO)
    for standing in standings:
        if standing.stands_in:
            waits |= Q(group=standing.group, owner__in=[each.person for each in standing.stands_in], state__in=TO_DO)
        if any(role in ALLOWED[Action.ACCEPT_WORK] for _, role in standing.counting):
            waits |= to_accept(person, standing)
    return waits


def waiting_on(person: User, day: date, standings: Iterable[Standing] = ()) -> QuerySet[Milestone]:
    """The milestones with which the person has to do something, in groups that they may enter on `day`.

    That is what they own and have not handed in; with their `standings` also what those own there for whom they stand
    in, what is handed in and theirs to accept, what its owner says is not theirs, and theirs to hand over, and what is
    proposed to be dropped and theirs to decide. The first due comes first: what is due in a month is due on its last
    day, so it comes after what is due on a day of that month.
    """
    known = list(standings)
    waits = _to_do_or_accept(person, known)
    for standing in known:
        if any(role in ALLOWED[Action.PLAN_WORK] for _, role in standing.counting):
            waits |= to_hand_over(standing)
    if any(standing.roles & ALLOWED[Action.DROP_WORK] for standing in known):
        waits |= to_decide(known)
    owed = milestones_visible_to(person, day).filter(waits)
    return owed.order_by(last_day("due"), first_day("due"), "id")


def deliverables_waiting_on(person: User, day: date, standings: Iterable[Standing] = ()) -> QuerySet[Deliverable]:
    """The same of deliverables.

    One that has milestones waits on nobody but those who decide whether it is dropped: its milestones wait.
    """
    known = list(standings)
    counted = Milestone.objects.filter(deliverable=OuterRef("pk")).exclude(state=State.DROPPED)
    waits = _to_do_or_accept(person, known) & ~Q(Exists(counted))
    if any(standing.roles & ALLOWED[Action.DROP_WORK] for standing in known):
        waits |= to_decide(known)
    owed = deliverables_visible_to(person, day).filter(waits)
    return owed.order_by(last_day("due"), first_day("due"), "id")
