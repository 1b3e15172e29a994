"""Somebody's e-mail address changes: asked for with a fresh proof, told to the old one, confirmed by a press."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.account.models import EmailAddress
from playwright.sync_api import ViewportSize, expect

from teams.accounts.models import User
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands
from .test_password_reset import link_of_the_mail
from .test_second_factor import fill_sign_in, prove_again

OLD, NEW = world.PEOPLE["lead"], "lena@elsewhere.example"
CONFIRM = "Confirm your e-mail address"


def ask_for_the_change(visitor: Visitor, address: str = NEW) -> None:
    """From the person menu: profile, address, fresh proof, new address."""
    page = visitor.page
    page.locator("summary", has_text="Sample Lead One").click()
    page.get_by_role("link", name="Profile").click()
    page.get_by_role("link", name="Change the address").click()
    if page.get_by_role("heading", level=1).inner_text() == "Is it still you?":
        prove_again(page)
    page.get_by_label("Email", exact=False).fill(address)
    page.get_by_role("button", name="Change the address").click()
    if page.get_by_role("heading", level=1).inner_text() == "Is it still you?":
        prove_again(page)


@pytest.mark.parametrize(
    ("script", "viewport"), [(True, WIDE), (False, WIDE), (True, PHONE)], ids=["script", "no script", "phone"]
)
def test_a_new_address_counts_once_it_is_confirmed(
    visit: Callable[..., Visitor], script: bool, viewport: ViewportSize
) -> None:
    page = (visitor := visit(java_script_enabled=script, viewport=viewport)).page
    visitor.sign_in(OLD)
    wrong: list[str] = []

    def look() -> None:
        if script:
            wrong.extend(as_it_stands(visitor, viewport))

    ask_for_the_change(visitor)
    expect(page.locator("dl.facts")).to_contain_text(OLD)
    expect(page.locator("dl.facts")).to_contain_text(NEW)
    look()
    assert User.objects.get(name="Sample Lead One").email == OLD

    reader = visit(java_script_enabled=script, viewport=viewport)
    link = link_of_the_mail(reader.page, CONFIRM)
    scanner = visit(java_script_enabled=script)  # of mail: it opens each link first
    scanner.page.goto(link)
    scanner.context.request.head(link)
    assert User.objects.get(name="Sample Lead One").email == OLD
    assert not EmailAddress.objects.get(email=NEW).verified

    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(CONFIRM)
    expect(page.locator("main")).to_contain_text(f"Is {NEW} the address of Sample Lead One?")
    look()
    page.get_by_role("button", name="Yes, confirm it").click()
    expect(page.locator("main")).to_contain_text(f"{NEW} is confirmed: it is the address that you sign in with.")
    assert User.objects.get(name="Sample Lead One").email == NEW
    look()

    reader.page.goto("/mailbox/")
    told = reader.page.locator("tr", has_text="Your e-mail address was changed")
    expect(told).to_contain_text(OLD)
    told.get_by_role("link").click()
    expect(reader.page.locator("main")).to_contain_text(f"was changed from {OLD} to {NEW}")

    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    visitor.context.clear_cookies()
    page.goto("/accounts/login/")
    fill_sign_in(page, OLD)
    expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
    fill_sign_in(page, NEW)
    expect(page.locator("summary", has_text="Sample Lead One")).to_be_visible()
    assert wrong == []
    assert visitor.complaints == reader.complaints == []


def test_the_change_can_be_called_off(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit(java_script_enabled=False)).page
    visitor.sign_in(OLD)
    ask_for_the_change(visitor)
    link = link_of_the_mail(page, CONFIRM)
    page.goto("/accounts/email/")
    page.get_by_role("button", name="Keep the address I have").click()
    expect(page.locator("dl.facts")).not_to_contain_text(NEW)
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_have_text("This link no longer works")
    assert User.objects.get(name="Sample Lead One").email == OLD


def test_anothers_address_is_not_taken_and_the_page_does_not_tell(visit: Callable[..., Visitor]) -> None:
    page = (visitor := visit()).page
    visitor.sign_in(OLD)
    ask_for_the_change(visitor, world.PEOPLE["chair"])
    expect(page.locator("dl.facts")).to_contain_text(world.PEOPLE["chair"])
    said = re.sub(re.escape(world.PEOPLE["chair"]), "ADDRESS", page.locator("main").inner_text())

    # Its owner is mailed the same, and learns there whose address it stays.
    owner = visit()
    owner.page.goto(link_of_the_mail(owner.page, CONFIRM))
    expect(owner.page.locator("main")).to_contain_text(
        f"{world.PEOPLE['chair']} has been confirmed for another account"
    )
    expect(owner.page.get_by_role("button", name="Yes, confirm it")).to_have_count(0)
    page.goto("/")
    ask_for_the_change(visitor, "stranger@example.test")
    expect(page.locator("dl.facts")).to_contain_text("stranger@example.test")
    assert re.sub("stranger@example.test", "ADDRESS", page.locator("main").inner_text()) == said
    assert User.objects.get(email=world.PEOPLE["chair"]).name == "Sample Chair"
    assert EmailAddress.objects.filter(email=world.PEOPLE["chair"]).count() == 1
