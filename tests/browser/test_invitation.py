"""How somebody comes in: invited on a page, by the mail in the mailbox, to the home page."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from teams.notices import services as notices
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import look, violations
from .test_second_factor import give_authenticator

NEW = "newcomer@example.test"
PASSWORD = "a harbor with seven cranes"


def invite(page: Page) -> None:
    """By the navigation and the form."""
    page.locator("a", has_text="Invitations").locator("visible=true").first.click()
    page.get_by_role("link", name="Invite someone").first.click()
    page.get_by_label("E-mail address").fill(NEW)
    page.get_by_label("Name", exact=True).fill("Sample Newcomer")
    page.get_by_label("Body").select_option(label="Team 1: Standards and Process")
    page.get_by_label("Role").select_option(label="Member")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.locator("main")).to_contain_text(f"The invitation to {NEW} is on its way.")
    expect(page.locator("tr", has_text="Sample Newcomer")).to_contain_text("Open")


def link_of_the_mail(page: Page) -> str:
    """What the mail in the mailbox leads to."""
    page.goto("/mailbox/")
    page.get_by_role("link", name=re.compile("^Invitation to the E-Commerce Working Group")).first.click()
    found = re.search(r"https?://\S+/invitations/[\w-]+/", page.locator("main").inner_text())
    assert found is not None
    return found[0]


@pytest.mark.parametrize(
    ("script", "viewport"), [(True, WIDE), (False, WIDE), (False, PHONE)], ids=["script", "no script", "phone"]
)
def test_from_the_invitation_to_the_home_page(
    visit: Callable[..., Visitor], live_server: LiveServer, settings: Settings, script: bool, viewport: dict[str, int]
) -> None:
    settings.SITE_URL = live_server.url
    chair = visit(java_script_enabled=script, viewport=viewport)
    chair.sign_in(world.PEOPLE["chair"])
    if viewport is PHONE:
        chair.page.locator("summary", has_text="Menu").click()
    invite(chair.page)
    assert notices.send_due() == 1

    newcomer = visit(java_script_enabled=script, viewport=viewport)
    page = newcomer.page
    page.goto(link_of_the_mail(page))
    expect(page.get_by_role("heading", level=1)).to_have_text("You are invited")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill("something else entirely")
    page.get_by_role("button", name="Accept the invitation").click()
    expect(page.locator("main")).to_contain_text("This is not the same password.")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Accept the invitation").click()
    page.wait_for_url("**/")
    expect(page.locator("main")).to_contain_text("Welcome to Team 1: Standards and Process.")
    expect(page.locator("header")).to_contain_text("Sample Newcomer")
    assert newcomer.complaints == []

    chair.page.reload()
    expect(chair.page.locator("tr", has_text="Sample Newcomer")).to_contain_text("Accepted")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desk", "phone"])
def test_a_passkey_in_place_of_a_password(
    visit: Callable[..., Visitor], live_server: LiveServer, settings: Settings, viewport: dict[str, int]
) -> None:
    settings.SITE_URL = live_server.url
    world.open_invitation()
    notices.send_due()
    page = (visitor := visit(viewport=viewport)).page
    give_authenticator(visitor)
    page.goto(link := link_of_the_mail(page))
    page.get_by_label("Your name").fill("")
    page.get_by_role("button", name="Accept with a passkey").click()
    expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
    assert violations(page) == []
    page.get_by_label("Your name").fill("New One")
    page.get_by_role("button", name="Accept with a passkey").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    expect(page.locator("main")).to_contain_text("Welcome to Team 1: Standards and Process.")
    expect(page.locator(".second-factor__codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them: go on").click()
    person = page.locator("summary", has_text="New One")
    person.click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/groups/ecom/plan/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page).to_have_url(re.compile("^[^?]+/groups/ecom/plan/$"))

    # Once in, they set a password, which then asks for the passkey as the second factor.
    page.goto("/profile/")
    page.get_by_role("link", name="Set a password").click()
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password (again)").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    visitor.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_label("Email", exact=False).first.fill("new@example.test")
    page.get_by_label("Password", exact=False).first.fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    assert visitor.complaints == []
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This invitation has been used")


def test_a_passkey_that_is_called_off_leaves_the_password(
    visit: Callable[..., Visitor], live_server: LiveServer, settings: Settings
) -> None:
    settings.SITE_URL = live_server.url
    world.open_invitation()
    notices.send_due()
    page = (visitor := visit()).page
    give_authenticator(visitor, is_owner=False)
    page.goto(link_of_the_mail(page))
    page.get_by_role("button", name="Accept with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("The passkey was not used")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("Password again").fill(PASSWORD)
    page.get_by_role("button", name="Accept the invitation").click()
    page.wait_for_url("**/")
    assert visitor.complaints == []


def test_pages_of_a_link_please_everyone(
    visit: Callable[..., Visitor], live_server: LiveServer, settings: Settings
) -> None:
    settings.SITE_URL = live_server.url
    world.open_invitation()
    notices.send_due()
    visitor = visit()
    link = link_of_the_mail(visitor.page)
    assert look(visitor, link) == []
    visitor.sign_in(world.PEOPLE["member"])
    assert look(visitor, link) == []
    visitor.page.goto("/invitations/nothing/")
    expect(visitor.page.get_by_role("heading", level=1)).to_have_text("This link does not work")
