"""Digests: one mail with all that was due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from teams.accounts.models import User
from teams.notices import kinds, services
from teams.notices.kinds import Kind, Mail, Moot
from teams.notices.models import MailboxMessage, Notice, Way
from teams.notices.services import digests
from tests import factories, outbox
from tests.conftest import START
from tests.teams.choices.owing import NIGHT, WORKDAYS, State, at, choose, digest_and_items, only, owe, send

pytestmark = pytest.mark.django_db


def test_a_daily_digest_is_one_mail_with_all_that_was_due_in_order(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, subject_key="thing:2", due="2018-07-20 11:00")
    owe(person, subject_key="thing:1", due="2018-07-20 10:00")
    assert {notice.held_until for notice in Notice.objects.all()} == {at("2018-07-21 08:30")}
    assert send("2018-07-21 08:29") == 0
    assert send("2018-07-21 08:30") == 1
    mail = MailboxMessage.objects.get()
    assert (mail.subject, mail.recipients) == ("Daily digest of July 21, 2018: 2 notices", person.email)
    assert mail.text.index("About thing:1") < mail.text.index("About thing:2")
    digest = Notice.objects.get(kind="digest")
    assert mail.message_id == f"<notice-{digest.pk}.1@portal.example>"
    for item in Notice.objects.exclude(kind="digest"):
        assert (item.state, item.digest, item.remark, item.address, item.message_id) == (
            State.SENT,
            digest,
            "In the daily digest of July 21, 2018.",
            person.email,
            mail.message_id,
        )
        assert item.sent_at is not None
        assert item.subject == f"About {item.subject_key}"
    assert send("2018-07-21 12:00") == 0


def test_what_is_due_at_eight_is_in_the_digest_of_its_own_day(person: User) -> None:
    choose(person, Way.DAILY)
    outbox.owe(person, due_at=at("2018-07-21 08:00"), now=at("2018-07-21 08:00"))
    assert only().held_until == at("2018-07-21 08:30")


def test_a_digest_missed_goes_as_soon_as_it_can(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, due="2018-07-20 08:00")  # found at noon, since the portal was away
    assert services.send_due() == 1
    assert "Daily digest of July 20, 2018" in MailboxMessage.objects.get().subject


def test_what_comes_after_the_digest_of_the_day_goes_in_the_next(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, subject_key="thing:1")
    services.send_due()
    owe(person, subject_key="thing:2")
    assert services.send_due() == 0
    late = Notice.objects.get(subject_key="thing:2")
    assert (late.state, late.held_until) == (State.WAITING, at("2018-07-21 08:30"))
    assert send("2018-07-21 08:30") == 1
    assert MailboxMessage.objects.count() == 2


def test_the_database_refuses_a_second_digest_of_a_period(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person)
    services.send_due()
    digest = Notice.objects.get(kind="digest")
    digest.pk = None
    with pytest.raises(IntegrityError, match="notice_once"), transaction.atomic():
        digest.save(force_insert=True)


@pytest.mark.parametrize(
    ("days", "due", "goes"),
    [
        (WORKDAYS, "2018-07-20 12:00", "2018-07-23 08:30"),
        (WORKDAYS, "2018-07-23 08:00", "2018-07-23 08:30"),
        (WORKDAYS, "2018-07-23 09:00", "2018-07-30 08:30"),
        ((3, 4), "2018-07-20 12:00", "2018-07-25 08:30"),
        ((3, 4), "2018-07-26 08:00", "2018-08-01 08:30"),
    ],
)
def test_a_weekly_digest_comes_on_the_first_working_day(person: User, days: Sequence[int], due: str, goes: str) -> None:
    choose(person, Way.WEEKLY, working_days=days)
    outbox.owe(person, due_at=at(due), now=at(due))
    assert only().held_until == at(goes)


def test_a_daily_digest_comes_on_working_days_and_after_quiet_hours(person: User) -> None:
    choose(person, Way.DAILY, working_days=WORKDAYS, quiet_hours=(time(18), time(10)))
    owe(person, due="2018-07-20 12:00")
    assert only().held_until == at("2018-07-23 10:00")
    assert send("2018-07-23 09:59") == 0
    assert send("2018-07-23 10:00") == 1


def test_what_a_digest_would_bring_too_late_goes_alone(person: User) -> None:
    choose(person, Way.WEEKLY)
    owe(person, due="2018-07-20 12:00", useless_after=at("2018-07-22 12:00"))
    assert (only().way, only().held_until) == (Way.AT_ONCE, None)
    assert services.send_due() == 1
    assert not Notice.objects.filter(kind="digest").exists()


def moot_or_faulty(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
    """Things whose names end so are moot, or can't be composed."""
    if any(notice.subject_key.endswith("broken") for notice in batch):
        raise KeyError("title")
    composed = outbox.compose(batch, now)
    return {
        notice.pk: Moot("It was accepted.") if notice.subject_key.endswith("moot") else composed[notice.pk]
        for notice in batch
    }


@pytest.fixture
def choosy() -> None:
    kind = kinds.find(outbox.KIND)
    assert kind is not None
    kinds._kinds[outbox.KIND] = Kind(kind.name, moot_or_faulty, kind.title, ways=kind.ways)


def test_each_item_is_looked_at_again_and_the_moot_are_left_out_with_their_reason(person: User, choosy: None) -> None:
    choose(person, Way.DAILY)
    for name in ("thing:1", "thing:moot", "thing:broken"):
        owe(person, subject_key=name)
    assert services.send_due() == 1
    assert MailboxMessage.objects.get().subject.endswith(": 1 notice")
    left = dict(Notice.objects.exclude(kind="digest").values_list("subject_key", "state"))
    assert left == {"thing:1": State.SENT, "thing:moot": State.SKIPPED, "thing:broken": State.WAITING}
    assert Notice.objects.get(subject_key="thing:moot").remark == "It was accepted."
    assert Notice.objects.get(subject_key="thing:broken").remark == "It could not be composed: KeyError"
    services.send_due()
    assert Notice.objects.get(subject_key="thing:broken").held_until == at("2018-07-21 08:30")


def test_an_empty_digest_is_not_sent(person: User, choosy: None) -> None:
    choose(person, Way.DAILY)
    owe(person, subject_key="thing:moot")
    assert services.send_due() == 0
    assert not MailboxMessage.objects.exists()
    assert only().state == State.SKIPPED
    digest = Notice.objects.get(kind="digest")
    assert (digest.state, digest.remark) == (State.SKIPPED, "Nothing that was to be in it need be told any more.")


def test_a_person_whose_account_is_closed_gets_no_digest(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person)
    User.objects.update(is_active=False)
    assert services.send_due() == 0
    assert (only().state, only().remark) == (State.SKIPPED, "The person's account is closed.")
    assert Notice.objects.get(kind="digest").state == State.SKIPPED


def test_two_people_get_a_digest_each_of_their_own(person: User) -> None:
    other = factories.person()
    choose(person, Way.DAILY)
    choose(other, Way.WEEKLY)
    owe(person, other)
    assert services.send_due() == 1
    assert MailboxMessage.objects.get().recipients == person.email
    assert send("2018-07-23 08:30") == 1
    assert MailboxMessage.objects.latest("pk").recipients == other.email


def test_the_number_of_statements_does_not_grow_with_the_items(person: User) -> None:
    counts = []
    for items in (1, 30):
        Notice.objects.update(digest=None)
        Notice.objects.all().delete()
        digest_and_items(person, items=items)
        with CaptureQueriesContext(connection) as queries:
            assert services.send_due() == 1
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_batch_of_digests_is_gathered_and_composed_with_the_same_number_of_statements() -> None:
    counts = []
    for number in (1, 20):
        Notice.objects.all().delete()
        digest_and_items(*[factories.person(password=None) for _ in range(number)])
        with CaptureQueriesContext(connection) as queries:
            services.gather(now=START)
            batch = list(Notice.objects.filter(kind="digest"))
            assert len(digests.contents_of(batch, START)) == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_queueing_by_choices_takes_one_statement(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    people = [factories.person(password=None) for _ in range(4)]
    for person, way in zip(people, Way, strict=True):
        choose(person, way, quiet_hours=NIGHT)
    with django_assert_num_queries(1):
        assert outbox.owe(*people) == 4
