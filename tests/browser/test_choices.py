"""How one's mail comes, chosen in the browser; and the link in a mail, opened without signing in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from teams.accounts.models import User
from teams.notices import selectors
from teams.notices.choices import links
from teams.notices.models import Way
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import look


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_member_chooses(visit: Callable[..., Visitor], script: bool) -> None:
    page = (visitor := visit(java_script_enabled=script)).page
    visitor.sign_in(world.PEOPLE["lead"])
    page.locator("summary", has_text="Sample Lead").first.click()
    page.get_by_role("link", name="Mail you get").click()
    page.get_by_role("group", name="Reminders of milestones").get_by_label("Daily digest").check()
    page.get_by_label("No mail from").fill("20:00")
    page.get_by_label("Until").fill("07:00")
    page.get_by_label("Saturday").uncheck()
    page.get_by_label("Sunday").uncheck()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("come together in one mail at 08:30, Monday to Friday.")
    assert selectors.ways_of(User.objects.get(email=world.PEOPLE["lead"]))["milestone_due"] == Way.DAILY
    if script:
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            assert look(visitor, "/profile/mail/") == []
    assert visitor.complaints == []


def test_the_link_in_a_mail_asks_and_then_switches_off(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit(viewport=PHONE)).page
    person = User.objects.get(email=world.PEOPLE["lead"])
    path = links.link_of(person.pk, ["milestone_due"]).partition("/mail/")[2]
    assert look(visitor, f"/mail/{path}") == []
    assert selectors.ways_of(person)["milestone_due"] == Way.AT_ONCE
    page.get_by_role("button", name="Switch off").click()
    expect(page.locator("main")).to_contain_text("Reminders of milestones are switched off.")
    assert selectors.ways_of(person)["milestone_due"] == Way.OFF
    assert visitor.complaints == []
