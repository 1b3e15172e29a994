"""What mail a meeting owes to whom: reminders before it, and that it was moved, cancelled or is on again.

Whom it concerns is the calendar's one rule (`milestones.meetings.selectors.concerning`). Of a draft nothing is owed to
anybody. While only the month of a meeting is known nobody is reminded of it: the counting begins with its day, and that
the day is fixed is told at once as a change.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Prefetch,
    Q,
    Value,
    When,
)
from django.db.models import QuerySet as Rows
from django.db.models.functions import Cast, Coalesce, Concat

from milestones.meetings.models import Meeting, Preparation
from milestones.meetings.selectors import concerning_each
from milestones.reminders import shared
from milestones.reminders.models import MOST_DAYS
from milestones.reminders.selectors import zone_of
from milestones.reminders.sources import named
from teams.bodies.models import Body, WorkingGroup
from teams.dates import first_day, last_day

# Kinds of notices.
SOON: Final = "meeting_soon"
CHANGED: Final = "meeting_changed"
SUBJECT: Final = "meeting:"
# The rule of a change; reminders carry the group's.
CHANGE: Final = "changed"

# The last rule that suits a meeting: what comes on the morning of the day itself may come after it began.
LAST_DAYS_AFTER: Final = -1
# So long a change is news.
NEWS_FOR: Final = timedelta(days=14)

CONCERNED: Final = concerning_each(person="owed_to_id", organization="asked_organization", body="asked_body")


def _around(now: datetime, kind: str) -> Rows[Any, Any]:
    """Meetings that may owe something around `now`, once for each membership of their group."""
    first, last = shared.days_around(now, before=timedelta(days=30), after=timedelta(days=MOST_DAYS))
    days: Rows[Any, Any] = Meeting.objects.alias(first=first_day("starts"), last=last_day("ends"))
    return shared.to_people(days.filter(last__gte=first, first__lte=last), kind=kind, subject=SUBJECT)


def _begins() -> Coalesce:
    """When it begins: at its time, or where that is not known with its first day, by the clock of the place."""
    first = shared.midnight(first_day("starts"), zone_of("timezone"))
    return Coalesce("starts_at", first, output_field=DateTimeField())


def _soon(now: datetime) -> Rows[Any, Any]:
    """Every planned meeting whose day is known, with each rule of its group that reminds before it.

    Due at 08:00 in the time zone of who is concerned, counted from the date of the place; of use until it begins.
    What was due before its date was changed, nobody is reminded of: they are told of the change.
    """
    planned = _around(now, SOON).annotate(first=first_day("starts"), last=last_day("starts"), begins=_begins())
    rows = shared.with_rules(
        planned.filter(state=Meeting.State.PLANNED, first=F("last")), until=LAST_DAYS_AFTER
    ).annotate(due_at=shared.morning(F("first"), F("days_after")), useless_after=F("begins"))
    rows = rows.filter(Q(changed_at__isnull=True) | Q(due_at__gt=F("changed_at")), due_at__lt=F("begins"))
    days = Cast(-F("days_after"), CharField(max_length=6))
    before = Case(
        When(days_after=-1, then=Value("the day before it")),
        default=Concat(days, Value(" days before it"), output_field=CharField()),
        output_field=CharField(),
    )
    why = Concat(F("because"), Value("; the group's rules remind "), before, Value("."), output_field=CharField())
    owed: Rows[Any, Any] = _owed(rows, now).annotate(why=why)
    return owed


def _changes(now: datetime) -> Rows[Any, Any]:
    """The last change of each announced meeting, to everybody whom it concerned then: due at once."""
    rows = _around(now, CHANGED).filter(
        state__in=[Meeting.State.PLANNED, Meeting.State.CANCELLED], changed_at__isnull=False
    )
    news = ExpressionWrapper(F("changed_at") + Value(NEWS_FOR), DateTimeField())
    rows = rows.annotate(rule=Value(CHANGE), due_at=F("changed_at"), useless_after=news)
    what = Case(
        *(When(last_change=change, then=Value(said)) for change, said in CHANGED_IN_WORDS.items()),
        output_field=CharField(),
    )
    why = Concat(F("because"), Value("; "), what, Value("."), output_field=CharField())
    owed: Rows[Any, Any] = _owed(rows, now).annotate(why=why)
    return owed


CHANGED_IN_WORDS: Final = {
    Meeting.Change.MOVED: "it was moved",
    Meeting.Change.PLACE: "its place changed",
    Meeting.Change.CANCELLED: "it was cancelled",
    Meeting.Change.ON_AGAIN: "it is on again",
}


def _owed(rows: Rows[Any, Any], now: datetime) -> Rows[Any, Any]:
    prepares = Preparation.objects.filter(meeting=OuterRef("pk"), milestone__owner=OuterRef("owed_to_id"))
    member = Concat(Value("a member of "), shared.body_in_words(), output_field=CharField())
    told_as = Case(
        When(Exists(prepares), then=Value("one who prepares it")),
        When(Q(body=F("asked_body")), then=member),
        When(Q(body__isnull=False) & ~Q(body__kind=Body.Kind.TEAM), then=Value("a member of the group")),
        default=Value("one of an organization that goes there"),
        output_field=CharField(),
    )
    # Of a membership of who stands in, of an absence, of a row.
    this = Meeting.objects.filter(pk=OuterRef(OuterRef(OuterRef("pk")))).annotate(
        who=ExpressionWrapper(OuterRef("person_id"), BigIntegerField()),
        goes_with=ExpressionWrapper(OuterRef("person__organization_id"), BigIntegerField()),
        belongs_to=ExpressionWrapper(OuterRef("body_id"), BigIntegerField()),
    )
    told_anyway = Exists(this.filter(concerning_each(person="who", organization="goes_with", body="belongs_to")))
    return shared.owed(
        rows,
        now,
        concerned=CONCERNED,
        asked_as=told_as,
        verb="told",
        silenced_with="body",
        also_asked=Q(told_anyway),
    )


def soon_due(now: datetime) -> Rows[Any, dict[str, Any]]:
    """Reminders of meetings that are due at `now`: of each meeting and person the latest alone. Rows: `COLUMNS`."""
    return shared.due_of(_soon(now), now)


def soon_coming(now: datetime, until: datetime) -> Rows[Any, dict[str, Any]]:
    """Reminders of meetings that will be due after `now` and up to `until` if nothing changes."""
    return shared.coming_of(_soon(now), now, until)


def changes_due(now: datetime) -> Rows[Any, dict[str, Any]]:
    """Changes of meetings that are to be told at `now`."""
    return shared.due_of(_changes(now), now)


def changes_coming(now: datetime, until: datetime) -> Rows[Any, dict[str, Any]]:
    """Nothing: a change is told when it is made."""
    return shared.coming_of(_changes(now), now, until)


def meetings_spoken_of(ids: set[int]) -> dict[int, Meeting]:
    """Meetings by their key, with what a mail says of them at hand: two queries."""
    prepared = Preparation.objects.select_related("milestone__owner").order_by("milestone__due", "id")
    found = Meeting.objects.select_related("group", "body__group", "forum")
    return found.prefetch_related(Prefetch("preparations", prepared)).in_bulk(ids)


def still_concerned(ids: set[int], now: datetime) -> set[tuple[int, int]]:
    """Whom these meetings concern at `now`, by (meeting, person): one query."""
    rows = shared.to_people(Meeting.objects.filter(pk__in=ids), kind=SOON, subject=SUBJECT)
    return shared.still_concerned(rows, now, concerned=CONCERNED)


def subjects(group: WorkingGroup) -> Rows[Any, dict[str, Any]]:
    """Every announced meeting of the group, as the ledger names it; drafts stay out."""
    announced = Meeting.objects.filter(group=group).exclude(state=Meeting.State.DRAFT)
    return named(announced, subject=SUBJECT, title=F("title"), on=first_day("starts"))
