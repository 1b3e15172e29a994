"""A digest whose sending goes wrong."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from teams.accounts.models import User
from teams.notices import kinds, services
from teams.notices.kinds import Kind, Mail, Moot
from teams.notices.models import MailboxMessage, Notice, Way
from tests import outbox
from tests.conftest import START
from tests.teams.choices.owing import State, choose, digest_and_items

pytestmark = pytest.mark.django_db


def abandoned(person: User, *, arrived: bool) -> None:
    """A digest whose sender died while the mail server had the word."""
    digest_and_items(person)
    services.gather(now=START)
    digest = Notice.objects.get(kind="digest")
    Notice.objects.exclude(kind="digest").update(digest=digest, message_id=services.message_id_of(digest))
    past = START - timedelta(days=3000)
    Notice.objects.filter(pk=digest.pk).update(
        state=State.SENDING,
        claimed_by=uuid.uuid4(),
        message_id=services.message_id_of(digest),
        handed_over_at=past,
        lease_ends_at=past,
    )
    if arrived:
        MailboxMessage.objects.create(
            message_id=services.message_id_of(digest), sender="a", recipients="b", subject="c", arrived_at=START
        )


def test_a_digest_in_doubt_that_arrived_counts_as_sent_with_all_in_it(person: User) -> None:
    abandoned(person, arrived=True)
    assert services.send_due() == 0
    assert set(outbox.states()) == {State.SENT}


def test_a_digest_in_doubt_that_did_not_arrive_is_composed_anew_under_its_message_id(person: User) -> None:
    abandoned(person, arrived=False)
    assert services.send_due() == 1
    assert set(outbox.states()) == {State.SENT}
    digest = Notice.objects.get(kind="digest")
    assert MailboxMessage.objects.get().message_id == services.message_id_of(digest)


def test_where_the_server_cannot_be_asked_a_digest_in_doubt_is_uncertain_with_all_in_it(
    person: User, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    abandoned(person, arrived=False)
    assert services.send_due() == 0
    assert set(outbox.states()) == {State.UNCERTAIN}


def test_a_digest_refused_for_good_fails_with_all_in_it(person: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    with outbox.Sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        sink.answer_to_everyone = "550 no such user"
        digest_and_items(person)
        assert services.send_due() == 0
    assert set(outbox.states()) == {State.FAILED}


def test_a_digest_refused_for_now_lets_its_items_go_by_a_newer_choice(person: User, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
    with outbox.Sink() as sink:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        sink.answer_to_everyone = "450 later"
        digest_and_items(person)
        assert services.send_due() == 0
        assert set(outbox.states()) == {State.WAITING}
        assert not Notice.objects.filter(digest__isnull=False).exists()
        sink.answer_to_everyone = ""
        choose(person, Way.AT_ONCE)
        assert services.send_due() == 3
        assert {str(message["Subject"]) for message in sink.messages} == {f"About thing:{n}" for n in range(3)}


def test_a_choice_made_while_a_digest_is_composed_counts(person: User) -> None:
    """The person switches off in the moment between composing and handing over: nothing is told, nothing is lost."""
    digest_and_items(person)

    def meanwhile(batch: Sequence[Notice], now: datetime) -> Mapping[int, Mail | Moot]:
        choose(person, Way.OFF)
        return outbox.compose(batch, now)

    kinds._kinds[outbox.KIND] = Kind(outbox.KIND, meanwhile, "Notices of tests", ways=tuple(Way))
    assert services.send_due() == 0
    assert not MailboxMessage.objects.exists()
    assert set(Notice.objects.exclude(kind="digest").values_list("state", flat=True)) == {State.OFF}
    assert Notice.objects.get(kind="digest").state == State.SKIPPED
