"""Who forgot their password: from the mail to signed in, with the second factor where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from playwright.sync_api import Page, ViewportSize, expect
from pytest_django import Settings

from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands
from .test_second_factor import fill_sign_in, next_code

OLD, NEW = "sample-harbor-2018", "harbor lights at dusk"
LEAD = world.PEOPLE["lead"]


def ask_for_a_link(page: Page, email: str = LEAD) -> None:
    """By the link on the sign-in page."""
    page.goto("/accounts/login/")
    page.get_by_role("link", name=re.compile("forgot", re.IGNORECASE)).click()
    page.get_by_label("Email", exact=False).fill(email)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Look in your mail")


def link_of_the_mail(page: Page, subject: str = "Choose a new password") -> str:
    """What the newest mail of this subject leads to."""
    page.goto("/mailbox/")
    page.get_by_role("link", name=subject).first.click()
    found = re.search(r"https?://\S+/accounts/\S+", page.locator("main").inner_text())
    assert found is not None
    return found[0]


def choose(page: Page, first: str, second: str) -> None:
    page.get_by_label("New Password", exact=True).fill(first)
    page.get_by_label("New Password (again)").fill(second)
    page.get_by_role("button", name="Set the new password").click()


@pytest.mark.parametrize(
    ("script", "viewport"), [(True, WIDE), (False, WIDE), (True, PHONE)], ids=["script", "no script", "phone"]
)
def test_from_the_forgotten_password_to_signed_in(
    visit: Callable[..., Visitor], script: bool, viewport: ViewportSize
) -> None:
    elsewhere = visit()
    elsewhere.sign_in(LEAD)
    page = (visitor := visit(java_script_enabled=script, viewport=viewport)).page
    wrong: list[str] = []

    def look() -> None:
        if script:
            wrong.extend(as_it_stands(visitor, viewport))

    ask_for_a_link(page)
    look()
    page.goto(link := link_of_the_mail(page))
    expect(page.get_by_role("heading", level=1)).to_have_text("Choose a new password")
    look()
    choose(page, NEW, "harbor lights at dawn")
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    expect(page.locator("main")).to_contain_text("You must type the same password each time.")
    look()
    choose(page, "too short", "too short")
    expect(page.locator("main")).to_contain_text("at least 15 characters")
    choose(page, NEW, NEW)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password is changed")
    look()

    page.get_by_role("link", name="Sign in with it").click()
    page.get_by_label("Email", exact=False).first.fill(LEAD)
    page.get_by_label("Password", exact=False).first.fill(OLD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
    page.get_by_label("Password", exact=False).first.fill(NEW)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("summary", has_text="Sample Lead One")).to_be_visible()

    elsewhere.page.goto("/groups/ecom/plan/")
    expect(elsewhere.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    page.goto("/mailbox/")
    expect(page.locator("tr", has_text="Your password was changed")).to_contain_text(LEAD)
    assert wrong == []
    assert visitor.complaints == []


def test_the_second_factor_is_asked_for_as_before(visit: Callable[..., Visitor]) -> None:
    secret = generate_totp_secret()
    TOTP.activate(world.who("lead"), secret)
    page = (visitor := visit()).page
    ask_for_a_link(page)
    page.goto(link_of_the_mail(page))
    choose(page, NEW, NEW)
    page.get_by_role("link", name="Sign in with it").click()
    fill_sign_in(page, LEAD, NEW)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    page.goto("/groups/ecom/plan/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    page.get_by_label("Code").fill(next_code(secret))
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("summary", has_text="Sample Lead One")).to_be_visible()
    assert visitor.complaints == []


def test_a_link_that_does_not_work_says_so_and_offers_another(
    visit: Callable[..., Visitor], settings: Settings
) -> None:
    page = (visitor := visit()).page
    ask_for_a_link(page)
    link = link_of_the_mail(page)
    for broken in (link[:-3] + "xyz/", re.sub(r"key/[^-]+-", "key/zz-", link)):
        page.goto(broken)
        expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    settings.PASSWORD_RESET_TIMEOUT = -1
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    assert as_it_stands(visitor, WIDE) == as_it_stands(visitor, PHONE) == []
    settings.PASSWORD_RESET_TIMEOUT = 3600
    page.get_by_role("link", name="Ask for a new link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Reset your password")
    assert visitor.complaints == []


def test_a_scanner_that_opens_the_link_first_does_not_use_it_up(visit: Callable[..., Visitor]) -> None:
    page = visit().page
    ask_for_a_link(page)
    link = link_of_the_mail(page)
    scanner = visit()
    for _ in range(2):
        scanner.page.goto(link)
        scanner.context.request.head(link)
    page.goto(link)
    choose(page, NEW, NEW)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your password is changed")


def test_nobody_learns_whether_an_address_has_an_account(visit: Callable[..., Visitor]) -> None:
    page = visit().page
    ask_for_a_link(page)
    known = page.locator("main").inner_text()
    ask_for_a_link(page, "stranger@example.test")
    assert page.locator("main").inner_text() == known
    page.goto("/mailbox/")
    expect(page.locator("tr", has_text="There is no account for this address")).to_contain_text("stranger@example.test")
