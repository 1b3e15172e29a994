"""Every page that a role can reach: no axe violation, no sideways scrolling on a phone, nothing in the console."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Error as BrowserError
from playwright.sync_api import Page, Response, ViewportSize

from teams.accounts import services as accounts
from teams.bodies.models import Body, Role
from tests import factories, world

from .conftest import AXE, PHONE, WIDE, Visitor

# Of pages of one kind (each milestone has one) three are looked at.
SAME_KIND = 3
NOT_PAGES = {"account_logout"}
# Only violations are described in full; every rule is tried all the same.
RUN_AXE = "async () => (await axe.run({resultTypes: ['violations']})).violations"
EACH_ADDRESS = "all => all.map(a => new URL(a.href.baseVal ?? a.href, document.baseURI).href)"
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, one line a violation."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE)
    return [f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']])[:300]}" for one in found]


def as_it_stands(visitor: Visitor, size: ViewportSize) -> list[str]:
    """What is wrong with the page that is open, at a width, without loading it again."""
    page = visitor.page
    page.set_viewport_size(size)
    wrong = violations(page)
    if (too_wide := page.evaluate(SIDEWAYS)) > 0:
        wrong.append(f"scrolls sideways by {too_wide} px")
    if (headings := page.locator("h1").count()) != 1:
        wrong.append(f"has {headings} h1")
    return [f"at {size['width']} px: {line}" for line in wrong]


def opened(visitor: Visitor, path: str) -> Response | None:
    """The answer of a page; None for a file, which a browser stores or shows by itself."""
    try:
        answer = visitor.page.goto(path)
    except BrowserError as error:
        if "Download is starting" in str(error):
            return None
        raise
    return answer if answer is not None and "text/html" in answer.headers.get("content-type", "") else None


def at_both_widths(visitor: Visitor, answer: Response) -> list[str]:
    """What is wrong with the page that has just been opened."""
    if answer.status != 200:
        return [f"answers {answer.status}"]
    return [line for size in (WIDE, PHONE) for line in as_it_stands(visitor, size)]


def look(visitor: Visitor, path: str) -> list[str]:
    """What is wrong with a page at both widths."""
    answer = opened(visitor, path)
    return ["is no page"] if answer is None else at_both_widths(visitor, answer)


def links(page: Page) -> list[str]:
    """Paths of this site that the page links to, without their fragments."""
    here = urlsplit(page.url)
    hrefs: list[str] = page.eval_on_selector_all("a[href]", EACH_ADDRESS)
    return [
        there.path + (f"?{there.query}" if there.query else "")
        for there in map(urlsplit, hrefs)
        if there.netloc == here.netloc
    ]


def kind_of(path: str) -> str | None:
    """The name of the view at a path; None for what is no page of the portal."""
    try:
        match = resolve(urlsplit(path).path)
    except Resolver404:
        return None
    return match.view_name


def crawl(visitor: Visitor, start: str) -> tuple[Counter[str], dict[str, list[str]]]:
    """Look at pages from `start` on, at most SAME_KIND of a kind; returns the kinds seen and what is wrong where."""
    seen: Counter[str] = Counter()
    wrong: dict[str, list[str]] = {}
    known, waiting = {start}, [start]
    while waiting:
        path = waiting.pop(0)
        kind = kind_of(path)
        if kind is None or kind in NOT_PAGES or kind.startswith("admin:") or seen[kind] >= SAME_KIND:
            continue
        answer = opened(visitor, path)
        if answer is None:
            continue
        seen[kind] += 1
        if complaints := at_both_widths(visitor, answer):
            wrong[path] = complaints
        for link in links(visitor.page):
            if link not in known:
                known.add(link)
                waiting.append(link)
    return seen, wrong


EVERYONE_SEES = {
    "home",
    "bodies:group",
    "work:plan",
    "work:team",
    "work:milestone",
    "meetings:calendar",
    "meetings:meeting",
    "library:documents",
    "library:document",
    "statement:current",
    "statement:version",
    "statement:compare",
    "statement:drafts",
    "consultations:consultations",
    "consultations:consultation",
    "papers:developments",
}


# Beside the example's own people: somebody of the trade who only looks on, and somebody whose time in a team is over.
MADE = {"observer of the trade": "observer@example.test", "former member": "former@example.test"}
KEPT = {"bodies:memberships", "bodies:membership", "bodies:add_membership", "bodies:new_term"}


def make(role: str) -> None:
    """Give the example one of those whom it lacks."""
    person = factories.person(name=f"Sample {role.capitalize()}", email=MADE[role])
    accounts.confirm_address(person=person)
    if role == "former member":
        team = Body.objects.get(group__slug="ecom", key="team-1")
        factories.member(team, person, started=factories.day("2018-03"), ended=factories.day("2018-06"))
    else:
        factories.member(Body.objects.get(group__slug="ecom", key="ecom"), person, role=Role.OBSERVER)


@pytest.mark.parametrize("role", sorted(world.PEOPLE))
def test_every_page_of_a_role(visit: Callable[..., Visitor], role: str) -> None:
    visitor = visit()
    visitor.sign_in(world.PEOPLE[role])
    seen, wrong = crawl(visitor, "/")
    assert wrong == {}
    assert visitor.complaints == []
    assert set(seen) >= EVERYONE_SEES, f"not reached by links: {EVERYONE_SEES - set(seen)}"
    assert ("reminders:ledger" in seen) == (role in {"administrator", "chair", "lead", "reviewer"})
    assert (seen.keys() >= KEPT) == (role in {"administrator", "chair"})
    assert (seen.keys() >= {"bodies:access_rounds", "why"}) == (role == "administrator")


def test_every_page_of_somebody_of_the_trade_who_looks_on(visit: Callable[..., Visitor]) -> None:
    make("observer of the trade")
    visitor = visit()
    visitor.sign_in(MADE["observer of the trade"], factories.PASSWORD)
    seen, wrong = crawl(visitor, "/")
    assert wrong == {}
    assert visitor.complaints == []
    assert set(seen) >= EVERYONE_SEES, f"not reached by links: {EVERYONE_SEES - set(seen)}"
    assert seen.keys().isdisjoint({*KEPT, "reminders:ledger", "bodies:access_rounds", "bodies:invitations", "why"})


def test_every_page_of_a_former_member(visit: Callable[..., Visitor]) -> None:
    make("former member")
    visitor = visit()
    visitor.sign_in(MADE["former member"], factories.PASSWORD)
    seen, wrong = crawl(visitor, "/")
    assert wrong == {}
    assert visitor.complaints == []
    assert seen.keys() >= {"home", "profile:profile", "account_email", "mfa_index"}
    assert seen.keys().isdisjoint(EVERYONE_SEES - {"home"})
    for path in ("/groups/ecom/", "/groups/ecom/plan/", "/groups/ecom/teams/team-1/"):
        assert look(visitor, path) == ["answers 404"]


def test_pages_before_signing_in(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    wrong = {}
    for path in ("/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/mailbox/"):
        if complaints := look(visitor, path):
            wrong[path] = complaints
    assert wrong == {}
    assert visitor.complaints == []
