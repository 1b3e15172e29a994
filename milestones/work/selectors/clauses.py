"""The clauses of the statement of work that something stands under, in the version in force."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.aggregates import JSONBAgg
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, Model, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import JSONField
from django.db.models.functions import JSONObject

from milestones.work.models import Deliverable
from teams.bodies.models import Body
from teams.sources import Source


@dataclass(frozen=True, slots=True)
class ClauseHeading:
    """A clause of the statement of work in the version in force, by its number and heading."""

    number: str
    heading: str
    version: str
    is_sample: bool

    @property
    def anchor(self) -> str:
        """Its place on the page of its version."""
        return f"clause-{self.number.replace('.', '-')}"


def with_clauses(deliverables: QuerySet[Deliverable], today: date) -> QuerySet[Deliverable]:
    """With the strategy goal at hand, and `stands_under`: what `clauses_of` reads, of the version in force on `today`.

    A version of which only the month of adoption is known counts from its first day.
    """
    in_force = Body.objects.filter(group=OuterRef("group"), statement__versions__in_force__contains=today).order_by(
        "position"
    )
    in_force_id = Subquery(in_force.values("statement__versions__pk")[:1])
    return (
        deliverables.select_related("strategy_goal__strategy")
        .alias(in_force=in_force_id)
        .annotate(
            stands_under=JSONBAgg(
                JSONObject(
                    number=F("clauses__texts__number"),
                    heading=F("clauses__texts__heading"),
                    version=F("clauses__texts__version__number"),
                    source=F("clauses__texts__version__source"),
                ),
                filter=Q(clauses__texts__version=F("in_force")),
                order_by="clauses__texts__position",
                default=Value([], JSONField()),
            )
        )
    )


def stands_under(model: type[Model], today: date) -> ArraySubquery:
    """The same for a milestone, meeting or document: what to annotate as `stands_under`; it takes no further query."""
    texts = "clause_links__clause__texts"
    here = {"pk": OuterRef("pk"), f"{texts}__version__in_force__contains": today}
    rows: QuerySet[Any] = QuerySet(model).filter(**here).order_by(f"{texts}__position", f"{texts}__pk")
    return ArraySubquery(
        rows.values(
            it=JSONObject(
                number=F(f"{texts}__number"),
                heading=F(f"{texts}__heading"),
                version=F(f"{texts}__version__number"),
                source=F(f"{texts}__version__source"),
            )
        )
    )


def clauses_of(row: Any) -> list[ClauseHeading]:
    """The clauses of something that came with `stands_under`."""
    rows: list[Mapping[str, str]] = getattr(row, "stands_under", [])
    return [
        ClauseHeading(each["number"], each["heading"], each["version"], each["source"] == Source.ILLUSTRATIVE)
        for each in rows
    ]
