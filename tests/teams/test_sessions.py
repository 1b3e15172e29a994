"""A session ends when nobody is there, and when it has lasted as long as one may; nothing that was typed is lost."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.access import signed_in as needs_sign_in
from teams.accounts.access import takes
from teams.accounts.models import User
from teams.accounts.sessions import kept, limits
from teams.accounts.tasks import clear_sessions
from tests import factories

SIGN_IN = "/accounts/login/"
KEPT = "/accounts/kept/"
MINUTE, HOUR = 60, 3600

pytestmark = pytest.mark.usefixtures("at_start")


@pytest.fixture
def person(db: None) -> User:
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    return made


@pytest.fixture
def form(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, list[str]]]:
    """The search page takes forms for once; returns what it was sent by people who are signed in."""
    sent: list[dict[str, list[str]]] = []

    @needs_sign_in
    @takes("GET", "POST")
    def page(request: HttpRequest) -> HttpResponse:
        if request.method == "POST":
            sent.append({name: request.POST.getlist(name) for name in request.POST if name != "csrfmiddlewaretoken"})
        return HttpResponse("taken")

    from ecomwg import urls

    pattern = next(pattern for pattern in urls.urlpatterns if getattr(pattern, "name", "") == "search")
    monkeypatch.setattr(pattern, "callback", page)
    return sent


def sign_in(client: Client, person: User) -> None:
    """With the password."""
    assert client.post(SIGN_IN, {"login": person.email, "password": factories.PASSWORD}).status_code == 302


def let_pass(client: Client, seconds: int, *, away: bool = True) -> None:
    """As if the session had begun so many seconds earlier and, if `away`, no page been opened since."""
    session = client.session
    session[limits.BEGAN] -= seconds
    if away:
        session[limits.ACTIVE] -= seconds
    session.save()


def is_signed_in(client: Client) -> bool:
    return client.get("/").status_code == 200


@pytest.mark.parametrize(
    ("is_admin", "minutes", "lasts"), [(False, 29, True), (False, 31, False), (True, 14, True), (True, 16, False)]
)
def test_a_session_ends_without_a_page(client: Client, person: User, is_admin: bool, minutes: int, lasts: bool) -> None:
    User.objects.filter(pk=person.pk).update(is_site_admin=is_admin)
    sign_in(client, person)
    let_pass(client, minutes * MINUTE)
    assert is_signed_in(client) is lasts


def test_the_limits_are_settings(client: Client, person: User, settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 5
    sign_in(client, person)
    let_pass(client, 6 * MINUTE)
    assert not is_signed_in(client)


@pytest.mark.parametrize(("hours", "lasts"), [(11, True), (12, False)])
def test_a_session_ends_in_any_case(client: Client, person: User, hours: int, lasts: bool) -> None:
    sign_in(client, person)
    let_pass(client, hours * HOUR, away=False)
    assert is_signed_in(client) is lasts


def test_each_page_begins_the_time_anew(client: Client, person: User) -> None:
    sign_in(client, person)
    for _ in range(3):
        let_pass(client, 20 * MINUTE)
        assert is_signed_in(client)


def test_the_sign_in_page_says_why_and_leads_back(client: Client, person: User) -> None:
    sign_in(client, person)
    let_pass(client, 31 * MINUTE)
    answer = client.get("/groups/ecom/plan/")
    assert answer["Location"] == f"{SIGN_IN}?next=/groups/ecom/plan/"
    assert "ended after 30 minutes without a page" in client.get(answer["Location"]).content.decode()
    sign_in(client, person)
    let_pass(client, 13 * HOUR, away=False)
    assert "had lasted as long as one may" in client.get("/", follow=True).content.decode()


def test_a_session_that_ended_is_gone_from_the_server(client: Client, person: User) -> None:
    sign_in(client, person)
    before = client.session.session_key
    assert before is not None
    let_pass(client, 31 * MINUTE)
    client.get("/")
    assert not client.session.exists(before)
    assert not UserSession.objects.filter(user=person).exists()


def test_a_session_from_before_the_limits_begins_now(client: Client, person: User) -> None:
    sign_in(client, person)
    session = client.session
    del session[limits.BEGAN], session[limits.ACTIVE]
    session.save()
    assert is_signed_in(client)
    let_pass(client, 31 * MINUTE)
    assert not is_signed_in(client)


def test_asking_how_long_it_lasts_does_not_prolong_it(client: Client, person: User) -> None:
    assert client.get("/accounts/session/").json() == {"left": 0, "left_in_all": 0}
    sign_in(client, person)
    let_pass(client, 29 * MINUTE)
    assert 0 < client.get("/accounts/session/").json()["left"] <= MINUTE
    let_pass(client, 2 * MINUTE)
    assert client.get("/accounts/session/").json()["left"] == 0
    assert not is_signed_in(client)


def test_one_press_prolongs_it_but_not_beyond_the_whole(client: Client, person: User) -> None:
    sign_in(client, person)
    let_pass(client, 29 * MINUTE)
    answer = client.post("/accounts/session/").json()
    assert 29 * MINUTE < answer["left"] <= 30 * MINUTE
    let_pass(client, 12 * HOUR - 35 * MINUTE, away=False)
    answer = client.post("/accounts/session/").json()
    assert answer["left"] == answer["left_in_all"] <= 6 * MINUTE


def test_a_session_that_ended_is_not_prolonged(client: Client, person: User) -> None:
    sign_in(client, person)
    let_pass(client, 31 * MINUTE)
    assert client.post("/accounts/session/").json()["left"] == 0
    assert not is_signed_in(client)


def test_every_page_knows_how_long_is_left(client: Client, person: User) -> None:
    sign_in(client, person)
    found = re.search(r'data-session-left="(\d+)"', client.get("/").content.decode())
    assert found is not None
    assert 29 * MINUTE < int(found[1]) <= 30 * MINUTE
    client.post("/accounts/logout/")
    assert "data-session-left" not in client.get(SIGN_IN).content.decode()


def test_a_page_costs_no_write_more_than_once_a_minute(client: Client, person: User) -> None:
    sign_in(client, person)
    client.get("/")

    def written() -> list[str]:
        with CaptureQueriesContext(connection) as seen:
            client.get("/")
        return [query["sql"][:60] for query in seen if query["sql"].startswith(("UPDATE", "INSERT"))]

    assert written() == []
    let_pass(client, 2 * MINUTE)
    assert len(written()) == 2
    assert written() == []


def test_sessions_are_listed_and_others_signed_out(person: User) -> None:
    here, elsewhere = Client(headers={"user-agent": "Here"}), Client(headers={"user-agent": "Elsewhere"})
    sign_in(here, person)
    sign_in(elsewhere, person)
    page = here.get("/accounts/sessions/").content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["Where you are signed in"]
    assert "Elsewhere" in page
    assert page.count("This one") == 1
    here.post("/accounts/sessions/")
    assert is_signed_in(here)
    assert not is_signed_in(elsewhere)
    assert "Elsewhere" not in here.get("/accounts/sessions/").content.decode()


def test_the_list_shows_nobody_elses_sessions(client: Client, person: User) -> None:
    other = factories.member(factories.root(factories.group("other")))
    accounts.confirm_address(person=other)
    sign_in(Client(headers={"user-agent": "Somebody else"}), other)
    sign_in(client, person)
    assert "Somebody else" not in client.get("/accounts/sessions/").content.decode()


def test_the_list_says_when_the_last_page_was(client: Client, person: User) -> None:
    sign_in(client, person)
    UserSession.objects.update(last_seen_at="2018-01-01T12:00Z")
    let_pass(client, 2 * MINUTE)
    client.get("/")
    assert UserSession.objects.get().last_seen_at.year > 2018


def test_what_was_sent_too_late_is_offered_after_signing_in(person: User, form: list[dict[str, list[str]]]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(SIGN_IN)
    token = client.cookies["csrftoken"].value
    client.post(SIGN_IN, {"login": person.email, "password": factories.PASSWORD, "csrfmiddlewaretoken": token})
    token = client.cookies["csrftoken"].value
    let_pass(client, 31 * MINUTE)
    typed = {"comment": "Line one\nLine <two>", "kinds": ["a", "b"], "csrfmiddlewaretoken": token}
    answer = client.post("/search/?q=x", typed)
    assert answer["Location"] == f"{SIGN_IN}?next={KEPT}"
    assert "was not lost" in client.get(answer["Location"]).content.decode()
    assert form == []
    token = client.cookies["csrftoken"].value
    sign = {"login": person.email, "password": factories.PASSWORD, "csrfmiddlewaretoken": token, "next": KEPT}
    assert client.post(SIGN_IN, sign)["Location"] == KEPT
    page = client.get(KEPT).content.decode()
    assert "Line one<br>Line &lt;two&gt;" in page
    assert 'action="/search/?q=x"' in page
    assert form == []
    sent = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.partition('action="/search')[2])
    assert [name for name, _ in sent if name != "csrfmiddlewaretoken"] == ["comment", "kinds", "kinds"]
    token = client.cookies["csrftoken"].value
    client.post("/search/?q=x", {**typed, "csrfmiddlewaretoken": token})
    assert form == [{"comment": ["Line one\nLine <two>"], "kinds": ["a", "b"]}]
    assert client.get(KEPT).status_code == 302


def test_it_is_kept_also_when_another_page_found_the_session_ended(
    client: Client, person: User, form: list[dict[str, list[str]]]
) -> None:
    sign_in(client, person)
    let_pass(client, 31 * MINUTE)
    client.get("/")
    assert client.post("/search/", {"comment": "typed"})["Location"] == f"{SIGN_IN}?next={KEPT}"


def late(client: Client, person: User, **fields: object) -> None:
    """The person sends a form after the session has ended."""
    sign_in(client, person)
    let_pass(client, 31 * MINUTE)
    client.post("/search/", fields)


def test_nobody_else_is_offered_it(client: Client, person: User, form: list[dict[str, list[str]]]) -> None:
    other = factories.member(factories.root(factories.group("other")))
    accounts.confirm_address(person=other)
    late(client, person, comment="not for others")
    sign_in(client, other)
    assert "not for others" not in client.get(KEPT, follow=True).content.decode()
    assert kept.KEPT not in client.session


def test_it_is_not_kept_for_long(client: Client, person: User, form: list[dict[str, list[str]]]) -> None:
    late(client, person, comment="typed")
    session = client.session
    session[kept.KEPT] = {**session[kept.KEPT], "at": session[kept.KEPT]["at"] - 31 * MINUTE}
    session.save()
    sign_in(client, person)
    assert "Nothing is kept" in client.get(KEPT, follow=True).content.decode()


def test_it_can_be_thrown_away(client: Client, person: User, form: list[dict[str, list[str]]]) -> None:
    late(client, person, comment="typed")
    sign_in(client, person)
    assert client.get(KEPT).status_code == 200
    client.post(KEPT)
    assert client.get(KEPT).status_code == 302
    assert form == []


def test_passwords_and_endless_texts_are_not_kept(
    client: Client, person: User, form: list[dict[str, list[str]]]
) -> None:
    late(client, person, new_password="a secret")
    assert kept.KEPT not in client.session
    late(client, person, comment="x" * (kept.MOST_CHARACTERS + 1))
    assert kept.KEPT not in client.session


def test_files_are_not_kept_and_that_is_said(client: Client, person: User, form: list[dict[str, list[str]]]) -> None:
    late(client, person, comment="typed", paper=SimpleUploadedFile("paper.txt", b"text"))
    sign_in(client, person)
    assert "Files are not kept" in client.get(KEPT).content.decode()


def test_a_stranger_cannot_have_anything_kept(client: Client, form: list[dict[str, list[str]]]) -> None:
    assert client.post("/search/", {"comment": "x"})["Location"] == f"{SIGN_IN}?next=/"
    assert kept.KEPT not in client.session


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/second-factor/totp/activate/",
        "/accounts/second-factor/webauthn/add/",
    ],
)
def test_sensitive_changes_ask_for_a_fresh_proof(client: Client, person: User, path: str, settings: Settings) -> None:
    sign_in(client, person)
    change = {"email": "new@example.test", "action_add": "", "code": "123456"}
    assert client.post(path, change)["Location"].startswith("/accounts/reauthenticate/")
    assert list(EmailAddress.objects.values_list("email", flat=True)) == [person.email]
    assert client.post("/accounts/reauthenticate/", {"password": "wrong"}).status_code == 200
    assert client.get("/accounts/second-factor/totp/activate/").status_code == 302
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    assert client.get(path).status_code == 200
    settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = 0
    assert client.post(path, change)["Location"].startswith("/accounts/reauthenticate/")


def test_a_new_password_needs_the_old_one(client: Client, person: User) -> None:
    sign_in(client, person)
    new = {"password1": "harbor lights at dusk", "password2": "harbor lights at dusk"}
    assert client.post("/accounts/password/change/", {"oldpassword": "wrong", **new}).status_code == 200
    person.refresh_from_db()
    assert person.check_password(factories.PASSWORD)
    client.post("/accounts/password/change/", {"oldpassword": factories.PASSWORD, **new})
    person.refresh_from_db()
    assert person.check_password("harbor lights at dusk")


@pytest.mark.parametrize("notice", ["", "Use is recorded.\n\nSo is misuse."])
def test_the_notice_stands_before_the_sign_in(client: Client, db: None, settings: Settings, notice: str) -> None:
    settings.SYSTEM_USE_NOTICE = notice
    page = client.get(SIGN_IN).content.decode()
    assert ("By signing in you accept this" in page) is bool(notice)
    assert ("<p>Use is recorded.</p>" in page) is bool(notice)
    assert page.find("By signing in") < page.find('name="password"')


def test_sessions_that_are_over_are_forgotten(person: User, client: Client) -> None:
    sign_in(client, person)
    over = Client()
    sign_in(over, person)
    long_ago = timezone.now() - timedelta(days=2)
    key = over.session.session_key
    Session.objects.filter(session_key=key).update(expire_date=long_ago)
    UserSession.objects.filter(session_key=key).update(created_at=long_ago)
    clear_sessions()
    assert list(Session.objects.values_list("session_key", flat=True)) == [client.session.session_key]
    assert list(UserSession.objects.values_list("session_key", flat=True)) == [client.session.session_key]
    assert accounts.clear_sessions() == 0
