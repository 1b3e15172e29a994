"""The demonstration's mailbox: mail stays in the portal, and anyone can read it there."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

import pytest
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from teams.notices.mailbox import MailboxBackend
from teams.notices.models import MailboxMessage
from tests import factories, outbox
from tests.conftest import START

pytestmark = pytest.mark.django_db

STYLE = "p { color: #333; }"
HTML = f"<html><head><style>{STYLE}</style></head><body><p>Hello</p><script>alert(1)</script></body></html>"


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX


def mail(subject: str = "Hello", to: str = "someone@example.test", html: str = "") -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(subject, "See http://127.0.0.1:8000/accounts/ now", "portal@example.test", [to])
    if html:
        message.attach_alternative(html, "text/html")
    return message


def arrived(subject: str = "Hello", **kwargs: str) -> MailboxMessage:
    mail(subject, **kwargs).send()
    return MailboxMessage.objects.latest("pk")


# --- The backend ---


def test_a_mail_is_kept_with_the_portals_date() -> None:
    message = arrived(html=HTML)
    assert (message.sender, message.recipients, message.subject) == (
        "portal@example.test",
        "someone@example.test",
        "Hello",
    )
    assert (message.text, message.html) == ("See http://127.0.0.1:8000/accounts/ now", HTML)
    assert (message.arrived_at - START).total_seconds() < 60
    assert "Date: Fri, 20 Jul 2018 16:00" in message.headers
    assert f"Message-ID: {message.message_id}" in message.headers


def test_a_mail_of_text_alone_has_no_html() -> None:
    EmailMessage("Plain", "Words", "portal@example.test", ["a@example.test", "b@example.test"]).send()
    message = MailboxMessage.objects.get()
    assert (message.text, message.html, message.recipients) == ("Words", "", "a@example.test, b@example.test")


def test_it_can_be_asked_by_message_id_and_keeps_each_once() -> None:
    backend = get_connection()
    assert isinstance(backend, MailboxBackend)
    message = mail()
    message.extra_headers["Message-ID"] = "<one@example.test>"
    assert backend.has_message("<one@example.test>") is False
    assert backend.send_messages([message]) == 1
    assert backend.send_messages([message]) == 1
    assert backend.has_message("<one@example.test>") is True
    assert MailboxMessage.objects.count() == 1


# --- The pages ---


def test_it_can_be_read_without_signing_in(client: Client) -> None:
    message = arrived("Reset your password", html=HTML)
    listed = client.get("/mailbox/").content.decode()
    assert "Reset your password" in listed
    assert "<span>Fri, Jul 20, 2018,</span> <span>12:00 EDT</span>" in listed
    page = client.get(f"/mailbox/{message.pk}/").content.decode()
    assert 'href="http://127.0.0.1:8000/accounts/"' in page
    assert f'src="/mailbox/{message.pk}/mail/"' in page
    assert "allow-scripts" not in page
    assert "<script>alert" not in page


def test_outside_a_demonstration_there_is_no_mailbox(client: Client, settings: Settings) -> None:
    message = arrived(html=HTML)
    settings.DEMONSTRATION = False
    for address in ("/mailbox/", f"/mailbox/{message.pk}/", f"/mailbox/{message.pk}/mail/"):
        assert client.get(address).status_code == 404


def test_the_html_of_a_mail_can_do_nothing(client: Client) -> None:
    response = client.get(f"/mailbox/{arrived(html=HTML).pk}/mail/")
    assert response.content.decode() == HTML
    directives = [directive.partition(" ") for directive in response["Content-Security-Policy"].split("; ")]
    policy = {name: value for name, _, value in directives}
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == f"'sha256-{digest}'"
    assert policy["frame-ancestors"] == "'self'"
    assert policy["form-action"] == policy["base-uri"] == "'none'"
    assert "allow-scripts" not in policy["sandbox"]
    assert "allow-same-origin" not in policy["sandbox"]
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "SAMEORIGIN"


def test_only_the_mail_may_be_framed(client: Client) -> None:
    message = arrived(html=HTML)
    page = client.get(f"/mailbox/{message.pk}/")
    assert page["X-Frame-Options"] == "DENY"
    assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


def test_html_without_a_style_gets_none(client: Client) -> None:
    message = arrived(html='<p style="color: red">x</p>')
    response = client.get(f"/mailbox/{message.pk}/mail/")
    assert "style-src 'none'" in response["Content-Security-Policy"]


def test_a_mail_of_text_alone_has_no_frame(client: Client) -> None:
    message = arrived()
    assert "<iframe" not in client.get(f"/mailbox/{message.pk}/").content.decode()
    assert client.get(f"/mailbox/{message.pk}/mail/").status_code == 404


def test_an_empty_mailbox_says_what_comes(client: Client) -> None:
    assert "No mail yet" in client.get("/mailbox/").content.decode()


def test_it_is_searched_by_address_and_subject_and_paged(client: Client) -> None:
    for number in range(30):
        arrived(f"Number {number}", to=f"person{number}@example.test")
    first, second = (client.get(f"/mailbox/?page={page}").content.decode() for page in (1, 2))
    assert "30 mails" in first
    assert ("Number 29<" in first, "Number 4<" in first) == (True, False)
    assert ("Number 29<" in second, "Number 4<" in second) == (False, True)
    by_address = client.get("/mailbox/?q=person7@").content.decode()
    assert ("Number 7<" in by_address, "Number 8<" in by_address) == (True, False)
    assert "Number 12<" in client.get("/mailbox/?q=number+12").content.decode()
    assert "No mail fits" in client.get("/mailbox/?q=nothing").content.decode()


@pytest.mark.parametrize("address", ["/mailbox/", "/mailbox/{pk}/"])
def test_queries_do_not_grow_with_the_mail(client: Client, address: str) -> None:
    client.force_login(factories.person(is_site_admin=True))
    client.get("/mailbox/")
    counts = []
    for more in (1, 9):
        for _ in range(more):
            pk = arrived().pk
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address.format(pk=pk)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12
