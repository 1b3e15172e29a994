"""Who may do what: the one table of roles and actions, and the way a view asks for it.

A person's standing in a group is found once a request, from the memberships that hold on the portal's date.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest, HttpResponseBase

from teams.accounts.access import SignedInRequest, declare
from teams.accounts.models import User
from teams.clock import selectors as clock

from .models import Body, Membership, Role, WorkingGroup

P = ParamSpec("P")


class Action(enum.StrEnum):
    """Everything a person can be allowed to do in a group, in order of the alphabet."""

    READ_DRAFT_MEETINGS = "read meetings that are still drafts"
    READ_GROUP = "read the group's pages"
    READ_LEDGER = "read the reminder ledger"


ADMINISTRATOR = "administrator"

# The table. "administrator" is a standing in the whole portal; the roles are those held in a body of the group.
ALLOWED: dict[Action, frozenset[str]] = {
    Action.READ_DRAFT_MEETINGS: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD}),
    Action.READ_GROUP: frozenset({ADMINISTRATOR, *Role.values}),
    Action.READ_LEDGER: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD, Role.REVIEWER}),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What a person is in one group on one date; `name` is that of the group."""

    group: WorkingGroup
    name: str
    roles: frozenset[str]
    body_ids: frozenset[int]

    def may(self, action: Action) -> bool:
        """Whether the table allows it."""
        return bool(ALLOWED[action] & self.roles)


def standings(person: User, day: date) -> dict[str, Standing]:
    """The person's standing on `day` in each group that they may enter, by the group's slug: one query, or two.

    An administrator of the portal stands in every group; anyone else where a membership holds on that day.
    """
    roles: dict[int, set[str]] = {}
    bodies: dict[int, set[int]] = {}
    groups: dict[int, WorkingGroup] = {}
    names: dict[int, str] = {}
    held = Membership.objects.filter(Membership.holding(day), person=person).select_related("body__group")
    for membership in held.annotate(group_name=_name_of_group("body__group")):
        group = membership.body.group
        groups[group.pk], names[group.pk] = group, membership.group_name
        roles.setdefault(group.pk, set()).add(membership.role)
        bodies.setdefault(group.pk, set()).add(membership.body_id)
    if person.is_site_admin:
        for group in WorkingGroup.objects.annotate(group_name=_name_of_group("pk")):
            groups.setdefault(group.pk, group)
            names[group.pk] = group.group_name
            roles.setdefault(group.pk, set()).add(ADMINISTRATOR)
    return {
        group.slug: Standing(
            group, names[group.pk] or group.slug, frozenset(roles[group.pk]), frozenset(bodies.get(group.pk, ()))
        )
        for group in sorted(groups.values(), key=lambda group: group.slug)
    }


def _name_of_group(group: str) -> Subquery:
    body = Body.objects.filter(group=OuterRef(group), kind=Body.Kind.WORKING_GROUP)
    return Subquery(body.values("name")[:1])


def standings_of(request: HttpRequest) -> dict[str, Standing]:
    """The standings of the request's person, asked for once a request; none for someone who isn't signed in."""
    if not request.user.is_authenticated:
        return {}
    found: dict[str, Standing] | None = getattr(request, "standings_found", None)
    if found is None:
        found = standings(request.user, clock.today())
        request.standings_found = found  # type: ignore[attr-defined]
    return found


def requires(
    action: Action,
) -> Callable[
    [Callable[Concatenate[SignedInRequest, WorkingGroup, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponseBase],
]:
    """A view's first argument after the request is the group's slug; the view itself gets the WorkingGroup.

    An outsider is told that there is no such page (404), so that nothing about other groups can be learned; someone
    inside without the right is refused (403).
    """

    def wrap(
        view: Callable[Concatenate[SignedInRequest, WorkingGroup, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, str, P], HttpResponseBase]:
        @wraps(view)
        def guarded(request: HttpRequest, group: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            standing = standings_of(request).get(group)
            if standing is None:
                raise Http404("no such group, or not yours")
            if not standing.may(action):
                raise PermissionDenied(f"your role does not allow you to {action.value}")
            request.standing = standing  # type: ignore[attr-defined]
            return view(cast(SignedInRequest, request), standing.group, *args, **kwargs)

        # The address gives the group by its name, which Concatenate can't say.
        return declare(guarded, action.name)  # type: ignore[return-value]

    return wrap
