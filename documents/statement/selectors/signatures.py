"""Who proposed, agreed to and adopted a version of the statement of work, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

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


def with_signatures(versions: QuerySet[StatementVersion]) -> QuerySet[StatementVersion]:
    """The versions with what `signatures_at_hand` reads: no further query."""
    positions = Position.objects.filter(proposal=OuterRef("pk")).order_by("taken_at", "pk")
    answers = positions.values(
        it=JSONObject(stand="stand", name=F("person__name"), role="role", at="taken_at", why="reason")
    )
    said = JSONObject(
        proposed_by=F("proposed_by__name"),
        proposed_at="proposed_at",
        adopted_by=F("ended_by__name"),
        adopted_at="ended_at",
        answers=ArraySubquery(answers),
    )
    return versions.annotate(signed=Subquery(Proposal.objects.filter(version=OuterRef("pk")).values(it=said)[:1]))


def signatures_at_hand(version: StatementVersion) -> list[Signature]:
    """The same as `signatures_of` says, of a version that came by `with_signatures`: no query."""
    said: dict[str, Any] | None = getattr(version, "signed", None)
    if said is None:
        return []
    administrator = ADMINISTRATOR.capitalize()

    def signed(deed: str, name: str, role: str, at: str, why: str = "") -> Signature:
        return Signature(deed, User(name=name), role, datetime.fromisoformat(at), why)

    return [
        signed("Proposed", said["proposed_by"], administrator, said["proposed_at"]),
        *(
            signed(_deed(each["stand"]), each["name"], Role(each["role"]).label, each["at"], each["why"])
            for each in said["answers"]
        ),
        signed("Adopted", said["adopted_by"], administrator, said["adopted_at"]),
    ]


def _deed(stand: str) -> str:
    return "Agreed" if stand == Position.Stand.AGREE else "Objected"


def signatures_on_draft(draft: Draft) -> list[Signature]:
    """Who proposed the draft and has answered so far; none while no proposal is open."""
    proposal = _proposals().filter(draft=draft, state=Proposal.State.OPEN).first()
    return _signed(proposal) if proposal else []


def _proposals() -> QuerySet[Proposal]:
    return Proposal.objects.select_related("proposed_by", "ended_by").prefetch_related("positions__person")


def _signed(proposal: Proposal) -> list[Signature]:
    administrator = ADMINISTRATOR.capitalize()
    signed = [Signature("Proposed", proposal.proposed_by, administrator, proposal.proposed_at)]
    signed += [
        Signature(_deed(each.stand), each.person, Role(each.role).label, each.taken_at, each.reason)
        for each in sorted(proposal.positions.all(), key=lambda each: each.taken_at)
    ]
    if proposal.state == Proposal.State.ADOPTED and proposal.ended_by and proposal.ended_at:
        signed.append(Signature("Adopted", proposal.ended_by, administrator, proposal.ended_at))
    return signed
