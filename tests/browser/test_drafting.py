"""A draft of the statement of work as people meet it: editing in place, two at once, dragging, comments."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import expect
from pytest_django import Settings

from documents.statement import selectors, services
from documents.statement.models import Draft, DraftClause, StatementOfWork
from teams.accounts.models import User
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import look, violations

SECOND = world.PEOPLE["lead"]


@pytest.fixture
def draft(example: None) -> Draft:
    statement = StatementOfWork.objects.get(group__slug="ecom")
    return services.start_draft(by=world.who("administrator"), statement=statement, title="Process maps for the pilot")


def clause(draft: Draft, number: str) -> DraftClause:
    return next(text.row for text in selectors.clauses_of_draft(draft) if text.number == number)


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desk", "phone"])
def test_what_is_typed_in_place_is_saved(visit: Callable[..., Visitor], draft: Draft, viewport: dict[str, int]) -> None:
    row = clause(draft, "3")
    visitor = visit(viewport=viewport)
    visitor.sign_in(world.PEOPLE["administrator"])
    page = visitor.page
    page.goto(draft.get_absolute_url())
    place = page.locator(f"#clause-{row.clause_id}")
    place.get_by_role("link", name="Edit").click()
    place.get_by_label("Text").fill("Typed in place.")
    expect(place.get_by_role("status")).to_contain_text("Saved ", timeout=10_000)
    assert DraftClause.objects.get(pk=row.pk).text == "Typed in place."
    assert violations(page) == []

    # Somebody else changes the same words in another browser: saving pauses, and "Save" shows both.
    User.objects.filter(email=SECOND).update(name="Rosa Sample", is_site_admin=True)
    rosa = visit(java_script_enabled=False, viewport=viewport)
    rosa.sign_in(SECOND)
    rosa.page.goto(draft.get_absolute_url())
    rosa.page.locator(f"#clause-{row.clause_id}").get_by_role("link", name="Edit").click()
    rosa.page.get_by_label("Text").fill("Typed by Rosa.")
    rosa.page.get_by_role("button", name="Save").click()
    expect(rosa.page.locator("main")).to_contain_text("Clause 3 is saved.")
    place.get_by_label("Text").fill("Typed in haste.")
    expect(place.get_by_role("status")).to_contain_text("saving has paused. Rosa Sample changed", timeout=10_000)
    place.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Two changes of 3")
    assert violations(page) == []
    page.get_by_role("radio", name="Theirs").check()
    page.get_by_role("button", name="Save with these choices").click()
    expect(page.locator(f"#clause-{row.clause_id}")).to_contain_text("Typed by Rosa.")
    assert visitor.complaints == rosa.complaints == []


def test_what_is_typed_survives_the_end_of_the_session(
    visit: Callable[..., Visitor], draft: Draft, settings: Settings
) -> None:
    row = clause(draft, "3")
    visitor = visit()
    visitor.sign_in(world.PEOPLE["administrator"])
    page = visitor.page
    page.goto(draft.get_absolute_url())
    place = page.locator(f"#clause-{row.clause_id}")
    place.get_by_role("link", name="Edit").click()
    expect(place.get_by_label("Text")).to_be_visible()
    settings.SESSION_IDLE_MINUTES_ADMINISTRATOR = 0
    place.get_by_label("Text").fill("Typed too late.")
    expect(place.get_by_role("status")).to_contain_text("your session has ended", timeout=10_000)
    assert DraftClause.objects.get(pk=row.pk).text != "Typed too late."
    settings.SESSION_IDLE_MINUTES_ADMINISTRATOR = 15
    visitor.sign_in(world.PEOPLE["administrator"])
    page.goto(reverse("sessions:kept"))
    page.get_by_role("button", name="Send it now").click()
    expect(page.locator(f"#clause-{row.clause_id}")).to_contain_text("Typed too late.")
    assert visitor.complaints == []


def test_a_clause_is_dragged_and_moved_by_keyboard(visit: Callable[..., Visitor], draft: Draft) -> None:
    first, third = clause(draft, "1"), clause(draft, "3")
    visitor = visit()
    visitor.sign_in(world.PEOPLE["administrator"])
    page = visitor.page
    page.goto(draft.get_absolute_url())
    grip = page.locator(f"#clause-{third.clause_id} .draft-clause__grip")
    grip.drag_to(page.locator(f"#clause-{first.clause_id}"), target_position={"x": 60, "y": 4})
    expect(page.locator("main")).to_contain_text("Clause 3 is clause 1 now.")
    summary = page.locator(f"#clause-{third.clause_id} summary")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_contain_text("Clause 1 is clause 2 now.")
    assert visitor.complaints == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_member_comments_and_an_administrator_answers(
    visit: Callable[..., Visitor], draft: Draft, script: bool
) -> None:
    row = clause(draft, "3")
    member, administrator = (visit(java_script_enabled=script, viewport=size) for size in (PHONE, WIDE))
    member.sign_in(world.PEOPLE["member"])
    page = member.page
    page.goto("/groups/ecom/statement/")
    page.get_by_role("link", name=draft.title).click()
    page.locator(f"#clause-{row.clause_id}").get_by_role("link", name="Comments").click()
    page.get_by_label("Comment", exact=True).fill("Who pays for the travel?")
    page.get_by_role("button", name="Send the comment").click()
    expect(page.locator("main")).to_contain_text("Your comment is there.")

    administrator.sign_in(world.PEOPLE["administrator"])
    page = administrator.page
    page.goto(f"{draft.get_absolute_url()}?comments=1")
    page.get_by_role("link", name="1 comment, 1 open").click()
    page.locator("summary", has_text="Answer").click()
    page.get_by_label("Answer", exact=True).fill("Each company its own.")
    page.get_by_role("button", name="Send the answer").click()
    page.get_by_role("button", name="Mark as resolved").click()
    expect(page.locator("main")).to_contain_text("Resolved by")
    page.get_by_role("link", name="Edit").click()
    page.get_by_label("Text").fill("Members come from companies, which pay their travel.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("Clause 3 is saved.")
    assert member.complaints == administrator.complaints == []


def test_pages_of_a_draft_please_everyone(visit: Callable[..., Visitor], draft: Draft) -> None:
    row = clause(draft, "4.1")
    services.comment(by=world.who("member"), draft=draft, clause=row.clause, text="Why?")
    services.edit_clause(by=world.who("administrator"), clause=row, heading="Maps", text="New words.", seen_revision=1)
    services.remove_clause(by=world.who("administrator"), clause=clause(draft, "5.1"))
    visitor = visit()
    visitor.sign_in(world.PEOPLE["administrator"])
    page, of = draft.get_absolute_url(), f"{draft.get_absolute_url()}clauses/{row.clause_id}/"
    wrong = {}
    for path in (
        page,
        f"{page}?view=redline",
        f"{page}?view=side",
        f"{page}settings/",
        f"{page}clauses/new/",
        of,
        *(f"{of}{what}/" for what in ("edit", "move", "split", "merge", "remove")),
        "/groups/ecom/statement/drafts/",
        "/groups/ecom/statement/compare/?from=1.0&to=draft",
    ):
        if complaints := look(visitor, path):
            wrong[path] = complaints
    assert wrong == {}
    assert visitor.complaints == []
