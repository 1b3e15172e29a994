"""Sign-in by a real identity provider as people do it, in Chromium, whose rule for forms holds on every redirect."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from teams.accounts.models import Identity
from tests import factories, world
from tests.identity_provider import PAGE, STRONG, RealProvider, provider_of, real_provider

from .conftest import PHONE, Visitor
from .test_every_page import violations

LOGIN = "/accounts/login/"
BUTTON = "Sign in with Login.gov"


@pytest.fixture(scope="module")
def running(live_server: LiveServer) -> Iterator[RealProvider]:
    """The provider, for the portal that the browser visits."""
    with real_provider(live_server.url) as provider:
        yield provider


@pytest.fixture
def provider(running: RealProvider, live_server: LiveServer, settings: Settings) -> RealProvider:
    """It is the portal's, and the forms' rule names it as in ecomwg/settings.py."""
    settings.SITE_URL = live_server.url
    settings.IDENTITY_PROVIDER = provider_of(running.issuer)
    policy = copy.deepcopy(django_settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", *settings.IDENTITY_PROVIDER.origins]
    settings.CONTENT_SECURITY_POLICY = policy
    return running


def sign_in_there(page: Page, account: str, acr: str = STRONG) -> None:
    """On the provider's page."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in at the provider")
    page.get_by_label("Account").fill(account)
    page.get_by_label("Context").fill(acr)
    page.get_by_role("button", name="Go on").click()


def sign_out(page: Page) -> None:
    page.locator("summary.portal-person__summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


@pytest.mark.parametrize("java_script", [True, False])
def test_linked_once_it_signs_in_from_then_on(
    visit: Callable[..., Visitor], provider: RealProvider, java_script: bool
) -> None:
    page = (visitor := visit(java_script_enabled=java_script)).page
    visitor.sign_in(world.PEOPLE["lead"])
    page.locator("summary.portal-person__summary").click()
    page.get_by_role("link", name="Login.gov account").click()
    page.get_by_role("button", name="Link my Login.gov account").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Is it still you?")
    page.get_by_label("Password", exact=False).first.fill(django_settings.DEMONSTRATION_PASSWORD)
    page.get_by_role("button", name="Go on").click()
    sign_in_there(page, "kim")
    expect(page.get_by_text("Linked. From now on you can sign in with Login.gov.")).to_be_visible()
    sign_out(page)
    page.goto("/groups/ecom/plan/")
    page.get_by_role("button", name=BUTTON).click()
    page.wait_for_url("**/groups/ecom/plan/")  # the provider remembers: there and back without a page
    sign_out(page)
    visitor.context.clear_cookies()
    page.goto("/groups/ecom/plan/")
    page.get_by_role("button", name=BUTTON).click()
    sign_in_there(page, "kim")
    page.wait_for_url("**/groups/ecom/plan/")
    expect(page.locator("summary.portal-person__summary")).to_contain_text("Sample Lead One")
    page.goto(PAGE)
    page.get_by_text("Remove it").click()
    page.get_by_role("button", name="Remove this Login.gov account").click()
    page.get_by_label("Password", exact=False).first.fill(django_settings.DEMONSTRATION_PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("no longer opens the portal")).to_be_visible()
    assert not Identity.objects.exists()
    assert visitor.complaints == []


def test_whoever_stops_there_is_back_at_the_sign_in_page(visit: Callable[..., Visitor], provider: RealProvider) -> None:
    page = visit().page
    page.goto(LOGIN)
    page.get_by_role("button", name=BUTTON).click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("You did not go on at Login.gov.")).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_be_visible()


def test_without_the_provider_in_the_rule_for_forms_the_button_would_lead_nowhere(
    visit: Callable[..., Visitor], provider: RealProvider, settings: Settings
) -> None:
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'"]
    settings.CONTENT_SECURITY_POLICY = policy
    page = (visitor := visit()).page
    page.goto(LOGIN)
    page.get_by_role("button", name=BUTTON).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    page.wait_for_timeout(500)
    assert any("form-action" in complaint for complaint in visitor.complaints)


@pytest.mark.parametrize("viewport", [None, PHONE])
def test_its_pages_have_no_violations(
    visit: Callable[..., Visitor], provider: RealProvider, settings: Settings, viewport: dict[str, int] | None
) -> None:
    settings.SECOND_FACTOR_REQUIRED = True
    assert settings.IDENTITY_PROVIDER is not None
    reviewer = world.who("reviewer")
    factories.identity(reviewer, settings.IDENTITY_PROVIDER, "kim", acr=STRONG)
    factories.identity(world.who("lead"), settings.IDENTITY_PROVIDER, "lee")
    page = (visitor := visit(**({"viewport": viewport} if viewport else {}))).page
    page.goto(LOGIN)
    assert violations(page) == []
    page.get_by_role("button", name=BUTTON).click()
    sign_in_there(page, "nobody")
    expect(page.get_by_role("heading", level=1)).to_have_text("This Login.gov account opens nothing here yet")
    assert violations(page) == []
    visitor.sign_in(world.PEOPLE["lead"])
    page.goto(PAGE)
    page.get_by_text("Remove it").click()
    assert violations(page) == []
    sign_out(page)
    page.goto(LOGIN)
    page.get_by_label("Email", exact=False).first.fill(reviewer.email)
    page.get_by_label("Password", exact=False).first.fill(django_settings.DEMONSTRATION_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Now with Login.gov")
    assert violations(page) == []
