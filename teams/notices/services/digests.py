"""Digests: one mail with everything of a person that waits for it.

A digest is itself a notice, so it is claimed, handed over and settled as any other, and the outbox's unique key makes a
second one of the same period impossible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import formats, timezone

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices import kinds
from teams.notices.kinds import Mail, Moot
from teams.notices.models import DIGEST, Notice, Way
from teams.notices.selectors import goes_by

from .composing import compose, message_id_of
from .queueing import TABLE, plan_again

State = Notice.State

SUBJECT: Final = "digest:"

_WAITING: Final = "state = 'waiting' AND way IN ('daily', 'weekly') AND coalesce(held_until, due_at) <= %s"

# Every name is our own; values are parameters: why in words, now, now, the fallback zone, now.
_WRITE: Final = f"""
    INSERT INTO {TABLE} (kind, rule, subject_key, revision, recipient_id, owed_to_id, scope, why, due_at, created_at)
    SELECT '{DIGEST}', owed.way, '{SUBJECT}' || notice_period(%s, owed.way, person.timezone, %s), 1,
        owed.recipient_id, owed.recipient_id, '', 'You get some kinds of mail in a ' || owed.way || ' digest.',
        owed.due_at, %s
    FROM (
        SELECT recipient_id, way, min(coalesce(held_until, due_at)) AS due_at
        FROM {TABLE} WHERE {_WAITING} AND digest_id IS NULL GROUP BY recipient_id, way
    ) AS owed
    JOIN accounts_user AS person ON person.id = owed.recipient_id
    ON CONFLICT ON CONSTRAINT notice_once DO NOTHING
"""  # noqa: S608

_TOO_LATE: Final = f"""
    SELECT item.id
    FROM (SELECT id, recipient_id, way FROM {TABLE} WHERE {_WAITING} AND digest_id IS NULL) AS item
    JOIN accounts_user AS person ON person.id = item.recipient_id
    JOIN {TABLE} AS made ON made.kind = '{DIGEST}' AND made.rule = item.way AND made.revision = 1
        AND made.subject_key = '{SUBJECT}' || notice_period(%s, item.way, person.timezone, %s)
        AND made.recipient_id = item.recipient_id
    WHERE made.state NOT IN ('waiting', 'sending')
"""  # noqa: S608


@dataclass(slots=True)
class Contents:
    """What a digest tells, what it leaves out as moot, what is another's now, and what could not be composed; by id."""

    told: dict[int, tuple[Notice, Mail]] = field(default_factory=dict)
    moot: dict[int, str] = field(default_factory=dict)
    moved: dict[int, Mail] = field(default_factory=dict)
    faulty: dict[int, str] = field(default_factory=dict)

    @property
    def kinds(self) -> list[str]:
        """The kinds of what it tells."""
        return list(dict.fromkeys(notice.kind for notice, _ in self.told.values()))


@transaction.atomic
def gather(*, now: datetime) -> None:
    """Write the digests whose hour has come at `now` (the portal's clock), each once for its person and period.

    What came too late for one that is settled goes in the next. Three statements at most, however many people.
    """
    with database.cursor() as cursor:
        cursor.execute(_WRITE, [now, settings.TIME_ZONE, now, now])
        cursor.execute(_TOO_LATE, [now, now, settings.TIME_ZONE])
        late = [pk for (pk,) in cursor.fetchall()]
    if late:
        plan_again(ids=late, now=now, not_before=now)


def contents_of(digests: Sequence[Notice], now: datetime) -> dict[int, tuple[Mail | Moot, Contents]]:
    """For each digest its mail, or why it need not go, with what it tells and leaves out.

    Every item is asked of its kind again; the number of queries doesn't depend on how many digests or items there are.
    """
    if not digests:
        return {}
    theirs = Q(pk__in=[])
    for digest in digests:
        theirs |= Q(recipient=digest.recipient_id, way=digest.rule)
    items = list(
        goes_by(Notice.objects.filter(theirs, state=State.WAITING, digest=None), now)
        .exclude(kind=DIGEST)
        .order_by("due_at", "id")
    )
    answers = compose(items, now)
    found: dict[int, tuple[Mail | Moot, Contents]] = {}
    for digest in digests:
        contents = Contents()
        for item in items:
            if (item.recipient_id, item.way) != (digest.recipient_id, digest.rule):
                continue
            match answers[item.pk]:
                case Moot(reason):
                    contents.moot[item.pk] = reason
                case Mail(to=User()) as mail:
                    contents.moved[item.pk] = mail
                case Mail() as mail:
                    contents.told[item.pk] = item, mail
                case str(fault):
                    contents.faulty[item.pk] = fault
        found[digest.pk] = (mail_of(digest, contents) if contents.told else Moot(_why_empty(contents))), contents
    return found


def mail_of(digest: Notice, contents: Contents) -> Mail:
    """The digest as text and as HTML, with days as in the person's own time zone."""
    told = list(contents.told.values())
    person = told[0][0].recipient
    assert person is not None
    zone = ZoneInfo(person.timezone)
    number = f"{len(told)} notice{'' if len(told) == 1 else 's'}"
    title = name_of(digest)
    context = {
        "title": title,
        "number": number,
        "items": [
            {
                "subject": " ".join(mail.subject.split()),
                "summary": mail.summary,
                "link": mail.link or settings.SITE_URL,
                "answers": mail.answers,
                "due_at": notice.due_at,
                "why": notice.why,
            }
            for notice, mail in told
        ],
        "zone": person.timezone,
        **kinds.foot(digest.why),
    }
    with timezone.override(zone):
        text = render_to_string("emails/digest.txt", context)
        html = render_to_string("emails/digest.html", context)
    secrets = tuple(secret for _, mail in told for secret in (mail.secret, *mail.secrets) if secret)
    return Mail(f"{title}: {number}", text, html, secrets=secrets)


def name_of(digest: Notice) -> str:
    """ "Daily digest of July 20, 2018", "Weekly digest of July 16, 2018" (the Monday of its week)."""
    day = date.fromisoformat(digest.subject_key.removeprefix(SUBJECT))
    return f"{Way(digest.rule).label} of {formats.date_format(day, 'F j, Y')}"


def take(digest: Notice, contents: Contents, *, address: str) -> bool:
    """Mark what the digest tells as being in it; False when meanwhile some of it is to go otherwise, or is gone."""
    told = contents.told.values()
    statement = f"""
        UPDATE {TABLE} AS item
        SET digest_id = %s, address = %s, message_id = %s, subject = told.subject, text = told.text, remark = ''
        FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS told (id, subject, text)
        WHERE item.id = told.id AND item.state = 'waiting' AND item.digest_id IS NULL AND item.way = %s
    """  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(
            statement,
            [
                digest.pk,
                address,
                message_id_of(digest),
                list(contents.told),
                [" ".join(mail.subject.split())[:300] for _, mail in told],
                ["\n".join(filter(None, [mail.summary, mail.link])) for _, mail in told],
                digest.rule,
            ],
        )
        return int(cursor.rowcount) == len(told)


def leave_out(contents: Contents) -> None:
    """Skip what is moot, with its reason, and say of what could not be composed that it waits on: one statement.

    What is another's now (an absence began or ended) goes on to them, by their own choices.
    """
    for pk, mail in contents.moved.items():
        Notice.objects.filter(pk=pk, state=State.WAITING, digest=None).update(recipient=mail.to, why=mail.why)
    if contents.moved:
        plan_again(ids=list(contents.moved), now=clock.now())
    left = {**contents.moot, **contents.faulty}
    if not left:
        return
    statement = f"""
        UPDATE {TABLE} AS item
        SET state = CASE WHEN item.id = ANY (%s) THEN 'skipped' ELSE item.state END, remark = left_out.remark
        FROM unnest(%s::bigint[], %s::text[]) AS left_out (id, remark)
        WHERE item.id = left_out.id AND item.state = 'waiting' AND item.digest_id IS NULL
    """  # noqa: S608
    with database.cursor() as cursor:
        cursor.execute(statement, [list(contents.moot), list(left), [reason[:500] for reason in left.values()]])


def follow(digest: Notice, *, state: str, sent_at: datetime | None, remark: str) -> None:
    """What the digest told shares its fate: sent, failed, uncertain with it, or waiting on for another try."""
    items = Notice.objects.filter(digest=digest.pk, state__in=(State.WAITING, State.UNCERTAIN))
    if state == State.WAITING:
        items.update(digest=None, state=State.WAITING, address="", message_id="", subject="", text="", remark="")
        return
    remark = f"In the {name_of(digest)[:1].lower()}{name_of(digest)[1:]}. {remark}".strip()
    items.update(state=state, sent_at=sent_at, remark=remark[:500])


def _why_empty(contents: Contents) -> str:
    if contents.faulty:
        return "What it would have told could not be composed."
    return "Nothing that was to be in it need be told any more."
