"""What the mails about a meeting say, and when they need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from milestones.meetings.clocks import clocks_of
from milestones.meetings.models import Meeting
from milestones.reminders import shared
from milestones.work.models import OPEN_STATES
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices.kinds import Mail, Moot, foot
from teams.notices.models import Notice

from . import owed

State = Meeting.State


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each reminder or change its mail, or why it need not go: six queries for the batch at most."""
    return shared.compose(batch, now, OWING)


def why_moot(notice: Notice, meeting: Meeting, now: datetime) -> str:
    """Why nobody needs it any more; empty where that is not so."""
    if meeting.state == State.DRAFT:
        return "The meeting is a draft again."
    if meeting.state == State.HELD:
        return "The meeting was held."
    if notice.kind == owed.SOON and meeting.state == State.CANCELLED:
        return "The meeting was cancelled."
    if meeting.revision != notice.revision:
        return "It was changed again since." if notice.kind == owed.CHANGED else f"It was moved to {meeting.dates}."
    return ""


def mail_of(notice: Notice, meeting: Meeting, to: User, why: str) -> Mail:
    """The mail as text and as HTML; the meeting by the clocks of its place, of Washington and of who gets it."""
    absent = notice.owed_to if to.pk != notice.owed_to_id else None
    url = f"{settings.SITE_URL}{meeting.get_absolute_url()}"
    with timezone.override(ZoneInfo(to.timezone)):
        today = clock.today()
        head = headline(notice, meeting, today)
        step = next_step(notice, meeting)
        context = {
            "meeting": meeting,
            "headline": head,
            "is_off": meeting.state == State.CANCELLED,
            "was": meeting.was if notice.kind == owed.CHANGED else "",
            "absent": absent,
            "clocks": clocks_of(meeting, to.timezone),
            "to_prepare": [
                each.milestone
                for each in meeting.preparations.all()
                if each.milestone.owner_id == notice.owed_to_id and each.milestone.state in OPEN_STATES
            ],
            "next_step": step,
            "url": url,
            "site": settings.SITE_URL,
            **foot(why),
        }
        text = render_to_string("emails/meeting.txt", context)
        html = render_to_string("emails/meeting.html", context)
    moved = to if to.pk != notice.recipient_id else None
    return Mail(
        f"{head}: {meeting.title}" + (f" (for {absent.name})" if absent else ""),
        text,
        html,
        {"References": f"<meeting-{meeting.pk}@{urlsplit(settings.SITE_URL).hostname}>"},
        summary=f"{meeting.when_and_where}. {step}{' (Sample.)' if meeting.is_sample else ''}",
        link=url,
        to=moved,
        why=why if moved else "",
    )


def headline(notice: Notice, meeting: Meeting, today: date) -> str:
    """ "Tuesday, August 14", of a reminder; "Moved to August 21", "Cancelled", "On again on …", "Another place"."""
    if notice.kind == owed.SOON:
        first = meeting.starts.first
        return formats.date_format(first, "l, F j" if first.year == today.year else "l, F j, Y")
    match meeting.last_change:
        case Meeting.Change.CANCELLED:
            return "Cancelled"
        case Meeting.Change.ON_AGAIN:
            return f"On again, {meeting.dates}"
        case Meeting.Change.PLACE:
            return "Another place"
    return f"Moved to {meeting.dates}" if meeting.was and not meeting.was.startswith(meeting.dates) else "Another time"


def next_step(notice: Notice, meeting: Meeting) -> str:
    """What who gets it is asked to do, in one sentence."""
    if meeting.state == State.CANCELLED:
        return "Please take it out of your calendar."
    if notice.kind == owed.CHANGED:
        return "Please change it in your calendar, and tell the group now if you can’t come."
    return "Please look at what must be ready, and tell the group now if you can’t come."


OWING: Final = shared.Owing(
    subject=owed.SUBJECT,
    due={owed.SOON: owed.soon_due, owed.CHANGED: owed.changes_due},
    things=owed.meetings_spoken_of,
    concerned=owed.still_concerned,
    mail_of=mail_of,
    why_moot=why_moot,
    gone="The meeting is gone.",
)
