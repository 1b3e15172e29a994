"""What the mails about a consultation say, and when they need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import formats, timezone

from documents.library.models import Document
from milestones.meetings.clocks import clocks_at
from milestones.reminders import shared
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices.kinds import Mail, Moot, foot
from teams.notices.models import Notice

from . import owed
from .models import Consultation


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each opening or reminder its mail, or why it need not go: five queries for the batch at most."""
    return shared.compose(batch, now, OWING)


def why_moot(notice: Notice, consultation: Consultation, now: datetime) -> str:
    """Why nobody needs it any more; empty where that is not so."""
    if consultation.revision != notice.revision:
        return f"Its dates were moved: it closes on {formats.date_format(consultation.closes_on, 'F j, Y')} now."
    return "It is closed." if consultation.closes_at <= now else ""


def mail_of(notice: Notice, consultation: Consultation, to: User, why: str) -> Mail:
    """The mail as text and as HTML, on the date and clock of who gets it.

    Of what is for the government alone it says neither title nor document: mail passes many hands.
    """
    absent = notice.owed_to if to.pk != notice.owed_to_id else None
    is_hidden = consultation.document.access == Document.Access.GOVERNMENT
    title = "A consultation for the government alone" if is_hidden else consultation.title
    url = f"{settings.SITE_URL}{consultation.get_absolute_url()}"
    with timezone.override(ZoneInfo(to.timezone)):
        today = clock.today()
        head = headline(notice, consultation, today)
        context = {
            "consultation": consultation,
            "title": title,
            "is_hidden": is_hidden,
            "headline": head,
            "absent": absent,
            "clocks": clocks_at(
                consultation.closes_at - timedelta(minutes=1),
                zone=consultation.group.timezone,
                readers_zone=to.timezone,
            ),
            "next_step": NEXT_STEP,
            "url": url,
            "zone": to.timezone,
            **foot(why),
        }
        text = render_to_string("emails/consultation.txt", context)
        html = render_to_string("emails/consultation.html", context)
    moved = to if to.pk != notice.recipient_id else None
    thread = f"<consultation-{consultation.pk}@{urlsplit(settings.SITE_URL).hostname}>"
    about = "" if is_hidden else f"On {consultation.document}. "
    return Mail(
        f"{head}: {title}" + (f" (for {absent.name})" if absent else ""),
        text,
        html,
        {"References": thread},
        summary=f"{about}{NEXT_STEP}{' (Sample.)' if consultation.is_sample else ''}",
        link=url,
        to=moved,
        why=why if moved else "",
    )


NEXT_STEP: Final = "Please read the document, and say before it closes what should change and why."


def headline(notice: Notice, consultation: Consultation, today: date) -> str:
    """ "Please comment by Friday, August 31"; of a reminder "Comments close on Friday, August 31" or "… today"."""
    closes = consultation.closes_on
    day = formats.date_format(closes, "l, F j" if closes.year == today.year else "l, F j, Y")
    if notice.kind == owed.CLOSING:
        return f"Comments close today, {day}" if closes == today else f"Comments close on {day}"
    return f"{'New dates: please' if notice.revision > 1 else 'Please'} comment by {day}"


OWING: Final = shared.Owing(
    subject=owed.SUBJECT,
    due={owed.OPENING: owed.openings_due, owed.CLOSING: owed.closings_due},
    things=owed.consultations_spoken_of,
    concerned=owed.still_asked,
    mail_of=mail_of,
    why_moot=why_moot,
    gone="The consultation is gone.",
)
