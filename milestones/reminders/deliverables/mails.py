"""What a deliverable's reminder says, and when it need not go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from milestones.reminders import shared
from milestones.reminders.mails import headline, in_full, next_step
from milestones.work.models import State
from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices.kinds import Mail, Moot, foot
from teams.notices.models import Notice

from . import owed


def compose(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """For each reminder its mail, or why it need not go: four queries for the batch at most."""
    return shared.compose(batch, now, OWING)


def why_moot(notice: Notice, deliverable: Any, now: datetime) -> str:
    """Why nobody needs it any more; empty where that is not so."""
    match deliverable.state:
        case State.ACCEPTED:
            return f"It was accepted ({deliverable.accepted})."
        case State.DROPPED:
            return "It was dropped."
        case State.HANDED_IN:
            return "It was handed in."
    if deliverable.has_open_milestones:
        return "It has open milestones now, which are reminded of instead."
    return f"Its date was moved to {deliverable.due}." if deliverable.due_revision != notice.revision else ""


def mail_of(notice: Notice, deliverable: Any, to: User, why: str) -> Mail:
    """The mail as text and as HTML, on the date of the portal's clock in the time zone of who gets it."""
    absent = notice.owed_to if to.pk != notice.owed_to_id else None
    url = f"{settings.SITE_URL}{deliverable.page}"
    with timezone.override(ZoneInfo(to.timezone)):
        today = clock.today()
        head, step = headline(deliverable, today), next_step(deliverable, today)
        context = {
            "deliverable": deliverable,
            "headline": head,
            "is_late": deliverable.is_late(today),
            "due_in_full": in_full(deliverable.due),
            "next_step": step,
            "absent": absent,
            "url": url,
            "zone": to.timezone,
            **foot(why),
        }
        text = render_to_string("emails/deliverable_due.txt", context)
        html = render_to_string("emails/deliverable_due.html", context)
    moved = to if to.pk != notice.recipient_id else None
    return Mail(
        f"{head}: {deliverable.title}" + (f" (for {absent.name})" if absent else ""),
        text,
        html,
        {"References": f"<deliverable-{deliverable.pk}@{urlsplit(settings.SITE_URL).hostname}>"},
        summary=f"{deliverable.body}. {step}{' (Sample.)' if deliverable.is_sample else ''}",
        link=url,
        to=moved,
        why=why if moved else "",
    )


OWING: Final = shared.Owing(
    subject=owed.SUBJECT,
    due={owed.KIND: owed.due},
    things=owed.deliverables_spoken_of,
    concerned=owed.still_concerned,
    mail_of=mail_of,
    why_moot=why_moot,
    gone="The deliverable is gone.",
)
