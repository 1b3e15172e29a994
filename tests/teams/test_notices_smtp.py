"""Sending through a real mail server: what arrives there, and what becomes of a notice when it refuses or is away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from teams.accounts.models import User
from teams.clock import selectors as clock
from teams.notices import services
from teams.notices.models import Notice
from teams.notices.services import sending
from tests import factories, outbox

pytestmark = pytest.mark.django_db

State = Notice.State


@pytest.fixture(autouse=True)
def outset(at_start: datetime) -> Iterator[None]:
    with outbox.kind():
        yield


@pytest.fixture
def sink(settings: Settings) -> Iterator[outbox.Sink]:
    """A mail server that the portal sends to."""
    with outbox.Sink() as sink:
        settings.EMAIL_BACKEND = outbox.SMTP_BACKEND
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT = 5
        settings.DEFAULT_FROM_EMAIL = "Portal <portal@portal.example>"
        yield sink


@pytest.fixture
def person() -> User:
    return factories.person(email="someone@example.test", name="Søren Åse")


def the_notice() -> Notice:
    return Notice.objects.get()


def let_it_be_tried_again() -> None:
    Notice.objects.update(next_try_at=clock.real_now())


def test_the_mail_is_text_and_html_with_the_headers_of_an_automatic_mail(sink: outbox.Sink, person: User) -> None:
    outbox.owe(person)
    assert services.send_due() == 1
    message = sink.messages[0]
    assert message["To"] == "someone@example.test"
    assert message["From"] == "Portal <portal@portal.example>"
    assert message["Subject"] == "About thing:1"
    assert message["Message-ID"] == the_notice().message_id == services.message_id_of(the_notice())
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["References"] == "<thread@example.test>"
    assert message.get_content_type() == "multipart/alternative"
    plain, html = message.iter_parts()
    assert (plain.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert plain.get_content().strip() == "Text for Søren Åse"
    assert "<p>thing:1</p>" in html.get_content()


def test_a_batch_goes_over_one_connection(sink: outbox.Sink) -> None:
    outbox.owe(*[factories.person(password=None) for _ in range(services.BATCH + 5)])
    assert services.send_due() == services.BATCH + 5
    assert (len(sink.messages), sink.conversations) == (services.BATCH + 5, 1)


def test_a_refused_recipient_fails_in_sight_and_stops_nobody_else(sink: outbox.Sink, person: User) -> None:
    others = [factories.person(password=None) for _ in range(2)]
    sink.answers[person.email] = "550 No such user here"
    outbox.owe(others[0], person, others[1])
    assert services.send_due() == 2
    refused = Notice.objects.get(recipient=person)
    assert (refused.state, refused.attempts) == (State.FAILED, 1)
    assert refused.remark == "The mail server refused it: 550 No such user here"
    assert services.send_due() == 0


def test_a_refusal_for_now_is_asked_again_later_and_later_then_no_more(sink: outbox.Sink, person: User) -> None:
    sink.answer_to_everyone = "451 Come back later"
    outbox.owe(person)
    pauses = []
    for _ in range(sending.REFUSALS_AT_MOST - 1):
        assert services.send_due() == 0
        notice = the_notice()
        assert (notice.state, notice.remark) == (State.WAITING, "The mail server refused it: 451 Come back later")
        assert notice.next_try_at is not None
        pauses.append((notice.next_try_at - clock.real_now()) / timedelta(minutes=1))
        assert services.send_due() == 0
        assert the_notice().attempts == notice.attempts
        let_it_be_tried_again()
    assert [round(pause) for pause in pauses] == [1, 2, 4, 8, 16, 32, 64]
    services.send_due()
    assert (the_notice().state, the_notice().attempts) == (State.FAILED, sending.REFUSALS_AT_MOST)


def test_a_recipient_refused_for_now_gets_it_when_taken(sink: outbox.Sink, person: User) -> None:
    sink.answer_to_everyone = "450 Greylisted"
    outbox.owe(person)
    services.send_due()
    sink.answer_to_everyone = ""
    let_it_be_tried_again()
    assert services.send_due() == 1
    assert (the_notice().state, the_notice().remark) == (State.SENT, "")


def test_content_refused_for_good_fails_in_sight(sink: outbox.Sink, person: User) -> None:
    sink.answer_to_content = "554 Not wanted"
    outbox.owe(person)
    assert services.send_due() == 0
    assert (the_notice().state, the_notice().remark) == (State.FAILED, "The mail server refused it: 554 Not wanted")


def test_while_the_server_is_away_mail_waits_and_goes_when_it_is_back(sink: outbox.Sink) -> None:
    people = [factories.person(password=None) for _ in range(3)]
    outbox.owe(*people)
    sink.stop()
    assert services.send_due() == 0
    for notice in Notice.objects.all():
        assert (notice.state, notice.attempts) == (State.WAITING, 0)
        assert "can't be reached" in notice.remark
        assert notice.next_try_at is not None
        assert notice.next_try_at > clock.real_now()
    sink.start()
    let_it_be_tried_again()
    assert services.send_due() == 3
    assert {str(message["To"]) for message in sink.messages} == {person.email for person in people}


def test_a_server_that_breaks_off_before_the_content_gets_it_again(sink: outbox.Sink, person: User) -> None:
    sink.answer_to_everyone = "421 Closing"
    outbox.owe(person, factories.person(password=None))
    services.send_due()
    assert outbox.states() == [State.WAITING, State.WAITING]
    sink.answer_to_everyone = ""
    let_it_be_tried_again()
    assert services.send_due() == 2


def test_a_server_that_breaks_off_after_the_content_leaves_the_mail_uncertain(sink: outbox.Sink, person: User) -> None:
    sink.breaks_off = True
    outbox.owe(person, factories.person(password=None))
    assert services.send_due() == 0
    assert outbox.states() == [State.UNCERTAIN, State.UNCERTAIN]
    assert "did not say whether it took it" in the_notice_of(person).remark
    sink.breaks_off = False
    let_it_be_tried_again()
    assert services.send_due() == 0


def the_notice_of(person: User) -> Notice:
    return Notice.objects.get(recipient=person)


def test_an_address_that_is_none_fails_in_sight(sink: outbox.Sink, person: User) -> None:
    User.objects.filter(pk=person.pk).update(email="some one@exa mple.test")
    outbox.owe(person)
    assert services.send_due() == 0
    assert the_notice().state == State.FAILED
