"""Which leads and chairs are told of a milestone on a date, by the group's rules to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    Exists,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Concat, Left

from milestones.reminders.models import To
from milestones.reminders.selectors import (
    KIND,
    REMINDED_STATES,
    absences_around,
    between,
    latest_at,
    on_its_day,
    with_occasions,
    with_who_gets_it,
    with_why,
)
from milestones.work.models import Milestone
from teams.bodies.models import Absence, Body, BodyAbove, Membership, Role
from teams.bodies.selectors import lent
from teams.dates import first_day
from teams.notices import selectors as notices
from teams.notices.models import Notice

# Its own kind of notice, so that people choose how it comes apart from reminders of what they own.
ESCALATION: Final = "milestone_escalated"

_MEMBERSHIP: Final = "body__bodies_above__above__memberships"
_ZONE: Final = f"{_MEMBERSHIP}__person__timezone"
_WORDS: Final = CharField()
# A chair, however near, comes after a lead, however far above.
_FURTHER: Final = 100


# How far it is to someone: up from body to body to the leads first, then to the chairs. Of the annotations `role` and
# `distance`, as all conditions here: a condition that names the way to many rows itself would join them once more.
_REACH: Final = Case(
    When(role=Role.LEAD, then=F("distance")), default=F("distance") + Value(_FURTHER), output_field=IntegerField()
)


def _named(rows: QuerySet[Any, Any], **paths: str) -> QuerySet[Any, Any]:
    """Adds for each name a body's name as `Body.short_name`, cut where it is long: it stands in a sentence."""
    for name, path in paths.items():
        parts: dict[str, Any] = {
            f"{name}_{part}": F(f"{path}__{part}") for part in ("kind", "number", "acronym", "name")
        }
        short = Case(
            When(
                Q(**{f"{name}_kind": Body.Kind.TEAM, f"{name}_number__isnull": False}),
                then=Concat(Value("Team "), Cast(F(f"{name}_number"), _WORDS), output_field=_WORDS),
            ),
            When(~Q(**{f"{name}_acronym": ""}), then=F(f"{name}_acronym")),
            default=Left(F(f"{name}_name"), 60),
            output_field=_WORDS,
        )
        rows = rows.annotate(**parts).annotate(**{name: short})
    return rows


def _occasions() -> QuerySet[Any, Any]:
    """Every open milestone with each occasion of a rule to leads or chairs, for each lead and chair at or above it."""
    rows: QuerySet[Any, Any] = with_occasions(Milestone.objects.filter(state__in=REMINDED_STATES), _ZONE).annotate(
        kind=Value(ESCALATION),
        distance=F("body__bodies_above__distance"),
        above_since=F("body__bodies_above__since"),
        above_until=F("body__bodies_above__until"),
        membership=F(_MEMBERSHIP),
        role=F(f"{_MEMBERSHIP}__role"),
        role_since=first_day(f"{_MEMBERSHIP}__started"),
        role_until=first_day(f"{_MEMBERSHIP}__ended"),
        owed_to_id=Cast(F(f"{_MEMBERSHIP}__person_id"), BigIntegerField()),
        is_open_account=F(f"{_MEMBERSHIP}__person__is_active"),
        reach=_REACH,
    )
    # To a lead: the leads, and where there is none at all the chair. Roles and `To` have the same names.
    return rows.filter(Q(role=F("rule_to")) | Q(role=Role.CHAIR), ~Q(rule_to=To.OWNER), is_open_account=True)


def _addressed(occasions: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Of these whom it is owed to on the day: the leads of the nearest body that has one, or the nearest chairs.

    Nobody of a body or group that is on hiatus or closed.
    """
    rows = on_its_day(occasions, now).filter(
        Q(above_since__isnull=True) | Q(above_since__lte=F("day")),
        Q(above_until__isnull=True) | Q(above_until__gt=F("day")),
        Q(role_since__isnull=True) | Q(role_since__lte=F("day")),
        Q(role_until__isnull=True) | Q(role_until__gt=F("day")),
    )
    day: Any = OuterRef("day")
    nearer = (
        BodyAbove.objects.filter(
            BodyAbove.holding(day),
            Membership.holding(day, "above__memberships__"),
            Q(above__memberships__role=OuterRef("rule_to")) | Q(above__memberships__role=Role.CHAIR),
            body=OuterRef("body"),
            above__memberships__person__is_active=True,
        )
        .annotate(role=F("above__memberships__role"))
        .annotate(reach=_REACH)
        .filter(reach__lt=OuterRef("reach"))
    )
    # Looked up for each row. As NOT EXISTS, PostgreSQL would join everybody who leads or chairs anything to each row.
    found: QuerySet[Any, Any] = rows.alias(nearer=Subquery(nearer.values("reach")[:1])).filter(nearer__isnull=True)
    return found


def _owed(occasions: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """The same as notices, to whom each goes and why.

    Their stand-ins get what an absent lead or chair would get. Nobody gets it who owns the milestone, or gets the
    owner's own reminders of it in the owner's stead.
    """
    has_none = Case(
        When(
            Q(rule_to=To.LEAD, reach__gt=0),
            then=Concat(Value(" ("), F("its_body"), Value(" has no lead)"), output_field=_WORDS),
        ),
        default=Value(""),
        output_field=_WORDS,
    )

    def does(leads: str, chairs: str) -> Concat:
        verb = Case(When(role=Role.LEAD, then=Value(leads)), default=Value(chairs), output_field=_WORDS)
        return Concat(verb, F("their_body"), has_none, output_field=_WORDS)

    rows = _named(_addressed(occasions, now), its_body="body", their_body="body__bodies_above__above")
    rows = with_who_gets_it(rows.annotate(you=does("lead ", "chair "), they=does("leads ", "chairs ")), now)
    in_the_owners_stead = Absence.objects.filter(
        Absence.holding(OuterRef("day")),
        person=OuterRef("owner"),
        group=OuterRef("group"),
        stand_in=OuterRef("recipient_id"),
    )
    is_away = Q(owner__in=absences_around(now).values("person"))
    theirs = rows.exclude(owed_to_id=F("owner_id")).exclude(recipient_id=F("owner_id"))
    return with_why(theirs.exclude(is_away & Exists(in_the_owners_stead)))


def _due(now: datetime) -> QuerySet[Any, Any]:
    owed = _owed(latest_at(_occasions(), now), now)
    return owed.order_by("id", "recipient_id", "-due_at", "-rule_to", "owed_to_id", "reach", "membership").distinct(
        "id", "recipient_id"
    )


def due(now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """What leads and chairs are told of at `now`: of each milestone the latest alone to each person.

    Rows: `teams.notices.selectors.COLUMNS`.
    """
    return _due(now).values(*notices.COLUMNS)


def due_of(milestones: Collection[int], now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """The same of these milestones alone, and with the `role` and the `membership` by which each is told."""
    return _due(now).filter(pk__in=milestones).values(*notices.COLUMNS, "role", "membership")


def coming(now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """What leads and chairs will be told of after `now` and up to `until` if nothing changes, none queued twice."""
    to_come = notices.not_yet_queued(_owed(between(_occasions(), now, until), now))
    once = to_come.order_by("id", "recipient_id", "due_at", "-rule_to", "owed_to_id", "reach", "membership")
    return once.distinct("id", "recipient_id", "due_at").values(*notices.COLUMNS)


def belonging(people: Iterable[int], milestones: Iterable[int], day: date) -> set[tuple[int, int]]:
    """Of these people who belongs on `day` to the group of which of these milestones: (person, milestone)."""
    held = Membership.objects.filter(Membership.holding(day), person__in=people, body__group__milestone__in=milestones)
    return set(held.values_list("person", "body__group__milestone").distinct())


def lent_to(stand_ins: Iterable[int], memberships: Iterable[int], day: date) -> set[tuple[int, int]]:
    """Which of these memberships have their role lent to which of these people on `day`: (stand-in, membership)."""
    found = lent(day).filter(absence__stand_in__in=stand_ins, membership__in=memberships)
    return set(found.values_list("absence__stand_in", "membership"))


@dataclass(frozen=True, slots=True)
class Reminded:
    """How often an owner was reminded of one due date by mail, and when last."""

    times: int
    last_at: datetime | None


def reminded(subject_keys: Collection[str]) -> dict[tuple[str, int, int], Reminded]:
    """By subject, revision of its date, and owner: how often reminders went, to them or their stand-in. One query."""
    went = Notice.objects.filter(kind=KIND, subject_key__in=subject_keys, state=Notice.State.SENT).order_by()
    rows = went.values("subject_key", "revision", "owed_to").annotate(times=Count("pk"), last_at=Max("sent_at"))
    return {
        (row["subject_key"], row["revision"], row["owed_to"]): Reminded(row["times"], row["last_at"]) for row in rows
    }
