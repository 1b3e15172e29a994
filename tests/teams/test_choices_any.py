"""Whatever people choose, wherever they live, and whenever it is due: when a notice goes, and that it goes once."""

from __future__ import annotations

import random
import zoneinfo
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.mail import EmailMessage
from django.db import connection
from pytest_django import Settings

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.clock import services as clocks
from teams.notices import mailbox, selectors, services
from teams.notices.models import Choice, Notice, QuietTimes, Way
from tests import outbox
from tests.conftest import START

pytestmark = pytest.mark.django_db

PEOPLE, DUE_TIMES = 2_500, 4
ALL_DAYS = list(range(1, 8))


class Wanted:
    """What one person chose, drawn at random."""

    def __init__(self, drawn: random.Random, zones: Sequence[str]) -> None:
        self.zone = ZoneInfo(drawn.choice(zones))
        self.way = drawn.choice([Way.AT_ONCE, *Way])
        self.starts = self.ends = None
        if drawn.random() < 0.75:
            self.starts, self.ends = _minute(drawn), _minute(drawn)
            if self.starts == self.ends:
                self.starts = self.ends = None
        self.days = ALL_DAYS if drawn.random() < 0.4 else sorted(drawn.sample(ALL_DAYS, drawn.randint(1, 6)))

    def is_quiet(self, wall: time) -> bool:
        """Whether the hour of the day is among quiet hours."""
        if self.starts is None or self.ends is None:
            return False
        if self.starts < self.ends:
            return self.starts <= wall < self.ends
        return wall >= self.starts or wall < self.ends

    def may_come(self, moment: datetime) -> bool:
        """Whether mail may come at the moment."""
        local = moment.astimezone(self.zone)
        return local.isoweekday() in self.days and not self.is_quiet(local.time())

    def released(self, wall: datetime) -> datetime:
        """When quiet time ends, on the clock of the zone, had it no changes of clocks."""
        works = wall.isoweekday() in self.days
        if works and not self.is_quiet(wall.time()):
            return wall
        day = wall.date()
        if works and self.ends is not None and self.ends > wall.time():
            return datetime.combine(day, self.ends)
        following = next(day + timedelta(n) for n in range(1, 9) if (day + timedelta(n)).isoweekday() in self.days)
        waits_for_the_night = works and following == day + timedelta(1)
        if self.ends is not None and (waits_for_the_night or self.is_quiet(time(8))):
            return datetime.combine(following, self.ends)
        return datetime.combine(following, time(8))

    def digest(self, wall: datetime) -> datetime:
        """The next digest's hour at that time of the clock or after it, before quiet time is looked at."""
        for n in range(16):
            day = wall.date() + timedelta(n)
            monday = day - timedelta(day.weekday())
            first = next(monday + timedelta(n) for n in range(7) if (monday + timedelta(n)).isoweekday() in self.days)
            hour = datetime.combine(day, time(8, 30))
            fits = day.isoweekday() in self.days and (self.way == Way.DAILY or day == first)
            if fits and hour >= wall:
                return hour
        raise AssertionError("every week has a digest")


def _minute(drawn: random.Random) -> time:
    return time(drawn.randrange(24), drawn.choice([0, 0, 0, 30, 17]))


def people(drawn: random.Random, number: int) -> dict[int, Wanted]:
    """So many people with their choices, by id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        known = {name for (name,) in cursor.fetchall()}
    zones = sorted(name for name in zoneinfo.available_timezones() & known if "/" in name)
    wanted = [Wanted(drawn, zones) for _ in range(number)]
    users = User.objects.bulk_create(
        User(email=f"{n}@example.test", name=f"Person {n}", password="!", timezone=str(each.zone))
        for n, each in enumerate(wanted)
    )
    write(dict(zip([user.pk for user in users], wanted, strict=True)))
    return dict(zip([user.pk for user in users], wanted, strict=True))


def write(wanted: dict[int, Wanted]) -> None:
    """Write the choices down."""
    Choice.objects.bulk_create(
        Choice(person_id=pk, kind=outbox.KIND, way=each.way) for pk, each in wanted.items() if each.way != Way.AT_ONCE
    )
    QuietTimes.objects.bulk_create(
        QuietTimes(
            person_id=pk, starts=each.starts, ends=each.ends, working_days=None if each.days == ALL_DAYS else each.days
        )
        for pk, each in wanted.items()
        if each.starts is not None or each.days != ALL_DAYS
    )


def moments(drawn: random.Random) -> Iterator[datetime]:
    """Endless instants, half of them in weeks in which clocks are changed somewhere."""
    weeks = [(3, 8), (3, 25), (4, 1), (9, 25), (10, 1), (10, 25), (11, 1)]
    while True:
        year = drawn.randint(2016, 2024)
        month, day = drawn.choice(weeks) if drawn.random() < 0.5 else (drawn.randint(1, 12), drawn.randint(1, 20))
        yield datetime(year, month, day, tzinfo=UTC) + timedelta(minutes=drawn.randrange(8 * 24 * 60))


def changes_of_clocks(zone: ZoneInfo, begin: datetime, end: datetime) -> bool:
    """Whether a clock of the zone is changed within a day of what lies between."""
    hours = int((end - begin).total_seconds() // 3600) + 48
    offsets = {(begin + timedelta(hours=n - 24)).astimezone(zone).utcoffset() for n in range(0, hours + 1, 3)}
    return len(offsets) > 1


def test_ten_thousand_cases_go_when_they_should() -> None:
    drawn = random.Random(2018_07_20)
    instants = moments(drawn)
    found: Counter[str] = Counter()
    with outbox.kind():
        wanted = people(drawn, PEOPLE)
        owed: list[Notice] = []
        for pk in wanted:
            for _ in range(DUE_TIMES):
                due = next(instants)
                useful = drawn.choice([None, timedelta(hours=drawn.randint(2, 60)), timedelta(days=7)])
                owed.append(
                    Notice(
                        kind=outbox.KIND,
                        subject_key=f"thing:{len(owed)}",
                        recipient_id=pk,
                        owed_to_id=pk,
                        due_at=due,
                        useless_after=due + useful if useful else None,
                        created_at=due,
                    )
                )
        Notice.objects.bulk_create(owed)
        rows = selectors.planned(
            Notice.objects.order_by("id").values(*selectors.COLUMNS), datetime(2015, 1, 1, tzinfo=UTC)
        )
    for row, plan in rows:
        each, due, useless = wanted[row["recipient_id"]], row["due_at"], row["useless_after"]
        latest = useless - timedelta(hours=1) if useless else datetime(2100, 1, 1, tzinfo=UTC)
        case = f"{vars(each)}, due {due.astimezone(each.zone)}, of use until {useless}: {plan}"
        found[plan.way] += 1
        assert plan.goes_at >= due, case
        if each.way == Way.OFF:
            assert plan.way == Way.OFF, case
            continue
        assert plan.way in (each.way, Way.AT_ONCE), case
        wall = due.astimezone(each.zone).replace(tzinfo=None)
        digest = plan.way != Way.AT_ONCE
        expected = each.released(each.digest(wall) if digest else wall).replace(tzinfo=each.zone)
        if plan.goes_at == due and not each.may_come(due):
            found["in quiet time"] += 1
            assert expected.astimezone(UTC) > latest - timedelta(hours=2), case
            continue
        assert each.may_come(plan.goes_at), case
        assert plan.goes_at <= latest or plan.goes_at == due, case
        if changes_of_clocks(each.zone, due, plan.goes_at):
            found["clocks change"] += 1
            assert abs(plan.goes_at - expected.astimezone(UTC)) <= timedelta(days=1, hours=2), case
        else:
            assert plan.goes_at == expected.astimezone(UTC), case
        if each.way != Way.AT_ONCE and not digest:
            found["too late for its digest"] += 1
            alone = each.released(each.digest(wall)).replace(tzinfo=each.zone).astimezone(UTC)
            assert alone > latest - timedelta(hours=2), case
    print(f"\n{len(rows)} cases: {dict(found)}")
    assert len(rows) == 10_000
    assert min(found[what] for what in (*Way, "in quiet time", "clocks change", "too late for its digest")) > 100


class Noting(mailbox.MailboxBackend):
    """Notes when each mail went, on the portal's clock, and what it told."""

    went: list[tuple[str, datetime, str]] = []

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Notes them instead of keeping them."""
        self.went += [(message.to[0], clock.now(), f"{message.subject}\n{message.body}") for message in email_messages]
        return len(email_messages)


def test_each_notice_ends_once_whatever_is_changed_on_the_way(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "Noting", Noting, raising=False)
    monkeypatch.setattr(Noting, "went", [])
    settings.EMAIL_BACKEND = "teams.notices.mailbox.Noting"
    drawn = random.Random(1_789)
    begin = START.replace(hour=0, minute=0)
    with outbox.kind():
        wanted = people(drawn, 60)
        users = {user.pk: user for user in User.objects.all()}
        owed = sorted(
            (begin + timedelta(minutes=drawn.randrange(6 * 24 * 60)), number, pk)
            for number, pk in enumerate(pk for pk in wanted for _ in range(4))
        )
        allowed: dict[str, list[tuple[datetime, Wanted]]] = defaultdict(list)
        for pk, each in wanted.items():
            allowed[users[pk].email].append((begin, each))
        for step in range(0, 20 * 24 * 60, 40):
            now = begin + timedelta(minutes=step)
            with clocks.held_still(now):
                while owed and owed[0][0] <= now:
                    due, number, pk = owed.pop(0)
                    useless = due + timedelta(days=7)
                    outbox.owe(users[pk], due_at=due, now=now, subject_key=f"thing:{number}:", useless_after=useless)
                services.send_due()
                if drawn.random() < 0.2:
                    pk = drawn.choice(list(wanted))
                    each = Wanted(drawn, [str(wanted[pk].zone)])
                    hours = (each.starts, each.ends) if each.starts is not None and each.ends is not None else None
                    services.choose(
                        by=users[pk], ways={outbox.KIND: each.way}, quiet_hours=hours, working_days=each.days
                    )
                    allowed[users[pk].email].append((now, each))
                if step == 3 * 24 * 60:
                    User.objects.filter(pk__in=list(wanted)[:5]).update(is_active=False)
    items = list(Notice.objects.exclude(kind="digest").select_related("recipient", "digest"))
    assert len(items) == 240
    assert {item.state for item in items} == {Notice.State.SENT, Notice.State.OFF, Notice.State.SKIPPED}
    told = Counter((to, word) for to, _, text in Noting.went for word in text.split() if word.startswith("thing:"))
    for item in items:
        assert item.recipient is not None
        # The subject of a mail of its own, and the line in a digest, name the thing once.
        number = told[item.recipient.email, item.subject_key]
        assert number == (1 if item.state == Notice.State.SENT else 0), f"{item} is {item.state}, told {number} times"
        assert (item.state == Notice.State.SENT) == (item.sent_at is not None)
        if item.digest is not None:
            assert item.digest.state == item.state == Notice.State.SENT
    in_quiet = [
        (to, moment)
        for to, moment, _ in Noting.went
        if not next(each for since, each in reversed(allowed[to]) if since <= moment).may_come(moment)
    ]
    alone = {(item.address, item.sent_at): item for item in items if item.digest is None}
    for to, moment in in_quiet:
        # Only what would have come too late otherwise.
        each = next(each for since, each in reversed(allowed[to]) if since <= moment)
        free = each.released(moment.astimezone(each.zone).replace(tzinfo=None)).replace(tzinfo=each.zone)
        useful_until = alone[to, moment].useless_after
        assert useful_until is not None
        assert free > useful_until - timedelta(hours=1), f"a mail to {to} went in quiet time at {moment}"
    within = [item for item in items if item.digest is not None]
    print(
        f"\n{len(items)} notices: {dict(Counter(item.state for item in items))}; {len(Noting.went)} mails, with"
        f" {len(within)} notices in {len({item.digest_id for item in within})} digests; {len(in_quiet)} in quiet time"
    )
    assert len(within) > 50
