"""What a milestone's reminder says, and when it need not be said any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from milestones.work import selectors as work
from milestones.work.models import Deliverable, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import BodyState
from teams.clock import selectors as clock
from teams.clock.services import held_still
from teams.dates import ApproximateDate
from teams.notices.kinds import Mail, Moot, foot, thread_of
from teams.notices.models import Notice

from . import selectors

STANDING_STILL: Final[dict[str, str]] = {BodyState.State.HIATUS: "is on hiatus", BodyState.State.CLOSED: "is closed"}


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each notice its mail, or why it need not go: three queries for the batch, four where someone else gets one.

    A reminder still holds as long as the sweep would write it now; everything else is told in words. It goes to whom
    the sweep would write it: to the stand-in of who is away since it was queued, to the owner who is back.
    """
    ids = {_milestone_id(notice) for notice in batch}
    owed = {
        (row["subject_key"], row["revision"], row["owed_to_id"]): row for row in selectors.due(now).filter(pk__in=ids)
    }
    others = User.objects.in_bulk(
        {row["recipient_id"] for row in owed.values()} - {each.recipient_id for each in batch}
    )
    people = others | {each.recipient.pk: each.recipient for each in batch if each.recipient is not None}
    milestones = selectors.milestones_spoken_of(ids, now).in_bulk()
    answers: dict[int, Mail | Moot] = {}
    with held_still(now):
        for notice in batch:
            milestone = milestones.get(_milestone_id(notice))
            row = owed.get((notice.subject_key, notice.revision, notice.owed_to_id))
            if milestone is None:
                answers[notice.pk] = Moot("The milestone is gone.")
            elif row is not None and row["rule"] == notice.rule:
                answers[notice.pk] = mail_of(notice, milestone, people[row["recipient_id"]], row["why"])
            else:
                answers[notice.pk] = Moot(why_moot(notice, milestone, row["rule"] if row else None))
    return answers


def _milestone_id(notice: Notice) -> int:
    return int(notice.subject_key.removeprefix(selectors.SUBJECT))


def why_moot(notice: Notice, milestone: selectors.MilestoneSpokenOf, rule_owed: str | None) -> str:
    """Why the notice need not go any more. `milestone` as `selectors.milestones_spoken_of` gives it."""
    if reason := why_settled(notice, milestone):
        return reason
    if milestone.owner_id != notice.owed_to_id:
        return "Someone else owns it now."
    if not milestone.owner_belongs:
        return "The person has left the group."
    if reason := why_still(milestone):
        return reason
    if rule_owed is not None:
        return "A later reminder takes its place."
    return "The group's rules no longer ask for it."


def why_settled(notice: Notice, milestone: Milestone) -> str:
    """That its owner has nothing to do now, or has it on another date; empty where neither is so."""
    if milestone.state == State.ACCEPTED:
        return f"It was accepted ({milestone.accepted})."
    if milestone.state == State.DROPPED:
        return "It was dropped."
    if milestone.state == State.HANDED_IN:
        return "It was handed in; its owner has nothing to do now."
    if milestone.due_revision != notice.revision:
        return f"Its date was moved to {milestone.due}."
    return ""


def why_still(milestone: selectors.MilestoneSpokenOf) -> str:
    """That its group or its body is on hiatus or closed; empty where both work."""
    if milestone.group_state in STANDING_STILL:
        return f"The working group {STANDING_STILL[milestone.group_state]}."
    if milestone.body_state in STANDING_STILL:
        return f"{milestone.body.short_name} {STANDING_STILL[milestone.body_state]}."
    return ""


def mail_of(notice: Notice, milestone: Milestone, to: User, why: str) -> Mail:
    """The mail as text and as HTML, on the date of the portal's clock in the time zone of who gets it.

    `to` is the owner, or who stands in for them, and `why` says so; where that is not the notice's recipient (an
    absence began or ended since), the mail names whom it goes to.
    """
    zone = ZoneInfo(to.timezone)
    absent = milestone.owner if to != milestone.owner else None
    today = clock.today(zone)
    url = f"{settings.SITE_URL}{milestone.get_absolute_url()}"
    signed = work.answers_of(milestone, to.pk, today)
    answers = tuple((act.label, work.answer_address(link)) for act, link in signed.items())
    context = {
        "milestone": milestone,
        "headline": headline(milestone, today),
        "is_late": milestone.is_late(today),
        "due_in_full": in_full(milestone.due),
        "next_step": next_step(milestone, today),
        "url": url,
        "answers": answers,
        "absent": absent,
        "zone": to.timezone,
        **foot(why),
    }
    with timezone.override(zone):
        text = render_to_string("emails/milestone_due.txt", context)
        html = render_to_string("emails/milestone_due.html", context)
    subject = f"{headline(milestone, today)}: {milestone.title}" + (f" (for {absent.name})" if absent else "")
    sample = " (Sample.)" if milestone.is_sample else ""
    moved = to if to.pk != notice.recipient_id else None
    return Mail(
        subject,
        text,
        html,
        thread_of(notice.subject_key, milestone.title),
        secrets=tuple(signed.values()),
        summary=f"{milestone.body}. {next_step(milestone, today)}{sample}",
        link=url,
        answers=answers,
        to=moved,
        why=why if moved else "",
    )


def headline(milestone: Milestone | Deliverable, today: date) -> str:
    """ "Due Friday, July 27", "Due today, July 27", "Due by the end of August 2018", "Late since July 13"."""
    due = milestone.due
    if milestone.is_late(today):
        return f"Late since {_day(due.last, today) if due.is_day else _end_of(due, today)}"
    if not due.is_day:
        return f"Due by {_end_of(due, today)}"
    if due.last == today:
        return f"Due today, {_day(due.last, today)}"
    return f"Due {formats.date_format(due.last, 'l')}, {_day(due.last, today)}"


def in_full(due: ApproximateDate) -> str:
    """ "Friday, July 27, 2018", or the month or year by whose end it is due."""
    return formats.date_format(due.last, "l, F j, Y") if due.is_day else f"By {_end_of(due)}"


def next_step(milestone: Milestone | Deliverable, today: date) -> str:
    """What the owner is asked to do now, in one sentence."""
    if milestone.state == State.RETURNED:
        return "It was returned to you: please see what is missing, and hand it in again."
    if milestone.is_late(today):
        return "Please finish it, or say by when it will be done and why."
    if milestone.due.last == today:
        return "Please finish it today, or say by when it will be done and why."
    return "Please finish it by then, or say now if it needs longer."


def _day(day: date, today: date) -> str:
    return formats.date_format(day, "F j" if day.year == today.year else "F j, Y")


def _end_of(due: ApproximateDate, today: date | None = None) -> str:
    match due.precision:
        case "month":
            return f"the end of {formats.date_format(due.last, 'F Y')}"
        case "year":
            return f"the end of {due.last.year}"
    return formats.date_format(due.last, "F j, Y") if today is None else _day(due.last, today)
