"""How an administrator closes an account that still owns a milestone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import expect

from teams.accounts.models import User
from tests import world

from .conftest import Visitor
from .test_every_page import look


def test_an_account_is_closed(visit: Callable[..., Visitor]) -> None:
    leaver = visit()
    leaver.sign_in(world.PEOPLE["lead"])
    page = (administrator := visit()).page
    administrator.sign_in(world.PEOPLE["administrator"])
    address = f"/people/{world.who('lead').pk}/"
    assert look(administrator, "/people/") == []
    assert look(administrator, address) == []
    page.set_viewport_size({"width": 1280, "height": 900})

    page.goto("/")
    page.locator("summary", has_text="Sample Administrator").click()
    page.get_by_role("link", name="People").click()
    page.get_by_role("link", name="Sample Lead One").click()
    expect(page.get_by_label("First draft of the diagrams")).to_be_visible()
    for field in page.locator("main select").all():
        field.select_option(label="Sample Chair")
    page.get_by_label("Reason").fill("Left the company")
    page.get_by_role("button", name="Close the account").click()
    page.get_by_label("Password").fill("sample-harbor-2018")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("main")).to_contain_text("The account of Sample Lead One is closed.")
    expect(page.locator("main")).to_contain_text("Account closed")
    assert look(administrator, address) == []
    assert administrator.complaints == []

    leaver.page.goto("/")
    expect(leaver.page.get_by_role("heading", level=1)).to_have_text("Sign in")
    assert not User.objects.get(email=world.PEOPLE["lead"]).is_active
