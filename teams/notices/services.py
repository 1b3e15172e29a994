"""The outbox's writes: queueing what is owed, and the sender that claims it, checks it and hands it over.

The database is the only truth about what was sent. A notice is claimed under a lease, so that a sender that dies leaves
nothing behind that the next one doesn't find, and the moment before the mail is handed over is written down, so that at
most the one mail that a dead sender was in the midst of is in doubt.
"""

from __future__ import annotations

import logging
import smtplib
import time
import uuid
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection as database
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from teams.accounts.models import User
from teams.clock import selectors as clock

from . import kinds
from .kinds import Mail, Moot
from .models import Notice
from .selectors import COLUMNS, KEY
from .smtp import Unanswered

log = logging.getLogger(__name__)

State = Notice.State

BATCH: Final = 25
# Of a claimed notice whose mail was not begun: a sender that is only slow loses it to another, and nothing happens.
CLAIM_LEASE: Final = timedelta(seconds=60)
# Of a mail that is being handed over: longer than a task may live (CELERY_TASK_TIME_LIMIT), so that it is over by then.
HANDOVER_LEASE: Final = timedelta(seconds=180)
# A mail goes at most so long after the database was asked whether it is still owed.
FRESH_SECONDS: Final = 5.0
# How long nobody knocks again after the mail server could not be reached.
PAUSE: Final = timedelta(seconds=60)
# A mail server that refuses a mail for now is asked again after 1, 2, 4, … 64 minutes, then no more.
REFUSALS_AT_MOST: Final = 8
LONGEST_PAUSE: Final = timedelta(minutes=64)


def queue(*, owed: QuerySet[Any, Any], now: datetime) -> int:
    """Write a notice for each row of `owed` that has none yet: one statement, however many rows.

    `owed` is a query with the columns COLUMNS, and `now` the instant on the portal's clock. Returns how many were
    written. Two that do it at the same time write each once.
    """
    try:
        select, params = owed.query.sql_with_params()
    except EmptyResultSet:
        return 0
    table = Notice._meta.db_table  # noqa: SLF001 - public by Django's documentation of Model._meta
    columns = ", ".join(COLUMNS)
    # A source that says NULL for all its rows gives that column no type.
    selected = columns.replace("useless_after", "CAST(useless_after AS timestamptz)")
    is_same = " AND ".join(f"known.{name} = owed.{name}" for name in KEY)
    # Every name in it is one of our own columns; values are parameters.
    statement = f"""
        INSERT INTO {table} ({columns}, created_at)
        SELECT {selected}, %s FROM ({select}) AS owed
        WHERE NOT EXISTS (SELECT 1 FROM {table} AS known WHERE {is_same})
        ON CONFLICT ON CONSTRAINT notice_once DO NOTHING
    """  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(statement, [now, *params])
        return int(cursor.rowcount)


def owe_to_address(
    *,
    kind: str,
    rule: str,
    subject_key: str,
    revision: int,
    address: str,
    why: str,
    now: datetime,
    useless_after: datetime,
) -> Notice:
    """Write a notice to an address whose owner may have no account, due at once; one that is there already is given.

    Instants are on the portal's clock. It belongs to no group's ledger: what it is about shows it.
    """
    notice, _ = Notice.objects.get_or_create(
        kind=kind,
        rule=rule,
        subject_key=subject_key,
        revision=revision,
        recipient=None,
        address=address,
        defaults={"why": why, "due_at": now, "created_at": now, "useless_after": useless_after},
    )
    return notice


def send_due(*, seconds: float = 60) -> int:
    """Send what is due, until nothing is, the mail server can't be reached, or `seconds` are over.

    Any number may run at the same time: each notice is claimed by one. Returns how many mails went.
    """
    settle_abandoned()
    sender = _Sender(ends=time.monotonic() + seconds)
    try:
        while not sender.has_to_end():
            batch = claim(by=sender.id, now=clock.now())
            if not batch:
                break
            sender.send(batch)
    finally:
        sender.close()
    if sender.sent:
        log.info("sent %d notices", sender.sent)
    return sender.sent


@transaction.atomic
def claim(*, by: uuid.UUID, now: datetime, at_most: int = BATCH) -> list[Notice]:
    """Take notices that are due at `now` (the portal's clock) and wait, the longest due first; others leave them be."""
    real = clock.real_now()
    due = (
        Notice.objects.select_for_update(skip_locked=True)
        .filter(Q(next_try_at__isnull=True) | Q(next_try_at__lte=real), state=State.WAITING, due_at__lte=now)
        .order_by("due_at", "id")
        .values_list("pk", flat=True)[:at_most]
    )
    taken = list(due)
    if not taken:
        return []
    Notice.objects.filter(pk__in=taken).update(
        state=State.SENDING, claimed_by=by, lease_ends_at=real + CLAIM_LEASE, handed_over_at=None
    )
    return list(Notice.objects.filter(pk__in=taken).order_by("due_at", "id"))


@transaction.atomic
def settle_abandoned() -> int:
    """Settle notices whose sender died (its lease ran out); returns how many there were.

    What was not begun waits again. What was being handed over is sent if the mail backend says that it has it, waits
    again if it says that it hasn't, and is uncertain where the backend can't be asked: then it is left alone, in sight.
    """
    lost = list(
        Notice.objects.select_for_update(skip_locked=True)
        .filter(state=State.SENDING, lease_ends_at__lte=clock.real_now())
        .order_by("pk")[: 10 * BATCH]
    )
    unbegun = [notice.pk for notice in lost if notice.handed_over_at is None]
    Notice.objects.filter(pk__in=unbegun).update(state=State.WAITING, claimed_by=None, lease_ends_at=None, remark="")
    ask = getattr(get_connection(), "has_message", None)
    for notice in lost:
        if notice.handed_over_at is None:
            continue
        if ask is None:
            # The sender is still named, so that it can settle the matter should it be alive after all.
            changes: dict[str, Any] = {
                "state": State.UNCERTAIN,
                "remark": "The sender ended while it handed this mail over; nobody knows whether it arrived.",
            }
        elif ask(notice.message_id):
            changes = {"state": State.SENT, "sent_at": clock.now(), "remark": ""}
        else:
            changes = {"state": State.WAITING, "claimed_by": None, "handed_over_at": None, "remark": ""}
        Notice.objects.filter(pk=notice.pk).update(lease_ends_at=None, **changes)
    if lost:
        log.warning("settled %d notices of senders that ended", len(lost))
    return len(lost)


class _Sender:
    """One run of the sender: an identity for its claims, one connection to the mail server, and a time to end."""

    def __init__(self, *, ends: float) -> None:
        self.id = uuid.uuid4()
        self.ends = ends
        self.sent = 0
        self.is_cut_off = False
        self.connection = get_connection(fail_silently=False)

    def has_to_end(self) -> bool:
        """Whether the time is over, or the mail server away."""
        return self.is_cut_off or time.monotonic() >= self.ends

    def close(self) -> None:
        """End the connection; a server that is gone already is no matter."""
        try:
            self.connection.close()
        except OSError as error:
            log.info("the mail server ended first: %s", type(error).__name__)

    def send(self, batch: Sequence[Notice]) -> None:
        """Settle each notice of the batch one way or another, or give it back."""
        rest = list(batch)
        while rest and not self.has_to_end():
            answers = compose(rest, clock.now())
            composed = time.monotonic()
            for notice in tuple(rest):
                answer = answers[notice.pk]
                if self.has_to_end() or time.monotonic() >= composed + FRESH_SECONDS:
                    break
                if isinstance(answer, Mail) and not self._connect():
                    break
                rest.remove(notice)
                match answer:
                    case Moot(reason):
                        self._settle(notice, state=State.SKIPPED, remark=reason[:500])
                    case Mail():
                        self._hand_over(notice, answer)
                    case _:
                        self._put_off(notice, answer)
        self._give_back(rest)

    def _connect(self) -> bool:
        try:
            self.connection.open()
        except OSError as error:
            self.is_cut_off = True
            log.warning("the mail server can't be reached: %s", type(error).__name__)
            return False
        return True

    def _hand_over(self, notice: Notice, mail: Mail) -> None:
        real = clock.real_now()
        message_id = message_id_of(notice)
        subject = " ".join(mail.subject.split())[:300]
        address = notice.recipient.email if notice.recipient else notice.address
        begun = Notice.objects.filter(
            pk=notice.pk, state=State.SENDING, claimed_by=self.id, lease_ends_at__gt=real
        ).update(
            address=address,
            message_id=message_id,
            subject=subject,
            text=mail.kept(mail.text),
            html=mail.kept(mail.html),
            attempts=F("attempts") + 1,
            handed_over_at=real,
            lease_ends_at=real + HANDOVER_LEASE,
        )
        if not begun:  # this sender was slow, and another has the notice now
            return
        notice.attempts += 1
        message = EmailMultiAlternatives(
            subject,
            mail.text,
            to=[address],
            headers={
                **mail.headers,
                "Message-ID": message_id,
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
            },
        )
        message.attach_alternative(mail.html, "text/html")
        try:
            self.connection.send_messages([message])
        except Unanswered as error:
            self.close()
            remark = f"The mail server was given this mail and did not say whether it took it ({error})."
            self._settle(notice, state=State.UNCERTAIN, remark=remark[:500])
        except (smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError) as error:
            self.close()  # after some refusals the server ends it, and Django's backend wouldn't notice
            self._refused(notice, *_answer_of(error))
        except OSError as error:
            # Before the content was given: the mail surely did not go, and the server is in trouble, not the mail.
            self.close()
            self._put_off(notice, f"The mail server broke off: {error}")
        except ValueError as error:
            self._settle(notice, state=State.FAILED, remark=f"It can't be written as a mail: {error}"[:500])
        else:
            self.sent += 1
            self._settle(notice, state=State.SENT, sent_at=clock.now(), remark="")

    def _refused(self, notice: Notice, code: int, text: str) -> None:
        """A refusal for good (5yz of RFC 5321, 4.2.1) ends it; one for now is asked again, a number of times."""
        remark = f"The mail server refused it: {code} {text}"[:500]
        if 500 <= code < 600 or notice.attempts >= REFUSALS_AT_MOST:
            self._settle(notice, state=State.FAILED, remark=remark)
        else:
            self._put_off(notice, remark)

    def _put_off(self, notice: Notice, remark: str) -> None:
        pause = min(PAUSE * 2 ** min(max(notice.attempts - 1, 0), 10), LONGEST_PAUSE)
        self._settle(
            notice,
            state=State.WAITING,
            remark=remark[:500],
            next_try_at=clock.real_now() + pause,
            claimed_by=None,
            handed_over_at=None,
        )

    def _give_back(self, rest: Sequence[Notice]) -> None:
        """What there was no time for waits on; where the mail server is away, for a while, and says so."""
        changes: dict[str, Any] = {"state": State.WAITING, "claimed_by": None, "lease_ends_at": None}
        if self.is_cut_off:
            changes |= {
                "remark": "The mail server can't be reached; it is tried again.",
                "next_try_at": clock.real_now() + PAUSE,
            }
        Notice.objects.filter(pk__in=[notice.pk for notice in rest], state=State.SENDING, claimed_by=self.id).update(
            **changes
        )

    def _settle(self, notice: Notice, **changes: Any) -> None:
        """Write the outcome, unless the notice was meanwhile given to another sender."""
        mine = Notice.objects.filter(pk=notice.pk, claimed_by=self.id, state__in=(State.SENDING, State.UNCERTAIN))
        mine.update(lease_ends_at=None, **changes)


def compose(batch: Sequence[Notice], now: datetime) -> dict[int, Mail | Moot | str]:
    """For each notice its mail, or why it is moot, or in words what is wrong with it (then it waits).

    The recipients are read anew. One notice that can't be composed takes no other with it.
    """
    answers: dict[int, Mail | Moot | str] = {}
    by_kind: dict[str, list[Notice]] = defaultdict(list)
    people = User.objects.in_bulk({notice.recipient_id for notice in batch if notice.recipient_id is not None})
    for notice in batch:
        if notice.recipient_id is not None:
            notice.recipient = people[notice.recipient_id]
        if notice.recipient is not None and not notice.recipient.is_active:
            answers[notice.pk] = Moot("The person's account is closed.")
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
    return answers


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


def _answer_of(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> tuple[int, str]:
    """What the mail server said: its code and its words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return code, said.decode("utf-8", "replace")
    said_in_words = error.smtp_error
    if isinstance(said_in_words, bytes):
        said_in_words = said_in_words.decode("utf-8", "replace")
    return error.smtp_code, said_in_words
