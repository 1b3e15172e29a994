"""The sender: it claims what is due under a lease, checks it, hands it over, and writes down what became of it."""

from __future__ import annotations

import logging
import smtplib
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.db.models import F, Q

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices.choices import links
from teams.notices.kinds import Mail, Moot
from teams.notices.models import DIGEST, Notice, Way
from teams.notices.selectors import GOES_AT, goes_by
from teams.notices.smtp import Unanswered

from . import digests
from .composing import compose, message_id_of
from .digests import Contents
from .queueing import plan_again

log = logging.getLogger(__name__)

State = Notice.State

# Asking what is still owed costs about as much for one notice as for fifty. All of them fit into the lease where a mail
# server takes a second for each.
BATCH: Final = 50
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


def send_due(*, seconds: float = 60) -> int:
    """Send what is due, until nothing is, the mail server can't be reached, or `seconds` are over.

    Any number may run at the same time: each notice is claimed by one. Returns how many mails went.
    """
    settle_abandoned()
    digests.gather(now=clock.now())
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


def claim(*, by: uuid.UUID, now: datetime, at_most: int = BATCH) -> list[Notice]:
    """Take notices that go at `now` (the portal's clock), the longest due first; others leave them be.

    Each is planned again first, by what its recipient chooses now and by the hour that it is: what was late, and falls
    into quiet time meanwhile, waits on.
    """
    while True:
        with transaction.atomic():
            real = clock.real_now()
            waiting = Notice.objects.filter(
                Q(next_try_at__isnull=True) | Q(next_try_at__lte=real), state=State.WAITING, way=Way.AT_ONCE
            )
            locked = goes_by(waiting, now).select_for_update(skip_locked=True, of=("self",)).order_by(GOES_AT, "id")
            found = list(locked.values_list("pk", flat=True)[:at_most])
            if not found:
                return []
            plan_again(ids=found, now=now)
            taken = goes_by(Notice.objects.filter(pk__in=found, state=State.WAITING, way=Way.AT_ONCE), now)
            if taken.update(state=State.SENDING, claimed_by=by, lease_ends_at=real + CLAIM_LEASE, handed_over_at=None):
                return list(Notice.objects.filter(pk__in=found, claimed_by=by).order_by("due_at", "id"))


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
        _tell_items(notice, changes)
    if lost:
        log.warning("settled %d notices of senders that ended", len(lost))
    return len(lost)


def _tell_items(notice: Notice, changes: dict[str, Any]) -> None:
    """Where the notice is a digest whose state changed so, what it tells shares it."""
    if notice.kind == DIGEST and (state := changes.get("state")) and state != State.SKIPPED:
        digests.follow(notice, state=state, sent_at=changes.get("sent_at"), remark=changes.get("remark", ""))


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
            now = clock.now()
            answers = compose([notice for notice in rest if notice.kind != DIGEST], now)
            contents = digests.contents_of([notice for notice in rest if notice.kind == DIGEST], now)
            composed = time.monotonic()
            for notice in tuple(rest):
                answer, within = contents.get(notice.pk) or (answers[notice.pk], None)
                if self.has_to_end() or time.monotonic() >= composed + FRESH_SECONDS:
                    break
                if isinstance(answer, Mail) and not self._connect():
                    break
                rest.remove(notice)
                match answer:
                    case Moot(reason):
                        if within:
                            digests.leave_out(within)
                        self._settle(notice, state=State.SKIPPED, remark=reason[:500])
                    case Mail(to=User()):
                        self._pass_on(notice, answer)
                    case Mail():
                        self._hand_over(notice, answer, within)
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

    def _pass_on(self, notice: Notice, mail: Mail) -> None:
        """Let it be for whom it is now, and wait until that one's choices let it go; nothing of it has gone yet."""
        with transaction.atomic():
            self._settle(
                notice,
                state=State.WAITING,
                recipient=mail.to,
                why=mail.why,
                claimed_by=None,
                handed_over_at=None,
            )
            plan_again(ids=[notice.pk], now=clock.now())

    def _hand_over(self, notice: Notice, mail: Mail, within: Contents | None) -> None:
        message_id = message_id_of(notice)
        subject = " ".join(mail.subject.split())[:300]
        address = notice.recipient.email if notice.recipient else notice.address
        if not self._begin(notice, mail, within, address=address, subject=subject, message_id=message_id):
            return
        notice.attempts += 1
        message = EmailMultiAlternatives(
            subject,
            mail.text,
            to=[address],
            headers={
                **mail.headers,
                **links.headers_of(notice.recipient, within.kinds if within else [notice.kind]),
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

    def _begin(self, notice: Notice, mail: Mail, within: Contents | None, **columns: str) -> bool:
        """Write down that the mail is being handed over, and for a digest what is in it; False where it may not be.

        It may not where this sender was slow and another has the notice now, or where some of a digest's content is to
        go otherwise since it was composed: then it waits and is composed anew.
        """
        if within is None:
            return self._begin_mail(notice, mail, **columns)
        with transaction.atomic():
            if not self._begin_mail(notice, mail, **columns):
                return False
            digests.leave_out(within)
            if digests.take(notice, within, address=columns["address"]):
                return True
            transaction.set_rollback(True)
        self._settle(notice, state=State.WAITING, claimed_by=None)
        return False

    def _begin_mail(self, notice: Notice, mail: Mail, **columns: str) -> bool:
        real = clock.real_now()
        mine = Notice.objects.filter(pk=notice.pk, state=State.SENDING, claimed_by=self.id, lease_ends_at__gt=real)
        begun = mine.update(
            **columns,
            text=mail.kept(mail.text),
            html=mail.kept(mail.html),
            attempts=F("attempts") + 1,
            handed_over_at=real,
            lease_ends_at=real + HANDOVER_LEASE,
        )
        return bool(begun)

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
        if notice.kind != DIGEST:
            mine.update(lease_ends_at=None, **changes)
            return
        with transaction.atomic():
            if mine.update(lease_ends_at=None, **changes):
                _tell_items(notice, changes)


def _answer_of(error: smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError) -> tuple[int, str]:
    """What the mail server said: its code and its words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))
        return code, said.decode("utf-8", "replace")
    said_in_words = error.smtp_error
    if isinstance(said_in_words, bytes):
        said_in_words = said_in_words.decode("utf-8", "replace")
    return error.smtp_code, said_in_words
