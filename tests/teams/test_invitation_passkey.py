"""An invitation accepted with a passkey: in place of a password, or beside one."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.test import Client
from fido2.utils import websafe_encode
from pytest_django import Settings

from teams.accounts import selectors as accounts
from teams.accounts import services as people
from teams.accounts.models import User
from teams.bodies.invitations import links, services
from teams.bodies.models import Body, Invitation, Membership, Role
from tests import factories, passkeys
from tests.pages import words_of

pytestmark = pytest.mark.django_db

NEW = "newcomer@example.test"
PASSWORD = "a harbor with seven cranes"
BLANK = {"name": "Newcomer", "password": "", "again": "", "way": "passkey", "credential": ""}


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    """The demonstration's mailbox, at noon of July 20, 2018."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"


@pytest.fixture
def team() -> Body:
    return factories.team(factories.group("ecom"))


@pytest.fixture
def administrator() -> User:
    return factories.person(is_site_admin=True)


@pytest.fixture
def invitation(team: Body, administrator: User) -> Invitation:
    return services.invite(by=administrator, body=team, role=Role.MEMBER, email=NEW, name="New One")


def path_of(invitation: Invitation) -> str:
    return f"/invitations/{links.token_of(invitation.nonce)}/"


def options_for(client: Client, invitation: Invitation, **form: str) -> Any:
    answer = client.post(f"{path_of(invitation)}passkey/", BLANK | form)
    assert answer.status_code == 200
    return answer.json()["creation_options"]


def accepted(client: Client, invitation: Invitation, credential: str | None = None, **form: str) -> Any:
    """The page that follows when the form is sent with a passkey (a new one unless given)."""
    if credential is None:
        credential = passkeys.answer_to(options_for(client, invitation, **form))
    return client.post(path_of(invitation), BLANK | form | {"credential": credential}, follow=True)


def test_a_passkey_lets_its_owner_in_and_recovery_codes_are_shown_at_once(invitation: Invitation) -> None:
    client = Client()
    answer = accepted(client, invitation)
    assert answer.redirect_chain[-1][0] == "/accounts/second-factor/recovery-codes/"
    assert "shown this once" in words_of(answer)
    person = User.objects.get(email=NEW)
    assert answer.wsgi_request.user == person
    assert (person.name, person.has_usable_password()) == ("Newcomer", False)
    assert sorted(Authenticator.objects.filter(user=person).values_list("type", flat=True)) == [
        "recovery_codes",
        "webauthn",
    ]
    assert Membership.objects.get(person=person).role == Role.MEMBER
    assert client.get("/").status_code == 200
    for password in ("", "!", PASSWORD):
        assert Client().post("/accounts/login/", {"login": NEW, "password": password}).status_code == 200


def test_the_passkey_names_the_person_who_is_made_and_is_kept_on_the_device(invitation: Invitation) -> None:
    client = Client()
    options = options_for(client, invitation)["publicKey"]
    accepted(client, invitation, passkeys.answer_to({"publicKey": options}))
    person = User.objects.get(email=NEW)
    assert options["user"]["id"] == websafe_encode(user_pk_to_url_str(person).encode())
    assert (options["user"]["name"], options["user"]["displayName"]) == (NEW, "Newcomer")
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"


def test_a_password_may_be_set_beside_it_or_later(invitation: Invitation, team: Body, administrator: User) -> None:
    accepted(Client(), invitation, password=PASSWORD, again=PASSWORD)
    assert User.objects.get(email=NEW).check_password(PASSWORD)
    other = services.invite(by=administrator, body=team, role=Role.MEMBER, email="other@example.test", name="Other")
    client = Client()
    accepted(client, other)
    assert "you sign in with a passkey" in words_of(client.get("/profile/"))
    assert client.get("/accounts/password/change/")["Location"] == "/accounts/password/set/"
    client.post("/accounts/password/set/", {"password1": PASSWORD, "password2": PASSWORD})
    assert User.objects.get(email="other@example.test").check_password(PASSWORD)


def test_who_works_for_the_government_needs_no_other_second_factor(
    team: Body, administrator: User, settings: Settings
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    invitation = services.invite(
        by=administrator, body=team, role=Role.REVIEWER, email=NEW, name="Agent", affiliation="government"
    )
    client = Client()
    assert "It is the second factor that government accounts need" in client.get(path_of(invitation)).content.decode()
    accepted(client, invitation)
    person = User.objects.get(email=NEW)
    assert person.is_government
    assert not accounts.must_set_up_second_factor(person, client.session)
    assert client.get("/groups/ecom/").status_code == 200


def test_someone_of_a_group_file_keeps_name_and_number(invitation: Invitation) -> None:
    person = factories.person(email=NEW, name="From the file", password=None)
    accepted(Client(), invitation, name="Another")
    assert User.objects.get(email=NEW).name == "From the file"
    assert Authenticator.objects.filter(user=person, type="webauthn").count() == 1


# --- What is refused ---


def test_asking_for_the_page_changes_nothing_and_the_notice_stands_on_it(
    invitation: Invitation, settings: Settings
) -> None:
    settings.SYSTEM_USE_NOTICE = "What is done here is recorded."
    for _ in range(3):
        page = Client().get(path_of(invitation))
        assert "What is done here is recorded." in words_of(page)
        assert Client().head(path_of(invitation)).status_code == 200
        for address in (f"{path_of(invitation)}passkey/", f"{path_of(invitation)}?way=passkey&credential=x"):
            assert Client().get(address).status_code in (200, 405)
    invitation.refresh_from_db()
    assert (invitation.accepted_at, invitation.sendings) == (None, 1)
    assert not User.objects.filter(email=NEW).exists()
    assert Session.objects.count() == 0


@pytest.mark.parametrize(
    ("form", "complaint"),
    [
        ({"name": ""}, "required"),
        ({"password": "short", "again": "short"}, "at least 15 characters"),
        ({"password": PASSWORD, "again": ""}, "not the same password"),
    ],
)
def test_no_passkey_is_made_while_something_else_is_wrong(
    invitation: Invitation, form: dict[str, str], complaint: str
) -> None:
    client = Client()
    assert options_for(client, invitation, **form) is None
    assert complaint in words_of(client.post(path_of(invitation), BLANK | form))
    assert not User.objects.filter(email=NEW).exists()


def broken(credential: str) -> dict[str, str]:
    """The credential spoilt in several ways, by what was done."""
    given = json.loads(credential)
    response = given["response"]
    cut = {**response, "attestationObject": response["attestationObject"][:40]}
    return {
        "nothing": "",
        "no JSON": "{",
        "a list": "[]",
        "a number": "1",
        "null": "null",
        "empty": "{}",
        "no response": json.dumps({**given, "response": {}}),
        "an odd response": json.dumps({**given, "response": [1]}),
        "cut": json.dumps({**given, "response": cut}),
        "no base64": json.dumps({**given, "response": {**response, "clientDataJSON": "%%%"}}),
        "odd CBOR": json.dumps({**given, "response": {**response, "attestationObject": "_____w"}}),
        "too long": json.dumps({**given, "more": "x" * 30_000}),
    }


def test_what_no_device_made_is_refused(invitation: Invitation) -> None:
    client = Client()
    good = passkeys.answer_to(options_for(client, invitation))
    for what, credential in broken(good).items():
        answer = client.post(path_of(invitation), BLANK | {"credential": credential})
        assert answer.status_code == 200, what
        assert "There is a problem" in words_of(answer), what
    assert not User.objects.filter(email=NEW).exists()
    accepted(client, invitation, good)
    assert User.objects.filter(email=NEW).exists()


def test_a_device_that_did_not_ask_who_it_is_is_refused(invitation: Invitation) -> None:
    client = Client()
    options = options_for(client, invitation)
    for credential in (
        passkeys.answer_to(options, is_verified=False),
        passkeys.answer_to(options, origin="https://elsewhere.test"),
        passkeys.answer_to({"publicKey": {**options["publicKey"], "challenge": "AAAA"}}),
    ):
        assert "No passkey was made" in words_of(accepted(client, invitation, credential))
    assert not Authenticator.objects.exists()


def test_a_challenge_is_good_in_its_own_session_alone(invitation: Invitation) -> None:
    credential = passkeys.answer_to(options_for(Client(), invitation))
    assert "No passkey was made" in words_of(accepted(Client(), invitation, credential))
    assert not User.objects.filter(email=NEW).exists()


def test_a_passkey_made_for_one_link_does_not_open_another(
    invitation: Invitation, team: Body, administrator: User
) -> None:
    other = services.invite(by=administrator, body=team, role=Role.MEMBER, email="other@example.test", name="Other")
    client = Client()
    credential = passkeys.answer_to(options_for(client, invitation))
    accepted(client, other, credential)
    assert not Authenticator.objects.exists()
    assert not User.objects.filter(email__in=[NEW, other.email]).exists()


def test_an_account_made_meanwhile_gets_no_passkey_of_another_number(invitation: Invitation) -> None:
    client = Client()
    credential = passkeys.answer_to(options_for(client, invitation))
    factories.person(email=NEW, password=None)
    accepted(client, invitation, credential)
    assert not Authenticator.objects.exists()
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_who_has_a_passkey_alone_signs_in_first(invitation: Invitation, team: Body, administrator: User) -> None:
    accepted(Client(), invitation)
    second = services.invite(by=administrator, body=team, role=Role.LEAD, email=NEW, name="New One")
    page = Client().get(path_of(second))
    assert "Sign in to accept" in page.content.decode()
    assert options_for(Client(), second) is None
    with pytest.raises(services.SignInFirst):
        services.accept(token=links.token_of(second.nonce), password=PASSWORD)
    assert not User.objects.get(email=NEW).has_usable_password()


def test_who_is_signed_in_accepts_without_another_passkey(
    invitation: Invitation, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(factories.person(email=NEW))
    assert options_for(client, invitation) is None
    client.post(path_of(invitation), {"way": "passkey"})
    assert Membership.objects.filter(person__email=NEW).exists()
    assert not Authenticator.objects.exists()


def test_the_demonstration_gives_no_password_to_who_has_a_passkey(invitation: Invitation) -> None:
    accepted(Client(), invitation)
    person = User.objects.get(email=NEW)
    assert people.open_for_demonstration(people=[person]) == 0
    person.refresh_from_db()
    assert not person.check_password(django_settings.DEMONSTRATION_PASSWORD)


def test_the_last_passkey_is_not_removed_without_a_word_to_who_has_no_password(invitation: Invitation) -> None:
    client = Client()
    accepted(client, invitation)
    kept = Authenticator.objects.get(type="webauthn")
    assert "You have no password" in words_of(client.get(f"/accounts/second-factor/webauthn/keys/{kept.pk}/remove/"))
