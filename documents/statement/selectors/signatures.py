"""Who proposed, agreed to and adopted a version of the statement of work, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from documents.statement.models import Draft, Position, Proposal, StatementVersion
from teams.accounts.models import User
from teams.bodies.models import Role
from teams.bodies.permissions import ADMINISTRATOR


@dataclass(frozen=True, slots=True)
class Signature:
    """What someone did for a version, in which role and at which instant. `reason` is an objection's."""

    deed: str
    person: User
    role: str
    at: datetime
    reason: str = ""


def signatures_of(version: StatementVersion) -> list[Signature]:
    """Who brought the version into force, in the order of time: two queries.

    None for a version that came with the group's file, which says nothing of it.
    """
    return signatures_by_version([version])[version.pk]


def signatures_by_version(versions: Iterable[StatementVersion]) -> dict[int, list[Signature]]:
    """The same for several versions at once, by the version's id: two queries."""
    found: dict[int, list[Signature]] = {version.pk: [] for version in versions}
    for proposal in _proposals().filter(version__in=found):
        assert proposal.version_id is not None
        found[proposal.version_id] = _signed(proposal)
    return found


def signatures_on_draft(draft: Draft) -> list[Signature]:
    """Who proposed the draft and has answered so far; none while no proposal is open."""
    proposal = _proposals().filter(draft=draft, state=Proposal.State.OPEN).first()
    return _signed(proposal) if proposal else []


def _proposals() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("proposed_by", "ended_by").prefetch_related("positions__person")


def _signed(proposal: Proposal) -> list[Signature]:
    administrator = ADMINISTRATOR.capitalize()
    signed = [Signature("Proposed", proposal.proposed_by, administrator, proposal.proposed_at)]
    for position in sorted(proposal.positions.all(), key=lambda each: each.taken_at):
        deed = "Agreed" if position.stand == Position.Stand.AGREE else "Objected"
        signed.append(Signature(deed, position.person, Role(position.role).label, position.taken_at, position.reason))
    if proposal.state == Proposal.State.ADOPTED and proposal.ended_by and proposal.ended_at:
        signed.append(Signature("Adopted", proposal.ended_by, administrator, proposal.ended_at))
    return signed
