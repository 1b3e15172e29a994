"""One's own page in the browser: the time zone is found by typing, and without JavaScript it is a plain list."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from teams.accounts.models import User
from tests import world

from .conftest import Visitor
from .test_every_page import look


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_time_zone_is_chosen(visit: Callable[..., Visitor], script: bool) -> None:
    page = (visitor := visit(java_script_enabled=script)).page
    visitor.sign_in(world.PEOPLE["chair"])
    page.locator("summary", has_text="Sample Chair").click()
    page.get_by_role("link", name="Profile").click()
    field = page.get_by_role("combobox", name="Time zone")
    if script:
        expect(field).to_have_value("America/New York")
        field.fill("")
        field.press_sequentially("honol")
        page.get_by_role("option", name="Pacific/Honolulu").click()
    else:
        field.select_option("Pacific/Honolulu")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Saved.")
    assert User.objects.get(email=world.PEOPLE["chair"]).timezone == "Pacific/Honolulu"
    if script:
        assert look(visitor, "/profile/") == []
    assert visitor.complaints == []
