"""Government accounts set up their second factor first; who leaves half-way comes back to the same place."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from playwright.sync_api import ViewportSize, expect
from pytest_django import Settings

from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands
from .test_second_factor import fill_sign_in, next_code, prove_again

SECOND_FACTOR = re.compile("/accounts/second-factor/$")
PLAN = "/groups/ecom/plan/"


@pytest.fixture(autouse=True)
def _required(settings: Settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = True


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("role", ["administrator", "partner agency"])
def test_half_way_and_back(visit: Callable[..., Visitor], role: str, viewport: ViewportSize) -> None:
    email = world.PEOPLE[role]
    page = (visitor := visit(viewport=viewport)).page
    wrong: list[str] = []
    page.goto(PLAN)
    fill_sign_in(page, email)
    expect(page.locator("main")).to_contain_text("Set one up first")
    wrong += as_it_stands(visitor, viewport)
    page.get_by_role("link", name="Set up an authenticator app").click()
    prove_again(page)
    left = page.locator(".second-factor__key").inner_text()
    wrong += as_it_stands(visitor, viewport)
    page.get_by_label("Authenticator code").fill("000000")
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("main")).to_contain_text("This code is not right")
    assert page.locator(".second-factor__key").inner_text() == left

    # Left half-way: nothing of the portal opens, in this window or in a new one.
    for path in (PLAN, "/", "/search/?q=plan", "/accounts/second-factor/recovery-codes/generate/"):
        page.goto(path)
        expect(page).to_have_url(SECOND_FACTOR)
    assert not Authenticator.objects.filter(user__email=email).exists()
    visitor.context.clear_cookies()
    page.goto(PLAN)
    fill_sign_in(page, email)
    expect(page).to_have_url(SECOND_FACTOR)

    page.get_by_role("link", name="Set up an authenticator app").click()
    prove_again(page)
    secret = page.locator(".second-factor__key").inner_text()
    assert secret != left
    page.get_by_label("Authenticator code").fill(next_code(secret))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Recovery codes")
    codes = page.locator(".second-factor__codes li").all_inner_texts()
    assert len(set(codes)) == 10
    wrong += as_it_stands(visitor, viewport)
    page.get_by_role("link", name="I have kept them: go on").click()
    expect(page).to_have_url(re.compile("^[^?]+//[^/]+/$"))

    # The codes are shown once; one of them opens in place of the app, once.
    page.goto("/accounts/second-factor/recovery-codes/")
    expect(page.locator("main")).to_contain_text("10 of 10 are left")
    expect(page.locator("main")).not_to_contain_text(codes[0])
    for code, opens in ((codes[0], True), (codes[0], False)):
        visitor.context.clear_cookies()
        page.goto(PLAN)
        fill_sign_in(page, email)
        page.get_by_label("Code").fill(code)
        page.get_by_role("button", name="Sign in", exact=True).click()
        if opens:
            expect(page).to_have_url(re.compile(f"{PLAN}$"))
        else:
            expect(page.get_by_role("alert").first).to_contain_text("There is a problem")
            wrong += as_it_stands(visitor, viewport)
            page.goto(PLAN)
            expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")
    assert wrong == []
    assert visitor.complaints == []


@pytest.mark.parametrize("role", ["chair", "member"])
def test_the_trade_comes_in_without_one(visit: Callable[..., Visitor], role: str) -> None:
    page = (visitor := visit(java_script_enabled=False)).page
    page.goto(PLAN)
    fill_sign_in(page, world.PEOPLE[role])
    expect(page).to_have_url(re.compile(f"{PLAN}$"))
    assert visitor.complaints == []
