"""A real Chromium against the running portal with the shipped example."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from ecomwg.embedded import chromium
from tests import world

WIDE: Final[ViewportSize] = {"width": 1280, "height": 900}
PHONE: Final[ViewportSize] = {"width": 320, "height": 700}
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs the browser and data that outlive a transaction."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of a worker."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium.launch_options())
        yield browser
        browser.close()


@pytest.fixture
def example(transactional_db: None, settings: Settings) -> None:
    """The shipped example is loaded, and its mail lands in the mailbox."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    cache.clear()  # what earlier tests used up of the limits
    world.load_example()


@dataclass
class Visitor:
    """Somebody at a browser window, and what went wrong in it."""

    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)

    def sign_in(self, email: str, password: str = django_settings.DEMONSTRATION_PASSWORD) -> None:
        """By the form, as a person does."""
        self.page.goto("/accounts/login/")
        self.page.get_by_label("Email", exact=False).first.fill(email)
        self.page.get_by_label("Password", exact=False).first.fill(password)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/")


@pytest.fixture
def visit(browser: Browser, live_server: LiveServer, example: None) -> Iterator[Callable[..., Visitor]]:
    """Opens a window: `visit()`, `visit(viewport=PHONE)`, `visit(java_script_enabled=False)`."""
    contexts = []

    def open_window(**options: object) -> Visitor:
        context = browser.new_context(base_url=live_server.url, **{"viewport": WIDE, **options})  # type: ignore[arg-type]
        contexts.append(context)
        visitor = Visitor(context, context.new_page())
        page = visitor.page
        page.on("pageerror", lambda error: visitor.complaints.append(f"{page.url}: {error}"))
        page.on(
            "console",
            lambda message: (
                visitor.complaints.append(f"{page.url}: {message.text}") if message.type == "error" else None
            ),
        )
        return visitor

    yield open_window
    for context in contexts:
        context.close()
