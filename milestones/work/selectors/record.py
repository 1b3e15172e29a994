"""The record of one milestone: the row with all it hangs on, what changed in it, and the reminders about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import (
    CharField,
    DateTimeField,
    DurationField,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from milestones.work.models import OPEN_STATES, Deliverable, DeliverableSlip, Milestone, Note, Slip, State
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock
from teams.notices.models import Notice
from teams.reasons import signed

from .clauses import stands_under
from .notes import first_notes, notes_read
from .visible import milestones_visible_to

CHANGES_SHOWN = 50
NOTICES_SHOWN = 50


@dataclass(frozen=True, slots=True)
class MilestoneChange:
    """What changed in a milestone at one time: sentences, when on the portal's clock, by whom and why ("" if unknown).

    `revision` is the milestone's `edit_revision` from then on.
    """

    at: datetime
    by: str
    words: list[str]
    why: str
    revision: int

    @property
    def told(self) -> str:
        """The change in one line: what, by whom and why."""
        said = " ".join([*self.words, f"({self.by})" if self.by else ""]).strip()
        return f"{said} Because: {self.why}" if self.why else said


def milestone_of(person: User, group: WorkingGroup, today: date) -> QuerySet[Milestone]:
    """Milestones of the group that the person may see, each with all that its page names at hand.

    `notes_of` gives its newest notes, `clauses_of` its own clauses.
    """
    return (
        milestones_visible_to(person, today)
        .filter(group=group)
        .select_related(
            *("group", "body__group", "owner__organization", "handed_in_by", "drop_asked_by", "disclaimed_by"),
            *("preparation__meeting__group", "action_item__meeting__group"),
        )
        .annotate(
            noted=first_notes(person, today, milestone=OuterRef("pk")),
            stands_under=stands_under(Milestone, today),
        )
    )


def notes_of(milestone: Milestone, person: User) -> list[Note]:
    """The newest notes on a milestone that came by `milestone_of`, one more than are shown: no query."""
    return notes_read(getattr(milestone, "noted", []), person, milestone.body)


def agreed_at(milestone: Milestone) -> Any:
    """The meeting that agreed on a milestone that came by `milestone_of`; None where there is none, or it is a draft.

    The room of meetings stands on this one, so it is asked by its reverse name.
    """
    action = getattr(milestone, "action_item", None)
    return action.meeting if action is not None and action.meeting.state != "draft" else None


def changes_of(owed: Milestone | Deliverable) -> list[MilestoneChange]:
    """What changed in it, the newest first, at most the last CHANGES_SHOWN times: one query."""
    events: Any = owed.pgh_event_model.objects  # type: ignore[union-attr]
    named = ("owner", "deliverable", "body") if isinstance(owed, Milestone) else ("owner", "strategy_goal", "body")
    who, stood_in_for = (
        Cast(KeyTextTransform(said, "pgh_context__metadata"), IntegerField()) for said in ("user", "stands_in_for")
    )
    rows = (
        events.filter(pgh_obj_id=owed.pk, pgh_label__in=("insert", "update"))
        .alias(who=who, stood_in_for=stood_in_for)
        .annotate(
            at=Coalesce(
                Cast(KeyTextTransform("at", "pgh_context__metadata"), DateTimeField()),
                # Written outside a request: as far from the portal's clock as the real time is now.
                F("pgh_created_at") + Value(clock.ahead(), DurationField()),
                output_field=DateTimeField(),
            ),
            by=_name_of("who"),
            instead_of=_name_of("stood_in_for"),
            reason=KeyTextTransform("reason", "pgh_context__metadata"),
            through=KeyTextTransform("by", "pgh_context__metadata"),
        )
        .select_related(*named)
        .order_by("-pgh_created_at", "-pgh_id")[: CHANGES_SHOWN + 1]
    )
    return _in_words(list(reversed(rows)))[:CHANGES_SHOWN]


def what_happened(owed: Milestone | Deliverable, *, since: int) -> list[MilestoneChange]:
    """What changed in it after its revision `since`, the first first: one query."""
    return [change for change in reversed(changes_of(owed)) if change.revision > since]


def slips_of_deliverable(deliverable: Deliverable) -> QuerySet[DeliverableSlip]:
    """Each time that its due date moved, with all that a page says of it, the newest first."""
    return deliverable.slips.select_related("by", "instead_of").order_by("-revision")


def slips_of(milestone: Milestone) -> QuerySet[Slip]:
    """Each time that its due date moved, with all that a page says of it, the newest first."""
    return milestone.slips.select_related("by", "instead_of", "moved_with__group").order_by("-revision")


def _name_of(person: str) -> Subquery:
    return Subquery(User.objects.filter(pk=OuterRef(person)).values("name")[:1], output_field=CharField())


def _in_words(events: list[Any]) -> list[MilestoneChange]:
    changes = []
    before = None
    for event in events:
        if before is not None:
            words = list(_differences(before, event))
        elif event.pgh_label == "insert":
            words = [f"Added: due {event.due}{f', owned by {event.owner}' if event.owner else ''}."]
        else:
            words = []
        if words:
            by = signed(event.by or "", event.instead_of or "", event.through)
            changes.append(MilestoneChange(event.at, by, words, event.reason or "", event.edit_revision))
        before = event
    return changes[::-1]


def _differences(before: Any, after: Any) -> Iterable[str]:
    if before.title != after.title:
        yield f"Renamed from “{before.title}” to “{after.title}”."
    if before.due != after.due:
        yield f"Due date changed from {before.due} to {after.due}."
    if before.baseline_due != after.baseline_due:
        yield f"Date in the adopted plan changed from {before.baseline_due} to {after.baseline_due}."
    if before.state != after.state:
        on = f" ({after.accepted})" if after.accepted else ""
        yield f"State changed from {State(before.state).label} to {State(after.state).label}{on}."
    elif before.accepted != after.accepted:
        yield f"Date of acceptance changed from {before.accepted} to {after.accepted}."
    if before.done != after.done or before.evidence != after.evidence:
        yield f"What was done: “{after.done}”{f' Evidence: “{after.evidence}”' if after.evidence else ''}"
    if after.drop_asked_because and before.drop_asked_because != after.drop_asked_because:
        yield "It was proposed to drop it."
    elif before.drop_asked_because and not after.drop_asked_because and after.state in OPEN_STATES:
        yield "The proposal to drop it was turned down."
    if before.body_id != after.body_id:
        yield f"Moved from {before.body.short_name} to {after.body.short_name}."
    if before.owner_id != after.owner_id:
        yield f"Owner changed from {before.owner or 'nobody'} to {after.owner or 'nobody'}."
    yield from _of_milestone(before, after) if hasattr(after, "deliverable_id") else _of_deliverable(before, after)


def _of_milestone(before: Any, after: Any) -> Iterable[str]:
    if before.evidence_asked != after.evidence_asked:
        asked = after.evidence_asked
        yield f"Evidence asked for is now “{asked}”." if asked else "No evidence is asked for any more."
    if after.disclaimed_because and before.disclaimed_because != after.disclaimed_because:
        yield "Its owner says that it isn’t theirs."
    elif before.disclaimed_because and not after.disclaimed_because and before.owner_id == after.owner_id:
        yield "It stays with its owner."
    if before.deliverable_id != after.deliverable_id:
        yield f"Moved from {_quoted(before.deliverable)} to {_quoted(after.deliverable)}."


def _of_deliverable(before: Any, after: Any) -> Iterable[str]:
    if before.kind != after.kind:
        yield f"Kind changed from {before.get_kind_display()} to {after.get_kind_display()}."
    if before.strategy_goal_id != after.strategy_goal_id:
        yield f"Strategy goal is now “{after.strategy_goal}”." if after.strategy_goal else "It serves no goal any more."


def _quoted(deliverable: Any) -> str:
    return f"“{deliverable}”" if deliverable else "no deliverable"


def reminders_of(milestone: Milestone, *, only_to: User | None = None) -> QuerySet[Notice]:
    """Notices about the milestone with their recipients, the newest first; with `only_to`, that person's own."""
    notices = Notice.objects.filter(subject_key=f"milestone:{milestone.pk}").select_related("recipient")
    return notices.filter(Q(recipient=only_to) | Q(owed_to=only_to) if only_to else Q()).order_by("-due_at", "-id")[
        :NOTICES_SHOWN
    ]
