"""Questions about calls for consensus: who is asked, and what they said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from documents.statement.models import Position, Proposal
from teams.accounts.models import User
from teams.bodies.models import Membership, Role

from .drafts import drafts_visible_to


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


def asked_of(proposal: Proposal, day: date) -> list[Asked]:
    """Chairs and CBP reviewers of the statement's body on `day`, and whoever took a position: two queries."""
    taken = {
        position.person_id: position for position in proposal.positions.select_related("person").order_by("taken_at")
    }
    memberships = Membership.objects.filter(
        Membership.holding(day), body=proposal.draft.statement.body, role__in=[Role.CHAIR, Role.REVIEWER]
    )
    asked = [
        Asked(membership.person, membership.role, taken.pop(membership.person_id, None))
        for membership in memberships.select_related("person").order_by("role", "person__name", "id")
    ]
    return [*asked, *(Asked(position.person, position.role, position) for position in taken.values())]
