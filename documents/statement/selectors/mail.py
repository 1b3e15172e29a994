"""What mail a call for consensus owes to whom: the asking itself, reminders of it, and its outcome."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Concat, Greatest
from django.utils import timezone

from documents.statement.models import ASKED, Proposal
from milestones.reminders.selectors import USEFUL_FOR, InZone, MorningOf, local_day, owner_rules, zone_of
from milestones.reminders.sources import named
from teams.accounts.models import User
from teams.bodies.models import Absence, Body, BodyState, Membership, Role, WorkingGroup
from teams.bodies.selectors import lent
from teams.dates import first_day
from teams.notices import selectors as notices

from .calls import unanswered

# Kinds of notices. Each of those who are asked chooses for reminders and outcomes whether they come.
ASKING: Final = "proposal_asked"
REMINDER: Final = "proposal_reminder"
OUTCOME: Final = "proposal_ended"

SUBJECT: Final = "proposal:"
# The rule of the asking; reminders carry the group's.
ASKED_NOW: Final = "asked"

# How the roles that are asked stand in a sentence.
IN_A_SENTENCE: Final = {Role.CHAIR: "the chair", Role.REVIEWER: "CBP's reviewer"}

# What came of a call is news for so long.
NEWS_FOR: Final = timedelta(days=14)

_GROUP: Final = "draft__statement__group"
_BODY: Final = "draft__statement__body"
_WORDS: Final = CharField()


def _zone() -> Combinable:
    return zone_of(f"{_GROUP}__timezone")


def _calls(kind: str) -> QuerySet[Any, Any]:
    """Open proposals, once for each membership of the body, with what a notice says whoever it goes to.

    `asked_at` is the instant of the proposal, or of the last change of its dates: what was due before is over.
    """
    return Proposal.objects.order_by().annotate(
        kind=Value(kind),
        subject_key=Concat(Value(SUBJECT), Cast(F("id"), CharField(max_length=20))),
        scope=F(f"{_GROUP}__slug"),
        asked_at=Coalesce("dates_moved_at", "proposed_at"),
    )


def _morning(day: Combinable, days_after: Combinable) -> InZone:
    """08:00 in the group's time zone, so many days after a day."""
    return InZone(MorningOf(day, days_after), _zone(), output_field=DateTimeField())


def _askings(now: datetime) -> QuerySet[Any, Any]:
    """The asking of each open proposal to each who has not answered it: due when it was proposed, or its dates moved.

    To whom becomes chair or reviewer later, at 08:00 of that day. It is of use until the morning after the closing
    date, or for a week to who is asked only then.
    """
    begins = _morning(first_day(f"{_BODY}__memberships__started"), Value(0, output_field=IntegerField()))
    closed = _morning(F("closes_on"), Value(1, output_field=IntegerField()))
    rows = _calls(ASKING).annotate(
        rule=Value(ASKED_NOW),
        due_at=Greatest(F("asked_at"), begins, output_field=DateTimeField()),
        closed_at=closed,
    )
    rows = rows.annotate(
        useless_after=Case(
            When(closed_at__gt=F("due_at"), then=F("closed_at")),
            default=ExpressionWrapper(F("due_at") + Value(USEFUL_FOR), DateTimeField()),
            output_field=DateTimeField(),
        )
    )
    owed: QuerySet[Any, Any] = _owed(rows, now).annotate(why=Concat(F("because"), Value("."), output_field=_WORDS))
    return owed


def _reminders(now: datetime) -> QuerySet[Any, Any]:
    """Each open proposal with every rule of its group, counted to the closing date, to each who has not answered.

    Due at 08:00 of its day in the group's time zone; a call that is late waits on, so rules
    for days after count too. What was due before someone was asked, they are not reminded of.
    """
    rules = f"{_GROUP}__reminder_rules"
    rows = _calls(REMINDER).annotate(
        goes_by=F(rules),
        rule=F(f"{rules}__key"),
        due_at=_morning(F("closes_on"), F(f"{rules}__days_after")),
        useless_after=ExpressionWrapper(F("due_at") + Value(USEFUL_FOR), DateTimeField()),
        day_due=local_day(F("due_at"), _zone()),
    )
    were_asked = Membership.objects.filter(
        Membership.holding(OuterRef("day_due")),  # type: ignore[arg-type]
        pk=OuterRef("membership"),
    )
    why = Concat(
        F("because"), Value("; the group's rule reminds "), F(f"{rules}__wording"), Value("."), output_field=_WORDS
    )
    owed: QuerySet[Any, Any] = (
        _owed(rows.filter(due_at__gt=F("asked_at"), goes_by__in=owner_rules().values("pk")), now)
        .filter(Exists(were_asked))
        .annotate(why=why)
    )
    return owed


def _owed(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    """Of rows with `due_at`, once for each who is asked and has not answered: whom it goes to and why.

    Nobody is asked whose account is closed, or of a body or group that is on hiatus or closed. All of it on the day on
    which the notice is due, or today where that has passed, in the group's time zone.
    """
    instant = Greatest(F("due_at"), Value(now, output_field=DateTimeField()))
    owed = unanswered(rows, local_day(instant, _zone())).annotate(
        owed_to_id=Cast(F(f"{_BODY}__memberships__person_id"), BigIntegerField()),
        is_open_account=F(f"{_BODY}__memberships__person__is_active"),
        body_state=_state_of(body=OuterRef(_BODY)),
        group_state=_state_of(body__kind=Body.Kind.WORKING_GROUP, body__group=OuterRef(_GROUP)),
    )
    active = BodyState.State.ACTIVE
    return _with_who_gets_it(owed.filter(is_open_account=True, body_state=active, group_state=active))


def _state_of(**of: Any) -> Coalesce:
    """The state on the row's day of the body that is meant."""
    states = BodyState.objects.filter(started__startswith__lte=OuterRef("day"), **of).order_by("-started")
    return Coalesce(Subquery(states.values("state")[:1]), Value(BodyState.State.ACTIVE), output_field=_WORDS)


def _with_who_gets_it(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    """Adds `recipient_id` and `because`, the start of why.

    Who is away on that day has it go to their stand-in, if the role that is asked is lent to them: nobody else could
    answer. It stays with who is asked where the stand-in is away too, has left the group or has no open account.
    """
    day = OuterRef(OuterRef("day"))
    holding = Absence.objects.filter(Absence.holding(OuterRef("day")), person=OuterRef("asked"), group=OuterRef(_GROUP))
    belongs = Membership.objects.filter(
        Membership.holding(day),  # type: ignore[arg-type]
        person=OuterRef("stand_in"),
        body__group=OuterRef("group"),
    )
    away_too = Absence.objects.filter(Absence.holding(day), person=OuterRef("stand_in"), group=OuterRef("group"))
    passes = lent(day).filter(absence=OuterRef("pk"), membership=OuterRef(OuterRef("membership")))
    can_take_it = Q(stand_in__is_active=True) & Exists(passes) & Exists(belongs) & ~Exists(away_too)
    until = Func(F("last_day"), Value("FMMonth FMDD, YYYY"), function="to_char", output_field=_WORDS)
    role = OuterRef("asked_as")
    asked = Concat(Value("You are asked as "), role, Value(", and "), F("stand_in__name"), output_field=_WORDS)
    words = Case(
        When(
            can_take_it,
            then=Concat(
                Value("You stand in for "),
                F("person__name"),
                Value(", who is asked as "),
                role,
                Value(", until "),
                until,
            ),
        ),
        When(Exists(away_too), then=Concat(asked, Value(", your stand-in, is away too"))),
        When(~Exists(passes), then=Concat(asked, Value(", your stand-in, doesn't have that role"))),
        default=Concat(asked, Value(", your stand-in, can't take it now")),
        output_field=_WORDS,
    )
    rows = rows.annotate(
        asked_as=Case(*(When(role=each, then=Value(said)) for each, said in IN_A_SENTENCE.items()), output_field=_WORDS)
    )
    annotated: QuerySet[Any, Any] = rows.annotate(
        recipient_id=Coalesce(
            Subquery(holding.filter(can_take_it).values("stand_in")[:1], output_field=BigIntegerField()),
            F("owed_to_id"),
        ),
        because=Coalesce(
            Subquery(holding.values(words=words)[:1], output_field=_WORDS),
            Concat(Value("You are asked as "), F("asked_as"), output_field=_WORDS),
            output_field=_WORDS,
        ),
    )
    return annotated


def askings_due(now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Askings that are due at `now`. Rows: `teams.notices.selectors.COLUMNS`."""
    due = _askings(now).filter(due_at__lte=now)
    return (
        due.order_by("id", "owed_to_id", "due_at", "membership").distinct("id", "owed_to_id").values(*notices.COLUMNS)
    )


def askings_coming(now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Askings of those who become chair or reviewer after `now` and up to `until` while the proposal is open."""
    return _coming(_askings(now), now, until)


def reminders_due(now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Reminders that are due at `now`: for each who is asked the latest alone, as with milestones."""
    due = _reminders(now).filter(due_at__lte=now)
    return (
        due.order_by("id", "owed_to_id", "-due_at", "membership").distinct("id", "owed_to_id").values(*notices.COLUMNS)
    )


def reminders_coming(now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Reminders that will be due after `now` and up to `until` if nobody answers, none queued twice."""
    return _coming(_reminders(now), now, until)


def _coming(owed: QuerySet[Any, Any], now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    to_come = notices.not_yet_queued(owed.filter(due_at__gt=now, due_at__lte=until))
    once = to_come.order_by("id", "owed_to_id", "rule", "membership").distinct("id", "owed_to_id", "rule")
    return once.values(*notices.COLUMNS)


def outcome_owed(proposal: Proposal) -> QuerySet[Any, dict[str, Any]]:
    """The outcome of a proposal that has ended, to everybody who is in the group then, and to who proposed it."""
    assert proposal.ended_at is not None
    group = proposal.draft.statement.group
    day = timezone.localdate(proposal.ended_at, ZoneInfo(group.timezone))
    belongs = Exists(Membership.objects.filter(Membership.holding(day), person=OuterRef("pk"), body__group=group))
    since = Case(
        When(belongs, then=Value("You belong to the group")), default=Value("You proposed it"), output_field=_WORDS
    )
    people: QuerySet[Any, Any] = User.objects.filter(Q(belongs) | Q(pk=proposal.proposed_by_id), is_active=True)
    told: QuerySet[Any, dict[str, Any]] = people.annotate(
        kind=Value(OUTCOME),
        rule=Value(proposal.state),
        subject_key=Value(f"{SUBJECT}{proposal.pk}"),
        revision=Value(proposal.revision, output_field=IntegerField()),
        owed_to_id=F("id"),
        recipient_id=F("id"),
        scope=Value(group.slug),
        why=Concat(since, Value(f", and the proposal was {proposal.state}."), output_field=_WORDS),
        due_at=Value(proposal.ended_at, output_field=DateTimeField()),
        useless_after=Value(proposal.ended_at + NEWS_FOR, output_field=DateTimeField()),
    ).values(*notices.COLUMNS)
    return told.order_by()


def told_of(proposals: Collection[Proposal], people: Collection[int], now: datetime) -> set[tuple[int, int]]:
    """Of people, who may be told what came of a proposal at `now`: (proposal, person). One query."""
    groups = {proposal.pk: proposal.draft.statement.group_id for proposal in proposals}
    day = local_day(Value(now, output_field=DateTimeField()), zone_of("body__group__timezone"))
    memberships: QuerySet[Any, Any] = Membership.objects.order_by().annotate(day=day)
    found = memberships.filter(
        Membership.holding(F("day")),  # type: ignore[arg-type]
        body__group__in=set(groups.values()),
        person__in=people,
    )
    inside = set(found.values_list("body__group", "person"))
    told = {(pk, person) for pk, group in groups.items() for person in people if (group, person) in inside}
    return told | {(each.pk, each.proposed_by_id) for each in proposals if each.proposed_by.is_site_admin}


def proposals_spoken_of(ids: Collection[int]) -> dict[int, Proposal]:
    """Proposals by their key, with what a mail says of them at hand."""
    found = Proposal.objects.select_related(
        "draft__statement__group", "draft__statement__body__group", "proposed_by", "ended_by", "version"
    )
    return found.in_bulk(ids)


def still_asked(ids: Collection[int], now: datetime) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Of the proposals who is asked on the group's date at `now`, and who of them has not answered: (proposal, person).

    Two queries.
    """
    day = Cast(InZone(Value(now, output_field=DateTimeField()), _zone(), output_field=DateTimeField()), DateField())
    calls = Proposal.objects.filter(pk__in=ids).order_by()
    silent = set(unanswered(calls, day).values_list("pk", "asked"))
    memberships = f"{_BODY}__memberships"
    holding = Membership.objects.filter(
        Membership.holding(OuterRef("day")),  # type: ignore[arg-type]
        pk=OuterRef("membership"),
    )
    rows: QuerySet[Any, Any] = calls.annotate(
        day=day, membership=F(memberships), asked=F(f"{memberships}__person"), role=F(f"{memberships}__role")
    )
    return set(rows.filter(Exists(holding), role__in=ASKED).values_list("pk", "asked")), silent


def subjects(group: WorkingGroup) -> QuerySet[Any, dict[str, Any]]:
    """Every proposal of the group, as the ledger names it."""
    title = Concat(Value("Version "), F("number"), Value(" of the statement of work, proposed"), output_field=_WORDS)
    return named(
        Proposal.objects.filter(**{_GROUP: group}),
        subject=SUBJECT,
        title=title,
        on=F("closes_on"),
        place="id",
        is_sample=Value(value=False),
    )
