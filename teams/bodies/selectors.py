"""Questions about the committee tree and who belongs to it. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from teams.accounts.models import User

from .models import Body, BodyParent, BodyState, Membership, WorkingGroup


def bodies_of(group: WorkingGroup) -> QuerySet[Body]:
    """The group's bodies in the order of its file, each with its group at hand."""
    return Body.objects.filter(group=group).select_related("group")


def bodies_of_request(request: HttpRequest, group: WorkingGroup) -> list[Body]:
    """The same, asked for once a request."""
    known = _known_to(request)
    if group.pk not in known:
        known[group.pk] = list(bodies_of(group))
    return known[group.pk]


def bodies_of_groups(request: HttpRequest, groups: Sequence[WorkingGroup]) -> dict[int, Body]:
    """The bodies of several groups by their key in the database, in one query a request."""
    known = _known_to(request)
    missing = {group.pk: group for group in groups if group.pk not in known}
    if missing:
        known |= {pk: [] for pk in missing}
        for body in Body.objects.filter(group__in=missing).select_related("group"):
            known[body.group_id].append(body)
    return {body.pk: body for group in groups for body in known[group.pk]}


def tree_of_request(request: HttpRequest, group: WorkingGroup) -> list[Body]:
    """The group's bodies as `tree_of` gives them, known to the rest of the request too."""
    found = _known_to(request)[group.pk] = list(tree_of(group))
    return found


def _known_to(request: HttpRequest) -> dict[int, list[Body]]:
    known: dict[int, list[Body]] | None = getattr(request, "bodies_found", None)
    if known is None:
        known = {}
        request.bodies_found = known  # type: ignore[attr-defined]
    return known


def tree_of(group: WorkingGroup) -> QuerySet[Body]:
    """The group's bodies with dated parents, states and memberships at hand: four queries, whatever their number."""
    return bodies_of(group).prefetch_related(
        Prefetch("parents", BodyParent.objects.select_related("parent__group")),
        Prefetch("states", BodyState.objects.order_by("started")),
        Prefetch("memberships", Membership.objects.select_related("person__organization").order_by("id")),
    )


def groups_entered_by(person: User, day: date) -> QuerySet[WorkingGroup]:
    """The groups that the person may enter on `day`: by a membership, or all for an administrator of the portal."""
    if person.is_site_admin:
        return WorkingGroup.objects.all()
    held = Membership.objects.filter(Membership.holding(day), person=person)
    return WorkingGroup.objects.filter(pk__in=held.values("body__group"))


def state_on(body: Body, day: date) -> BodyState | None:
    """The state of a body on `day`, from its states at hand (in order of their start); None before the first."""
    held = [state for state in body.states.all() if state.started.first <= day]
    return held[-1] if held else None


def members_on(body: Body, day: date) -> list[Membership]:
    """Who belongs to the body on `day`, from its memberships at hand."""
    return [membership for membership in body.memberships.all() if membership.holds_on(day)]


def bodies_visible_to(person: User, day: date) -> QuerySet[Body]:
    """Bodies of the groups that the person may enter on `day`."""
    return Body.objects.filter(group__in=groups_entered_by(person, day))


def memberships_visible_to(person: User, day: date) -> QuerySet[Membership]:
    """Memberships that hold on `day` in the groups that the person may enter."""
    return Membership.objects.filter(Membership.holding(day), body__group__in=groups_entered_by(person, day))
