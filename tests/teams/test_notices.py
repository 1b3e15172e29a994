"""The outbox: each notice is queued once, claimed by one sender, checked, and sent or settled in sight."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices import kinds, selectors, services
from teams.notices.kinds import Mail, Moot
from teams.notices.models import MailboxMessage, Notice
from tests import factories, outbox
from tests.conftest import START

pytestmark = pytest.mark.django_db

State = Notice.State


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> Iterator[None]:
    """The demonstration's mailbox, at noon of July 20, 2018."""
    settings.EMAIL_BACKEND = outbox.MAILBOX
    with outbox.kind():
        yield


@pytest.fixture
def person() -> User:
    return factories.person(email="someone@example.test")


def the_notice() -> Notice:
    return Notice.objects.get()


# --- Queueing ---


def test_what_is_owed_is_queued_once(person: User) -> None:
    assert outbox.owe(person) == 1
    assert outbox.owe(person) == 0
    notice = the_notice()
    assert (notice.state, notice.attempts, notice.remark, notice.created_at) == (State.WAITING, 0, "", START)


def test_another_rule_revision_subject_or_person_is_another_notice(person: User) -> None:
    outbox.owe(person)
    assert outbox.owe(person, rule="after:3") == 1
    assert outbox.owe(person, revision=2) == 1
    assert outbox.owe(person, subject_key="thing:2") == 1
    assert outbox.owe(person, factories.person()) == 1
    assert Notice.objects.count() == 5


def test_queueing_takes_one_statement_whatever_the_number(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    people = [factories.person(password=None) for _ in range(20)]
    with django_assert_num_queries(1):
        assert outbox.owe(*people) == 20


def test_nothing_owed_is_no_fault() -> None:
    assert outbox.owe() == 0


def test_the_database_itself_refuses_a_second_one(person: User) -> None:
    outbox.owe(person)
    notice = the_notice()
    notice.pk = None
    with pytest.raises(IntegrityError, match="notice_once"), transaction.atomic():
        notice.save(force_insert=True)


# --- Sending ---


def test_a_notice_that_is_due_is_sent_and_kept_as_it_went(person: User) -> None:
    outbox.owe(person, subject_key="thing:7")
    assert services.send_due() == 1
    notice = the_notice()
    assert notice.state == State.SENT
    assert notice.sent_at is not None
    assert timedelta(0) <= notice.sent_at - START < timedelta(minutes=1)
    assert (notice.address, notice.subject, notice.attempts) == ("someone@example.test", "About thing:7", 1)
    assert (notice.text, "thing:7" in notice.html) == (f"Text for {person.name}", True)
    message = MailboxMessage.objects.get()
    assert (message.message_id, message.subject, message.text, message.html) == (
        notice.message_id,
        notice.subject,
        notice.text,
        notice.html,
    )
    assert services.send_due() == 0
    assert MailboxMessage.objects.count() == 1


def test_its_message_id_comes_from_the_notice_and_the_site(person: User, settings: Settings) -> None:
    settings.SITE_URL = "https://portal.example:8443/somewhere"
    outbox.owe(person, revision=3)
    services.send_due()
    assert the_notice().message_id == f"<notice-{the_notice().pk}.3@portal.example>"


def test_what_is_not_due_yet_waits(person: User) -> None:
    outbox.owe(person, due_at=START + timedelta(hours=1))
    assert services.send_due() == 0
    assert the_notice().state == State.WAITING


def test_a_moot_notice_is_skipped_with_its_reason(person: User) -> None:
    def moot(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
        return {notice.pk: Moot("It was accepted.") for notice in batch}

    outbox.owe(person)
    del kinds._kinds[outbox.KIND]
    with outbox.kind(moot):
        assert services.send_due() == 0
    kinds.register(kinds.Kind(outbox.KIND, outbox.compose))
    assert (the_notice().state, the_notice().remark) == (State.SKIPPED, "It was accepted.")
    assert not MailboxMessage.objects.exists()


def test_a_person_whose_account_is_closed_gets_nothing(person: User) -> None:
    outbox.owe(person)
    User.objects.update(is_active=False)
    assert services.send_due() == 0
    assert (the_notice().state, the_notice().remark) == (State.SKIPPED, "The person's account is closed.")


def test_a_notice_past_its_use_is_skipped_in_sight(person: User) -> None:
    outbox.owe(person, due_at=START - timedelta(days=9), useless_after=START - timedelta(days=2))
    assert services.send_due() == 0
    assert the_notice().state == State.SKIPPED
    assert "July 18, 2018" in the_notice().remark


def test_a_notice_that_cannot_be_composed_takes_no_other_with_it(caplog: pytest.LogCaptureFixture) -> None:
    people = [factories.person(name=name, password=None) for name in ("Fine", "Broken", "Also fine")]

    def fragile(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
        if any(notice.recipient == people[1] for notice in batch):
            raise KeyError("title")
        return outbox.compose(batch, now)

    outbox.owe(*people)
    kinds._kinds[outbox.KIND] = kinds.Kind(outbox.KIND, fragile)
    assert services.send_due() == 2
    broken = Notice.objects.get(recipient=people[1])
    assert (broken.state, broken.remark) == (State.WAITING, "It could not be composed: KeyError")
    assert broken.next_try_at is not None
    assert broken.next_try_at > clock.real_now()


def test_a_kind_that_nobody_knows_waits_in_sight(person: User) -> None:
    outbox.owe(person, kind="from_a_newer_portal")
    assert services.send_due() == 0
    assert the_notice().state == State.WAITING
    assert "from_a_newer_portal" in the_notice().remark


def test_a_subject_with_a_line_break_is_one_line(person: User) -> None:
    outbox.owe(person, subject_key="thing\r\nBcc: everyone@example.test")
    assert services.send_due() == 1
    message = MailboxMessage.objects.get()
    assert (message.subject, message.recipients) == ("About thing Bcc: everyone@example.test", person.email)


def test_a_batch_takes_few_queries(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    outbox.owe(*[factories.person(password=None) for _ in range(services.BATCH)])
    with django_assert_max_num_queries(6 * services.BATCH):
        assert services.send_due() == services.BATCH


# --- Claims and leases ---


def test_two_senders_never_have_the_same_notice() -> None:
    outbox.owe(*[factories.person(password=None) for _ in range(4)])
    first = services.claim(by=uuid.uuid4(), now=START, at_most=3)
    second = services.claim(by=uuid.uuid4(), now=START, at_most=3)
    assert (len(first), len(second)) == (3, 1)
    assert {notice.pk for notice in first} & {notice.pk for notice in second} == set()


def test_a_claim_that_was_never_begun_waits_again_when_its_lease_ends(person: User) -> None:
    outbox.owe(person)
    services.claim(by=uuid.uuid4(), now=START)
    assert services.send_due() == 0
    assert the_notice().state == State.SENDING
    Notice.objects.update(lease_ends_at=clock.real_now())
    assert services.send_due() == 1
    assert the_notice().state == State.SENT


def abandoned(person: User, *, arrived: bool) -> Notice:
    """A notice whose sender died while the mail server had the word."""
    outbox.owe(person)
    notice = services.claim(by=uuid.uuid4(), now=START)[0]
    message_id = services.message_id_of(notice)
    past = clock.real_now() - timedelta(seconds=1)
    Notice.objects.update(message_id=message_id, handed_over_at=past, lease_ends_at=past)
    if arrived:
        MailboxMessage.objects.create(message_id=message_id, sender="a", recipients="b", subject="c", arrived_at=START)
    return notice


def test_a_mail_in_doubt_that_arrived_counts_as_sent(person: User) -> None:
    abandoned(person, arrived=True)
    assert services.send_due() == 0
    assert the_notice().state == State.SENT
    assert MailboxMessage.objects.count() == 1


def test_a_mail_in_doubt_that_did_not_arrive_is_sent(person: User) -> None:
    abandoned(person, arrived=False)
    assert services.send_due() == 1
    assert the_notice().state == State.SENT
    assert MailboxMessage.objects.count() == 1


def test_where_the_server_cannot_be_asked_a_mail_in_doubt_is_left_alone_in_sight(
    person: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    abandoned(person, arrived=False)
    assert services.send_due() == 0
    assert the_notice().state == State.UNCERTAIN
    assert "nobody knows" in the_notice().remark


def test_a_sender_that_lost_its_lease_sends_nothing(person: User) -> None:
    def slow(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
        Notice.objects.update(lease_ends_at=clock.real_now())
        return outbox.compose(batch, now)

    outbox.owe(person)
    kinds._kinds[outbox.KIND] = kinds.Kind(outbox.KIND, slow)
    assert services.send_due() == 0
    assert not MailboxMessage.objects.exists()
    kinds._kinds[outbox.KIND] = kinds.Kind(outbox.KIND, outbox.compose)
    assert services.send_due() == 1


def test_when_the_time_is_up_the_rest_is_given_back() -> None:
    outbox.owe(*[factories.person(password=None) for _ in range(3)])
    assert services.send_due(seconds=0) == 0
    assert set(outbox.states()) == {State.WAITING}
    assert services.send_due() == 3


# --- What is waiting ---


def test_how_long_the_oldest_has_waited(person: User) -> None:
    assert selectors.oldest_wait(START) == 0
    outbox.owe(person, due_at=START - timedelta(minutes=10), now=START - timedelta(minutes=5))
    assert selectors.oldest_wait(START) == 300
    services.send_due()
    assert selectors.oldest_wait(START) == 0


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="another kind"):
        kinds.register(kinds.Kind(outbox.KIND, lambda _batch, _now: {}))


def owe_to(address: str, revision: int = 1) -> Notice:
    return services.owe_to_address(
        kind=outbox.KIND,
        rule="asked",
        subject_key="thing:1",
        revision=revision,
        address=address,
        why="You are in a test.",
        now=START,
        useless_after=START + timedelta(days=1),
    )


def test_a_notice_goes_to_an_address_without_an_account_once() -> None:
    owed = owe_to("new@example.test")
    assert owe_to("new@example.test") == owed
    assert services.send_due() == 1
    assert owe_to("new@example.test") == owed
    assert services.send_due() == 0
    message = MailboxMessage.objects.get()
    assert (message.recipients, message.text) == ("new@example.test", "Text for new@example.test")
    assert (the_notice().state, the_notice().address) == (State.SENT, "new@example.test")


def test_a_notice_goes_to_someone() -> None:
    with pytest.raises(IntegrityError, match="notice_goes_to_someone"):
        owe_to("")


def test_what_a_mail_keeps_secret_goes_and_is_not_kept() -> None:
    def secretive(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
        mail = Mail("Come in", "By https://x/key/ please", '<a href="https://x/key/">In</a>', secret="https://x/key/")
        return {notice.pk: mail for notice in batch}

    kinds._kinds[outbox.KIND] = kinds.Kind(outbox.KIND, secretive)
    owe_to("new@example.test")
    assert services.send_due() == 1
    assert "https://x/key/" in MailboxMessage.objects.get().text
    assert (the_notice().text, the_notice().html) == ("By … please", '<a href="…">In</a>')
