"""From the reminder in the mailbox by its link to what was answered, as a person without a session does it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from milestones.reminders import services as reminders
from milestones.work.models import Milestone
from teams.notices import services as notices
from teams.notices.models import MailboxMessage
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import look


def open_link(page: Page, label: str) -> None:
    """The link of the lead's reminder that says so, from the mail as the mailbox shows it."""
    mail = MailboxMessage.objects.get(recipients=world.PEOPLE["lead"], subject__startswith="Due Friday, July 27")
    page.goto(f"/mailbox/{mail.pk}/")
    link = page.frame_locator("iframe").get_by_role("link", name=label, exact=True)
    address = link.get_attribute("href")
    assert address is not None
    page.goto(f"/mail/answer/{address.partition('/mail/answer/')[2]}")


def fill_done(page: Page) -> None:
    page.get_by_label("What was done").fill("Drawn, all four.")
    page.get_by_label("What shows it").fill("https://example.test/drawings")
    page.get_by_role("button", name="Hand in").click()


def fill_later(page: Page) -> None:
    page.get_by_label("New due date").fill("2018-08-10")
    page.get_by_label("Why it needs another date").fill("CBP answers in August.")
    page.get_by_role("button", name="Move the date").click()


def fill_not_mine(page: Page) -> None:
    page.get_by_label("Why it is not yours").fill("It is the carriers’.")
    page.get_by_role("button", name="Tell my team’s lead").click()


JOURNEYS = {
    "It is done": (fill_done, "It is handed in."),
    "I need until … because …": (fill_later, "It is due on Friday, August 10, 2018 now."),
    "It is not mine": (fill_not_mine, "Your team’s lead is told."),
}


@pytest.mark.parametrize("label", list(JOURNEYS))
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_reminder_is_answered_from_the_mail(visit: Callable[..., Visitor], label: str, script: bool) -> None:
    fill, told = JOURNEYS[label]
    reminders.sweep()
    notices.send_due()
    page = (visitor := visit(java_script_enabled=script, viewport=WIDE if script else PHONE)).page
    open_link(page, label)
    address = page.url.partition("/mail/")[2]
    if script:
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            assert look(visitor, f"/mail/{address}") == []
    else:
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    expect(page.get_by_role("navigation", name="Main")).to_have_count(0)
    fill(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you")
    expect(page.locator("main")).to_contain_text(told)
    if script:
        assert look(visitor, f"/mail/{address}") == []
    assert Milestone.objects.get(key="diagrams-draft").edit_revision == 2
    assert visitor.complaints == []


def test_what_was_handed_in_by_mail_is_returned_and_handed_in_again_and_accepted(visit: Callable[..., Visitor]) -> None:
    reminders.sweep()
    notices.send_due()
    page = visit(java_script_enabled=False).page
    open_link(page, "It is done")
    fill_done(page)

    reviewer = visit()
    reviewer.sign_in(world.PEOPLE["reviewer"])
    notices.send_due()
    page = reviewer.page
    by_mail(page, world.PEOPLE["reviewer"], "Handed in: please accept or return", "Look at it")
    page.locator("summary", has_text="Return…").click()
    page.get_by_label("What is missing").fill("The post is missing.")
    page.get_by_role("button", name="Return", exact=True).click()
    expect(page.locator("main")).to_contain_text("Returned.")

    lead = visit()
    lead.sign_in(world.PEOPLE["lead"])
    notices.send_due()
    page = lead.page
    by_mail(page, world.PEOPLE["lead"], "Returned to you", "Hand it in again")
    page.locator("summary", has_text="Hand in").click()
    page.get_by_label("What was done").fill("With the post.")
    page.get_by_role("button", name="Hand in", exact=True).click()
    expect(page.locator("main")).to_contain_text("Handed in.")

    page = reviewer.page
    page.reload()
    page.locator("summary", has_text="Accept").click()
    page.get_by_role("button", name="Accept", exact=True).click()
    expect(page.locator("main")).to_contain_text("Accepted.")
    assert Milestone.objects.get(key="diagrams-draft").state == "accepted"


def by_mail(page: Page, address: str, subject: str, label: str) -> None:
    """Follow the button of a mail from the mailbox, as somebody who is signed in."""
    mail = MailboxMessage.objects.filter(recipients=address, subject__startswith=subject).latest("pk")
    page.goto(f"/mailbox/{mail.pk}/")
    expect(page.locator("main")).to_contain_text(subject)
    href = page.frame_locator("iframe").get_by_role("link", name=label).get_attribute("href")
    assert href is not None
    page.goto(f"/groups/{href.partition('/groups/')[2]}")
