"""A body's term rolls over on one screen: one takes another role, one ends; a wrong day is said, and all is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.management import call_command
from playwright.sync_api import ViewportSize, expect

from teams.bodies.models import Membership
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands


@pytest.mark.parametrize(
    ("script", "viewport"), [(True, WIDE), (False, WIDE), (True, PHONE)], ids=["script", "no script", "phone"]
)
def test_a_term_rolls_over(visit: Callable[..., Visitor], script: bool, viewport: ViewportSize) -> None:
    page = (visitor := visit(java_script_enabled=script, viewport=viewport)).page
    visitor.sign_in(world.PEOPLE["chair"])
    wrong: list[str] = []

    def look() -> None:
        if script:
            wrong.extend(as_it_stands(visitor, viewport))

    page.goto("/groups/ecom/memberships/")
    page.get_by_role("link", name="New term of Team 1").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New term of Team 1")
    look()
    lead = page.get_by_label("Sample Lead One, Lead: in the new term")
    small = page.get_by_label("Sample Small Business, Member: in the new term")
    expect(lead).to_have_value("lead")
    lead.select_option(label="Ends")
    small.select_option(label="Lead")

    day, reason = page.get_by_label("New term begins on"), page.get_by_label("Reason")
    day.fill("2018-01-01")
    reason.fill("Second term of the committee")
    page.get_by_role("button", name="Begin the new term").click()
    expect(page.get_by_role("alert").first).to_contain_text("One of the memberships begins later than that.")
    expect(day).to_have_value("2018-01-01")
    expect(reason).to_have_value("Second term of the committee")
    expect(lead).to_have_value("ends")
    expect(small).to_have_value("lead")
    look()
    day.fill("")
    page.get_by_role("button", name="Begin the new term").click()
    expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
    expect(small).to_have_value("lead")
    assert Membership.objects.filter(body__key="team-1").count() == 2

    day.fill("2018-08-01")
    page.get_by_role("button", name="Begin the new term").click()
    expect(page.locator("main")).to_contain_text(
        "The new term of Team 1: Standards and Process is set: 1 goes on, 1 ends."
    )
    look()

    # Until that day everything is as it was; from then on it is the new term's.
    leader = visit()
    leader.sign_in(world.PEOPLE["lead"])
    leader.page.goto("/groups/ecom/ledger/")
    expect(leader.page.get_by_role("heading", level=1)).to_have_text("Reminder ledger")
    call_command("set_clock", "2018-08-01")
    answer = leader.page.reload()
    assert answer is not None
    assert answer.status == 404
    member = visit()
    member.sign_in(world.PEOPLE["member"])
    member.page.goto("/groups/ecom/teams/team-1/")
    expect(member.page.locator("main")).not_to_contain_text("Sample Lead One, Lead")
    member.page.goto("/groups/ecom/ledger/")
    expect(member.page.get_by_role("heading", level=1)).to_have_text("Reminder ledger")
    assert wrong == []
    assert visitor.complaints == []
