"""Administrators see who is signed in, without the keys, and end sessions: at once, for a reason, on the record."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.usersessions.models import UserSession
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from teams.accounts import services as accounts
from teams.accounts.models import EndedSession, User
from teams.accounts.open_sessions import devices, selectors, services
from teams.accounts.sessions import limits
from tests import factories, world
from tests.pages import words_of

PAGE = "/administration/sessions/"
CHROME = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"

pytestmark = pytest.mark.usefixtures("at_start")


@pytest.fixture
def administrator(db: None) -> User:
    made = factories.person(is_site_admin=True, name="Ada Administrator")
    accounts.confirm_address(person=made)
    return made


@pytest.fixture
def person(db: None) -> User:
    made = factories.member(factories.root(factories.group("ecom")), factories.person(name="Mia Member"))
    accounts.confirm_address(person=made)
    return made


def sign_in(who: User, user_agent: str = world.FIREFOX) -> Client:
    """A browser of its own in which the person has signed in with the password."""
    client = Client(headers={"user-agent": user_agent})
    sent = {"login": who.email, "password": factories.PASSWORD}
    assert client.post("/accounts/login/", sent).status_code == 302
    return client


def row_of(client: Client) -> UserSession:
    return UserSession.objects.get(session_key=client.session.session_key)


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


def let_pass(client: Client, **time_away: int) -> None:
    """As if the last page had been opened so much earlier."""
    session, away = client.session, timedelta(**time_away)
    session[limits.ACTIVE] -= int(away.total_seconds())
    session.save()
    UserSession.objects.filter(session_key=session.session_key).update(last_seen_at=timezone.now() - away)


def confirm(client: Client, answer: Any) -> Any:
    """Give the password that a sensitive step asks for."""
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    return client.post(answer["Location"], {"password": factories.PASSWORD})


def post_after_asking(client: Client, address: str, **sent: str) -> Any:
    return confirm(client, client.post(address, sent))


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (world.FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Android"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on an iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) CriOS/126.0 Safari/604.1", "Chrome on an iPad"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5) Version/17.5 Safari/605.1.15", "Safari on a Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/126.0 Safari/537.36", "Chrome on a Chromebook"),
        ("Mozilla/5.0 (X11; Linux x86_64) Something/1.0", "A browser on Linux"),
        ("curl/8.5.0", "curl"),
        ("/", "Not said"),
        ("", "Not said"),
        ("x" * 300, "x" * 40),
    ],
)
def test_a_browser_is_told_in_plain_words(user_agent: str, words: str) -> None:
    assert devices.in_words(user_agent) == words


def test_everyones_sessions_stand_there_without_their_keys(administrator: User, person: User) -> None:
    client, theirs = sign_in(administrator), sign_in(person, CHROME)
    page = client.get(PAGE)
    words = words_of(page)
    assert "2 sessions, the last used first" in words
    assert f"Mia Member {person.email} Chrome on Android 127.0.0.1" in words
    assert "Ada Administrator This one" in words
    for key in (client.session.session_key, theirs.session.session_key):
        assert key
        assert key not in page.content.decode()


def test_it_says_when_each_ends_and_asks_again(administrator: User, person: User) -> None:
    theirs = sign_in(person)
    session, now = theirs.session, timezone.now()
    session[limits.BEGAN] = int((now - timedelta(hours=11, minutes=50)).timestamp())
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {"method": "password", "at": time.time() - 60, "reauthenticated": True}
    ]
    session.save()
    (found,) = selectors.described(selectors.open_sessions(at=now, words="Mia"), at=now, own=None)
    assert timedelta(minutes=9) < found.ends_at - now < timedelta(minutes=11)
    assert timedelta(minutes=29) < found.idle_ends_at - now <= timedelta(minutes=30)
    assert not found.is_idle_first
    assert found.asks_again_at is not None
    assert timedelta(minutes=3) < found.asks_again_at - now < timedelta(minutes=5)
    later = now + timedelta(minutes=5)
    (found,) = selectors.described(selectors.open_sessions(at=later, words="Mia"), at=later, own=None)
    assert found.asks_again_at is None


def test_signing_in_alone_is_not_taken_for_being_asked_again(administrator: User, person: User) -> None:
    sign_in(person)
    now = timezone.now()
    (found,) = selectors.described(selectors.open_sessions(at=now), at=now, own=None)
    assert (found.is_asked_again, found.asks_again_at) == (True, None)


@pytest.mark.parametrize(("is_admin", "minutes", "is_open"), [(False, 29, True), (False, 31, False), (True, 16, False)])
def test_what_is_over_is_not_there(person: User, is_admin: bool, minutes: int, is_open: bool) -> None:
    theirs = sign_in(person)
    User.objects.filter(pk=person.pk).update(is_site_admin=is_admin)
    let_pass(theirs, minutes=minutes)
    assert selectors.number_open(at=timezone.now()) == is_open


def test_a_session_that_was_prolonged_by_one_press_is_still_there(person: User) -> None:
    theirs = sign_in(person)
    let_pass(theirs, minutes=29)
    assert theirs.post("/accounts/session/").json()["left"] > 0
    assert selectors.number_open(at=timezone.now() + timedelta(minutes=2)) == 1


def test_an_ended_twelve_hours_and_a_closed_account_are_not_there(person: User) -> None:
    sign_in(person)
    assert selectors.number_open(at=timezone.now()) == 1
    UserSession.objects.update(created_at=timezone.now() - timedelta(hours=12, minutes=1))
    assert selectors.number_open(at=timezone.now()) == 0
    UserSession.objects.update(created_at=timezone.now())
    User.objects.update(is_active=False)
    assert selectors.number_open(at=timezone.now()) == 0


def test_a_session_of_the_password_before_is_not_there(administrator: User, person: User) -> None:
    theirs = sign_in(person)
    person.set_password("another password")
    person.save()
    assert "Mia Member" not in words_of(sign_in(administrator).get(PAGE))
    assert not is_signed_in(theirs)


def test_the_list_is_narrowed_by_name_or_address(administrator: User, person: User) -> None:
    client = sign_in(administrator)
    sign_in(person)
    for words in ("mia", person.email.upper()):
        found = words_of(client.get(PAGE, {"q": words}))
        assert "1 session found" in found
        assert "Mia Member" in found
        assert "Ada Administrator" not in found
    assert "Nobody whose name or address has this is signed in." in words_of(client.get(PAGE, {"q": "nobody"}))
    assert client.get(PAGE, {"q": "\x00", "page": "x"}).status_code == 200


def test_ending_asks_for_the_password_and_stands_on_the_record(administrator: User, person: User) -> None:
    client, theirs, other = sign_in(administrator), sign_in(person), sign_in(person, CHROME)
    address = f"{PAGE}{row_of(theirs).pk}/"
    assert "Firefox on Windows" in words_of(client.get(address))
    asked = client.post(address, {"reason": "The laptop was stolen"})
    assert is_signed_in(theirs)
    assert confirm(client, asked)["Location"] == PAGE
    assert not is_signed_in(theirs)
    assert is_signed_in(other)
    (record,) = EndedSession.objects.all()
    assert (record.person, record.ended_by, record.reason) == (person, administrator, "The laptop was stolen")
    assert (record.device, record.address) == ("Firefox on Windows", "127.0.0.1")
    (event,) = EndedSession.pgh_event_model.objects.all()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == administrator.pk
    assert event.pgh_context.metadata["reason"] == "The laptop was stolen"
    words = words_of(client.get(PAGE))
    assert "The session of Mia Member (Firefox on Windows) has ended." in words
    assert "Ada Administrator The laptop was stolen" in words
    record_page = client.get(reverse("admin:accounts_endedsession_changelist"))
    assert "The laptop was stolen" in record_page.content.decode()


def test_a_reason_is_needed(administrator: User, person: User) -> None:
    client, theirs = sign_in(administrator), sign_in(person)
    for address in (f"{PAGE}{row_of(theirs).pk}/", f"{PAGE}of/{person.pk}/"):
        answer = client.post(address, {"reason": "  "})
        answer = confirm(client, answer) if answer.status_code == 302 else answer
        assert "This field is required" in words_of(answer)
    assert is_signed_in(theirs)
    with pytest.raises(IntegrityError, match="ended_session_has_a_reason"), transaction.atomic():
        services.end(by=administrator, session=row_of(theirs), reason="")
    assert is_signed_in(theirs)


def test_the_second_of_two_presses_says_that_it_is_over(administrator: User, person: User) -> None:
    client, theirs = sign_in(administrator), sign_in(person)
    row = row_of(theirs)
    post_after_asking(client, f"{PAGE}{row.pk}/", reason="Lost phone")
    again = client.post(f"{PAGE}{row.pk}/", {"reason": "Lost phone"}, follow=True)
    assert "That session is over already." in words_of(again)
    with pytest.raises(services.AlreadyOver):
        services.end(by=administrator, session=row, reason="Lost phone")
    assert EndedSession.objects.count() == 1


def test_nobody_ends_the_session_that_they_use(administrator: User) -> None:
    client = sign_in(administrator)
    address = f"{PAGE}{row_of(client).pk}/"
    answer = post_after_asking(client, address, reason="Mistake")
    assert "This is the session that you are using." in words_of(answer)
    assert is_signed_in(client)


def test_all_of_a_person_end_those_that_no_list_knows_too(administrator: User, person: User) -> None:
    client, firsts, unlisted = sign_in(administrator), [sign_in(person), sign_in(person, CHROME)], Client()
    unlisted.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = post_after_asking(client, f"{PAGE}of/{person.pk}/", reason="Left the company")
    assert answer["Location"] == PAGE
    assert "3 sessions of Mia Member ended." in words_of(client.get(PAGE))
    assert [is_signed_in(each) for each in (*firsts, unlisted)] == [False] * 3
    recorded = EndedSession.objects.values_list("device", flat=True)
    assert sorted(recorded) == ["Chrome on Android", "Firefox on Windows", "Not said"]
    assert is_signed_in(client)
    again = client.post(f"{PAGE}of/{person.pk}/", {"reason": "Again"}, follow=True)
    assert "Mia Member had no session." in words_of(again)


def test_of_ones_own_all_others_end(administrator: User) -> None:
    client, other = sign_in(administrator), sign_in(administrator, CHROME)
    post_after_asking(client, f"{PAGE}of/{administrator.pk}/", reason="Forgot one at the office")
    assert (is_signed_in(client), is_signed_in(other)) == (True, False)


def test_reading_ends_nothing(administrator: User, person: User) -> None:
    client, theirs = sign_in(administrator), sign_in(person)
    for address in (PAGE, f"{PAGE}{row_of(theirs).pk}/", f"{PAGE}of/{person.pk}/"):
        assert client.get(address).status_code == 200
    assert is_signed_in(theirs)
    assert client.get(f"{PAGE}of/999999/").status_code == 404


@pytest.mark.parametrize("role", ["chair", "lead", "member", "reviewer"])
def test_for_everyone_else_there_are_no_such_pages(person: User, role: str) -> None:
    if role == "reviewer":
        User.objects.filter(pk=person.pk).update(affiliation=User.Affiliation.GOVERNMENT)
    person.memberships.update(role=role)
    theirs, other = sign_in(person), sign_in(person)
    for address in (PAGE, f"{PAGE}{row_of(other).pk}/", f"{PAGE}of/{person.pk}/"):
        assert theirs.get(address).status_code == 404
        if address != PAGE:
            assert theirs.post(address, {"reason": "Mine"}).status_code == 404
    assert is_signed_in(other)


def test_the_page_takes_the_same_queries_for_any_number_of_sessions(administrator: User, person: User) -> None:
    client = sign_in(administrator)
    client.get(PAGE)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            client.get(PAGE)
        counts.append(len(queries))
        for who in (*(factories.person() for _ in range(5)), person, person):
            browser = Client()
            browser.force_login(who, backend="allauth.account.auth_backends.AuthenticationBackend")
            UserSession.objects.create(
                user=who, session_key=browser.session.session_key, ip="203.0.113.7", user_agent=world.FIREFOX
            )
        services.end_all(by=administrator, person=person, reason="For the list of those ended")
    assert counts[0] == counts[1] <= 12
