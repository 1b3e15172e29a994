"""A lead adds a milestone, and moves a date with what follows it, as a person does it in the browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from milestones.work.models import Milestone
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands

SIZES = [pytest.param(True, WIDE, id="script"), pytest.param(False, PHONE, id="no-script")]


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def follows(page: Page, title: str) -> str:
    """The whole label of the milestone in the choice of what the new one follows."""
    labels = page.get_by_label("It follows").locator("option").all_inner_texts()
    (found,) = [each for each in labels if each.startswith(title)]
    return found


@pytest.mark.parametrize(("script", "size"), SIZES)
def test_a_lead_moves_a_date_and_chooses_what_moves_along(
    visit: Callable[..., Visitor], script: bool, size: ViewportSize
) -> None:
    lead = visit(java_script_enabled=script, viewport=size)
    lead.sign_in(world.PEOPLE["lead"])
    page = lead.page
    page.goto("/groups/ecom/milestones/diagrams-draft/")
    page.get_by_role("link", name="Need more time…").click()
    page.get_by_label("New due date").fill("10 August")
    page.get_by_role("button", name="Move the date").click()
    expect(page.locator("main")).to_contain_text("Why")
    assert Milestone.objects.get(key="diagrams-draft").due.last.isoformat() == "2018-07-27"

    page.get_by_label("New due date").fill("2018-08-10")
    page.get_by_label("Why it needs another date").fill("CBP answers in August.")
    page.get_by_role("button", name="Move the date").click()
    expect(page.locator("main")).to_contain_text("Nothing is moved yet.")
    if script:
        assert [line for width in (WIDE, PHONE) for line in as_it_stands(lead, width)] == []
    assert fits(page)
    page.get_by_text("Draft maps by mode").click()
    page.get_by_role("button", name="Move the dates").click()
    expect(page.locator("main")).to_contain_text("It is due on August 10, 2018 now.")
    due = {each.key: each.due.last.isoformat() for each in Milestone.objects.filter(deliverable__body__key="team-1")}
    assert due["diagrams-draft"] == "2018-08-10"
    assert due["diagrams-review"] == "2018-09-07", "it went along"
    assert due["maps-draft"] == "2018-10-05", "it was unticked"
    assert lead.complaints == []


@pytest.mark.parametrize(("script", "size"), SIZES)
def test_a_lead_adds_a_milestone_and_a_mistake_loses_nothing(
    visit: Callable[..., Visitor], script: bool, size: ViewportSize
) -> None:
    lead = visit(java_script_enabled=script, viewport=size)
    lead.sign_in(world.PEOPLE["lead"])
    page = lead.page
    page.goto("/groups/ecom/deliverables/maps/")
    page.get_by_role("link", name="Add a milestone").first.click()
    page.get_by_label("Title").fill("Walk the maps through with carriers")
    page.get_by_label("Due").fill("soon")
    page.get_by_label("It follows").select_option(label=follows(page, "List of parties and actions"))
    page.get_by_label("Evidence asked for").fill("The notes of the call")
    page.get_by_role("button", name="Add the milestone").click()
    expect(page.get_by_label("Title")).to_have_value("Walk the maps through with carriers")
    assert fits(page)
    page.get_by_label("Owner").select_option(index=1)
    page.get_by_label("Due").fill("2018-09")
    page.get_by_role("button", name="Add the milestone").dblclick()
    expect(page.get_by_role("heading", level=1)).to_have_text("Walk the maps through with carriers")
    made = Milestone.objects.get(title="Walk the maps through with carriers")
    assert made.due.short == "September 2018"
    assert [each.key for each in made.follows.all()] == ["maps-parties"]
    assert lead.complaints == []
