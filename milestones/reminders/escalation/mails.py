"""What a lead or chair is told of a milestone that its owner is late with, and when it need not be told any more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from milestones.reminders import mails
from milestones.reminders import selectors as reminders
from milestones.work.selectors import ACTION, Verb
from teams.accounts.models import User
from teams.bodies.permissions import ALLOWED
from teams.clock import selectors as clock
from teams.clock.services import held_still
from teams.notices.kinds import Mail, Moot, foot, thread_of
from teams.notices.models import Notice

from . import selectors
from .selectors import Reminded

NEVER: Final = Reminded(0, None)


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each notice its mail, or why it need not go: seven queries for the batch at most.

    As with the owner's own reminders, it still holds as long as the sweep would write it now, and goes to whom the
    sweep would write it.
    """
    ids = {_milestone_id(notice) for notice in batch}
    owed = {(row["subject_key"], row["revision"], row["owed_to_id"]): row for row in selectors.due_of(ids, now)}
    others = {row["recipient_id"] for row in owed.values()} - {each.recipient_id for each in batch}
    people = User.objects.in_bulk(others) if others else {}
    people |= {each.recipient.pk: each.recipient for each in batch if each.recipient is not None}
    milestones = reminders.milestones_spoken_of(ids, now).in_bulk()
    reminded = selectors.reminded({notice.subject_key for notice in batch})
    day = timezone.localdate(now)
    inside = selectors.belonging({each.owed_to_id for each in batch if each.owed_to_id is not None}, ids, day)
    stand_ins = [row for row in owed.values() if row["recipient_id"] != row["owed_to_id"]]
    lent = (
        selectors.lent_to({row["recipient_id"] for row in stand_ins}, {row["membership"] for row in stand_ins}, day)
        if stand_ins
        else set()
    )
    answers: dict[int, Mail | Moot] = {}
    with held_still(now):
        for notice in batch:
            milestone = milestones.get(_milestone_id(notice))
            row = owed.get((notice.subject_key, notice.revision, notice.owed_to_id))
            if milestone is None:
                answers[notice.pk] = Moot("The milestone is gone.")
            elif row is not None and row["rule"] == notice.rule:
                to = people[row["recipient_id"]]
                has_role = to.pk == notice.owed_to_id or (to.pk, row["membership"]) in lent
                key = notice.subject_key, notice.revision, milestone.owner_id
                answers[notice.pk] = mail_of(
                    notice, milestone, to, row, role=row["role"] if has_role else "", told=reminded.get(key, NEVER)
                )
            else:
                is_inside = (notice.owed_to_id, milestone.pk) in inside
                answers[notice.pk] = Moot(why_moot(notice, milestone, is_inside=is_inside, is_owed=row is not None))
    return answers


def _milestone_id(notice: Notice) -> int:
    return int(notice.subject_key.removeprefix(reminders.SUBJECT))


def why_moot(notice: Notice, milestone: reminders.MilestoneSpokenOf, *, is_inside: bool, is_owed: bool) -> str:
    """Why the notice need not go any more.

    `is_inside`: its person belongs to the group; `is_owed`: another rule's is due to them.
    """
    if reason := mails.why_settled(notice, milestone) or mails.why_still(milestone):
        return reason
    if is_owed:
        return "A later reminder takes its place."
    if not is_inside:
        return "The person has left the group."
    if milestone.owner_id == notice.owed_to_id:
        return "The person owns it themselves now, and gets the owner’s reminders."
    return "The group's rules no longer ask for it, or it is somebody else’s to see to now."


def mail_of(
    notice: Notice,
    milestone: reminders.MilestoneSpokenOf,
    to: User,
    row: Mapping[str, Any],
    *,
    role: str,
    told: Reminded,
) -> Mail:
    """The mail as text and as HTML, on the date of the portal's clock in the time zone of who gets it.

    `role` is the one by which they may do something about it, empty for a stand-in to whom it isn't lent; `told` how
    often the owner was reminded.
    """
    zone = ZoneInfo(to.timezone)
    absent = notice.owed_to if to.pk != notice.owed_to_id else None
    today = clock.today(zone)
    url = f"{settings.SITE_URL}{milestone.get_absolute_url()}"
    with timezone.override(zone):
        context = {
            "milestone": milestone,
            "headline": mails.headline(milestone, today),
            "is_late": milestone.is_late(today),
            "due_in_full": mails.in_full(milestone.due),
            "reminded": in_words(milestone, told),
            "may": what_they_may(milestone, role),
            "url": url,
            "absent": absent,
            "zone": to.timezone,
            **foot(row["why"]),
        }
        text = render_to_string("emails/milestone_escalated.txt", context)
        html = render_to_string("emails/milestone_escalated.html", context)
    subject = f"{context['headline']}: {milestone.title} (owner: {milestone.owner.name})"
    moved = to if to.pk != notice.recipient_id else None
    return Mail(
        subject + (f" (for {absent.name})" if absent else ""),
        text,
        html,
        thread_of(notice.subject_key, milestone.title),
        summary=f"{milestone.body}. {context['reminded']}{' (Sample.)' if milestone.is_sample else ''}",
        link=url,
        to=moved,
        why=row["why"] if moved else "",
    )


def in_words(milestone: reminders.MilestoneSpokenOf, told: Reminded) -> str:
    """How often the owner was reminded ("Olive was reminded 3 times, last on July 23."), or why they can't answer."""
    name = milestone.owner.name
    if not milestone.owner.is_active:
        return f"{name}’s account is closed: it needs another owner."
    if not milestone.owner_belongs:
        return f"{name} has left the group: it needs another owner."
    if told.last_at is None:
        return f"{name} was not reminded of this date by mail."
    last = formats.date_format(timezone.localtime(told.last_at), "F j")
    if told.times == 1:
        return f"{name} was reminded once, on {last}."
    return f"{name} was reminded {told.times} times, last on {last}."


def what_they_may(milestone: reminders.MilestoneSpokenOf, role: str) -> list[str]:
    """What who gets the mail can do about it, by the one table."""
    name = milestone.owner.name

    def may(verb: Verb) -> bool:
        return role in ALLOWED[ACTION[verb]]

    can_answer = milestone.owner.is_active and milestone.owner_belongs
    found = [f"Ask {name} what is missing, and by when it will be done."] if can_answer else []
    if may(Verb.HAND_IN):
        found.append(f"Hand it in for {name}, if it is done.")
    if may(Verb.MOVE):
        found.append("Give it a new date with the reason, or another owner.")
    if may(Verb.DROP):
        found.append("Drop it, if it is not needed any more.")
    elif may(Verb.PROPOSE_DROP):
        found.append("Propose to drop it, if it is not needed any more; the chair decides.")
    if not role:
        found.append("Changing it is not lent to you with this absence: tell the chair if it can’t wait.")
    return found
