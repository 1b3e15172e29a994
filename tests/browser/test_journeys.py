"""Ways through the portal as people go them."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import expect

from milestones.reminders import services as reminders
from teams.clock import selectors as clock
from teams.notices import services as notices
from tests import world

from .conftest import PHONE, Visitor


def test_a_member_finds_what_is_asked_of_them(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    visitor.sign_in(world.PEOPLE["lead"])
    page.get_by_role("link", name="First draft of the diagrams").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("First draft of the diagrams"))
    expect(page.locator("main")).to_contain_text("July 27, 2018")
    expect(page.locator("main")).to_contain_text("Process diagrams of e-commerce shipments")


def test_an_outsider_is_sent_to_sign_in_and_then_to_the_page(visit: Callable[..., Visitor]) -> None:
    page = visit().page
    page.goto("/groups/ecom/plan/")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    page.get_by_label("Email", exact=False).first.fill(world.PEOPLE["member"])
    page.get_by_label("Password", exact=False).first.fill("sample-harbor-2018")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile("/groups/ecom/plan/"))


def test_a_wrong_password_keeps_the_address_and_says_so(visit: Callable[..., Visitor]) -> None:
    page = visit().page
    page.goto("/accounts/login/")
    page.get_by_label("Email", exact=False).first.fill(world.PEOPLE["member"])
    page.get_by_label("Password", exact=False).first.fill("not the password at all")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Email", exact=False).first).to_have_value(world.PEOPLE["member"])
    expect(page.locator("main")).to_contain_text(re.compile("not correct|do not match|incorrect", re.IGNORECASE))


def test_with_the_keyboard_alone(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    visitor.sign_in(world.PEOPLE["lead"])
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text(re.compile("Skip"))
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if "First draft of the diagrams" in page.locator(":focus").inner_text():
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("First draft of the diagrams"))


@pytest.mark.parametrize("viewport", [PHONE, {"width": 1280, "height": 900}], ids=["phone", "desk"])
def test_without_javascript(visit: Callable[..., Visitor], viewport: dict[str, int]) -> None:
    page = (visitor := visit(java_script_enabled=False, viewport=viewport)).page
    visitor.sign_in(world.PEOPLE["chair"])
    if viewport is PHONE:
        page.locator("summary", has_text="Menu").click()
    page.get_by_role("link", name="Plan", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/search/?q=framework")
    expect(page.locator("main")).to_contain_text("Framework of Standards")
    page.goto("/groups/ecom/calendar/?month=2018-10")
    expect(page.locator("main")).to_contain_text("Fourth meeting of the WCO Working Group on E-Commerce")


def test_signing_out(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit(java_script_enabled=False)).page
    visitor.sign_in(world.PEOPLE["member"])
    page.locator("summary", has_text="Sample Small Business").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto("/")
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_reminder_stands_in_the_mailbox_and_the_ledger(visit: Callable[..., Visitor]) -> None:
    call_command("set_clock", "2018-07-26")
    reminders.sweep(now=clock.now())
    notices.send_due()
    page = (visitor := visit()).page
    page.goto("/mailbox/")
    page.get_by_role("link", name=re.compile("First draft of the diagrams")).first.click()
    expect(page.locator("main")).to_contain_text("lead1@example.test")
    visitor.sign_in(world.PEOPLE["lead"])
    page.goto("/groups/ecom/ledger/")
    row = page.locator("tr", has_text="First draft of the diagrams").first
    expect(row).to_contain_text("Sample Lead One")
    expect(row).to_contain_text("Sent")
