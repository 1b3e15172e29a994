"""What notices say, each asked of its kind at the moment in which it goes."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from teams.accounts.models import User
from teams.notices import kinds
from teams.notices.kinds import Mail, Moot
from teams.notices.models import Notice

log = logging.getLogger(__name__)

CLOSED: Final = Moot("The person's account is closed.")


def compose(batch: Sequence[Notice], now: datetime) -> dict[int, Mail | Moot | str]:
    """For each notice its mail, or why it is moot, or in words what is wrong with it (then it waits).

    The recipients, and whose notice each is, are read anew. One notice that can't be composed takes no other with it.
    """
    answers: dict[int, Mail | Moot | str] = {}
    by_kind: dict[str, list[Notice]] = defaultdict(list)
    theirs = {person for notice in batch for person in (notice.recipient_id, notice.owed_to_id) if person is not None}
    people = User.objects.in_bulk(theirs)
    for notice in batch:
        if notice.recipient_id is not None and notice.owed_to_id is not None:  # neither, or both
            notice.recipient, notice.owed_to = people[notice.recipient_id], people[notice.owed_to_id]
        if _is_closed(notice.recipient) and notice.recipient_id == notice.owed_to_id:
            answers[notice.pk] = CLOSED
        elif notice.useless_after is not None and notice.useless_after < now:
            answers[notice.pk] = Moot(f"It could not go in time; it was of use until {_in_words(notice)}.")
        else:
            by_kind[notice.kind].append(notice)
    for name, notices in by_kind.items():
        kind = kinds.find(name)
        if kind is None:
            answers |= {notice.pk: f"No room of this portal composes {name}." for notice in notices}
            continue
        try:
            answers |= kind.compose(notices, now)
        except Exception:
            log.exception("composing %d notices of kind %s together failed", len(notices), name)
            for notice in notices:
                answers[notice.pk] = _composed_alone(kind, notice, now)
    for notice in batch:
        answer = answers[notice.pk]
        if isinstance(answer, Mail) and _is_closed(answer.to or notice.recipient):
            answers[notice.pk] = CLOSED
    return answers


def _is_closed(person: User | None) -> bool:
    return person is not None and not person.is_active


def _composed_alone(kind: kinds.Kind, notice: Notice, now: datetime) -> Mail | Moot | str:
    try:
        return kind.compose([notice], now)[notice.pk]
    except Exception as error:
        log.exception("composing notice %d failed", notice.pk)
        return f"It could not be composed: {type(error).__name__}"


def _in_words(notice: Notice) -> str:
    assert notice.useless_after is not None
    return f"{timezone.localtime(notice.useless_after):%B %-d, %Y}"


def message_id_of(notice: Notice) -> str:
    """The Message-ID of a notice's mail, the same however often it is sent (RFC 5322, 3.6.4)."""
    return f"<notice-{notice.pk}.{notice.revision}@{urlsplit(settings.SITE_URL).hostname}>"
