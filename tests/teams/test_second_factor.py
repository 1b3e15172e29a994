"""Second factors: set up, asked for at sign-in, kept encrypted, each code good for one use."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    SECRET_SESSION_KEY,
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
)
from cryptography.fernet import Fernet
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.accounts.second_factor import keys
from tests import factories

SIGN_IN = "/accounts/login/"
SECOND = "/accounts/second-factor/authenticate/"
SET_UP = "/accounts/second-factor/totp/activate/"

pytestmark = pytest.mark.usefixtures("at_start")


@pytest.fixture(autouse=True)
def _no_limits_kept(db: None) -> Iterator[None]:
    """Each test begins with an empty cache."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person(db: None) -> User:
    """Somebody of the trade, with a confirmed address."""
    made = factories.member(factories.root(factories.group("ecom")))
    accounts.confirm_address(person=made)
    return made


def code(secret: str, periods: int = 0) -> str:
    """What an authenticator app shows now, or `periods` of 30 seconds later."""
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30 + periods)))


def wait_for_room() -> None:
    """Wait until the period has three seconds left at least, so that a code stays good for the next steps."""
    while time.time() % 30 > 27:
        time.sleep(0.2)


def password_step(client: Client, person: User) -> str:
    """Sign in with the password; returns where that leads."""
    answer = client.post(SIGN_IN, {"login": person.email, "password": factories.PASSWORD})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def prove_again(client: Client) -> None:
    """Give the password once more, as sensitive pages ask for."""
    assert client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD}).status_code == 302


def with_app(person: User) -> str:
    """Give the person an authenticator app; returns its secret."""
    secret = str(generate_totp_secret())
    TOTP.activate(person, secret)
    return secret


@pytest.mark.django_db(transaction=True)  # the mail goes when the change is committed
def test_setting_up_an_app_asks_for_proof_shows_codes_once_and_tells_by_mail(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    password_step(client, person)
    assert client.get(SET_UP)["Location"].startswith("/accounts/reauthenticate/")
    prove_again(client)
    page = client.get(SET_UP).content.decode()
    wait_for_room()
    answer = client.post(SET_UP, {"code": code(shown_key(page))})
    assert answer["Location"] == "/accounts/second-factor/recovery-codes/"
    codes = re.findall(r"<code>(\d{8})</code>", client.get(answer["Location"]).content.decode())
    assert len(set(codes)) == 10
    again = client.get(answer["Location"]).content.decode()
    assert "cannot be shown again" in again
    assert not any(one in again for one in codes)
    assert client.get("/accounts/second-factor/recovery-codes/download/").status_code == 403
    assert [mail.to for mail in mailoutbox] == [[person.email]]


def test_a_wrong_code_sets_nothing_up(client: Client, person: User) -> None:
    password_step(client, person)
    prove_again(client)
    client.get(SET_UP)
    assert "This code is not right" in client.post(SET_UP, {"code": "000000"}).content.decode()
    assert not Authenticator.objects.exists()


def shown_key(page: str) -> str:
    """The secret that the page to set up an app shows."""
    found = re.search(r'second-factor__key">(\w+)<', page)
    assert found is not None
    return found[1]


def test_while_an_app_is_set_up_its_secret_is_encrypted_in_the_session(
    client: Client, person: User, settings: Settings
) -> None:
    password_step(client, person)
    prove_again(client)
    secret = shown_key(client.get(SET_UP).content.decode())
    kept = str(client.session[SECRET_SESSION_KEY])
    assert keys().decrypt(kept).decode() == secret
    assert secret not in str(dict(client.session.items()))
    assert shown_key(client.post(SET_UP, {"code": "000000"}).content.decode()) == secret
    assert secret not in str(dict(client.session.items()))

    settings.MFA_KEYS = [Fernet.generate_key().decode()]
    another = shown_key(client.post(SET_UP, {"code": "000000"}).content.decode())
    assert another != secret
    assert another not in str(dict(client.session.items()))
    wait_for_room()
    assert client.post(SET_UP, {"code": code(another)}).status_code == 302
    assert Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).count() == 1
    assert SECRET_SESSION_KEY not in client.session


def test_the_password_alone_no_longer_signs_in(client: Client, person: User) -> None:
    secret = with_app(person)
    assert password_step(client, person) == SECOND
    assert client.get("/")["Location"].startswith(SIGN_IN)
    wait_for_room()
    assert client.post(SECOND, {"code": code(secret)})["Location"] == "/"
    assert client.get("/").status_code == 200


def test_without_the_password_the_second_step_is_not_there(client: Client, db: None) -> None:
    assert client.get(SECOND)["Location"] == SIGN_IN
    assert client.post(SECOND, {"code": "123456"})["Location"] == SIGN_IN


@pytest.mark.parametrize("periods", [-2, -1, 1, 2])
def test_a_code_of_another_period_is_refused(client: Client, person: User, periods: int) -> None:
    secret = with_app(person)
    password_step(client, person)
    wait_for_room()
    assert client.post(SECOND, {"code": code(secret, periods)}).status_code == 200
    assert client.get("/").status_code == 302


def test_a_code_works_once_also_in_another_browser(person: User) -> None:
    secret = with_app(person)
    first, second = Client(), Client()
    password_step(first, person)
    password_step(second, person)
    wait_for_room()
    shown = code(secret)
    assert first.post(SECOND, {"code": shown}).status_code == 302
    assert "used already" in second.post(SECOND, {"code": shown}).content.decode()
    assert second.get("/").status_code == 302


def test_a_recovery_code_works_once(person: User) -> None:
    with_app(person)
    codes = RecoveryCodes.activate(person).generate_codes()
    first, second = Client(), Client()
    password_step(first, person)
    password_step(second, person)
    assert first.post(SECOND, {"code": codes[0]}).status_code == 302
    assert second.post(SECOND, {"code": codes[0]}).status_code == 200
    assert second.post(SECOND, {"code": codes[1]}).status_code == 302


def test_guessing_is_stopped_after_five_codes(client: Client, person: User) -> None:
    secret = with_app(person)
    password_step(client, person)
    for _ in range(5):
        client.post(SECOND, {"code": "000000"})
    wait_for_room()
    assert "Too many" in client.post(SECOND, {"code": code(secret)}).content.decode()
    assert client.get("/").status_code == 302


def test_an_address_that_a_visitor_claims_does_not_lift_the_limit(client: Client, person: User) -> None:
    answers = [
        client.post(
            SIGN_IN, {"login": f"nobody{n}@example.test", "password": "x"}, headers={"X-Forwarded-For": f"192.0.2.{n}"}
        )
        for n in range(12)
    ]
    assert "Too many failed" in answers[-1].content.decode()


def test_filling_the_cache_forgets_no_used_code(person: User) -> None:
    secret = with_app(person)
    first, second = Client(), Client()
    password_step(first, person)
    password_step(second, person)
    wait_for_room()
    shown = code(secret)
    assert first.post(SECOND, {"code": shown}).status_code == 302
    for number in range(400):
        cache.set(f"failed-{number}", [time.time()], 300)
    assert second.post(SECOND, {"code": shown}).status_code == 200


def test_what_has_expired_can_be_added_again_and_is_thrown_out(db: None) -> None:
    assert cache.add("code", "y", timeout=30)
    assert not cache.add("code", "y", timeout=30)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE cache SET expires = now() - interval '1 minute'")
    assert cache.add("code", "z", timeout=30)
    assert cache.get("code") == "z"
    cache.add("lasting", "y", timeout=None)
    assert not cache.add("lasting", "y", timeout=None)


def test_no_secret_stands_in_the_database_as_it_is(person: User) -> None:
    secret = with_app(person)
    RecoveryCodes.activate(person)
    stored = [str(factor.data) for factor in Authenticator.objects.all()]
    assert len(stored) == 2
    assert all(secret not in text for text in stored)
    seed = Authenticator.objects.get(type="recovery_codes").data["seed"]
    assert not re.fullmatch(r"[0-9a-f]{80}", seed)


def key(letter: str) -> str:
    """A Fernet key made of one letter."""
    return base64.urlsafe_b64encode(letter.encode() * 32).decode()


def test_keys_are_changed_without_anybody_noticing(client: Client, person: User, settings: Settings) -> None:
    settings.MFA_KEYS = [key("a")]
    secret = with_app(person)
    codes = RecoveryCodes.activate(person).generate_codes()
    settings.MFA_KEYS = [key("b"), key("a")]
    call_command("rotate_mfa_keys", verbosity=0)
    settings.MFA_KEYS = [key("b")]
    password_step(client, person)
    wait_for_room()
    assert client.post(SECOND, {"code": code(secret)}).status_code == 302
    assert Authenticator.objects.get(type="recovery_codes").wrap().generate_codes() == codes


def test_a_missing_key_is_named(person: User, settings: Settings) -> None:
    settings.MFA_KEYS = [key("a")]
    with_app(person)
    settings.MFA_KEYS = [key("b")]
    with pytest.raises(ImproperlyConfigured, match="MFA_KEYS"):
        accounts.rotate_secrets()


def test_a_lost_device_is_taken_off_by_command(client: Client, person: User) -> None:
    with_app(person)
    RecoveryCodes.activate(person)
    call_command("remove_second_factor", person.email.upper(), verbosity=0)
    assert not Authenticator.objects.exists()
    assert password_step(client, person) == "/"
    with pytest.raises(CommandError, match=r"nobody@example\.test"):
        call_command("remove_second_factor", "nobody@example.test")


def test_djangos_own_sign_in_page_is_no_way_round(client: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_site_admin=True)
    with_app(person)
    answer = client.post("/administration/records/login/", {"username": person.email, "password": factories.PASSWORD})
    assert answer["Location"].startswith(SIGN_IN)
    assert client.get("/administration/records/").status_code == 302


def test_nobody_looks_up_second_factors_of_others(client: Client, person: User) -> None:
    User.objects.filter(pk=person.pk).update(is_site_admin=True)
    client.force_login(person)
    assert client.get("/administration/records/mfa/authenticator/").status_code == 404


@pytest.mark.parametrize(
    ("path", "heading"),
    [
        ("", "Second factor"),
        ("totp/activate/", "Set up an authenticator app"),
        ("webauthn/", "Your passkeys"),
        ("webauthn/add/", "Add a passkey"),
        ("recovery-codes/generate/", "Make new recovery codes"),
    ],
)
def test_each_page_stands_in_the_portal(client: Client, person: User, path: str, heading: str) -> None:
    password_step(client, person)
    prove_again(client)
    page = client.get(f"/accounts/second-factor/{path}").content.decode()
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == [heading]
    assert "style=" not in page.partition("<main")[2]


def test_the_second_step_and_the_fresh_proof_stand_in_the_portal(client: Client, person: User) -> None:
    secret = with_app(person)
    password_step(client, person)
    page = client.get(SECOND).content.decode()
    assert "<h1>Your second factor</h1>" in page
    assert "Use a passkey" not in page  # there is none
    codes = RecoveryCodes.activate(person).generate_codes()
    wait_for_room()
    client.post(SECOND, {"code": code(secret)})
    assert "<h1>Is it still you?</h1>" in client.get("/accounts/second-factor/reauthenticate/").content.decode()
    generate = "/accounts/second-factor/recovery-codes/generate/"
    assert client.get(generate).status_code == 302
    client.post("/accounts/second-factor/reauthenticate/", {"code": codes[0]})
    assert "The 9 that you have stop working" in client.get(generate).content.decode()


def test_removing_the_app_asks_first_and_takes_the_codes_with_it(client: Client, person: User) -> None:
    secret = with_app(person)
    RecoveryCodes.activate(person)
    password_step(client, person)
    wait_for_room()
    client.post(SECOND, {"code": code(secret)})
    prove_again(client)
    page = client.get("/accounts/second-factor/totp/deactivate/").content.decode()
    assert "<h1>Remove the authenticator app</h1>" in page
    assert Authenticator.objects.count() == 2
    client.post("/accounts/second-factor/totp/deactivate/")
    assert not Authenticator.objects.exists()
