"""Somebody goes away and another stands in, without JavaScript; when the last day is over, nothing is left of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from django.core.management import call_command
from playwright.sync_api import Page, expect

from teams.notices import services as notices
from tests import world

from .conftest import PHONE, WIDE, Visitor


def look(page: Page, name: str) -> None:
    """Keep pictures of the page at both widths in the folder PICTURES, where that is set."""
    if folder := os.environ.get("PICTURES"):
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
        page.set_viewport_size(WIDE)


def fits(page: Page) -> None:
    """Nothing sticks out at the side of a phone."""
    page.set_viewport_size(PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], page.url
    page.set_viewport_size(WIDE)


def test_a_chair_goes_away_and_a_member_stands_in(visit: Callable[..., Visitor]) -> None:
    chair, member = visit(java_script_enabled=False), visit(java_script_enabled=False)
    page = chair.page
    chair.sign_in(world.PEOPLE["chair"])
    page.get_by_role("link", name="Let someone stand in for you").click()
    look(page, "new")
    fits(page)
    page.get_by_label("First day away").fill("2018-07-20")
    page.get_by_label("Last day away").fill("2018-07-19")
    page.get_by_label("Who stands in").select_option(label="Sample Small Business, Sample Craft Goods")
    page.get_by_label("Chair of E-Commerce Working Group").check()
    page.get_by_role("button", name="Set the absence").click()
    expect(page.locator("main")).to_contain_text("This day comes before the first day away.")
    expect(page.get_by_label("Chair of E-Commerce Working Group")).to_be_checked()
    look(page, "wrong")
    page.get_by_label("Last day away").fill("2018-08-03")
    page.get_by_role("button", name="Set the absence").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sample Chair away, Sample Small Business stands in")
    notices.send_due()
    page.reload()
    look(page, "absence")
    fits(page)
    page.goto("/")
    expect(page.locator("main")).to_contain_text(re.compile("You are away until Friday, August 3, 2018"))
    look(page, "home-absent")
    page.goto("/profile/")
    expect(page.locator("main")).to_contain_text("Sample Small Business stands in for you")
    look(page, "profile")
    page.goto("/groups/ecom/memberships/")
    look(page, "memberships")
    fits(page)
    page.goto("/groups/ecom/absences/")
    look(page, "absences")
    fits(page)

    page = member.page
    member.sign_in(world.PEOPLE["member"])
    expect(page.locator("main")).to_contain_text("You stand in for Sample Chair until Friday, August 3, 2018")
    expect(page.locator("main")).to_contain_text("For Sample Chair")
    look(page, "home-stand-in")
    fits(page)
    page.goto("/groups/ecom/invitations/new/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/mailbox/")
    page.get_by_role("link", name="You stand in for Sample Chair").first.click()
    look(page, "mail")

    call_command("set_clock", "2018-08-04")
    page.goto("/")
    expect(page.locator("main")).not_to_contain_text("stand in for Sample Chair")
    assert (answer := page.goto("/groups/ecom/invitations/new/")) is not None
    assert answer.status == 403
