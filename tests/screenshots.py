"""`script/screenshots`: pictures of a running demonstration, as each of its people sees it, on a desk and on a phone.

script/screenshots                     every page of every role, into .run/screenshots
script/screenshots --role chair        of one role
script/screenshots --readme            the two pictures of the README, into docs/img
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, BrowserContext, ViewportSize, sync_playwright

from ecomwg.embedded import chromium

ROOT: Final = Path(__file__).resolve().parents[1]
PASSWORD: Final = "sample-harbor-2018"
WIDE: Final[ViewportSize] = {"width": 1280, "height": 860}
PHONE: Final[ViewportSize] = {"width": 320, "height": 700}

PEOPLE: Final = {
    "administrator": "admin@example.test",
    "reviewer": "reviewer@example.test",
    "partner": "partner@example.test",
    "chair": "chair@example.test",
    "lead": "lead1@example.test",
    "member": "small@example.test",
}
BEFORE_SIGNING_IN: Final = {
    "sign-in": "/accounts/login/",
    "password-reset": "/accounts/password/reset/",
    "mailbox": "/mailbox/",
}
PAGES: Final = {
    "home": "/",
    "group": "/groups/ecom/",
    "plan": "/groups/ecom/plan/",
    "team": "/groups/ecom/teams/team-1/",
    "milestone": "/groups/ecom/milestones/diagrams-review/",
    "calendar": "/groups/ecom/calendar/",
    "meeting": "/groups/ecom/meetings/wgec-2018-10/",
    "statement": "/groups/ecom/statement/",
    "compare": "/groups/ecom/statement/compare/",
    "documents": "/groups/ecom/documents/",
    "document": "/groups/ecom/documents/framework-specs/",
    "consultations": "/groups/ecom/consultations/",
    "consultation": "/groups/ecom/consultations/package-comments/",
    "developments": "/groups/ecom/developments/",
    "search": "/search/?q=framework",
    "not-found": "/groups/nothing/",
}
LEDGER: Final = {"ledger": "/groups/ecom/ledger/", "forecast": "/groups/ecom/ledger/forecast/"}
# Address and height in pixels.
README: Final = {"home": ("/", 860), "plan": ("/groups/ecom/plan/", 1790)}


def window(browser: Browser, site: str, email: str = "") -> BrowserContext:
    """A window on the portal, signed in where an address is given."""
    context = browser.new_context(base_url=site, viewport=WIDE)
    if email:
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("input[name=login]", email)
        page.fill("input[name=password]", PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(f"{site}/")
        page.close()
    return context


def take(context: BrowserContext, pages: dict[str, str], into: Path) -> int:
    """Pictures of the pages, whole, at both widths; returns how many."""
    into.mkdir(parents=True, exist_ok=True)
    page = context.new_page()
    for name, path in pages.items():
        for suffix, size in (("1280", WIDE), ("320", PHONE)):
            page.set_viewport_size(size)
            page.goto(path)
            page.screenshot(path=into / f"{name}-{suffix}.png", full_page=True)
    page.close()
    return 2 * len(pages)


def main() -> int:
    """Returns the exit code."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--site", default=f"http://127.0.0.1:{os.environ.get('PORT', '8000')}")
    options.add_argument("--role", choices=sorted(PEOPLE), action="append")
    options.add_argument("--into", type=Path, default=ROOT / ".run" / "screenshots")
    options.add_argument("--readme", action="store_true")
    chosen = options.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        if chosen.readme:
            folder = ROOT / "docs" / "img"
            folder.mkdir(exist_ok=True)
            page = window(browser, chosen.site, PEOPLE["lead"]).new_page()
            for name, (path, height) in README.items():
                page.set_viewport_size({"width": 1280, "height": height})
                page.goto(path)
                page.screenshot(path=folder / f"{name}.png")
            print(f"{len(README)} pictures in {folder.relative_to(ROOT)}")
        else:
            number = 0
            if not chosen.role:
                number += take(window(browser, chosen.site), BEFORE_SIGNING_IN, chosen.into / "signed-out")
            for role in chosen.role or PEOPLE:
                pages = PAGES if role in ("partner", "member") else {**PAGES, **LEDGER}
                number += take(window(browser, chosen.site, PEOPLE[role]), pages, chosen.into / role)
            print(f"{number} pictures in {chosen.into}")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
