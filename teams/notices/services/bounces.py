"""Recording what mail servers report of mail that went."""

from __future__ import annotations

import re
from typing import Final

from django.db import transaction

from teams.clock import selectors as clock
from teams.notices.models import Bounce, Notice
from teams.notices.reports import NotAReport, Outcome, read

# As `message_id_of` makes them; the number is one that the database can hold.
_OURS: Final = re.compile(r"<notice-(\d{1,18})\.\d+@[^<>@\s]+>")


def record_bounces(*, content: bytes) -> list[str]:
    """Record what a message reports of a notice, once; returns what was done with it, in lines for an operator.

    `content` is the message as a mail server gave it. Whoever got a mail can guess the Message-IDs of others and write
    a report, so a bounce is a mark and nothing more: it sends nothing again, changes no state and no address, and it is
    taken only for the address that the mail went to.
    """
    try:
        report = read(content)
    except NotAReport as reason:
        return [f"left: {reason}"]
    found = _OURS.fullmatch(report.message_id)
    notice = Notice.objects.filter(pk=found.group(1), message_id=report.message_id).first() if found else None
    if notice is None:
        return [f"left: no mail of this portal has the Message-ID {report.message_id[:200]}"]
    return [_record(notice, outcome) for outcome in report.outcomes]


def _record(notice: Notice, outcome: Outcome) -> str:
    which = f"notice {notice.pk}"
    if outcome.action not in Bounce.Action.values:
        return f"left: {which} was reported “{outcome.action[:40]}”, which is no bounce"
    if notice.address.lower() not in outcome.addresses:
        return f"left: {which} went to another address than {outcome.addresses[0][:254]}"
    with transaction.atomic():
        _, is_new = Bounce.objects.get_or_create(
            notice=notice,
            action=outcome.action,
            defaults={
                "status": outcome.status,
                "answer": outcome.answer,
                "address": notice.address,
                "reported_at": clock.now(),
            },
        )
    return (
        f"{'recorded' if is_new else 'known already'}: {which} {outcome.action}, {outcome.answer or 'no reason given'}"
    )
