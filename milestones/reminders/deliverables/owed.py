"""Which reminders a deliverable without open milestones owes: by the group's rules, to its owner.

One with open milestones owes none: its milestones are reminded of. Where nobody in the group owns it, the lead of the
body that owes it is reminded, and where that has no lead the group's chair.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Case, CharField, DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, Value, When
from django.db.models import QuerySet as Rows
from django.db.models.functions import Concat

from milestones.reminders import shared
from milestones.reminders.models import MOST_DAYS
from milestones.reminders.selectors import REMINDED_STATES, USEFUL_FOR
from milestones.reminders.sources import named
from milestones.work.models import OPEN_STATES, Deliverable, Milestone
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.dates import last_day

KIND: Final = "deliverable_due"
SUBJECT: Final = "deliverable:"

HAS_OPEN_MILESTONES: Final = Exists(Milestone.objects.filter(deliverable=OuterRef("pk"), state__in=OPEN_STATES))
_LEADS: Final = Membership.objects.filter(
    Membership.holding(OuterRef("day")),  # type: ignore[arg-type]
    body=OuterRef("body"),
    role=Role.LEAD,
)
_OWNERS: Final = Membership.objects.filter(
    Membership.holding(OuterRef("day")),  # type: ignore[arg-type]
    body__group=OuterRef("group"),
    person=OuterRef("owner"),
    person__is_active=True,
)
_IS_OWNER: Final = Q(owed_to_id=F("owner"))
_IS_LEAD: Final = Q(asked_role=Role.LEAD, body=F("asked_body"))
# Whether a stand-in hears of it anyway: the lead only where no owner does.
_LEADS_WITHOUT_OWNER: Final = Q(
    ~Exists(
        Membership.objects.filter(
            Membership.holding(OuterRef(OuterRef(OuterRef("day")))),  # type: ignore[arg-type]
            body__group=OuterRef(OuterRef(OuterRef("group"))),
            person=OuterRef(OuterRef(OuterRef("owner"))),
            person__is_active=True,
        )
    ),
    role=Role.LEAD,
    body=OuterRef(OuterRef("body")),
)
_IN_THE_GROUP: Final = Body.objects.filter(pk=OuterRef("asked_body"), kind=Body.Kind.WORKING_GROUP)
_ANSWERS_FOR_IT: Final = _IS_LEAD | Q(~Exists(_LEADS), Exists(_IN_THE_GROUP), asked_role=Role.CHAIR)
CONCERNED: Final[Q] = _IS_OWNER | (Q(~Exists(_OWNERS)) & _ANSWERS_FOR_IT)


def _owed(now: datetime) -> Rows[Any, Any]:
    """Each such deliverable with every rule of its group, due at 08:00 in the time zone of who is reminded."""
    around = timedelta(days=2 * MOST_DAYS)
    first, last = shared.days_around(now, before=around, after=around)
    open_ones: Rows[Any, Any] = Deliverable.objects.alias(last=last_day("due")).filter(
        ~HAS_OPEN_MILESTONES, state__in=REMINDED_STATES, last__range=(first, last)
    )
    rows = shared.with_rules(shared.to_people(open_ones, kind=KIND, subject=SUBJECT), until=MOST_DAYS).annotate(
        revision=F("due_revision"), due_at=shared.morning(last_day("due"), F("days_after"))
    )
    rows = rows.annotate(useless_after=ExpressionWrapper(F("due_at") + Value(USEFUL_FOR), DateTimeField()))
    lead = Concat(Value("the lead of "), shared.body_in_words(), output_field=CharField())
    owed = shared.owed(
        rows,
        now,
        concerned=CONCERNED,
        asked_as=Case(
            When(_IS_OWNER, then=Value("its owner")),
            When(_IS_LEAD, then=lead),
            default=Value("the chair"),
            output_field=CharField(),
        ),
        verb="reminded",
        silenced_with="body",
        also_asked=_LEADS_WITHOUT_OWNER,
    )
    wording = F("group__reminder_rules__wording")
    why = Concat(F("because"), Value("; the group's rule reminds "), wording, Value("."), output_field=CharField())
    found: Rows[Any, Any] = owed.annotate(why=why)
    return found


def due(now: datetime) -> Rows[Any, dict[str, Any]]:
    """Reminders of deliverables that are due at `now`: for each person the latest alone. Rows: `COLUMNS`."""
    return shared.due_of(_owed(now), now)


def coming(now: datetime, until: datetime) -> Rows[Any, dict[str, Any]]:
    """Reminders of deliverables that will be due after `now` and up to `until` if nothing changes."""
    return shared.coming_of(_owed(now), now, until)


def deliverables_spoken_of(ids: set[int]) -> dict[int, Any]:
    """Deliverables by their key, with body and group at hand, and whether milestones of theirs are open."""
    found: Rows[Any, Any] = Deliverable.objects.select_related("group", "body__group")
    known: dict[int, Any] = found.annotate(has_open_milestones=HAS_OPEN_MILESTONES).in_bulk(ids)
    return known


def still_concerned(ids: set[int], now: datetime) -> set[tuple[int, int]]:
    """Whom these deliverables concern at `now`, by (deliverable, person): one query."""
    rows = shared.to_people(Deliverable.objects.filter(pk__in=ids), kind=KIND, subject=SUBJECT)
    return shared.still_concerned(rows, now, concerned=CONCERNED)


def subjects(group: WorkingGroup) -> Rows[Any, dict[str, Any]]:
    """Every deliverable of the group, as the ledger names it; the first due first."""
    return named(Deliverable.objects.filter(group=group), subject=SUBJECT, title=F("title"), on=last_day("due"))
