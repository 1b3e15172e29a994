"""Questions about calls for consensus: who is asked, and what they said."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat

from documents.statement.models import ASKED, Position, Proposal
from milestones.reminders.selectors import local_day, zone_of
from teams.accounts.models import User
from teams.bodies.models import Absence, Body, LentRole, Membership, Role
from teams.bodies.permissions import Action, Standing
from teams.bodies.selectors import lent_on

from .drafts import drafts_visible_to

_PROPOSALS: Final = {
    Proposal.State.OPEN: "proposed",
    Proposal.State.WITHDRAWN: "withdrawn",
    Proposal.State.ADOPTED: "adopted",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """Someone who is asked, in which role, and what they said; None while they said nothing."""

    person: User
    role: str
    position: Position | None

    @property
    def role_name(self) -> str:
        """The role in words."""
        return Role(self.role).label


def proposals_visible_to(person: User, day: date) -> QuerySet[Proposal]:
    """Proposals of drafts that the person may see on `day`; the newest first."""
    return Proposal.objects.filter(draft__in=drafts_visible_to(person, day)).select_related(
        "draft__statement__group",
        "draft__statement__body__group",
        "draft__based_on",
        "proposed_by",
        "ended_by",
        "version",
    )


def positions_visible_to(person: User, day: date) -> QuerySet[Position]:
    """Positions on the proposals that the person may see on `day`."""
    return Position.objects.filter(proposal__in=proposals_visible_to(person, day))


def proposal_in_words() -> Combinable:
    """ "Version 2.1 withdrawn", of a proposal or one of its events."""
    said = (When(state=value, then=Value(word)) for value, word in _PROPOSALS.items())
    return Concat(Value("Version "), "number", Value(" "), Case(*said, output_field=CharField()))


def position_in_words() -> Combinable:
    """ "Cleo objects: Which steps?", of an answer or one of its events."""
    objects = Concat(Value(" objects: "), "reason", output_field=CharField())
    said = Case(When(stand=Position.Stand.AGREE, then=Value(" agrees")), default=objects, output_field=CharField())
    return Concat("person__name", said, output_field=CharField())


def asked_of(proposal: Proposal, day: date) -> list[Asked]:
    """Chairs and CBP reviewers of the statement's body on `day`, and whoever took a position: two queries."""
    taken = {
        position.person_id: position for position in proposal.positions.select_related("person").order_by("taken_at")
    }
    memberships = Membership.objects.filter(Membership.holding(day), body=proposal.draft.statement.body, role__in=ASKED)
    asked = [
        Asked(membership.person, membership.role, taken.pop(membership.person_id, None))
        for membership in memberships.select_related("person").order_by("role", "person__name", "id")
    ]
    return [*asked, *(Asked(position.person, position.role, position) for position in taken.values())]


def unanswered(calls: QuerySet[Any, Any], day: Combinable) -> QuerySet[Any, Any]:
    """The open ones among proposals, once for each who is asked on `day` (an expression) and has no answer yet.

    A row has `asked` (the person's key), `role` and `membership`. What somebody answered in that role while it was lent
    to them, on a day in the group's time zone, counts for the lender too.
    """
    memberships = "draft__statement__body__memberships"
    holding = Membership.objects.filter(
        Membership.holding(OuterRef("day")),  # type: ignore[arg-type]
        pk=OuterRef("membership"),
    )
    in_their_stead = LentRole.objects.filter(
        Absence.holding(OuterRef("taken_on"), "absence__"),
        membership=OuterRef(OuterRef("membership")),
        absence__stand_in=OuterRef("person"),
    )
    answers = Position.objects.annotate(
        taken_on=local_day(F("taken_at"), zone_of("proposal__draft__statement__group__timezone"))
    ).filter(Q(person=OuterRef("asked")) | Q(Exists(in_their_stead), role=OuterRef("role")), proposal=OuterRef("pk"))
    rows: QuerySet[Any, Any] = calls.annotate(
        day=day, membership=F(memberships), asked=F(f"{memberships}__person"), role=F(f"{memberships}__role")
    )
    return rows.filter(Exists(holding), ~Exists(answers), state=Proposal.State.OPEN, role__in=ASKED)


def waiting_on(person: User, day: date, standings: Collection[Standing]) -> QuerySet[Proposal]:
    """Open proposals that ask the person and that they have not answered, the first to close first.

    Asked is also who stands in for somebody, by the role that is lent to them. The person's `standings` save the
    question where no such role counts for them.
    """
    if not any(role in ASKED for standing in standings for _, role in standing.counting):
        return Proposal.objects.none()
    lent = lent_on(day, person).filter(membership=OuterRef("membership"))
    asked = unanswered(Proposal.objects.order_by(), Value(day)).filter(Q(asked=person.pk) | Exists(lent))
    own = Position.objects.filter(proposal=OuterRef("pk"), person=person)
    return proposals_visible_to(person, day).filter(~Exists(own), pk__in=asked.values("pk")).order_by("closes_on", "id")


def asked_instead_of(standing: Standing, body: Body) -> str:
    """The names of those for whom the owner of the standing is asked by a lent role alone; empty for who is asked."""
    asking = {(body.pk, role) for role in ASKED}
    if standing.held & asking:
        return ""
    return " and ".join(each.name for each in standing.stands_in if each.roles & asking)


def roles_to_answer_in(standing: Standing, body: Body) -> list[str]:
    """The roles in which the owner of the standing may answer what is asked about the body's statement of work."""
    counting = {
        role for held_in, role in standing.counting if standing.counts(role, held_in, Action.AGREE_TO_STATEMENT, body)
    }
    return [role for role in ASKED if role in counting]
