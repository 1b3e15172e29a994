"""The sign-in page, with the demonstration's accounts where there are any."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from django.conf import settings as django_settings
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.bodies.models import Body, Role
from tests import factories
from tests.factories import day

SIGN_IN = "/accounts/login/"

pytestmark = pytest.mark.usefixtures("at_start")


def account(body: Body, name: str, role: str = Role.MEMBER) -> User:
    """A person of the demonstration who can sign in."""
    person = factories.person(name=name, source="illustrative", password=None)
    accounts.confirm_address(person=person)
    accounts.open_for_demonstration(people=[person])
    return factories.member(body, person, role=role)


@pytest.fixture
def team(db: None) -> Body:
    return factories.team(factories.group("ecom"), number=1)


def hidden_fields(html: str, email: str) -> dict[str, str]:
    """What the form of an account's button sends."""
    form = next(part for part in html.split("<form")[1:] if f'value="{email}"' in part).partition("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))


def test_the_demonstration_offers_its_accounts_with_their_roles(client: Client, team: Body) -> None:
    account(team, "Lena Lead", Role.LEAD)
    page = client.get(SIGN_IN).content.decode()
    assert "Lena Lead" in page
    assert "Lead of Team 1" in page
    assert django_settings.DEMONSTRATION_PASSWORD in page


def test_a_role_that_has_ended_is_not_named(client: Client, team: Body) -> None:
    person = account(team, "Lena Lead", Role.LEAD)
    person.memberships.update(ended=day("2018-07-01"))
    page = client.get(SIGN_IN).content.decode()
    assert "Lead of Team 1" not in page
    assert "No role" in page


def test_an_account_signs_in_with_one_press(client: Client, team: Body) -> None:
    person = account(team, "Lena Lead")
    page = client.get(SIGN_IN + "?next=/groups/ecom/").content.decode()
    answer = client.post(SIGN_IN, hidden_fields(page, person.email))
    assert answer.status_code == 302
    assert answer["Location"] == "/groups/ecom/"
    assert client.get("/").context["request"].user == person


def test_without_a_demonstration_no_account_is_offered(client: Client, team: Body, settings: Settings) -> None:
    account(team, "Lena Lead")
    settings.DEMONSTRATION = False
    page = client.get(SIGN_IN).content.decode()
    assert "Lena Lead" not in page
    assert django_settings.DEMONSTRATION_PASSWORD not in page


def test_people_who_are_no_samples_are_never_offered(client: Client, team: Body) -> None:
    factories.member(team, factories.person(name="Rhea Real"))
    assert "Rhea Real" not in client.get(SIGN_IN).content.decode()


def test_a_wrong_password_says_so_in_a_summary_and_keeps_the_address(client: Client, team: Body) -> None:
    person = account(team, "Lena Lead")
    answer = client.post(SIGN_IN, {"login": person.email, "password": "wrong"})
    page = answer.content.decode()
    assert "There is a problem" in page
    assert "The email address and/or password you specified are not correct." in page
    assert f'value="{person.email}"' in page


def test_an_unknown_address_gets_the_same_answer_as_a_wrong_password(client: Client, team: Body) -> None:
    person = account(team, "Lena Lead")

    def complaint(email: str) -> str:
        page = client.post(SIGN_IN, {"login": email, "password": "wrong"}).content.decode()
        return page.partition("form-errors")[2].partition("</div>")[0]

    assert complaint("nobody@example.test") == complaint(person.email) != ""


def test_an_empty_form_names_both_fields_with_links_to_them(client: Client) -> None:
    page = client.post(SIGN_IN, {}).content.decode()
    assert "There are 2 problems" in page
    assert 'href="#id_login"' in page
    assert 'href="#id_password"' in page


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/accounts/password/reset/", "Reset your password"),
        ("/accounts/password/reset/done/", "Look in your mail"),
        ("/accounts/password/reset/key/done/", "Your password is changed"),
        ("/accounts/password/reset/key/1-wrong/", "This link no longer works"),
        ("/accounts/signup/", "People come in by invitation"),
        ("/accounts/inactive/", "This account is closed"),
        ("/accounts/confirm-email/", "Confirm your e-mail address"),
        ("/accounts/confirm-email/wrong/", "This link no longer works"),
    ],
)
def test_each_page_before_the_sign_in_stands_in_the_portal(client: Client, path: str, heading: str) -> None:
    page = client.get(path).content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert 'id="main-content"' in page


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("/accounts/password/change/", "Change your password"),
        ("/accounts/email/", "Your e-mail address"),
        ("/accounts/logout/", "Sign out"),
        ("/accounts/reauthenticate/", "Is it still you?"),
    ],
)
def test_each_page_of_the_account_stands_in_the_portal(client: Client, team: Body, path: str, heading: str) -> None:
    person = account(team, "Lena Lead")
    client.post(SIGN_IN, {"login": person.email, "password": django_settings.DEMONSTRATION_PASSWORD})
    page = client.get(path).content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]


def test_signing_out_takes_a_press(client: Client, team: Body) -> None:
    client.force_login(account(team, "Lena Lead"))
    assert client.get("/accounts/logout/").status_code == 200
    assert client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302


def test_the_number_of_queries_does_not_grow(client: Client, team: Body) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(SIGN_IN).status_code == 200
        return len(seen)

    account(team, "One")
    with_one = queries()
    for number in range(9):
        account(team, f"Account {number}")
    assert queries() == with_one
    assert with_one <= 6


def test_the_clock_of_the_demonstration_is_said(client: Client, at_start: datetime) -> None:
    assert "Friday, July 20, 2018" in client.get(SIGN_IN).content.decode()


def test_a_new_password_is_chosen_by_a_mailed_link(client: Client, team: Body, mailoutbox: list[EmailMessage]) -> None:
    person = account(team, "Lena Lead")
    client.post("/accounts/password/reset/", {"email": person.email})
    (asked,) = mailoutbox
    assert asked.subject == "Choose a new password"
    assert asked.to == [person.email]
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(asked.body))
    assert link is not None
    form = client.get(link[1], follow=True)
    assert "Choose a new password" in form.content.decode()
    address = form.redirect_chain[-1][0]
    weak = client.post(address, {"password1": "too short", "password2": "too short"})
    assert "There is a problem" in weak.content.decode()
    client.post(address, {"password1": "harbor lights at dusk", "password2": "harbor lights at dusk"})
    assert "Sign in with it" in client.get("/accounts/password/reset/key/done/").content.decode()
    assert client.post(SIGN_IN, {"login": person.email, "password": "harbor lights at dusk"}).status_code == 302
    assert mailoutbox[-1].subject == "Your password was changed"


def test_an_address_without_an_account_gets_a_mail_and_the_page_says_the_same(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.test"})
    assert answer["Location"] == "/accounts/password/reset/done/"
    (sent,) = mailoutbox
    assert "there is none" in sent.body
