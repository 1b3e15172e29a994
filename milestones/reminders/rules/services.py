"""Changes of a group's rules. Whether `by` may make them is asked before.

What is queued stays in the outbox: it is asked once more in the moment of sending, and need not go where the rules no
longer ask for it (`milestones.reminders.mails`).
"""

from __future__ import annotations

from django.db import IntegrityError, transaction

from milestones.reminders.models import MOST_DAYS, REPEATS_UNTIL, ReminderRule, To
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.reasons import because


class ThereAlready(Exception):
    """The group has a rule to the same people from that day on."""


class TooFar(Exception):
    """No rule is more than a year away from the due date."""


class CannotRepeat(Exception):
    """Only what reminds after the due date repeats, and not for ever (see models.REPEATS_UNTIL)."""


class ChangedMeanwhile(Exception):
    """The rule is another by now than the person was shown, or gone."""


def add(
    *, by: User, group: WorkingGroup, days_after: int, reason: str, to: To = To.OWNER, every: int | None = None
) -> ReminderRule:
    """Remind so many days after the due date (before it, where negative), and every so many days from then.

    Raises ThereAlready, TooFar, CannotRepeat.
    """
    rule = ReminderRule(group=group, to=to, days_after=days_after, every=every)
    _write(rule, reason)
    return rule


def change(
    *,
    by: User,
    rule: ReminderRule,
    seen: str,
    days_after: int,
    reason: str,
    to: To = To.OWNER,
    every: int | None = None,
) -> None:
    """Let the rule remind otherwise; `seen` is what it `said` when the person was shown it.

    Raises ChangedMeanwhile, ThereAlready, TooFar, CannotRepeat.
    """
    with transaction.atomic():
        locked = _locked(rule, seen)
        locked.to, locked.days_after, locked.every = to, days_after, every
        _write(locked, reason)


def remove(*, by: User, rule: ReminderRule, seen: str, reason: str) -> None:
    """Remind by this rule no more. Raises ChangedMeanwhile."""
    with transaction.atomic(), because(reason):
        _locked(rule, seen).delete()


def _locked(rule: ReminderRule, seen: str) -> ReminderRule:
    found = ReminderRule.objects.select_for_update().filter(pk=rule.pk).first()
    if found is None or found.said != seen:
        raise ChangedMeanwhile
    return found


def _write(rule: ReminderRule, reason: str) -> None:
    if abs(rule.days_after) > MOST_DAYS:
        raise TooFar
    if rule.every is not None and not (rule.every >= 1 and 1 <= rule.days_after < REPEATS_UNTIL):
        raise CannotRepeat
    try:
        with transaction.atomic(), because(reason):
            rule.save()
    except IntegrityError as error:
        if "reminder_rule_once" in str(error):
            raise ThereAlready from error
        raise
