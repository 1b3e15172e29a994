"""Second factors and sessions as people meet them: in a real Chromium, with a virtual authenticator for passkeys."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings as django_settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from playwright.sync_api import Page, expect
from pytest_django import Settings

from teams.accounts.models import User
from teams.accounts.sessions import limits
from tests import world

from .conftest import PHONE, Visitor
from .test_every_page import look, violations

PASSWORD = django_settings.DEMONSTRATION_PASSWORD
SIGN_IN = "/accounts/login/"


def give_authenticator(visitor: Visitor, *, is_owner: bool = True) -> None:
    """Plug a device into the browser that makes passkeys and always finds its owner's finger, or never."""
    session = visitor.context.new_cdp_session(visitor.page)
    session.send("WebAuthn.enable")
    session.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2",
                "transport": "internal",
                "hasResidentKey": True,
                "hasUserVerification": True,
                "isUserVerified": is_owner,
                "automaticPresenceSimulation": True,
            }
        },
    )


def prove_again(page: Page) -> None:
    """Give the password once more where the page asks for it."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it still you?")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()


def set_up_app(page: Page) -> str:
    """Set up an authenticator app from the page about the second factor; returns its secret."""
    page.get_by_role("link", name="Set up an authenticator app").click()
    prove_again(page)
    secret = page.locator(".second-factor__key").inner_text()
    page.get_by_label("Authenticator code").fill(next_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    return secret


def next_code(secret: str) -> str:
    """The code of now, once there is time enough to send it."""
    while time.time() % 30 > 25:
        time.sleep(0.2)
    return str(format_hotp_value(hotp_value(secret, int(time.time()) // 30)))


def fill_sign_in(page: Page, email: str, password: str = PASSWORD) -> None:
    page.get_by_label("Email", exact=False).first.fill(email)
    page.get_by_label("Password", exact=False).first.fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_a_passkey_is_made_and_signs_in_alone(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    give_authenticator(visitor)
    visitor.sign_in(world.PEOPLE["lead"])
    page.goto("/accounts/second-factor/")
    page.get_by_role("link", name="Add a passkey").click()
    prove_again(page)
    page.get_by_label("Name of the passkey").fill("My laptop")
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.locator(".second-factor__codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them: go on").click()
    page.goto("/accounts/second-factor/webauthn/")
    expect(page.locator("tbody tr")).to_contain_text("My laptop")
    expect(page.locator("tbody tr")).to_contain_text("alone")
    page.locator("summary", has_text="Sample Lead One").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/groups/ecom/plan/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("/groups/ecom/plan/"))
    expect(page.locator("summary", has_text="Sample Lead One")).to_be_visible()
    assert visitor.complaints == []


def test_a_passkey_is_the_second_factor_after_a_password_and_the_fresh_proof(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    give_authenticator(visitor)
    visitor.sign_in(world.PEOPLE["lead"])
    page.goto("/accounts/second-factor/webauthn/add/")
    prove_again(page)
    page.get_by_role("button", name="Add the passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    visitor.context.clear_cookies()
    page.goto(SIGN_IN)
    fill_sign_in(page, world.PEOPLE["lead"])
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("summary", has_text="Sample Lead One")).to_be_visible()
    page.goto("/accounts/second-factor/webauthn/add/")
    page.get_by_role("link", name=re.compile("security key|passkey", re.IGNORECASE)).click()
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey")
    assert visitor.complaints == []


def test_a_passkey_that_fails_is_explained_on_the_page(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    give_authenticator(visitor)
    page.goto(SIGN_IN)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    assert visitor.complaints == []


def test_a_reviewer_sets_up_an_app_before_anything_else(visit: Callable[..., Visitor], settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    page = (visitor := visit(java_script_enabled=False, viewport=PHONE)).page
    page.goto("/groups/ecom/plan/")
    fill_sign_in(page, world.PEOPLE["reviewer"])
    expect(page.locator("main")).to_contain_text("Set one up first")
    page.goto("/groups/ecom/calendar/")
    expect(page).to_have_url(re.compile("/accounts/second-factor/$"))
    secret = set_up_app(page)
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("Second factor")
    visitor.context.clear_cookies()
    page.goto("/groups/ecom/plan/")
    fill_sign_in(page, world.PEOPLE["reviewer"])
    page.get_by_label("Code").fill(next_code(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/groups/ecom/plan/"))


def test_every_page_about_the_second_factor_is_sound(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    visitor.sign_in(world.PEOPLE["lead"])
    visitor.page.goto("/accounts/second-factor/")
    secret = set_up_app(visitor.page)
    person = User.objects.get(email=world.PEOPLE["lead"])
    assert Authenticator.objects.filter(user=person).count() == 2
    wrong: dict[str, list[str]] = {}
    paths = ["", "webauthn/", "webauthn/add/", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"]
    for path in [f"/accounts/second-factor/{path}" for path in paths] + ["/accounts/sessions/"]:
        if complaints := look(visitor, path):
            wrong[path] = complaints
    visitor.context.clear_cookies()
    visitor.page.goto(SIGN_IN)
    fill_sign_in(visitor.page, world.PEOPLE["lead"])
    if complaints := look(visitor, "/accounts/second-factor/authenticate/"):
        wrong["authenticate"] = complaints
    visitor.page.get_by_label("Code").fill(next_code(secret))
    assert wrong == {}
    assert visitor.complaints == []


def age_sessions(seconds: int) -> None:
    """As if every session's last page had been so many seconds earlier."""
    for row in Session.objects.all():
        store = SessionStore(row.session_key)
        if limits.ACTIVE in store:
            store[limits.ACTIVE] -= seconds
            store.save()


@pytest.fixture
def _short(settings: Settings) -> None:
    """Sessions of two minutes and five seconds, so that each page warns after five seconds."""
    settings.SESSION_IDLE_MINUTES = 125 / 60


@pytest.mark.usefixtures("_short")
def test_a_page_warns_and_one_press_goes_on(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    visitor.sign_in(world.PEOPLE["lead"])
    warning = page.locator(".session-warning")
    expect(warning).to_be_hidden()
    expect(warning).to_be_visible(timeout=20_000)
    expect(warning).to_contain_text("You will be signed out in 2 minutes")
    wrong = violations(page)
    page.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    age_sessions(200)
    expect(warning).to_be_visible(timeout=20_000)
    expect(warning).to_contain_text("Your session has ended. What you typed is still here")
    assert wrong == []
    assert visitor.complaints == []


def test_where_one_is_signed_in_and_signing_out_elsewhere(visit: Callable[..., Visitor]) -> None:
    here, elsewhere = visit(), visit(java_script_enabled=False)
    here.sign_in(world.PEOPLE["member"])
    elsewhere.sign_in(world.PEOPLE["member"])
    page = here.page
    page.locator("summary", has_text="Sample Small Business").click()
    page.get_by_role("link", name="Where you are signed in").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere else").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    elsewhere.page.goto("/")
    expect(elsewhere.page).to_have_url(re.compile(SIGN_IN))
    page.goto("/")
    expect(page.locator("summary", has_text="Sample Small Business")).to_be_visible()
