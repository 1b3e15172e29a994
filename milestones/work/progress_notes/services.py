"""Writing progress notes: drafted, published with the figures of that day, corrected on the record.

Withdrawing and marking are those of every remark (`teams.remarks.services`). Whether `by` may is asked before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from milestones.work.models import ProgressNote
from teams.accounts.models import User
from teams.bodies.models import Body
from teams.clock import selectors as clock
from teams.reasons import because, done_by
from teams.remarks import services as remarks
from teams.remarks.models import new_key
from teams.remarks.services import AlreadyWithdrawn, ChangedMeanwhile

from .figures import figures_of, month_of


class ThereAlready(Exception):
    """The body has a progress note of that month; `note` is it."""

    def __init__(self, note: ProgressNote) -> None:
        super().__init__(f"there is a progress note of {note.period} already")
        self.note = note


class ReasonNeeded(Exception):
    """What was published is corrected with a reason."""


@transaction.atomic
def draft_progress(
    *,
    by: User,
    body: Body,
    month: date,
    text: str,
    next_steps: str = "",
    blocks: str = "",
    is_government_only: bool = False,
    key: str = "",
) -> ProgressNote:
    """Write a draft on the month of the day `month`. Sent twice with the same `key`, it is written once.

    Raises ThereAlready, and PermissionDenied where someone of the trade marks it as government-only.
    """
    note = ProgressNote(
        group=body.group,
        key=key or new_key(),
        body=body,
        month=month_of(month),
        text=text,
        next_steps=next_steps,
        blocks=blocks,
        is_government_only=is_government_only,
    )
    try:
        with transaction.atomic():
            return remarks.write(note, by=by)
    except IntegrityError:
        there = open_note(body, note.month)
        if there is None:
            raise
        raise ThereAlready(there) from None


def open_note(body: Body, month: date) -> ProgressNote | None:
    """The body's note of the month that is neither withdrawn nor for the government alone."""
    return ProgressNote.objects.filter(
        body=body, month=month, withdrawn_at__isnull=True, is_government_only=False
    ).first()


@transaction.atomic
def publish_progress(*, by: User, note: ProgressNote, seen: int) -> None:
    """Show it to the group, with the figures as they stand now. What is published already stays as it is.

    Raises ChangedMeanwhile, AlreadyWithdrawn.
    """
    figures = figures_of(by, note.body, note.month, clock.today(note.body.group.timezone))
    with done_by(by):
        _change(note, seen, published_at=clock.now(), published_by=by, figures=figures, is_published=False)


@transaction.atomic
def correct_progress(note: ProgressNote, *, by: User, seen: int, said: Mapping[str, Any], reason: str = "") -> None:
    """Let it say something else; the figures stay. What is published needs a reason, which stands in its history.

    Raises ReasonNeeded, ChangedMeanwhile, AlreadyWithdrawn.
    """
    if note.published_at and not reason.strip():
        raise ReasonNeeded
    if note.is_draft:
        with done_by(by):
            _change(note, seen, edited_at=clock.now(), is_published=False, **said)
    else:
        with because(reason.strip(), by=by):
            _change(note, seen, edited_at=clock.now(), is_published=True, **said)


def mark_progress(note: ProgressNote, *, by: User, seen: int, is_government_only: bool, reason: str) -> None:
    """Keep it from the trade, or open it to the group, as any remark.

    Raises ChangedMeanwhile also where the month has another that everybody sees by now, and PermissionDenied.
    """
    try:
        with transaction.atomic():
            remarks.mark(note, by=by, seen=seen, is_government_only=is_government_only, reason=reason)
    except IntegrityError:
        raise ChangedMeanwhile from None


def _change(note: ProgressNote, seen: int, *, is_published: bool, **fields: Any) -> None:
    """One conditional statement: of many who saw the same revision, one writes."""
    rows = ProgressNote.objects.filter(pk=note.pk)
    asked = rows.filter(revision=seen, withdrawn_at__isnull=True, published_at__isnull=not is_published)
    if not asked.update(revision=F("revision") + 1, **fields):
        raise AlreadyWithdrawn if rows.filter(withdrawn_at__isnull=False).exists() else ChangedMeanwhile
    note.refresh_from_db(fields=["revision", *fields])
