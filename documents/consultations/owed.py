"""What mail a consultation owes to whom: that it opened, or that its dates moved, and reminders before it closes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Concat, Greatest, Least

from documents.library.models import Document
from milestones.reminders import shared
from milestones.reminders.models import MOST_DAYS
from milestones.reminders.selectors import USEFUL_FOR, InZone, zone_of
from milestones.reminders.sources import named
from teams.bodies.models import Role, WorkingGroup

from .models import Consultation

# Kinds of notices. Each of those who are asked chooses how they come.
OPENING: Final = "consultation_opened"
CLOSING: Final = "consultation_closing"
SUBJECT: Final = "consultation:"
# The rule of the opening; reminders carry the group's.
OPENED: Final = "opened"

_AUDIENCE: Final = Consultation.audience.through.objects.filter(consultation=OuterRef("pk"))
_IS_ASKED: Final = Q(Exists(_AUDIENCE.filter(body=OuterRef("asked_body"))))
_REVIEWS: Final = Q(asked_role=Role.REVIEWER)
# As `selectors.open_to` has it: who belongs to a body of the audience, in any role, and the group's CBP reviewers.
CONCERNED: Final = _IS_ASKED | _REVIEWS

IS_HIDDEN: Final = Q(document__access=Document.Access.GOVERNMENT)


def _asked(now: datetime, kind: str) -> QuerySet[Any, Any]:
    """Consultations that may owe something around `now`, once for each membership of their group."""
    first, last = shared.days_around(now, before=timedelta(days=30), after=timedelta(days=MOST_DAYS))
    around = Consultation.objects.filter(closes_on__gte=first, opens_on__lte=last)
    # A ledger is read by people of the trade too: what they may not see stands in none.
    in_ledger = Case(When(IS_HIDDEN, then=Value("")), default=F("group__slug"), output_field=CharField())
    rows: QuerySet[Any, Any] = shared.to_people(around, kind=kind, subject=SUBJECT).annotate(scope=in_ledger)
    return rows


def _closed_at() -> InZone:
    """Midnight after the last day, in the group's time zone, as `Consultation.closes_at`."""
    return shared.midnight(F("closes_on"), zone_of("group__timezone"), days_after=1)


def _openings(now: datetime) -> QuerySet[Any, Any]:
    """That each consultation is open, to each who is asked: due at 08:00 of its first day in their time zone.

    Where its dates moved after that, at once; to who joins later, at 08:00 of that day. Of use until it closes.
    """
    opens = shared.morning(F("opens_on"), Value(0))
    rows = _asked(now, OPENING).annotate(
        rule=Value(OPENED),
        due_at=Greatest(opens, F("dates_moved_at"), shared.joined_at(), output_field=DateTimeField()),
        useless_after=_closed_at(),
    )
    why = Concat(F("because"), Value("."), output_field=CharField())
    openings: QuerySet[Any, Any] = _owed(rows.filter(due_at__lt=F("useless_after")), now).annotate(why=why)
    return openings


def _closings(now: datetime) -> QuerySet[Any, Any]:
    """Each consultation with every rule of its group that reminds before the closing or on its day.

    Due at 08:00 of that day in the time zone of who is asked. What was due before it opened, or before its dates moved,
    nobody is reminded of: they are told then that it is open.
    """
    rows = shared.with_rules(_asked(now, CLOSING), until=0).annotate(
        due_at=shared.morning(F("closes_on"), F("days_after")),
        opened_at=Greatest(shared.morning(F("opens_on"), Value(0)), F("dates_moved_at"), output_field=DateTimeField()),
        closed_at=_closed_at(),
    )
    rows = rows.filter(due_at__gt=F("opened_at"), due_at__lt=F("closed_at")).annotate(
        useless_after=Least(
            ExpressionWrapper(F("due_at") + Value(USEFUL_FOR), DateTimeField()),
            F("closed_at"),
            output_field=DateTimeField(),
        )
    )
    wording = F("group__reminder_rules__wording")
    why = Concat(F("because"), Value("; the group's rule reminds "), wording, Value("."), output_field=CharField())
    closings: QuerySet[Any, Any] = _owed(rows, now).annotate(why=why)
    return closings


def _owed(rows: QuerySet[Any, Any], now: datetime) -> QuerySet[Any, Any]:
    asked_as = Case(
        When(_IS_ASKED, then=Concat(Value("a member of "), shared.body_in_words(), output_field=CharField())),
        default=Value("CBP's reviewer"),
        output_field=CharField(),
    )
    audience = Consultation.audience.through.objects.filter(
        consultation=OuterRef(OuterRef(OuterRef("pk"))), body=OuterRef("body")
    )
    return shared.owed(
        rows,
        now,
        concerned=CONCERNED,
        asked_as=asked_as,
        verb="asked",
        silenced_with="asked_body",
        also_asked=Q(Exists(audience)) | Q(role=Role.REVIEWER),
        hidden_from_trade=IS_HIDDEN,
    )


def openings_due(now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """What is due at `now` of openings. Rows: `teams.notices.selectors.COLUMNS`."""
    return shared.due_of(_openings(now), now)


def openings_coming(now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Openings that will be due after `now` and up to `until` if nothing changes."""
    return shared.coming_of(_openings(now), now, until)


def closings_due(now: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Reminders of closings that are due at `now`: for each who is asked the latest alone."""
    return shared.due_of(_closings(now), now)


def closings_coming(now: datetime, until: datetime) -> QuerySet[Any, dict[str, Any]]:
    """Reminders of closings that will be due after `now` and up to `until` if nothing changes."""
    return shared.coming_of(_closings(now), now, until)


def consultations_spoken_of(ids: set[int]) -> dict[int, Consultation]:
    """Consultations by their key, with what a mail says of them at hand."""
    found = Consultation.objects.select_related("group", "document__group", "for_meeting__group")
    return found.in_bulk(ids)


def still_asked(ids: set[int], now: datetime) -> set[tuple[int, int]]:
    """Whom these consultations ask at `now`, by (consultation, person): one query."""
    rows = shared.to_people(Consultation.objects.filter(pk__in=ids), kind=CLOSING, subject=SUBJECT)
    return shared.still_concerned(rows, now, concerned=CONCERNED)


def subjects(group: WorkingGroup) -> QuerySet[Any, dict[str, Any]]:
    """Every consultation of the group, as the ledger names it; none that is for the government alone."""
    seen = Consultation.objects.filter(~IS_HIDDEN, group=group)
    return named(seen, subject=SUBJECT, title=F("title"), on=F("closes_on"))
