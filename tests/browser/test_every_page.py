"""Every page that a role can reach: no axe violation, no sideways scrolling on a phone, nothing in the console."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.urls import Resolver404, resolve
from playwright.sync_api import Page

from tests import world

from .conftest import AXE, PHONE, WIDE, Visitor

# Of pages of one kind (each milestone has one) three are looked at.
SAME_KIND = 3
NOT_PAGES = {"account_logout"}
SIDEWAYS = "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, one line a violation."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = page.evaluate("async () => (await axe.run()).violations")
    return [f"{one['id']}: {json.dumps([node['target'] for node in one['nodes']])[:300]}" for one in found]


def look(visitor: Visitor, path: str) -> list[str]:
    """What is wrong with a page at both widths."""
    wrong = []
    for size in (WIDE, PHONE):
        visitor.page.set_viewport_size(size)
        answer = visitor.page.goto(path)
        if answer is None or answer.status != 200:
            return [f"answers {answer and answer.status}"]
        wrong += [f"at {size['width']} px: {line}" for line in violations(visitor.page)]
        if visitor.page.evaluate(SIDEWAYS) > 0:
            wrong.append(f"at {size['width']} px: scrolls sideways by {visitor.page.evaluate(SIDEWAYS)} px")
        if visitor.page.locator("h1").count() != 1:
            wrong.append(f"has {visitor.page.locator('h1').count()} h1")
    return wrong


def links(page: Page) -> list[str]:
    """Paths of this site that the page links to, without their fragments."""
    here = urlsplit(page.url)
    hrefs: list[str] = page.eval_on_selector_all("a[href]", "all => all.map(a => a.href.baseVal ?? a.href)")
    paths = []
    for href in hrefs:
        there = urlsplit(page.evaluate("h => new URL(h, document.baseURI).href", href))
        if there.netloc == here.netloc:
            paths.append(there.path + (f"?{there.query}" if there.query else ""))
    return paths


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
        head = visitor.context.request.head(path)
        if "text/html" not in head.headers.get("content-type", ""):
            continue
        seen[kind] += 1
        if complaints := look(visitor, path):
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


KEPT = {"bodies:memberships", "bodies:membership", "bodies:add_membership", "bodies:new_term"}


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


def test_pages_before_signing_in(visit: Callable[..., Visitor]) -> None:
    visitor = visit()
    wrong = {}
    for path in ("/accounts/login/", "/accounts/password/reset/", "/accounts/password/reset/done/", "/mailbox/"):
        if complaints := look(visitor, path):
            wrong[path] = complaints
    assert wrong == {}
    assert visitor.complaints == []
