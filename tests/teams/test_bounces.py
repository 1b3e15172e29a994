"""`take_in_bounces`: what a mail server reports is recorded once, as a mark that changes nothing else."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from teams.accounts.models import User
from teams.notices import selectors, services
from teams.notices.models import Bounce, Notice, Way
from teams.notices.reports import LIMIT
from tests import factories, outbox
from tests.conftest import START
from tests.teams.choices.owing import choose, owe, send

pytestmark = pytest.mark.django_db

ADDRESS = "someone@example.test"
UNKNOWN = "smtp; 550 5.1.1 <someone@example.test>: user unknown"


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> Iterator[None]:
    """The demonstration's mailbox, at noon of July 20, 2018."""
    settings.EMAIL_BACKEND = outbox.MAILBOX
    with outbox.kind():
        yield


@pytest.fixture
def person() -> User:
    return factories.person(email=ADDRESS)


@pytest.fixture
def sent(person: User) -> Notice:
    """A notice that went to the address."""
    outbox.owe(person)
    assert services.send_due() == 1
    return Notice.objects.get()


def report(
    message_id: str,
    *,
    recipient: str = f"Final-Recipient: rfc822; {ADDRESS}",
    action: str = "failed",
    status: str = "5.1.1",
    diagnostic: str = UNKNOWN,
    original: str = "message/rfc822",
    first: str = "Content-Type: text/plain; charset=us-ascii\n\nYour mail could not be delivered.\n",
) -> bytes:
    """A report as Postfix writes it; the arguments make it another's."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: portal@portal.example.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="edge/1"

This is a MIME-encapsulated message.

--edge/1
{first}
--edge/1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org
X-Queue-ID: 4Qabc
Arrival-Date: Fri, 20 Jul 2018 12:00:00 +0000 (UTC)

{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--edge/1
Content-Type: {original}

From: portal@portal.example.test
Message-ID: {message_id}
Subject: About thing:1

Text

--edge/1--
""".encode()


def test_postfix_says_that_nobody_has_the_address(sent: Notice) -> None:
    lines = services.record_bounces(content=report(sent.message_id))
    assert lines == [f"recorded: notice {sent.pk} failed, 550 5.1.1 <{ADDRESS}>: user unknown"]
    bounce = Bounce.objects.get()
    assert (bounce.notice, bounce.action, bounce.status, bounce.address) == (sent, "failed", "5.1.1", ADDRESS)
    assert (bounce.answer, bounce.is_final) == (f"550 5.1.1 <{ADDRESS}>: user unknown", True)
    assert abs((bounce.reported_at - START).total_seconds()) < 60


def test_exchange_names_the_recipient_in_its_own_case_and_returns_headers_alone(sent: Notice) -> None:
    content = report(
        sent.message_id,
        recipient="Final-Recipient: rfc822;Someone@Example.test",
        status="5.1.10",
        diagnostic="smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound;\n Recipient not found by SMTP address lookup",
        original="text/rfc822-headers",
    )
    services.record_bounces(content=content.replace(b"\n", b"\r\n"))
    bounce = Bounce.objects.get()
    assert bounce.status == "5.1.10"
    assert bounce.answer == "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"


def test_gmail_puts_its_words_and_a_picture_into_a_part_of_their_own(sent: Notice) -> None:
    first = """Content-Type: multipart/related; boundary="inner"

--inner
Content-Type: multipart/alternative; boundary="innermost"

--innermost
Content-Type: text/plain; charset="UTF-8"

Address not found
--innermost--
--inner
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--inner--
"""
    recipient = f"Final-Recipient: rfc822; {ADDRESS}"
    diagnostic = "smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n 550 5.1.1 Try again"
    services.record_bounces(content=report(sent.message_id, first=first, recipient=recipient, diagnostic=diagnostic))
    assert Bounce.objects.get().answer.startswith("550-5.1.1 The email account that you tried to reach")


def test_a_delay_is_a_mark_of_its_own_and_the_end_another(sent: Notice) -> None:
    services.record_bounces(content=report(sent.message_id, action="delayed", status="4.4.1", diagnostic="smtp; busy"))
    services.record_bounces(content=report(sent.message_id, action="failed", status="4.4.7", diagnostic="smtp; 451 x"))
    found = list(Bounce.objects.values_list("action", "answer"))
    assert found == [("delayed", "4.4.1 busy"), ("failed", "4.4.7 451 x")]
    noted = vars(selectors.with_bounces(Notice.objects.all()).get())
    assert (noted["bounce_action"], noted["bounce_answer"]) == ("failed", "4.4.7 451 x")


def test_the_same_twice_is_recorded_once(sent: Notice) -> None:
    services.record_bounces(content=report(sent.message_id))
    assert services.record_bounces(content=report(sent.message_id))[0].startswith("known already")
    assert Bounce.objects.count() == 1


def test_the_database_itself_refuses_a_second_one(sent: Notice) -> None:
    services.record_bounces(content=report(sent.message_id))
    bounce = Bounce.objects.get()
    bounce.pk = None
    with pytest.raises(IntegrityError, match="bounce_once"), transaction.atomic():
        bounce.save(force_insert=True)


def test_it_changes_nothing_but_the_mark(sent: Notice) -> None:
    before = Notice.objects.values().get()
    services.record_bounces(content=report(sent.message_id))
    assert Notice.objects.values().get() == before
    assert services.send_due() == 0
    assert User.objects.get().email == ADDRESS


def test_another_address_than_the_mail_went_to_is_left(sent: Notice) -> None:
    content = report(sent.message_id, recipient="Final-Recipient: rfc822; other@example.test")
    assert services.record_bounces(content=content) == [
        f"left: notice {sent.pk} went to another address than other@example.test"
    ]
    assert not Bounce.objects.exists()


def test_where_it_was_sent_on_the_original_recipient_counts(sent: Notice) -> None:
    recipient = "Original-Recipient: rfc822;someone+40example.test\nFinal-Recipient: rfc822; moved@example.org"
    services.record_bounces(content=report(sent.message_id, recipient=recipient))
    assert Bounce.objects.get().address == ADDRESS


@pytest.mark.parametrize(
    ("message_id", "told"),
    [
        ("<notice-1.1@another.example>", "no mail of this portal has the Message-ID <notice-1.1@another.example>"),
        ("<notice-999999999999999999999.1@localhost>", "no mail of this portal"),
        ("<a@b>", "no mail of this portal"),
        ("", "without the Message-ID"),
    ],
)
def test_mail_that_is_not_of_this_portal_is_left(sent: Notice, message_id: str, told: str) -> None:
    [line] = services.record_bounces(content=report(message_id))
    assert line.startswith("left: ")
    assert told in line
    assert not Bounce.objects.exists()


def test_a_notice_that_has_not_gone_has_no_address_to_bounce(person: User) -> None:
    outbox.owe(person)
    notice = Notice.objects.get()
    services.record_bounces(content=report(services.message_id_of(notice)))
    assert not Bounce.objects.exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"From: ann@example.test\nAuto-Submitted: auto-replied\nSubject: Away\n\nI am away.\n", "not a delivery"),
        (b"", "not a delivery"),
        (b"\xff\x00\xfe" * 99, "not a delivery"),
        (b"Content-Type: multipart/report; report-type=delivery-status\n\nnothing", "not a delivery"),
        (
            b"Content-Type: multipart/report; report-type=other; boundary=a\n\n--a\n\nb\n--a--",
            "not a delivery",
        ),
        (
            b"Content-Type: multipart/report; report-type=delivery-status; boundary=a\n\n--a\n\nb\n--a--",
            "without its machine-readable part",
        ),
        (report("<a@b>", recipient="X-Recipient: nobody"), "names no address"),
        (report("<a@b>").replace(b"Message-ID: <a@b>\n", b""), "without the Message-ID"),
        (report("<a@b>") + b"x" * LIMIT, "larger than 1024 KB"),
    ],
)
def test_what_is_no_report_is_left_and_said(content: bytes, told: str) -> None:
    [line] = services.record_bounces(content=content)
    assert line.startswith("left: ")
    assert told in line


def test_other_actions_are_no_bounces(sent: Notice) -> None:
    [line] = services.record_bounces(content=report(sent.message_id, action="delivered", status="2.0.0"))
    assert "which is no bounce" in line
    assert not Bounce.objects.exists()


def test_a_long_answer_is_cut_and_what_cannot_be_printed_left_out(sent: Notice) -> None:
    services.record_bounces(content=report(sent.message_id, diagnostic="smtp; 550 5.1.1 \x00\x1b" + "x" * 5000))
    answer = Bounce.objects.get().answer
    assert len(answer) == 300
    assert answer.isprintable()


def test_what_went_in_a_digest_came_back_with_it(person: User) -> None:
    choose(person, Way.DAILY)
    owe(person, due="2018-07-20 11:00")
    assert send("2018-07-21 08:30") == 1
    digest, item = Notice.objects.get(kind="digest"), Notice.objects.get(kind=outbox.KIND)
    assert item.digest == digest
    services.record_bounces(content=report(digest.message_id))
    assert Bounce.objects.get().notice == digest
    assert set(selectors.came_back(Notice.objects.all())) == {digest, item}
    assert [bounce.notice for bounce in selectors.bounces_of(item)] == [digest]


# --- The command ---


def answers(file: str) -> list[str]:
    out = io.StringIO()
    call_command("take_in_bounces", file, stdout=out)
    return out.getvalue().splitlines()


def test_an_mbox_is_read_message_by_message_whatever_is_in_it(sent: Notice, tmp_path: Path) -> None:
    file = tmp_path / "bounces.mbox"
    messages = [b"Subject: Hello\n\nHi\n", report("<a@b>") + b"x" * LIMIT, report(sent.message_id)]
    file.write_bytes(b"".join(b"From MAILER-DAEMON Fri Jul 20 12:00:00 2018\n" + each + b"\n" for each in messages))
    first, second, third = answers(str(file))
    assert first == "message 1: left: not a delivery status notification"
    assert second.startswith("message 2: left: larger")
    assert third.startswith("message 3: recorded")


def test_one_message_is_read_from_a_file_or_a_pipe(
    sent: Notice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "one.eml"
    file.write_bytes(report(sent.message_id))
    assert answers(str(file))[0].startswith("message 1: recorded")
    piped = b"From MAILER-DAEMON Fri Jul 20 12:00:00 2018\n" + report(sent.message_id)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(piped)))
    assert answers("-")[0].startswith("message 1: known already")


def test_an_empty_file_is_no_fault_and_one_that_is_not_there_is(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert answers(str(tmp_path / "empty")) == ["No message was in it."]
    with pytest.raises(CommandError, match="can't be read"):
        answers(str(tmp_path / "away"))


# --- Where it is seen ---


def test_administrators_see_it_on_the_ledger_the_notice_and_the_person(client: Client, sent: Notice) -> None:
    factories.group("ecom")
    client.force_login(factories.person(name="Ann Admin", is_site_admin=True))
    person = sent.recipient
    assert person is not None
    pages = [
        f"{reverse('reminders:ledger', args=['ecom'])}?state=came_back",
        reverse("reminders:notice", args=["ecom", sent.pk]),
        reverse("people:account", args=[person.pk]),
    ]
    words = "The address answered: 550 5.1.1"
    assert all(words not in client.get(page).content.decode() for page in pages)
    services.record_bounces(content=report(sent.message_id))
    for page in pages:
        assert words in client.get(page).content.decode(), page
    person.email = "right@example.test"
    person.save()
    assert words not in client.get(pages[2]).content.decode()
