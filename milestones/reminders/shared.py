"""What is owed of a day that many people of a group share: a meeting, or the closing of a consultation.

A source starts from its things (rows that belong to a group), lets `to_people` put each before everybody who belongs to
the group, says when a notice is due and whom it concerns, and has `owed` add who gets it and why. All of it is one
query, whatever the number of things and people.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

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
from django.db.models.functions import Cast, Coalesce, Concat, Greatest

from teams.accounts.models import User
from teams.bodies.models import Absence, Body, BodyState, Membership
from teams.clock.services import held_still
from teams.dates import first_day
from teams.notices import selectors as notices
from teams.notices.kinds import Mail, Moot
from teams.notices.models import Notice

from .selectors import InZone, MorningOf, local_day, owner_rules, zone_of

WORDS: Final = CharField()
_MEMBERSHIP: Final = "group__body__memberships"
_PERSON: Final = f"{_MEMBERSHIP}__person"


def to_people(things: QuerySet[Any, Any], *, kind: str, subject: str) -> QuerySet[Any, Any]:
    """Each thing once for each membership in its group, with the columns of a notice that don't depend on its day.

    Beside these a row has `asked_body`, `asked_role`, `asked_organization`, `asked_affiliation` and `asked_zone` of
    that membership and its person (`owed_to_id`).
    """
    rows: QuerySet[Any, Any] = things.order_by().annotate(
        subject_key=Concat(Value(subject), Cast(F("id"), CharField(max_length=20))),
        scope=F("group__slug"),
        asked_body=F("group__body"),
        membership=F(_MEMBERSHIP),
        asked_role=F(f"{_MEMBERSHIP}__role"),
        owed_to_id=Cast(F(f"{_MEMBERSHIP}__person_id"), BigIntegerField()),
        asked_organization=F(f"{_PERSON}__organization"),
        asked_affiliation=F(f"{_PERSON}__affiliation"),
        is_open_account=F(f"{_PERSON}__is_active"),
        asked_zone=zone_of(f"{_PERSON}__timezone"),
    )
    # Of the notice: a deliverable has a kind of its own, and `annotate` refuses the name of a field.
    rows.query.add_annotation(Value(kind, WORDS), "kind")
    return rows.filter(is_open_account=True)


def with_rules(rows: QuerySet[Any, Any], *, until: int) -> QuerySet[Any, Any]:
    """The rows of `to_people` once for each rule to owners that reminds at most `until` days after the day.

    Adds `rule` and `days_after`, which is negative for a rule that reminds before it.
    """
    ruled: QuerySet[Any, Any] = rows.annotate(
        goes_by=F("group__reminder_rules"),
        rule=F("group__reminder_rules__key"),
        days_after=F("group__reminder_rules__days_after"),
    )
    return ruled.filter(goes_by__in=owner_rules().values("pk"), days_after__lte=until)


def morning(day: Combinable, days_after: Combinable) -> InZone:
    """08:00 of the person, so many days after a day."""
    return InZone(MorningOf(day, days_after), F("asked_zone"), output_field=DateTimeField())


def midnight(day: Combinable, zone: Combinable, *, days_after: int = 0) -> InZone:
    """The instant at which a day begins by the clock of a zone, or the one so many days after it."""
    begins = Func(day, Value(days_after), template="((%(expressions)s)::timestamp)", arg_joiner=" + ")
    begins.output_field = DateTimeField()
    return InZone(begins, zone, output_field=DateTimeField())


def joined_at() -> InZone:
    """08:00 of the person on the first day of their membership: what begins earlier is news to them only then."""
    return morning(first_day(f"{_MEMBERSHIP}__started"), Value(0))


def body_in_words() -> Combinable:
    """The body of the membership, as in a sentence: "Team 1", or its name."""
    body = "group__body"
    team = Concat(Value("Team "), Cast(F(f"{body}__number"), CharField(max_length=6)), output_field=WORDS)
    is_team = {f"{body}__kind": Body.Kind.TEAM}
    return Case(When(**is_team, then=team), default=F(f"{body}__name"), output_field=WORDS)


def local_days(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Adds `day_due`, the person's date when it is due, and `day`: the same, or today where that has passed."""
    instant = Greatest(F("due_at"), Value(now, output_field=DateTimeField()))
    annotated: QuerySet[Any, Any] = rows.annotate(
        day=local_day(instant, F("asked_zone")), day_due=local_day(F("due_at"), F("asked_zone"))
    )
    return annotated


def owed(
    rows: QuerySet[Any, Any],
    now: datetime,
    *,
    concerned: Q,
    asked_as: Combinable,
    verb: str,
    silenced_with: str,
    also_asked: Q,
    hidden_from_trade: Q | None = None,
) -> QuerySet[Any, Any]:
    """Of rows with `due_at`: those whose person is `concerned`, with whom each goes to and `because`, the start of why.

    The person belongs to the group when it is due and now. Nothing is owed while the body in the column
    `silenced_with`, or the group, is on hiatus or closed. Who is away has it go to their stand-in, unless that one is
    away too or can't take it, or is concerned as well (`also_asked`, about memberships of the stand-in) and so hears of
    it anyway: then nothing is owed. What is `hidden_from_trade` goes to people of the government alone, whoever stands
    in for whom. `verb` and `asked_as` say why: "You are asked as a member of Team 1".
    """
    held = Membership.objects.filter(pk=OuterRef("membership"))
    known: QuerySet[Any, Any] = local_days(rows, now).annotate(
        hidden=ExpressionWrapper(hidden_from_trade or Value(False), BooleanField()),
        asked_as=asked_as,
        silent=Exists(_standing_still(body=OuterRef(silenced_with))),
        silent_group=Exists(_standing_still(body__kind=Body.Kind.WORKING_GROUP, body__group=OuterRef("group"))),
    )
    found = known.filter(
        concerned,
        Q(hidden=False) | Q(asked_affiliation=User.Affiliation.GOVERNMENT),
        Exists(held.filter(Membership.holding(OuterRef("day")))),  # type: ignore[arg-type]
        Exists(held.filter(Membership.holding(OuterRef("day_due")))),  # type: ignore[arg-type]
        silent=False,
        silent_group=False,
    )
    return _with_who_gets_it(found, verb, also_asked)


def _standing_still(**of: Any) -> QuerySet[BodyState]:
    """The state that a body has on the row's day, where it stands still: on hiatus, or closed."""
    states = BodyState.objects.filter(started__startswith__lte=OuterRef("day"), **of)
    later = BodyState.objects.filter(
        body=OuterRef("body"), started__startswith__lte=OuterRef(OuterRef("day")), started__gt=OuterRef("started")
    )
    return states.exclude(state=BodyState.State.ACTIVE).filter(~Exists(later))


def _with_who_gets_it(rows: QuerySet[Any, Any], verb: str, also_asked: Q) -> QuerySet[Any, Any]:
    day = OuterRef("day")
    away = Absence.objects.filter(Absence.holding(day), person=OuterRef("owed_to_id"), group=OuterRef("group"))
    day_of_absence = OuterRef(OuterRef("day"))
    theirs = Membership.objects.filter(
        Membership.holding(day_of_absence),  # type: ignore[arg-type]
        person=OuterRef("stand_in"),
        body__group=OuterRef("group"),
    )
    away_too = Absence.objects.filter(
        Absence.holding(day_of_absence), person=OuterRef("stand_in"), group=OuterRef("group")
    )
    holding = away.annotate(hidden=ExpressionWrapper(OuterRef("hidden"), BooleanField()))
    sees_it = Q(hidden=False) | Q(stand_in__affiliation=User.Affiliation.GOVERNMENT)
    can_take_it = Q(stand_in__is_active=True) & sees_it & Exists(theirs) & ~Exists(away_too)
    until = Func(F("last_day"), Value("FMMonth FMDD, YYYY"), function="to_char", output_field=WORDS)
    asked_as = ExpressionWrapper(OuterRef("asked_as"), WORDS)
    own = Concat(Value(f"You are {verb} as "), asked_as, Value(", and "), F("stand_in__name"), output_field=WORDS)
    words = Case(
        When(
            can_take_it,
            then=Concat(
                *(Value("You stand in for "), F("person__name"), Value(f", who is {verb} as "), asked_as),
                *(Value(", until "), until),
                output_field=WORDS,
            ),
        ),
        When(Exists(away_too), then=Concat(own, Value(", your stand-in, is away too"), output_field=WORDS)),
        default=Concat(own, Value(", your stand-in, can't take it now"), output_field=WORDS),
        output_field=WORDS,
    )
    annotated: QuerySet[Any, Any] = rows.annotate(
        is_told_anyway=Exists(holding.filter(can_take_it).filter(Exists(theirs.filter(also_asked)))),
        recipient_id=Coalesce(
            Subquery(holding.filter(can_take_it).values("stand_in")[:1], output_field=BigIntegerField()),
            F("owed_to_id"),
        ),
        because=Coalesce(
            Subquery(holding.values(words=words)[:1], output_field=WORDS),
            Concat(Value(f"You are {verb} as "), F("asked_as"), output_field=WORDS),
            output_field=WORDS,
        ),
    )
    return annotated.filter(is_told_anyway=False)


def due_of(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Of rows that are owed those due at `now`: of each thing and person the latest alone. Rows: `COLUMNS`."""
    found = rows.filter(due_at__lte=now).order_by("id", "owed_to_id", "-due_at", "membership")
    return found.distinct("id", "owed_to_id").values(*notices.COLUMNS)


def coming_of(rows: QuerySet[Any, Any], now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Of rows that are owed those that will be due after `now` and up to `until`, none queued twice."""
    found = notices.not_yet_queued(rows.filter(due_at__gt=now, due_at__lte=until))
    once = found.order_by("id", "owed_to_id", "rule", "membership").distinct("id", "owed_to_id", "rule")
    return once.values(*notices.COLUMNS)


def days_around(now: datetime, *, before: timedelta, after: timedelta) -> tuple[date, date]:
    """The dates within which a day can matter at `now`, in whatever time zone: the database looks there alone."""
    return (now - before).date() - timedelta(days=1), (now + after).date() + timedelta(days=1)


def still_concerned(rows: QuerySet[Any, Any], now: datetime, *, concerned: Q) -> set[tuple[int, int]]:
    """Of rows of `to_people` whom the things concern on their own date at `now`: (thing, person). One query."""
    today = Cast(InZone(Value(now, output_field=DateTimeField()), F("asked_zone")), DateField())
    holding = Membership.objects.filter(
        Membership.holding(OuterRef("day")),  # type: ignore[arg-type]
        pk=OuterRef("membership"),
    )
    found = rows.annotate(day=today).filter(concerned, Exists(holding))
    return set(found.values_list("pk", "owed_to_id"))


@dataclass(frozen=True, slots=True)
class Owing:
    """What `compose` is told of a sort of thing.

    `due` gives for each kind the query of what is due at an instant. `things` gives things by their keys, with what a
    mail says of them at hand. `concerned` says whom things of some keys concern now. `mail_of(notice, thing, to, why)`
    writes the mail; `to` is who is owed it, or who stands in. `why_moot(notice, thing, now)` says why a thing needs no
    notice any more, whoever it is for; empty where that is not so. `gone` is said of a thing that is there no more.
    """

    subject: str
    due: Mapping[str, Callable[[datetime], QuerySet[Any, dict[str, Any]]]]
    things: Callable[[set[int]], Mapping[int, Any]]
    concerned: Callable[[set[int], datetime], set[tuple[int, int]]]
    mail_of: Callable[[Notice, Any, User, str], Mail]
    why_moot: Callable[[Notice, Any, datetime], str]
    gone: str

    def key_of(self, notice: Notice) -> int:
        """The key in the database of what the notice is about."""
        return int(notice.subject_key.removeprefix(self.subject))


def compose(batch: Sequence[Notice], now: datetime, owing: Owing) -> Mapping[int, Mail | Moot]:
    """For each notice its mail, or why it need not go; the number of queries doesn't grow with the batch.

    It still holds as long as the sweep would write it now, and goes to whom the sweep would write it: to the stand-in
    of who is away since it was queued, to the person themselves who is back.
    """
    ids = {owing.key_of(notice) for notice in batch}
    rows: dict[tuple[str, str, int, int], dict[str, Any]] = {}
    for kind in {notice.kind for notice in batch}:
        for each in owing.due[kind](now).filter(pk__in=ids):
            rows[kind, each["subject_key"], each["revision"], each["owed_to_id"]] = each
    ours = {notice.recipient_id for notice in batch}
    people = User.objects.in_bulk({row["recipient_id"] for row in rows.values()} - ours)
    people |= {notice.recipient.pk: notice.recipient for notice in batch if notice.recipient is not None}
    things, concerned = owing.things(ids), owing.concerned(ids, now)
    answers: dict[int, Mail | Moot] = {}
    with held_still(now):
        for notice in batch:
            assert notice.owed_to_id is not None
            key = owing.key_of(notice)
            row = rows.get((notice.kind, notice.subject_key, notice.revision, notice.owed_to_id))
            if key not in things:
                answers[notice.pk] = Moot(owing.gone)
            elif row is not None and row["rule"] == notice.rule:
                to = people[row["recipient_id"]]
                answers[notice.pk] = owing.mail_of(notice, things[key], to, row["why"])
            elif reason := owing.why_moot(notice, things[key], now):
                answers[notice.pk] = Moot(reason)
            elif row is not None:
                answers[notice.pk] = Moot("A later reminder takes its place.")
            elif (key, notice.owed_to_id) not in concerned:
                answers[notice.pk] = Moot("It doesn't concern the person any more.")
            else:
                answers[notice.pk] = Moot(
                    "The group's rules no longer ask for it, the group stands still, or who stands in is told anyway."
                )
    return answers
