"""The plan of a group: its milestones in short, what follows what, what is at risk, and how far each body has come.

One query brings all of it, in plain rows: a rule that looks from one milestone at another finds it at hand, and a
page of a large plan costs as many queries as one of a small one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from milestones.work.models import Dependency, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Absence, Body, Membership, WorkingGroup
from teams.dates import ApproximateDate, first_day, last_day
from teams.notices.models import Notice

from .progress import AtRisk, Progress
from .step import TO_DO, Prepared, Step
from .visible import milestones_visible_to

MEETINGS_SHOWN = 60

# So many days after a reminder silence is a risk.
DAYS_TO_ANSWER = 3


@dataclass(frozen=True)
class Plan:
    """The milestones of a group, or some of them with what they hang on, on a date: the first due first."""

    today: date
    steps: tuple[Step, ...]

    @cached_property
    def by_id(self) -> dict[int, Step]:
        """The milestones by their ids."""
        return {step.id: step for step in self.steps}

    @cached_property
    def _successors(self) -> dict[int, list[Step]]:
        found: dict[int, list[Step]] = defaultdict(list)
        for step in self.steps:
            for before in step.after_ids:
                found[before].append(step)
        return found

    @cached_property
    def _first_due_of_deliverable(self) -> dict[int, date]:
        found: dict[int, date] = {}
        for step in self.steps:
            if step.deliverable_id is not None:
                known = found.get(step.deliverable_id, step.due.last)
                found[step.deliverable_id] = min(known, step.due.last)
        return found

    def before(self, step: Step) -> list[Step]:
        """What it follows, the first due first."""
        return sorted(
            (self.by_id[each] for each in step.after_ids if each in self.by_id), key=lambda each: (each.due, each.id)
        )

    def after(self, step: Step) -> list[Step]:
        """What follows it, the first due first."""
        return self._successors.get(step.id, [])

    def risk(self, step: Step) -> str:
        """Why it is at risk, in a sentence; "" where it isn't.

        A milestone is at risk while it is not yet late and nothing has been handed in, and

        1. something that it follows is late; or
        2. something that it follows is still open and due only after it; or
        3. its owner is away, and whoever stands in for them is away too, has left the group or has no open account; or
        4. less than a quarter of its time is left. Its time runs from the date on which the last of what it follows
           is due until its own due date; where it follows nothing, from the first due date of its deliverable; or
        5. a reminder of its date went DAYS_TO_ANSWER days ago, and nobody has begun.

        The first of these that holds gives the reason. A month counts until its last day.
        """
        if step.state not in TO_DO or step.is_late(self.today):
            return ""
        before = self.before(step)
        for each in before:
            if each.is_late(self.today):
                return f"Waits for “{each.title}”, which is late: it was due {_on(each.due)}."
        for each in reversed(before):
            if each.is_open and each.due.last > step.due.last:
                return f"Waits for “{each.title}”, which is due only {_on(each.due)}."
        if step.owner_away_until is not None:
            return f"Its owner, {step.owner}, is away until {_on_day(step.owner_away_until)}, and nobody can stand in."
        return self._time_running_out(step, before) or self._without_answer(step)

    def _time_running_out(self, step: Step, before: list[Step]) -> str:
        if before:
            begins = before[-1].due.last
        elif step.deliverable_id is not None:
            begins = self._first_due_of_deliverable[step.deliverable_id]
        else:
            return ""
        left, in_all = step.due.days_until(self.today), (step.due.last - begins).days
        if left * 4 >= in_all:
            return ""
        if left == 0:
            return "It is due today and nothing is handed in."
        return f"{left} of its {in_all} days {'is' if left == 1 else 'are'} left and nothing is handed in."

    def _without_answer(self, step: Step) -> str:
        if step.reminded_at is None:
            return ""
        on = timezone.localdate(step.reminded_at)
        if (self.today - on).days < DAYS_TO_ANSWER:
            return ""
        return f"{step.owner} was reminded on {_on_day(on)} and has not begun."

    def progress(self, steps: Iterable[Step]) -> Progress:
        """How far these milestones of the plan have come."""
        counted = [step for step in steps if step.state != State.DROPPED]
        in_time = [step for step in counted if step.is_open and not step.is_late(self.today)]
        slipped = max(counted, key=lambda step: step.slip, default=None)
        return Progress(
            accepted=sum(step.state == State.ACCEPTED for step in counted),
            total=len(counted),
            overdue=tuple(step for step in counted if step.is_late(self.today)),
            at_risk=tuple(AtRisk(step, why) for step in counted if (why := self.risk(step))),
            next_due=in_time[0] if in_time else None,
            slipped_most=slipped if slipped and slipped.slip > 0 else None,
            moved=sum(step.moves > 0 for step in counted),
            moves=sum(step.moves for step in counted),
        )

    def progress_by_body(self) -> dict[int, Progress]:
        """How far each body has come that has milestones, by its id."""
        of_body: dict[int, list[Step]] = defaultdict(list)
        for step in self.steps:
            of_body[step.body_id].append(step)
        return {body_id: self.progress(steps) for body_id, steps in of_body.items()}


def _on_day(day: date) -> str:
    return str(ApproximateDate.day(day))


def _on(due: ApproximateDate) -> str:
    return f"on {due}" if due.is_day else f"in {due}"


def plan_of(person: User, group: WorkingGroup, today: date) -> Plan:
    """The group's plan as the person may see it on `today`: one query."""
    return _plan(milestones_visible_to(person, today).filter(group=group), today)


def plan_of_body(person: User, body: Body, today: date) -> Plan:
    """The part of the plan that a body owes, with what it hangs on, as the person may see it: one query."""
    return _plan(_around(milestones_visible_to(person, today), Q(body=body) | Q(deliverable__body=body)), today)


def plan_around(person: User, milestone: Milestone, today: date) -> Plan:
    """The part of the plan that says all about one milestone, as the person may see it: one query."""
    return _plan(_around(milestones_visible_to(person, today), Q(pk=milestone.pk)), today)


def _around(milestones: QuerySet[Milestone], core: Q) -> QuerySet[Milestone]:
    """Those of the core, the others of their deliverables, and those that come right before and after them."""
    inside = Milestone.objects.filter(core)
    return milestones.filter(
        Q(pk__in=inside.values("pk"))
        | Q(deliverable__in=inside.values("deliverable"))
        | Q(pk__in=Dependency.objects.filter(milestone__in=inside).values("after"))
        | Q(pk__in=Dependency.objects.filter(after__in=inside).values("milestone"))
    )


def progress_of_bodies(group: WorkingGroup, today: date) -> dict[int, Progress]:
    """The progress of each body of the group that has milestones, by the body's id: one query."""
    return _plan(Milestone.objects.filter(group=group), today).progress_by_body()


def progress_of(bodies: Iterable[Body], today: date) -> dict[int, Progress]:
    """The same for bodies of any groups, with an entry for each of them: one query."""
    wanted = list(bodies)
    groups = {body.group_id for body in wanted}
    found = _plan(Milestone.objects.filter(group__in=groups), today).progress_by_body()
    return {body.pk: found.get(body.pk, Progress()) for body in wanted}


def _away_with_nobody(today: date) -> Case:
    """The last day of the owner's absence in which nobody can stand in; looked up for those alone who are away."""
    holding = Absence.objects.filter(Absence.holding(today), person=OuterRef("owner"), group=OuterRef("group"))
    belongs = Membership.objects.filter(
        Membership.holding(today), person=OuterRef("stand_in"), body__group=OuterRef("group")
    )
    away_too = Absence.objects.filter(Absence.holding(today), person=OuterRef("stand_in"), group=OuterRef("group"))
    alone = holding.exclude(Q(stand_in__is_active=True) & Exists(belongs) & ~Exists(away_too))
    is_away = Q(owner__in=Absence.objects.filter(Absence.holding(today)).values("person"))
    return Case(
        When(Q(state__in=TO_DO) & is_away, then=Subquery(alone.values("last_day")[:1])),
        output_field=DateField(),
    )


def _reminded_without_answer() -> Case:
    """When the last reminder of the date as it is now went to its owner or who stands in, of what nobody has begun."""
    sent = Notice.objects.filter(
        kind="milestone_due",
        owed_to=OuterRef("owner"),
        subject_key=Concat(Value("milestone:"), Cast(OuterRef("pk"), CharField())),
        revision=OuterRef("due_revision"),
        state=Notice.State.SENT,
    )
    return Case(
        When(state=State.PLANNED, then=Subquery(sent.order_by("-sent_at").values("sent_at")[:1])),
        output_field=DateTimeField(),
    )


def _plan(milestones: QuerySet[Milestone], today: date) -> Plan:
    rows = (
        milestones.annotate(
            owner_away_until=_away_with_nobody(today),
            reminded_at=_reminded_without_answer(),
            # A meeting that is still a draft is not everybody's to know of: here it is named to nobody.
            is_announced=Case(
                When(~Q(preparation__meeting__state="draft"), preparation__isnull=False, then=Value(True)),
                default=Value(False),
            ),
            due_first=first_day("due"),
            due_last=last_day("due"),
            baseline_first=first_day("baseline_due"),
            baseline_last=last_day("baseline_due"),
            after_ids=ArraySubquery(Dependency.objects.filter(milestone=OuterRef("pk")).values("after")),
        )
        .order_by("due_last", "due_first", "id")
        .values_list(
            *("id", "key", "group__slug", "title", "state", "source", "body_id", "owner_id", "owner__name"),
            *("deliverable_id", "preparation__meeting__key", "preparation__meeting__title"),
            *("due_first", "due_last", "due_revision", "baseline_first", "baseline_last", "after_ids"),
            *("preparation__meeting__starts", "is_announced", "owner_away_until", "reminded_at", "edit_revision"),
            "evidence_asked",
            named=True,
        )
    )
    return Plan(
        today,
        tuple(
            Step(
                id=row.id,
                key=row.key,
                group=row.group__slug,
                title=row.title,
                state=row.state,
                source=row.source,
                due=ApproximateDate(row.due_first, row.due_last),
                due_revision=row.due_revision,
                baseline=ApproximateDate(row.baseline_first, row.baseline_last),
                body_id=row.body_id,
                owner_id=row.owner_id,
                owner=row.owner__name,
                deliverable_id=row.deliverable_id,
                prepares=Prepared(
                    row.preparation__meeting__key,
                    row.preparation__meeting__title,
                    row.preparation__meeting__starts,
                )
                if row.is_announced
                else None,
                after_ids=tuple(row.after_ids),
                owner_away_until=row.owner_away_until,
                reminded_at=row.reminded_at,
                edit_revision=row.edit_revision,
                evidence_asked=row.evidence_asked,
            )
            for row in rows
        ),
    )


def meetings_of_plan(group: WorkingGroup, first: date, last: date) -> QuerySet[Any]:
    """Meetings of the group, and of the forums that it follows, of which a day lies between two dates.

    Drafts and cancelled meetings stay out. The room of meetings stands on this one, so it is asked by its reverse
    name; at most MEETINGS_SHOWN are given.
    """
    found: QuerySet[Any] = group.meeting_set.filter(starts__startswith__lte=last, ends__endswith__gt=first)
    return found.filter(state__in=("planned", "held")).select_related("group").order_by("starts", "id")[:MEETINGS_SHOWN]
