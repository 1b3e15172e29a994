"""Who may do what: the one table of roles and actions, and the way a view asks for it.

A person's standing in a group is found once a request, from the memberships that hold on the portal's date.
docs/permissions.md is written from the table by `manage.py permissions_table`.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property, wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.http import Http404, HttpRequest, HttpResponseBase

from teams.accounts.access import SignedInRequest, declare
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.reasons import standing_in_for

from .models import Absence, Body, BodyParent, Membership, Role, WorkingGroup
from .selectors import lent_on

P = ParamSpec("P")


class Action(enum.StrEnum):
    """Everything a person can be allowed to do in a group, in order of the alphabet."""

    ACCEPT_WORK = "accept what was handed in, or return it"
    ADOPT_STATEMENT = "propose, withdraw and adopt a version of the statement of work"
    AGREE_TO_STATEMENT = "agree or object to a proposed version of the statement of work"
    COMMENT_ON_DRAFT = "comment on a draft of the statement of work"
    DROP_WORK = "drop what is owed, and take it up again"
    EDIT_STATEMENT = "work on a draft of the statement of work"
    EXPLAIN_ACCESS = "be told why a person can see something"
    HAND_IN_WORK = "start and hand in what others own"
    INVITE = "invite people"
    KEEP_MEMBERSHIPS = "add, change and end memberships"
    KEEP_SETTINGS = "change the settings of the group"
    LINK_CLAUSES = "put work and papers under clauses of the statement of work, and take them away"
    PLAN_WORK = "add, change and move what is owed, and propose to drop it"
    READ_DRAFT_MEETINGS = "read meetings that are still drafts"
    READ_GROUP = "read the group's pages"
    READ_LEDGER = "read the reminder ledger"
    RECERTIFY_ACCESS = "go through everybody's access and sign it off"
    REPORT_PROGRESS = "write the progress notes of a team"
    WITHDRAW_NOTES = "withdraw notes of others"
    WRITE_NOTES = "write notes on a team and what it owes"


ADMINISTRATOR = "administrator"

# The table. "administrator" is a standing in the whole portal; the roles are those held in a body of the group.
ALLOWED: dict[Action, frozenset[str]] = {
    Action.ACCEPT_WORK: frozenset({Role.CHAIR, Role.REVIEWER}),
    Action.ADOPT_STATEMENT: frozenset({ADMINISTRATOR}),
    Action.AGREE_TO_STATEMENT: frozenset({Role.CHAIR, Role.REVIEWER}),
    Action.COMMENT_ON_DRAFT: frozenset(
        {ADMINISTRATOR, Role.CHAIR, Role.LEAD, Role.MEMBER, Role.ALTERNATE, Role.REVIEWER}
    ),
    Action.DROP_WORK: frozenset({ADMINISTRATOR, Role.CHAIR}),
    Action.EDIT_STATEMENT: frozenset({ADMINISTRATOR}),
    Action.EXPLAIN_ACCESS: frozenset({ADMINISTRATOR}),
    Action.HAND_IN_WORK: frozenset({Role.CHAIR, Role.LEAD}),
    Action.INVITE: frozenset({ADMINISTRATOR, Role.CHAIR}),
    Action.KEEP_MEMBERSHIPS: frozenset({ADMINISTRATOR, Role.CHAIR}),
    Action.KEEP_SETTINGS: frozenset({ADMINISTRATOR}),
    Action.LINK_CLAUSES: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD}),
    Action.PLAN_WORK: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD}),
    Action.READ_DRAFT_MEETINGS: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD}),
    Action.READ_GROUP: frozenset({ADMINISTRATOR, *Role.values}),
    Action.READ_LEDGER: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD, Role.REVIEWER}),
    Action.RECERTIFY_ACCESS: frozenset({ADMINISTRATOR}),
    Action.REPORT_PROGRESS: frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD}),
    Action.WITHDRAW_NOTES: frozenset({ADMINISTRATOR, Role.CHAIR}),
    Action.WRITE_NOTES: frozenset({ADMINISTRATOR, *Role.values}) - {Role.OBSERVER},
}


# Actions that are done to one body. The role must be held in that body, or in one above it on that day: a role in the
# working group counts in its teams, a role in a team in that team alone. All other actions concern the whole group, and
# the role may be held in any of its bodies.
CONCERNS_A_BODY: frozenset[Action] = frozenset(
    {
        Action.ACCEPT_WORK,
        Action.AGREE_TO_STATEMENT,
        Action.DROP_WORK,
        Action.HAND_IN_WORK,
        Action.INVITE,
        Action.KEEP_MEMBERSHIPS,
        Action.LINK_CLAUSES,
        Action.PLAN_WORK,
        Action.REPORT_PROGRESS,
        Action.WITHDRAW_NOTES,
        Action.WRITE_NOTES,
    }
)


def may_vouch_for_government(person: User) -> bool:
    """Whether the person may say of somebody new that they work for the government: those who do, and administrators.

    It goes by the person and no role: a chair of the trade must not open government-only content to anybody.
    """
    return person.is_site_admin or person.is_government


def may_give_role(person: User, role: str) -> bool:
    """Whether someone who may invite, or keeps memberships, may give that role to somebody who doesn't hold it.

    CBP's reviewer speaks for CBP, and agrees to the statement of work beside the chair: a chair of the trade doesn't
    name their own counterpart.
    """
    return role != Role.REVIEWER or may_vouch_for_government(person)


@dataclass(frozen=True, slots=True)
class StandIn:
    """Someone for whom a person stands in: `roles` are what is lent to them meanwhile, as in `Standing.held`.

    `absence` and `person` are the keys of the absence and of who is away; `until` is the last day of it.
    """

    absence: int
    person: int
    name: str
    until: date
    roles: frozenset[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Away:
    """An absence of the person's own, now or to come, with the name of who stands in for them."""

    absence: int
    first: date
    until: date
    stand_in: str


@dataclass(frozen=True)
class Standing:
    """What a person is in one group on one date.

    `name` is that of the group; `held` are the person's own roles with the key of the body in which each is held;
    `stands_in` are those for whom they stand in on that date; `away` is their own absence, or the next one to come. An
    administrator of the portal stands in every group, in no body.
    """

    group: WorkingGroup
    name: str
    day: date
    held: frozenset[tuple[int, str]]
    is_administrator: bool = False
    stands_in: tuple[StandIn, ...] = ()
    away: Away | None = None

    @cached_property
    def counting(self) -> frozenset[tuple[int, str]]:
        """The person's own roles and those lent to them."""
        return self.held.union(*(each.roles for each in self.stands_in))

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles that count anywhere in the group."""
        return frozenset({role for _, role in self.counting} | ({ADMINISTRATOR} if self.is_administrator else set()))

    @cached_property
    def body_ids(self) -> frozenset[int]:
        """The bodies that the person belongs to, or stands in for someone in."""
        return frozenset(body for body, _ in self.counting)

    @property
    def is_away(self) -> bool:
        """Whether the person is away on that date."""
        return self.away is not None and self.away.first <= self.day

    def may(self, action: Action, body: Body | None = None) -> bool:
        """Whether the table allows it, by an own role or a lent one.

        For an action that concerns a body, `body` asks for that one, and without it for any body of the group. A body
        that isn't the group's is refused to everyone. Asks the database at most once, and only where a body is given
        and no role in that body itself decides.
        """
        return self._is_allowed(action, body, self.counting)

    def may_by_own_role(self, action: Action, body: Body | None = None) -> bool:
        """The same, by the person's own roles alone."""
        return self._is_allowed(action, body, self.held)

    def acts_for(self, action: Action, body: Body | None = None) -> StandIn | None:
        """For whom the person stands in when they do it; None where their own roles allow it, or nothing does."""
        if self.may_by_own_role(action, body):
            return None
        return next((each for each in self.stands_in if self._is_allowed(action, body, each.roles)), None)

    def _is_allowed(self, action: Action, body: Body | None, held: frozenset[tuple[int, str]]) -> bool:
        if body is not None and body.group_id != self.group.pk:
            return False
        allowed = ALLOWED[action]
        if self.is_administrator and ADMINISTRATOR in allowed:
            return True
        counting = {held_in for held_in, role in held if role in allowed}
        if body is None or action not in CONCERNS_A_BODY:
            return bool(counting)
        return body.pk in counting or bool(counting and counting & self._above(body.pk))

    def counts(self, role: str, held_in: int, action: Action, body: Body | None = None) -> bool:
        """Whether a role held in a body (its key) allows the action by itself; `body` as for `may`."""
        if role not in ALLOWED[action]:
            return False
        return body is None or action not in CONCERNS_A_BODY or held_in == body.pk or held_in in self._above(body.pk)

    def bodies_for(self, action: Action) -> frozenset[int] | None:
        """The bodies in which the table allows an action that concerns a body; None for all of them.

        Asks the database at most once, and not at all for who has no role that counts.
        """
        if self.is_administrator and ADMINISTRATOR in ALLOWED[action]:
            return None
        counting = {held_in for held_in, role in self.counting if role in ALLOWED[action]}
        below = {body for body in self._parents if counting & self._above(body)} if counting else set()
        return frozenset(counting | below)

    def _above(self, body: int) -> set[int]:
        """The bodies that the body reports to, directly or not."""
        found: set[int] = set()
        waiting = [body]
        while waiting:
            parents = self._parents.get(waiting.pop(), set()) - found
            found |= parents
            waiting += parents
        return found

    @cached_property
    def _parents(self) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        links = BodyParent.objects.filter(BodyParent.holding(self.day), body__group=self.group)
        for body, parent in links.values_list("body_id", "parent_id"):
            found.setdefault(body, set()).add(parent)
        return found


def standings(person: User, day: date) -> dict[str, Standing]:
    """The person's standing on `day` in each group that they may enter, by the group's slug: one query.

    An administrator of the portal stands in every group; anyone else where a membership of their own holds on that day.
    What is lent to them while somebody is away counts there too, by the day alone (see `selectors.lent_on`).
    """
    own = Membership.objects.filter(Membership.holding(day), person=person, body__group=OuterRef("pk"))
    groups: QuerySet[Any] = WorkingGroup.objects.annotate(
        group_name=_name_of_group(),
        held=ArraySubquery(own.order_by("pk").values(it=JSONObject(body="body", role="role"))),
        stood_in=ArraySubquery(_stood_in_by(person, day)),
        own_absence=Subquery(_absences_of(person, day)[:1]),
    )
    if not person.is_site_admin:
        groups = groups.filter(Exists(own))
    return {group.slug: _standing(group, person, day) for group in groups.order_by("slug")}


def _standing(group: Any, person: User, day: date) -> Standing:
    """What a row of `standings` comes to. Absences count only for who belongs to the group by a role of their own."""
    belongs = bool(group.held)
    return Standing(
        group,
        group.group_name or group.slug,
        day,
        _roles(group.held),
        is_administrator=person.is_site_admin,
        stands_in=tuple(map(_stand_in, group.stood_in)) if belongs else (),
        away=_away(group.own_absence) if belongs else None,
    )


def _roles(said: list[dict[str, Any]]) -> frozenset[tuple[int, str]]:
    return frozenset((role["body"], role["role"]) for role in said)


def _stood_in_by(person: User, day: date) -> QuerySet[Absence, Any]:
    """Absences in the group of a row in which the person stands in, with the roles that pass to them."""
    roles = lent_on(day, person).filter(absence=OuterRef("pk")).order_by("membership")
    belongs = Membership.objects.filter(
        Membership.holding(day), person=OuterRef("person"), body__group=OuterRef("group")
    )
    return (
        Absence.objects.filter(Absence.holding(day), Exists(belongs), stand_in=person, group=OuterRef("pk"))
        .order_by("last_day", "pk")
        .values(
            it=JSONObject(
                absence="pk",
                person="person",
                name="person__name",
                until="last_day",
                roles=ArraySubquery(roles.values(it=JSONObject(body="membership__body", role="membership__role"))),
            )
        )
    )


def _absences_of(person: User, day: date) -> QuerySet[Absence, Any]:
    """The person's own absences in the group of a row that hold on `day` or later, the first one first."""
    return (
        Absence.objects.filter(Q(returned_on__isnull=True), person=person, group=OuterRef("pk"), last_day__gte=day)
        .order_by("first_day")
        .values(it=JSONObject(absence="pk", first="first_day", until="last_day", stand_in="stand_in__name"))
    )


def _stand_in(said: dict[str, Any]) -> StandIn:
    until = date.fromisoformat(said["until"])
    return StandIn(said["absence"], said["person"], said["name"], until, _roles(said["roles"]))


def _away(said: dict[str, Any] | None) -> Away | None:
    if said is None:
        return None
    first, until = (date.fromisoformat(said[name]) for name in ("first", "until"))
    return Away(said["absence"], first, until, said["stand_in"])


def _name_of_group() -> Subquery:
    body = Body.objects.filter(group=OuterRef("pk"), kind=Body.Kind.WORKING_GROUP)
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


@contextmanager
def recorded_as(standing: Standing, action: Action, body: Body | None = None) -> Iterator[None]:
    """Record changes made inside with both names where the person may make them only as somebody's stand-in.

    `@requires` does it for the action of the view. A view that changes something in one body says so for that body,
    since the person may have the right in another body themselves.
    """
    stands_in = standing.acts_for(action, body)
    with standing_in_for(stands_in.person if stands_in else None):
        yield


def requires(
    action: Action,
) -> Callable[
    [Callable[Concatenate[SignedInRequest, WorkingGroup, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, str, P], HttpResponseBase],
]:
    """A view's first argument after the request is the group's slug; the view itself gets the WorkingGroup.

    An outsider is told that there is no such page (404), so that nothing about other groups can be learned; someone
    inside without the right is refused (403). An action that concerns a body opens the page to whoever may do it in
    any body; the view asks `request.standing.may(action, body)` once it knows which.
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
            with recorded_as(standing, action):
                return view(cast(SignedInRequest, request), standing.group, *args, **kwargs)

        # The address gives the group by its name, which Concatenate can't say.
        return declare(guarded, action.name)  # type: ignore[return-value]

    return wrap
