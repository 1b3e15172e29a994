"""Questions about reminders: which are owed on a date, and to whom."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, TypedDict
from zoneinfo import available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BigIntegerField,
    BooleanField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, Left

from milestones.work.models import Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Absence, Body, BodyState, Membership, WorkingGroup
from teams.bodies.selectors import groups_entered_by
from teams.clock import selectors as clock
from teams.dates import last_day
from teams.notices import selectors as notices

from .models import ReminderRule, Sweep, To
from .sources import named, registered


class Standing(TypedDict):
    """What holds on a day of a milestone, beside its own columns."""

    owner_belongs: bool
    body_state: str
    group_state: str


if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    MilestoneSpokenOf = WithAnnotations[Milestone, Standing]

KIND = "milestone_due"
SUBJECT = "milestone:"

# The owner has something to do in these states. What is handed in is somebody else's turn.
REMINDED_STATES = (State.PLANNED, State.UNDER_WAY, State.RETURNED)

# A reminder that could not go for so long (the portal was down, or the milestone was entered late) says nothing that
# the next one, or the home page, doesn't say better; the ledger shows it as skipped.
USEFUL_FOR = timedelta(days=7)


class InZone(Func):
    """An instant as local time of a zone, or a local time as an instant; PostgreSQL knows gaps and folds."""

    template = "(%(expressions)s)"
    arg_joiner = " AT TIME ZONE "


class DayOf(Func):
    """The day so many days after another."""

    template = "(%(expressions)s)"
    arg_joiner = " + "
    output_field = DateField()


class MorningOf(Func):
    """08:00 on the day so many days after another, as local time."""

    template = "((%(expressions)s) + time '08:00')"
    arg_joiner = " + "
    output_field = DateTimeField()


@cache
def unknown_zones() -> list[str]:
    """Time zones that people may choose and this process's PostgreSQL doesn't know: few, or none.

    `postgres:18` of Debian, for one, lacks the old US/Eastern.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()}
    return sorted(available_timezones() - known)


class IsOneOf(Func):
    """Whether a value stands in a list that goes as one parameter."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()


def zone_of(field: str) -> Combinable:
    """The time zone in a field; the portal's where PostgreSQL doesn't know it: one such row would fail them all.

    Asked the short way round: the list stands in the statement wherever the zone does.
    """
    unknown = Value(unknown_zones(), output_field=ArrayField(CharField()))
    fallback = Value(settings.TIME_ZONE, output_field=CharField())
    return Case(When(IsOneOf(F(field), unknown), then=fallback), default=F(field), output_field=CharField())


def local_day(at: Combinable, zone: Combinable) -> Cast:
    """The date of an instant in a time zone."""
    return Cast(InZone(at, zone, output_field=DateTimeField()), DateField())


def with_occasions(milestones: QuerySet[Any, Any], zone: str) -> QuerySet[Any, Any]:
    """Each milestone with each occasion of each rule of its group, and when that comes; not filtered by `rule_to` yet.

    `zone` leads to the time zone of who is reminded: it is due there at 08:00 (`due_at`) of `first_on`, and the latest
    of its rule from that day to `last_on`; None: for good. What comes after goes by these columns: a condition that
    names the way to many rows itself would join them once more.
    """
    rules = "group__reminder_rules"
    annotated: QuerySet[Any, Any] = milestones.annotate(
        zone=zone_of(zone),
        rule_to=F(f"{rules}__to"),
        rule=F(f"{rules}__occasions__key"),
        subject_key=Concat(Value(SUBJECT), Cast(F("id"), CharField(max_length=20))),
        revision=F("due_revision"),
        scope=F("group__slug"),
        first_on=DayOf(last_day("due"), F(f"{rules}__occasions__days_after")),
        last_on=DayOf(last_day("due"), F(f"{rules}__occasions__until")),
        due_at=InZone(
            MorningOf(last_day("due"), F(f"{rules}__occasions__days_after")),
            F("zone"),
            output_field=DateTimeField(),
        ),
        useless_after=ExpressionWrapper(F("due_at") + Value(USEFUL_FOR), DateTimeField()),
    )
    return annotated


def latest_at(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Of rows of `with_occasions`, of each rule the one occasion that is its latest at `now`.

    Days that can't be it in any time zone are left out first, by numbers alone.
    """
    near = rows.filter(
        Q(last_on__isnull=True) | Q(last_on__gte=now.date() - timedelta(days=2)),
        first_on__lte=now.date() + timedelta(days=1),
    )
    local = InZone(Value(now, output_field=DateTimeField()), F("zone"), output_field=DateTimeField())
    # The last day of which 08:00 has come.
    morning = Cast(ExpressionWrapper(local - Value(timedelta(hours=8)), DateTimeField()), DateField())
    found: QuerySet[Any, Any] = near.annotate(last_morning=morning).filter(
        Q(last_on__isnull=True) | Q(last_on__gte=F("last_morning")),
        first_on__lte=F("last_morning"),
        due_at__lte=now,  # which a day that the zone never had would else be before
    )
    return found


def between(rows: QuerySet[Any, Any], now: datetime, until: datetime) -> QuerySet[Any, Any]:
    """Of rows of `with_occasions` those that become due after `now` and up to `until`."""
    days = now.date() - timedelta(days=1), until.date() + timedelta(days=1)
    return rows.filter(first_on__range=days, due_at__gt=now, due_at__lte=until)


def _latest_or_active(stood_still: Q, states: QuerySet[Any, Any]) -> Coalesce:
    """The first of `states`, looked up for rows of `stood_still` alone; others are at work."""
    return Coalesce(
        Case(When(stood_still, then=Subquery(states[:1])), output_field=CharField()),
        Value(BodyState.State.ACTIVE),
    )


def standing_on(milestones: QuerySet[Any, Any], day: Combinable) -> QuerySet[Any, Any]:
    """Adds what holds on a day: whether the owner belongs to the group, and the states of body and working group."""
    belongs = Membership.objects.filter(
        Membership.holding(OuterRef("day")),  # type: ignore[arg-type]
        person=OuterRef("owner"),
        body__group=OuterRef("group"),
    )
    states = BodyState.objects.filter(started__startswith__lte=OuterRef("day")).order_by("-started").values("state")
    # Few bodies ever stood still; only theirs is worth looking up for each row.
    stood_still = BodyState.objects.exclude(state=BodyState.State.ACTIVE)
    of_group = Q(body__kind=Body.Kind.WORKING_GROUP)
    annotated: QuerySet[Any, Any] = milestones.annotate(
        day=day,
        owner_belongs=ExpressionWrapper(Q(owner__is_site_admin=True) | Exists(belongs), BooleanField()),
        body_state=_latest_or_active(Q(body__in=stood_still.values("body")), states.filter(body=OuterRef("body"))),
        group_state=_latest_or_active(
            Q(group__in=stood_still.filter(of_group).values("body__group")),
            states.filter(of_group, body__group=OuterRef("group")),
        ),
    )
    return annotated


def on_its_day(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Of rows of `with_occasions` those whose body and group are at work on their day, or today where that has passed.

    Adds that `day`, and what `standing_on` says of it.
    """
    instant = Greatest(F("due_at"), Value(now, output_field=DateTimeField()))
    active = BodyState.State.ACTIVE
    return standing_on(rows, local_day(instant, F("zone"))).filter(body_state=active, group_state=active)


def absences_around(now: datetime) -> QuerySet[Absence]:
    """Absences that hold at `now` or later, wherever one is; few people have one, so others aren't looked up."""
    # The day before: somewhere the date is still yesterday's.
    yesterday = now.date() - timedelta(days=1)
    return Absence.objects.filter(Q(returned_on__isnull=True) | Q(returned_on__gt=yesterday), last_day__gte=yesterday)


def with_who_gets_it(milestones: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Adds `recipient_id`, whom what is owed to `owed_to_id` on the row's `day` goes to, and `because`, why.

    The rows say with `you` what that person is in this ("own this milestone"), and with `they` the same of another
    ("owns this milestone"). Who is away on that day has it go to their stand-in; to themselves where that one is away
    too, has left the group or has no open account any more.
    """
    day = OuterRef("day")
    holding = Absence.objects.filter(Absence.holding(day), person=OuterRef("owed_to_id"), group=OuterRef("group"))
    day_of_absence = OuterRef(OuterRef("day"))
    belongs = Membership.objects.filter(
        Membership.holding(day_of_absence),  # type: ignore[arg-type]
        person=OuterRef("stand_in"),
        body__group=OuterRef("group"),
    )
    away_too = Absence.objects.filter(
        Absence.holding(day_of_absence), person=OuterRef("stand_in"), group=OuterRef("group")
    )
    can_take_it = Q(stand_in__is_active=True) & Exists(belongs) & ~Exists(away_too)
    last_day_in_words = Func(F("last_day"), Value("FMMonth FMDD, YYYY"), function="to_char", output_field=CharField())
    is_mine = Concat(Value("You "), OuterRef("you"), Value(", and "), F("stand_in__name"), output_field=CharField())
    words = Case(
        When(
            can_take_it,
            then=Concat(
                Value("You stand in for "),
                F("person__name"),
                Value(", who "),
                OuterRef("they"),
                Value(", until "),
                last_day_in_words,
                output_field=CharField(),
            ),
        ),
        When(Exists(away_too), then=Concat(is_mine, Value(", your stand-in, is away too"), output_field=CharField())),
        default=Concat(is_mine, Value(", your stand-in, can't take it now"), output_field=CharField()),
        output_field=CharField(),
    )
    is_away = Q(owed_to_id__in=absences_around(now).values("person"))

    def looked_up(rows: QuerySet[Any, Any], otherwise: Concat | Cast) -> Coalesce:
        field = otherwise.output_field
        return Coalesce(Case(When(is_away, then=Subquery(rows[:1], output_field=field))), otherwise, output_field=field)

    annotated: QuerySet[Any, Any] = milestones.annotate(
        recipient_id=looked_up(
            holding.filter(can_take_it).values("stand_in"), Cast(F("owed_to_id"), BigIntegerField())
        ),
        because=looked_up(holding.values(words=words), Concat(Value("You "), F("you"), output_field=CharField())),
    )
    return annotated


def with_why(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Adds `why` of rows that have `because`: with the rule, and no longer than a notice's column."""
    said = Concat(F("because"), Value("; the group's rule reminds "), F("group__reminder_rules__wording"), Value("."))
    annotated: QuerySet[Any, Any] = rows.annotate(why=Left(said, 300))
    return annotated


def _owed() -> QuerySet[Any, Any]:
    """Every open milestone with every occasion on which its owner is reminded: in the past, or to come.

    A reminder is due at 08:00 on its day in the owner's time zone.
    """
    rows = Milestone.objects.filter(state__in=REMINDED_STATES, owner__is_active=True)
    return with_occasions(rows, "owner__timezone").filter(rule_to=To.OWNER)


def _to_whom(owed: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """The same as notices, to whom each goes.

    Nobody is reminded who can't sign in or has left the group, and no body that is on hiatus or closed: on the
    reminder's day, or today where that has passed. On that day too it is asked who is away: a reminder goes to the
    stand-in, and is the owner's all the same (`owed_to_id`).
    """
    rows = on_its_day(owed, now).filter(owner_belongs=True)
    rows = rows.annotate(
        kind=Value(KIND),
        owed_to_id=F("owner_id"),
        you=Value("own this milestone", output_field=CharField()),
        they=Value("owns this milestone", output_field=CharField()),
    )
    return with_why(with_who_gets_it(rows, now))


def due(now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Reminders of milestones to their owners that are due at `now`: of each milestone the latest alone.

    When the clock passed several at once (the portal was down, or the milestone is new), the earlier ones say nothing
    that the latest doesn't; they are never written. Rows: `teams.notices.selectors.COLUMNS`.
    """
    owed = _to_whom(latest_at(_owed(), now), now)
    return owed.order_by("id", "-due_at").distinct("id").values(*notices.COLUMNS)


def coming(now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Reminders of milestones to their owners that will be due after `now` and up to `until` if nothing changes, none
    queued twice."""
    to_come = _to_whom(between(_owed(), now, until), now).order_by()
    return notices.not_yet_queued(to_come).values(*notices.COLUMNS)


def milestones_spoken_of(ids: Collection[int], now: datetime) -> QuerySet[MilestoneSpokenOf]:
    """Milestones of these ids, with what holds on the owner's date at `now`, and what a mail says of them at hand."""
    day = local_day(Value(now, output_field=DateTimeField()), zone_of("owner__timezone"))
    return standing_on(Milestone.objects.filter(pk__in=ids), day).select_related(
        "group", "body__group", "deliverable", "owner"
    )


def subjects(group: WorkingGroup) -> QuerySet[Any, dict[str, Any]]:
    """Every milestone of the group, as the ledger names it; the first due first."""
    return named(Milestone.objects.filter(group=group), subject=SUBJECT, title=F("title"), on=last_day("due"))


def forecast_of(group: WorkingGroup, now: datetime, until: datetime) -> list[tuple[dict[str, Any], notices.Planned]]:
    """What every source will queue for the group after `now` and up to `until` if nothing changes, the first due first.

    Each row with how it will go by its recipient's choices. One query; a month of one group is a few hundred rows.
    """
    first, *others = (source.coming(now, until).filter(scope=group.slug) for source in registered())
    rows = notices.planned(first.union(*others, all=True) if others else first, now)
    return sorted(rows, key=lambda row: (row[0]["due_at"], row[0]["subject_key"], row[0]["recipient_id"]))


def owner_rules() -> QuerySet[ReminderRule]:
    """The rules, once each, by which a group reminds of what is no milestone whoever has to answer, or takes part.

    Those to owners. What closes by itself or takes place takes those for days up to the one itself. For other rooms'
    sources, whose rows say with `F("…__reminder_rules")` which rule each goes by.
    """
    return ReminderRule.objects.filter(to=To.OWNER)


def rules_visible_to(person: User, day: date) -> QuerySet[ReminderRule]:
    """The rules of the groups that the person may enter on `day`: each reminder says which of them it goes by."""
    return ReminderRule.objects.filter(group__in=groups_entered_by(person, day))


def people_of(group: WorkingGroup) -> dict[int, User]:
    """Whoever belongs or belonged to the group, and the portal's administrators, by name."""
    belongs = Exists(Membership.objects.filter(person=OuterRef("pk"), body__group=group))
    people = User.objects.filter(Q(is_site_admin=True) | belongs).order_by("name", "id")
    return {person.pk: person for person in people}


def last_sweep() -> Sweep | None:
    """The last look for what is due that every source answered; None before the first."""
    return Sweep.objects.first()


def seconds_since_last_sweep() -> float | None:
    """Real seconds since beat's tick last led to a sweep; None when it never did."""
    last = last_sweep()
    return (clock.real_now() - last.swept_at).total_seconds() if last else None


def seconds_oldest_notice_waits() -> float:
    """How long, in seconds on the portal's clock, the oldest unsent notice has waited; 0 when none is due."""
    return notices.oldest_wait(clock.now())
