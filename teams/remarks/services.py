"""Changes to remarks. Each names the person who makes it (`by`) and, but for the first, the revision that they saw."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import F

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.reasons import because, done_by

from .models import Remark, new_key

R = TypeVar("R", bound=Remark)


class ChangedMeanwhile(Exception):
    """The remark is no longer at the revision that the person saw."""


class AlreadyWithdrawn(Exception):
    """What was withdrawn is not changed any more."""


@transaction.atomic
def write(remark: R, *, by: User) -> R:
    """Write a new remark, whose words, key and mark are set. Sent twice it is written once; returns what is written.

    Raises PermissionDenied where someone of the trade marks it as government-only.
    """
    if remark.is_government_only:
        _must_be_government(by)
    remark.author, remark.written_at = by, clock.now()
    model: Any = type(remark)
    there = model.objects.filter(group=remark.group_id, key=remark.key)
    try:
        with transaction.atomic(), done_by(by):
            remark.save(force_insert=True)
    except IntegrityError:
        written: R | None = there.first()
        if written is None:
            raise
        is_same = all(getattr(written, name) == getattr(remark, name) for name in (*model.WORDS, "is_government_only"))
        if written.author_id == by.pk and is_same:
            return written
        remark.pk, remark.key = None, new_key()
        with done_by(by):
            remark.save(force_insert=True)
    return remark


@transaction.atomic
def edit(remark: Remark, *, by: User, seen: int, said: Mapping[str, Any]) -> None:
    """Let it say something else: `said` has the new values by field. Its author alone may.

    Raises ChangedMeanwhile, AlreadyWithdrawn, PermissionDenied.
    """
    if remark.author_id != by.pk:
        raise PermissionDenied("only its author edits a remark")
    if said.get("is_government_only"):
        _must_be_government(by)
    with done_by(by):
        _change(remark, seen, edited_at=clock.now(), **said)


@transaction.atomic
def withdraw(remark: Remark, *, by: User, seen: int, reason: str) -> None:
    """Take it back, with the reason. Whether `by` may do it is asked before.

    Raises ChangedMeanwhile, AlreadyWithdrawn.
    """
    with because(reason, by=by):
        _change(remark, seen, withdrawn_at=clock.now(), withdrawn_by=by, withdrawn_reason=reason)


@transaction.atomic
def mark(remark: Remark, *, by: User, seen: int, is_government_only: bool, reason: str) -> None:
    """Keep it from the trade, or open it to the group; someone of the government alone may.

    What its history says of the time of the mark stays closed to the trade afterwards. Raises ChangedMeanwhile,
    PermissionDenied.
    """
    _must_be_government(by)
    with because(reason, by=by):
        _change(remark, seen, also_withdrawn=True, is_government_only=is_government_only)


def _must_be_government(by: User) -> None:
    if not by.is_government:
        raise PermissionDenied("the government-only mark is set and taken off by people of the government")


def _change(remark: Remark, seen: int, *, also_withdrawn: bool = False, **fields: Any) -> None:
    """One conditional statement: of many who saw the same revision, one writes."""
    model: Any = type(remark)
    rows = model.objects.filter(pk=remark.pk)
    open_ = rows if also_withdrawn else rows.filter(withdrawn_at__isnull=True)
    if not open_.filter(revision=seen).update(revision=F("revision") + 1, **fields):
        if not also_withdrawn and rows.filter(withdrawn_at__isnull=False).exists():
            raise AlreadyWithdrawn
        raise ChangedMeanwhile
    remark.refresh_from_db(fields=["revision", *fields])
