"""An administrator goes through everybody's access: keeps, ends with a reason, signs off; who ended is out at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from teams.bodies.models import AccessRound, Membership
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands

COUNSEL = world.PEOPLE["member of another team"]


def row_of(page: Page, name: str, role: str) -> Locator:
    return page.locator("tbody tr", has_text=name).filter(has_text=role)


@pytest.mark.parametrize(
    ("script", "viewport"), [(True, WIDE), (False, WIDE), (True, PHONE)], ids=["script", "no script", "phone"]
)
def test_a_round_from_the_start_to_the_signature(
    visit: Callable[..., Visitor], script: bool, viewport: ViewportSize
) -> None:
    counsel = visit()
    counsel.sign_in(COUNSEL)
    counsel.page.goto("/groups/ecom/teams/team-2/")
    expect(counsel.page.get_by_role("heading", level=1)).to_contain_text("Team 2")

    page = (visitor := visit(java_script_enabled=script, viewport=viewport)).page
    visitor.sign_in(world.PEOPLE["administrator"])
    wrong: list[str] = []

    def look() -> None:
        if script:
            wrong.extend(as_it_stands(visitor, viewport))

    page.goto("/groups/ecom/recertification/")
    look()
    page.get_by_role("button", name="Start a round").click()
    expect(page.locator("main")).to_contain_text("0 of 9 memberships are decided")
    look()

    # Two windows: a second round isn't started beside the open one.
    page.goto("/groups/ecom/recertification/")
    expect(page.get_by_role("button", name="Start a round")).to_have_count(0)
    page.locator("tbody a").first.click()

    ending = row_of(page, "Sample Brand Counsel", "Member, Team 2")
    ending.locator("select").select_option(label="End")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("Nothing was saved")
    expect(ending).to_contain_text("Say why it ends.")
    expect(ending.locator("select")).to_have_value("end")
    look()
    ending.locator("input").fill("Left the firm in June")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("main")).to_contain_text("Saved. Nothing ends before the round is signed off.")
    expect(page.locator("main")).to_contain_text("1 of 9 memberships are decided")
    page.get_by_role("button", name="Save and sign off").click()
    expect(page.locator("main")).to_contain_text("Not signed off: 8 of the memberships are not decided yet.")
    look()
    counsel.page.reload()
    expect(counsel.page.get_by_role("heading", level=1)).to_contain_text("Team 2")

    for each in page.locator("tbody tr").all():
        if each.locator("select").input_value() == "":
            each.locator("select").select_option(label="Keep")
    page.get_by_role("button", name="Save and sign off").click()
    expect(page.locator("main")).to_contain_text("Signed off by Sample Administrator on July 20, 2018")
    expect(page.locator("main")).to_contain_text("1 of 9 memberships ended")
    expect(ending).to_contain_text("Left the firm in June")
    expect(page.locator("main select")).to_have_count(0)
    look()

    answer = counsel.page.reload()
    assert answer is not None
    assert answer.status == 404
    counsel.page.goto("/")
    expect(counsel.page.locator("main")).not_to_contain_text("Team 2")
    assert AccessRound.objects.get().signed_off_at is not None
    assert Membership.objects.get(person__email=COUNSEL).ended is not None
    assert wrong == []
    assert visitor.complaints == []
