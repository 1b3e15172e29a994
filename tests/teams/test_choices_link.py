"""The link in a mail that switches its kind off: RFC 8058's one click, and a page for people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from email.parser import HeaderParser

import pytest
from django.test import Client
from pytest_django import Settings

from teams.accounts.models import User
from teams.notices import kinds, selectors, services
from teams.notices.choices import links
from teams.notices.kinds import Kind
from teams.notices.models import Choice, MailboxMessage, Notice, Way
from tests import factories, outbox
from tests.pages import words_of

pytestmark = pytest.mark.django_db

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> Iterator[None]:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"
    with outbox.kind():
        yield


@pytest.fixture
def person() -> User:
    return factories.person(email="someone@example.test", name="Some One")


@pytest.fixture
def client() -> Client:
    """A mail program: no cookies, and no token against forged requests."""
    return Client(enforce_csrf_checks=True)


def link_in_mail(person: User) -> str:
    """The path of the link in the headers of a mail to the person."""
    outbox.owe(person)
    services.send_due()
    headers = HeaderParser().parsestr(MailboxMessage.objects.latest("pk").headers)
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    address = headers["List-Unsubscribe"].strip("<>")
    assert address.startswith("https://portal.example/mail/less/")
    return address.removeprefix("https://portal.example")


def test_one_click_switches_the_kind_off_at_once(client: Client, person: User) -> None:
    link = link_in_mail(person)
    outbox.owe(person, subject_key="thing:2")
    answer = client.post(link, ONE_CLICK)
    assert answer.status_code == 200
    assert "Notices of tests are switched off." in words_of(answer)
    assert selectors.ways_of(person)[outbox.KIND] == Way.OFF
    assert services.send_due() == 0
    assert Notice.objects.get(subject_key="thing:2").state == Notice.State.OFF


def test_opening_it_asks_and_changes_nothing(client: Client, person: User) -> None:
    link = link_in_mail(person)
    for method in (client.get, client.head):
        assert method(link).status_code == 200
    answer = client.get(link)
    assert "Notices of tests would no longer be mailed to you." in words_of(answer)
    assert '<form class="portal-form" method="post">' in answer.content.decode()
    assert not Choice.objects.exists()


def test_doing_it_again_changes_nothing_and_it_stands_in_the_history_once(client: Client, person: User) -> None:
    link = link_in_mail(person)
    for _ in range(3):
        assert client.post(link, ONE_CLICK).status_code == 200
    event = Choice.pgh_event_model.objects.get()  # type: ignore[attr-defined]
    assert (event.way, event.person_id) == (Way.OFF, person.pk)
    assert event.pgh_context.metadata["by"] == "link in a mail"
    assert event.pgh_context.metadata.get("user") is None


def test_it_does_not_undo_what_was_chosen_for_other_kinds(client: Client, person: User) -> None:
    Choice.objects.create(person=person, kind="milestone_due", way=Way.DAILY)
    client.post(link_in_mail(person), ONE_CLICK)
    ways = selectors.ways_of(person)
    assert (ways["milestone_due"], ways[outbox.KIND]) == (Way.DAILY, Way.OFF)


def test_the_link_of_a_digest_is_about_all_that_is_in_it(client: Client, person: User) -> None:
    kinds._kinds["other"] = Kind("other", outbox.compose, "Others", ways=(Way.AT_ONCE, Way.DAILY, Way.WEEKLY))
    try:
        for name in (outbox.KIND, "other"):
            Choice.objects.create(person=person, kind=name, way=Way.DAILY)
            outbox.owe(person, kind=name, due_at=datetime.fromisoformat("2018-07-20T08:00-04:00"))
        services.send_due()
        headers = HeaderParser().parsestr(MailboxMessage.objects.get().headers)
        answer = client.post(headers["List-Unsubscribe"].strip("<>").removeprefix("https://portal.example"), ONE_CLICK)
        assert "Others can’t be switched off. They come in one mail a week at most." in words_of(answer)
        assert dict(Choice.objects.values_list("kind", "way")) == {outbox.KIND: Way.OFF, "other": Way.WEEKLY}
    finally:
        del kinds._kinds["other"]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_link_that_was_tampered_with_tells_nothing(client: Client, person: User, method: str) -> None:
    link = link_in_mail(person)
    signed = link.split("/")[-2]
    of_another = links.link_of(person.pk + 1, [outbox.KIND]).split("/")[-2]
    forged = [
        signed[:-1] + ("A" if signed[-1] != "A" else "B"),
        f"{of_another.split('.')[0]}.{signed.split('.')[1]}",
        signed.split(".")[0],
        "x",
    ]
    answers = [getattr(client, method)(f"/mail/less/{each}/") for each in forged]
    assert {answer.status_code for answer in answers} == {404}
    assert not any(person.email in answer.content.decode() for answer in answers)
    assert not Choice.objects.exists()


def test_it_answers_the_same_whoever_the_person_is(client: Client, person: User) -> None:
    closed = factories.person(is_active=False)
    addresses = [links.link_of(pk, [outbox.KIND]).split("example")[1] for pk in (person.pk, closed.pk, 10**9)]
    for method in (client.get, client.post):
        answers = [words_of(method(address)) for address in addresses]
        assert answers[0] == answers[1] == answers[2]
        assert person.name not in answers[0]


def test_a_kind_without_a_choice_has_no_such_link(person: User) -> None:
    kinds._kinds[outbox.KIND] = Kind(outbox.KIND, outbox.compose)
    outbox.owe(person)
    services.send_due()
    assert "List-Unsubscribe" not in MailboxMessage.objects.get().headers


@pytest.mark.parametrize("names", [[], ["nothing"], ["invitation"]])
def test_a_link_about_nothing_that_may_be_chosen_is_no_page(client: Client, person: User, names: list[str]) -> None:
    assert client.get(links.link_of(person.pk, names).split("example")[1]).status_code == 404
