"""Adding and changing what a body owes: by whoever plans for it (see Action.PLAN_WORK).

Each raises NotYours where the table doesn't allow it, ChangedMeanwhile where the revision `seen` is another by now, and
Refused for what can't be. Then nothing is changed.
"""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection, transaction
from django.utils.text import slugify

from milestones.work.models import Deliverable, Dependency, Milestone, State, StrategyGoal
from milestones.work.selectors.following import ids_after
from milestones.work.selectors.planning import belongs_to
from teams.accounts.models import User
from teams.bodies.models import Body
from teams.clock import selectors as clock
from teams.dates import ApproximateDate

from .acting import check_planning, derive, locked, reason_of, recorded
from .refusals import NotInTheGroup, Refused
from .telling import tell_new_owner

TITLE_AT_MOST = 200


@transaction.atomic
def add_milestone(
    *,
    by: User,
    deliverable: Deliverable,
    title: str,
    owner: User,
    due: ApproximateDate,
    token: str,
    evidence_asked: str = "",
    follows: Collection[Milestone] = (),
) -> Milestone:
    """Add a milestone to a deliverable; the date that it gets is its date in the plan too, until one is adopted.

    Sent twice with the same `token` (some letters and digits that the form made up) it is added once. Raises
    NotInTheGroup for an owner who doesn't belong there.
    """
    below = locked(deliverable)
    right = check_planning(by, below)
    if below.state == State.DROPPED:
        raise Refused("The deliverable was dropped: take it up first.")
    _check_date(due, below)
    _check_owner(owner, below)
    key = _key(title, token)
    known = Milestone.objects.filter(group=below.group, key=key).first()
    if known is not None:
        return known
    with recorded(by, right):
        made = Milestone.objects.create(
            group=below.group,
            key=key,
            body=below.body,
            deliverable=below,
            title=_title(title),
            owner=owner,
            due=due,
            baseline_due=due,
            evidence_asked=evidence_asked.strip(),
        )
        for each in follows:
            _follow(made, each)
        derive([below.pk])
    return made


@transaction.atomic
def add_action(
    *, by: User, body: Body, title: str, owner: User, due: ApproximateDate, token: str, evidence_asked: str = ""
) -> Milestone:
    """Add a milestone that the body owes and that leads to no deliverable, such as what a meeting agreed to do.

    `token` and what it raises as for `add_milestone`.
    """
    right = check_planning(by, body)
    owed = Deliverable(group=body.group, body=body)
    _check_date(due, owed)
    _check_owner(owner, owed)
    said = {"title": _title(title), "evidence_asked": evidence_asked.strip()}
    with recorded(by, right):
        made, _ = Milestone.objects.get_or_create(
            group=body.group,
            key=_key(title, token),
            defaults={"body": body, "owner": owner, "due": due, "baseline_due": due, **said},
        )
    return made


@transaction.atomic
def change_milestone(
    *, by: User, milestone: Milestone, title: str, evidence_asked: str, seen: int | None = None
) -> Milestone:
    """Give it another title, or ask for other evidence."""
    found = locked(milestone, seen)
    right = check_planning(by, found)
    found.title, found.evidence_asked = _title(title), evidence_asked.strip()
    found.edit_revision += 1
    with recorded(by, right):
        found.save(update_fields=["title", "evidence_asked", "edit_revision"])
    return found


@transaction.atomic
def change_owner(*, by: User, milestone: Milestone, to: User, reason: str, seen: int | None = None) -> Milestone:
    """Hand an open milestone over, with a reason; its reminders go to the new owner. Raises NotInTheGroup too."""
    found = locked(milestone, seen)
    right = check_planning(by, found)
    reason = reason_of(reason)
    if not found.is_open:
        raise Refused(f"It is {found.get_state_display().lower()}: its owner stays.")
    if found.owner_id == to.pk:
        raise Refused(f"{to} owns it already.")
    _check_owner(to, found)
    found.owner, found.disclaimed_by, found.disclaimed_because = to, None, ""
    found.edit_revision += 1
    with recorded(by, right, reason):
        found.save(update_fields=["owner", "disclaimed_by", "disclaimed_because", "edit_revision"])
    tell_new_owner(by, found)
    return found


@transaction.atomic
def add_dependency(*, by: User, milestone: Milestone, after: Milestone) -> None:
    """Let the milestone follow another of the group. Raises Refused where that would make a circle, and names it.

    Two at once that together would make one wait for each other: the second is refused. What it follows already, it
    follows.
    """
    found = locked(milestone)
    right = check_planning(by, found)
    with recorded(by, right):
        _follow(found, after)


@transaction.atomic
def remove_dependency(*, by: User, milestone: Milestone, after: Milestone) -> None:
    """Let the milestone follow the other no more."""
    found = locked(milestone)
    right = check_planning(by, found)
    with recorded(by, right):
        for held in Dependency.objects.filter(milestone=found, after=after):
            held.delete()


@transaction.atomic
def add_deliverable(
    *,
    by: User,
    body: Body,
    title: str,
    kind: str,
    due: ApproximateDate,
    token: str,
    strategy_goal: StrategyGoal | None = None,
    owner: User | None = None,
) -> Deliverable:
    """Add something that the body owes; `token`, its date in the plan and what it raises as for `add_milestone`."""
    right = check_planning(by, body)
    owed = Deliverable(
        group=body.group,
        key=_key(title, token),
        body=body,
        title=_title(title),
        kind=kind,
        due=due,
        baseline_due=due,
        strategy_goal=strategy_goal,
        owner=owner,
    )
    _check_date(due, owed)
    _check_kind(owed)
    if owner:
        _check_owner(owner, owed)
    dated = {"due": due, "baseline_due": due}
    said = {"title": owed.title, "kind": kind, "strategy_goal": strategy_goal, "owner": owner, **dated}
    with recorded(by, right):
        made, _ = Deliverable.objects.get_or_create(group=body.group, key=owed.key, defaults={"body": body, **said})
    return made


@transaction.atomic
def change_deliverable(
    *,
    by: User,
    deliverable: Deliverable,
    title: str,
    kind: str,
    strategy_goal: StrategyGoal | None,
    owner: User | None,
    seen: int | None = None,
) -> Deliverable:
    """Give it another title, kind, strategy goal or owner (None: nobody). Raises NotInTheGroup for a new owner."""
    found = locked(deliverable, seen)
    right = check_planning(by, found)
    found.title, found.kind, found.strategy_goal = _title(title), kind, strategy_goal
    _check_kind(found)
    is_handed_over = owner is not None and owner.pk != found.owner_id
    if owner and is_handed_over:
        _check_owner(owner, found)
    found.owner = owner
    found.edit_revision += 1
    with recorded(by, right):
        found.save(update_fields=["title", "kind", "strategy_goal", "owner", "edit_revision"])
    if is_handed_over:
        tell_new_owner(by, found)
    return found


def _follow(milestone: Milestone, after: Milestone) -> None:
    """Write the dependency. Changes of the group's order wait for one another until the transaction ends."""
    if after.group_id != milestone.group_id:
        raise Refused("It can only follow a milestone of the same group.")
    if after.pk == milestone.pk:
        raise Refused("It can’t follow itself.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('work_dependency'), %s)", [milestone.group_id])
    if after.pk in ids_after(milestone):
        raise Refused(f"“{after}” follows “{milestone}” itself, so the two would wait for each other.")
    Dependency.objects.get_or_create(milestone=milestone, after=after)


def _title(text: str) -> str:
    title = " ".join(text.split())
    if not title:
        raise Refused("Give it a title.")
    if len(title) > TITLE_AT_MOST:
        raise Refused(f"A title has at most {TITLE_AT_MOST} characters.")
    return title


def _key(title: str, token: str) -> str:
    return f"{slugify(title)[:60].strip('-') or 'work'}-{slugify(token)[:8]}"


def _check_date(due: ApproximateDate, owed: Deliverable) -> None:
    if due.last < clock.today(owed.group.timezone):
        raise Refused("That day has passed: choose a later one.")


def _check_owner(owner: User, owed: Milestone | Deliverable) -> None:
    if not belongs_to(owner, owed.group, clock.today(owed.group.timezone)):
        raise NotInTheGroup


def _check_kind(owed: Deliverable) -> None:
    if owed.kind not in Deliverable.Kind.values:
        raise Refused("Choose what it will be.")
    if owed.strategy_goal and owed.strategy_goal.strategy.group_id != owed.group_id:
        raise Refused("The goal belongs to another group.")
