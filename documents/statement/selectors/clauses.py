"""A clause through all versions, and what hangs on it. What a person sees starts from that person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from documents.library.selectors import documents_visible_to
from documents.statement import changes
from documents.statement.models import ClauseLink, ClauseText, StatementVersion
from milestones.meetings.selectors import meetings_visible_to
from milestones.work.selectors import deliverables_visible_to, milestones_visible_to
from teams.accounts.models import User
from teams.bodies.selectors import groups_entered_by

from .signatures import Signature, signatures_by_version


def links_visible_to(person: User, day: date) -> QuerySet[ClauseLink]:
    """Links to what the person may see on `day`, with that at hand."""
    return ClauseLink.objects.filter(links_shown(person, day)).select_related(
        "deliverable__body__group",
        "milestone__group",
        "milestone__body",
        "document__group",
        "meeting__group",
        "meeting__body",
        "goal__strategy__group",
    )


def links_shown(person: User, day: date) -> Q:
    """The condition on links, also on what the record says of them: the person may see on `day` what hangs there.

    A goal is seen by whoever enters its group.
    """
    return (
        Q(deliverable__in=deliverables_visible_to(person, day))
        | Q(milestone__in=milestones_visible_to(person, day))
        | Q(document__in=documents_visible_to(person, day).values("pk"))
        | Q(meeting__in=meetings_visible_to(person, day).values("pk"))
        | Q(goal__strategy__group__in=groups_entered_by(person, day))
    )


def links_of(clauses: Iterable[int], person: User, day: date) -> dict[int, list[ClauseLink]]:
    """What hangs on the clauses, by their identities, as far as the person may see it on `day`: one query."""
    found: dict[int, list[ClauseLink]] = {clause: [] for clause in clauses}
    links = links_visible_to(person, day).filter(clause__in=found)
    for link in links.order_by("clause", "deliverable__due", "milestone__due", "id"):
        found[link.clause_id].append(link)
    return found


@dataclass(frozen=True, slots=True)
class Stage:
    """A clause in one version: what that version made of it, and who brought the version into force."""

    version: StatementVersion
    text: ClauseText | None  # None where it is gone
    change: changes.Change
    signatures: list[Signature]


def stages_of(clause: int, versions: Iterable[StatementVersion]) -> list[Stage]:
    """What the versions made of the clause, the newest first; those that left it as it was are left out.

    `versions` are those of one statement, in any order. Three queries, whatever their number.
    """
    ordered = sorted(versions, key=lambda version: version.in_force.lower)
    texts = {text.version_id: text for text in ClauseText.objects.filter(clause=clause, version__in=ordered)}
    signed = signatures_by_version(ordered)
    found: list[Stage] = []
    before: ClauseText | None = None
    for version in ordered:
        text = texts.get(version.pk)
        if text is not None:
            text.version = version
        found += [
            Stage(version, text, change, signed[version.pk])
            for change in changes.changes([before] if before else [], [text] if text else [])
            if change.kind is not changes.Kind.UNCHANGED
        ]
        before = text
    return found[::-1]
