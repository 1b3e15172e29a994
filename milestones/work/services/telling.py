"""Owing mail about a step, in the transaction in which it is taken."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from django.db.models import BigIntegerField, CharField, DateTimeField, IntegerField, Value

from milestones.work.models import Deliverable, Milestone
from milestones.work.selectors import steps_told
from milestones.work.selectors.circle import People, Told
from milestones.work.selectors.rights import Verb
from milestones.work.selectors.steps_told import Happened, StepTold
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices import selectors as outbox
from teams.notices import services as notices

# What happened longer ago than this is better read in the portal.
USEFUL_FOR: Final = timedelta(days=14)


def tell(by: User, verb: Verb, owed: Milestone | Deliverable) -> None:
    """Owe mail about what `by` did with it, to whom it concerns; `owed` is the row as it is now."""
    if step := steps_told.OF_VERB.get(verb):
        _tell(by, step, owed)


def tell_new_owner(by: User, owed: Milestone | Deliverable) -> None:
    """Owe mail to who owns it now."""
    _tell(by, steps_told.HANDED_OVER, owed)


def tell_answered_by_link(by: User, owed: Milestone, act: str) -> None:
    """Owe mail to who answered by the link in a mail, in case that it was somebody else who has that mail."""
    _owe(steps_told.BY_LINK, act, owed, Told(by.pk, by.pk, "Somebody answered by the link in a mail to you."))


def _tell(by: User, step: StepTold, owed: Milestone | Deliverable) -> None:
    people = People(owed.group, clock.today(owed.group.timezone))
    for told in step.whom(Happened(owed, people, by.pk)):
        _owe(step.kind, f"by:{by.pk}", owed, told)


def _owe(kind: str, rule: str, owed: Milestone | Deliverable, told: Told) -> None:
    """Once for each revision of the row, so a step is told once, however often its button is pressed."""
    now = clock.now()
    columns = {
        "kind": Value(kind, CharField()),
        "rule": Value(rule, CharField()),
        "subject_key": Value(subject_key_of(owed), CharField()),
        "revision": Value(owed.edit_revision, IntegerField()),
        "owed_to_id": Value(told.owed_to, BigIntegerField()),
        "recipient_id": Value(told.recipient, BigIntegerField()),
        "scope": Value(owed.group.slug, CharField()),
        "why": Value(told.why[:300], CharField()),
        "due_at": Value(now, DateTimeField()),
        "useless_after": Value(now + USEFUL_FOR, DateTimeField()),
    }
    row = User.objects.filter(pk=told.recipient).annotate(**columns).order_by().values(*outbox.COLUMNS)
    notices.queue(owed=row, now=now)


def subject_key_of(owed: Milestone | Deliverable) -> str:
    """What the notice is about, as the ledger knows it."""
    return f"{'milestone' if isinstance(owed, Milestone) else 'deliverable'}:{owed.pk}"
