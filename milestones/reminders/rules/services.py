"""Changes of a group's rules. Whether `by` may make them is asked before.

What is queued stays in the outbox: it is asked once more in the moment of sending, and need not go where the rules no
longer ask for it (`milestones.reminders.mails`).
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from milestones.reminders.models import MOST_DAYS, ReminderRule
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.reasons import because


class ThereAlready(Exception):
    """The group has a rule of that day."""


class TooFar(Exception):
    """No rule is more than a year away from the due date."""


class ChangedMeanwhile(Exception):
    """The rule is another by now than the person was shown, or gone."""


def add(*, by: User, group: WorkingGroup, days_after: int, reason: str) -> ReminderRule:
    """Remind so many days after the due date (before it, where negative). Raises ThereAlready, TooFar."""
    rule = ReminderRule(group=group, days_after=days_after)
    _write(rule, reason)
    return rule


def change(*, by: User, rule: ReminderRule, seen: int, days_after: int, reason: str) -> None:
    """Let the rule remind on another day; `seen` is the one that the person was shown.

    Raises ChangedMeanwhile, ThereAlready, TooFar.
    """
    with transaction.atomic():
        locked = _locked(rule, seen)
        locked.days_after = days_after
        _write(locked, reason)


def remove(*, by: User, rule: ReminderRule, seen: int, reason: str) -> None:
    """Remind by this rule no more. Raises ChangedMeanwhile."""
    with transaction.atomic(), because(reason):
        _locked(rule, seen).delete()


def _locked(rule: ReminderRule, seen: int) -> ReminderRule:
    found = ReminderRule.objects.select_for_update().filter(pk=rule.pk).first()
    if found is None or found.days_after != seen:
        raise ChangedMeanwhile
    return found


def _write(rule: ReminderRule, reason: str) -> None:
    if abs(rule.days_after) > MOST_DAYS:
        raise TooFar
    try:
        with transaction.atomic(), because(reason):
            rule.save()
    except IntegrityError as error:
        if "reminder_rule_once" in str(error):
            raise ThereAlready from error
        raise
