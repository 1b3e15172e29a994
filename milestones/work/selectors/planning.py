"""What can be chosen from when something owed is added or changed."""

from __future__ import annotations

from datetime import date

from django.db.models import Q, QuerySet

from milestones.work.models import Deliverable, Milestone, State, StrategyGoal
from teams.accounts.models import User
from teams.bodies.models import Body, BodyParent, Membership, WorkingGroup

from .following import ids_after


def belongs_to(person: User, group: WorkingGroup, day: date) -> bool:
    """Whether the person can own what the group owes: with an open account, by a membership or as an administrator."""
    held = Membership.objects.filter(Membership.holding(day), body__group=group, person=person)
    return person.is_active and (person.is_site_admin or held.exists())


def owners_for(body: Body, day: date) -> QuerySet[User]:
    """Who can be given what the body owes: the people of the body and of those that it reports to, by name."""
    up = BodyParent.objects.filter(BodyParent.holding(day), body__group=body.group_id)
    bodies = Q(pk=body.pk) | Q(pk__in=up.filter(body=body).values("parent"))
    held = Membership.objects.filter(Membership.holding(day), body__in=Body.objects.filter(bodies).values("pk"))
    people = User.objects.filter(is_active=True, pk__in=held.values("person"))
    return people.select_related("organization").order_by("name", "id")


def owners_or_as_it_is(deliverable: Deliverable, day: date) -> QuerySet[User]:
    """The same for a deliverable, and who owns it, though they may have left."""
    found = Q(pk__in=owners_for(deliverable.body, day).order_by().values("pk")) | Q(pk=deliverable.owner_id)
    return User.objects.filter(found).select_related("organization").order_by("name", "id")


def can_follow(milestone: Milestone) -> QuerySet[Milestone]:
    """Milestones of the group that it could follow: not itself, none that follows it or that it follows already."""
    found = milestones_to_follow(milestone.group)
    return found.exclude(pk__in=[milestone.pk, *ids_after(milestone)]).exclude(successors__milestone=milestone)


def milestones_to_follow(group: WorkingGroup) -> QuerySet[Milestone]:
    """The group's milestones that were not dropped, the first due first."""
    found = Milestone.objects.filter(group=group).exclude(state=State.DROPPED)
    return found.select_related("body__group").order_by("due", "id")


def goals_of(group: WorkingGroup) -> QuerySet[StrategyGoal]:
    """The goals of the strategies that the group's work serves."""
    return StrategyGoal.objects.filter(strategy__group=group).select_related("strategy").order_by("strategy", "number")
