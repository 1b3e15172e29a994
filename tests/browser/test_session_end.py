"""A session that ends while somebody writes: warned of, prolonged by one press, and what was typed comes back."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import ViewportSize, expect
from pytest_django import Settings

from milestones.work.models import Note
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import as_it_stands
from .test_second_factor import age_sessions, fill_sign_in

TYPED = "Line one\nLine two, with <marks> & all."
WRITE = "/groups/ecom/teams/team-1/notes/new/"


@pytest.mark.parametrize(
    ("script", "viewport"), [(True, WIDE), (False, WIDE), (True, PHONE)], ids=["script", "no script", "phone"]
)
def test_what_was_typed_survives_signing_in_again(
    visit: Callable[..., Visitor], script: bool, viewport: ViewportSize
) -> None:
    page = (visitor := visit(java_script_enabled=script, viewport=viewport)).page
    visitor.sign_in(world.PEOPLE["lead"])
    wrong: list[str] = []
    page.goto(WRITE)
    page.locator("textarea").fill(TYPED)
    age_sessions(31 * 60)
    page.get_by_role("button", name="Write the note").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    expect(page.locator("main")).to_contain_text("Your session ended after 30 minutes without a page.")
    expect(page.locator("main")).to_contain_text("What you sent was not lost: sign in, and it is offered to you again.")
    if script:
        wrong += as_it_stands(visitor, viewport)
    assert not Note.objects.exists()
    fill_sign_in(page, world.PEOPLE["lead"])
    expect(page.get_by_role("heading", level=1)).to_have_text("You sent this after your session had ended")
    expect(page.locator("main")).to_contain_text("Line two, with <marks> & all.")
    assert page.locator("main dt").all_inner_texts() == ["Text"]
    if script:
        wrong += as_it_stands(visitor, viewport)
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator("main")).to_contain_text("Line two, with <marks> & all.")
    assert Note.objects.get().text.replace("\r\n", "\n") == TYPED
    page.goto(reverse("sessions:kept"))
    expect(page.locator("main")).to_contain_text("Nothing is kept for you.")
    assert wrong == []
    assert visitor.complaints == []


def test_one_press_goes_on_and_the_text_stays_in_the_page(visit: Callable[..., Visitor], settings: Settings) -> None:
    settings.SESSION_IDLE_MINUTES = 125 / 60  # so that a page warns after five seconds
    page = (visitor := visit(viewport=PHONE)).page
    visitor.sign_in(world.PEOPLE["lead"])
    page.goto(WRITE)
    page.locator("textarea").fill(TYPED)
    warning = page.locator(".session-warning")
    expect(warning).to_be_visible(timeout=20_000)
    expect(warning.get_by_role("status")).to_contain_text("You will be signed out in 2 minutes")
    wrong = as_it_stands(visitor, PHONE)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Stay signed in").press("Enter")
    expect(warning).to_be_hidden()
    expect(page.locator("textarea")).to_have_value(TYPED)
    page.get_by_role("button", name="Write the note").click()
    expect(page).to_have_url(re.compile("/groups/ecom/"))
    assert Note.objects.get().text.replace("\r\n", "\n") == TYPED
    assert wrong == []
    assert visitor.complaints == []
