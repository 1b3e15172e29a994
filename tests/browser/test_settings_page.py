"""The settings of a group in the browser: two people at once, without JavaScript too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from teams.bodies.models import Body
from tests import world

from .conftest import Visitor
from .test_every_page import look, violations

ADDRESS = "/groups/ecom/settings/"


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_two_change_the_settings_at_once(visit: Callable[..., Visitor], script: bool) -> None:
    page = (visitor := visit(java_script_enabled=script)).page
    visitor.sign_in(world.PEOPLE["administrator"])
    page.get_by_role("link", name="Settings").first.click()
    page.get_by_role("textbox", name="Acronym of Team 1").fill("ONE")
    page.get_by_role("textbox", name="Reason").fill("Said so in the meeting.")
    Body.objects.filter(key="team-1").update(acronym="FIRST")
    page.get_by_role("button", name="Save the settings").click()
    expect(page.get_by_role("alert")).to_contain_text("it is now “FIRST”. You wrote “ONE”")
    if script:
        assert violations(page) == []
    page.get_by_role("button", name="Save the settings").click()
    expect(page.locator("main")).to_contain_text("The settings are saved.")
    assert Body.objects.get(key="team-1").acronym == "ONE"
    if script:
        assert look(visitor, ADDRESS) == []
    assert visitor.complaints == []
