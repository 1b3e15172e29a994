"""The way of a change into the statement of work, as each of those who take part walks it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from documents.statement.models import ClauseLink, Draft, StatementVersion
from milestones.reminders import services as reminders
from milestones.work.models import Deliverable
from teams.notices import services as notices
from teams.notices.models import MailboxMessage
from tests import world

from .conftest import PHONE, WIDE, Visitor
from .test_every_page import SIDEWAYS, violations

STATEMENT = "/groups/ecom/statement/"
SECOND_ADMINISTRATOR = "admin2@example.test"
MAPS = "Process maps that name the parties, the actions and the data of each step."


def pleases(page: Page) -> None:
    """The page as it stands breaks no rule of accessibility and doesn't scroll sideways."""
    assert violations(page) == []
    assert page.evaluate(SIDEWAYS) <= 0


def mail_to(email: str) -> list[str]:
    """The subjects of the mail that came to somebody about the version, the oldest first."""
    reminders.sweep()
    notices.send_due()
    theirs = MailboxMessage.objects.filter(recipients=email, subject__contains="statement of work").order_by("pk")
    return [mail.subject for mail in theirs]


def edit(page: Page, clause: int, text: str) -> None:
    """Change the text of a clause on the page of the draft."""
    place = page.locator(f"#clause-{clause}")
    place.get_by_role("link", name="Edit").click()
    place.get_by_label("Text").fill(text)
    place.get_by_role("button", name="Save").click()
    expect(page.locator("main")).to_contain_text("is saved.")


def propose(page: Page, summary: str) -> None:
    """Ask for agreement to version 2.1, from the page of what the draft changes."""
    page.get_by_role("link", name="Propose for adoption").click()
    pleases(page)
    page.get_by_label("Number of the version").fill("2.1")
    page.get_by_label("What it changes").fill(summary)
    page.get_by_label("Answers until").fill("2018-08-03")
    page.get_by_label("In force from").fill("2018-09-01")
    page.get_by_role("button", name="Ask for agreement").click()
    expect(page.locator("main")).to_contain_text("Proposed. The chair and CBP’s reviewer are asked.")


def answer(page: Page, says: str, reason: str = "") -> None:
    """Answer from the home page, where it waits."""
    page.goto("/")
    page.get_by_role("link", name="Agree or object to version 2.1 of the statement of work").click()
    expect(page.get_by_role("heading", name="You are asked")).to_be_visible()
    page.get_by_label(says).check()
    if reason:
        page.get_by_label("Reason").fill(reason)
    pleases(page)
    page.get_by_role("button", name="Give my answer").click()
    expect(page.locator("main")).to_contain_text("Your answer is recorded.")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["desk", "phone"])
def test_a_change_of_a_clause_becomes_the_next_version(visit: Callable[..., Visitor], viewport: dict[str, int]) -> None:
    def arrive(email: str) -> Visitor:
        visitor = visit(viewport=viewport)
        visitor.sign_in(email)
        return visitor

    first, member, chair, reviewer, second, lead = (
        arrive(email)
        for email in (
            world.PEOPLE["administrator"],
            world.PEOPLE["member"],
            world.PEOPLE["chair"],
            world.PEOPLE["reviewer"],
            SECOND_ADMINISTRATOR,
            world.PEOPLE["lead"],
        )
    )
    owed = Deliverable.objects.get(key="maps")
    clause = ClauseLink.objects.get(deliverable=owed).clause_id

    # An administrator starts a draft and edits the clause on which the deliverable hangs.
    page = first.page
    page.goto(STATEMENT)
    page.get_by_role("link", name="Start a draft").click()
    page.get_by_label("What it is to change").fill("Process maps for the pilot")
    page.get_by_role("button", name="Start the draft").click()
    edit(page, clause, "Process maps that name the parties, the actions and the data.")
    draft = Draft.objects.get()
    at = draft.get_absolute_url()

    # A member finds it from the statement, reads the redline, and comments on the clause; it is answered and resolved.
    page = member.page
    page.goto(STATEMENT)
    page.get_by_role("link", name=draft.title).click()
    page.get_by_role("link", name="Redline").click()
    expect(page.locator("ins", has_text="data").first).to_be_visible()
    pleases(page)
    page.goto(at)
    page.locator(f"#clause-{clause}").get_by_role("link", name="Comments").click()
    page.get_by_label("Comment", exact=True).fill("Of each step?")
    page.get_by_role("button", name="Send the comment").click()
    expect(page.locator("main")).to_contain_text("Your comment is there.")
    page = first.page
    page.goto(at)
    edit(page, clause, MAPS)
    page.locator(f"#clause-{clause}").get_by_role("link", name="1 comment, 1 open").click()
    page.get_by_role("button", name="Mark as resolved").click()
    expect(page.locator("main")).to_contain_text("Resolved by")

    # What hangs on the clause is decided, and the draft is proposed.
    page.goto(at)
    page.get_by_role("link", name="What it changes for the work").click()
    thing = page.get_by_role("group", name=owed.title)
    thing.get_by_label("What becomes of it").select_option("keep")
    thing.get_by_label("Reason").fill("The maps are owed all the same.")
    pleases(page)
    page.get_by_role("button", name="Save what is decided").click()
    expect(page.locator("main")).to_contain_text("Saved. Nothing left to decide.")
    propose(page, "Asks for the data of each step.")
    pleases(page)
    assert mail_to(world.PEOPLE["chair"]) == [
        "Please agree or object by Friday, August 3: Version 2.1 of the statement of work"
    ]

    # The chair agrees, the reviewer objects, and it is withdrawn.
    answer(chair.page, "I agree")
    pleases(chair.page)
    answer(reviewer.page, "I object", "Say whose data.")
    pleases(reviewer.page)
    page = lead.page
    page.goto(STATEMENT)
    pleases(page)
    page.get_by_role("link", name="Version 2.1 is proposed").click()
    expect(page.locator("main")).to_contain_text("Objects: Say whose data.")
    expect(page.get_by_role("heading", name="You are asked")).to_have_count(0)
    page = first.page
    page.reload()
    expect(page.locator("main")).to_contain_text("It can’t be adopted yet: Sample Reviewer objects.")
    page.get_by_role("link", name="Give more time or withdraw").click()
    page.get_by_label("Reason").fill("To say whose data.")
    pleases(page)
    page.get_by_role("button", name="Withdraw the proposal").click()
    expect(page.locator("main")).to_contain_text("Withdrawn. The draft can be worked on again")
    pleases(page)
    assert mail_to(world.PEOPLE["member"]) == ["Withdrawn: Version 2.1 of the statement of work"]

    # It is changed, what was decided is confirmed, and it is proposed again.
    page.goto(at)
    pleases(page)
    edit(page, clause, f"{MAPS} The data are those of the carrier and the seller.")
    page.get_by_role("link", name="What it changes for the work").click()
    expect(page.locator("main")).to_contain_text("The clause changed again since this was decided")
    page.get_by_role("group", name=owed.title).get_by_label("Reason").fill("Still owed.")
    page.get_by_role("button", name="Save what is decided").click()
    propose(page, "Asks for the data of each step, and says whose.")
    answer(chair.page, "I agree")
    answer(reviewer.page, "I agree")
    page.reload()
    expect(page.locator("main")).to_contain_text("Another administrator adopts it, since you proposed it.")
    expect(page.get_by_role("link", name="Adopt version 2.1")).to_have_count(0)
    pleases(page)

    # The second administrator finds it from the statement, and adopts it with the password given anew.
    page = second.page
    page.goto(STATEMENT)
    page.get_by_role("link", name="Version 2.1 is proposed").click()
    page.get_by_role("link", name="Adopt version 2.1").click()
    expect(page.locator("main")).to_contain_text(owed.title)
    pleases(page)
    page.get_by_role("button", name="Adopt version 2.1").click()
    page.get_by_label("Password").fill("sample-harbor-2018")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("main")).to_contain_text("Version 2.1 is adopted.")
    pleases(page)

    # Everybody is told; a member follows the mail to the new version, and sees what is new in it.
    assert mail_to(world.PEOPLE["member"])[1:] == ["Adopted: Version 2.1 of the statement of work"]
    version = StatementVersion.objects.get(number="2.1")
    page = member.page
    page.goto(version.get_absolute_url())
    expect(page.locator("main")).to_contain_text("The data are those of the carrier and the seller.")
    expect(page.locator("main")).to_contain_text("not in force yet")
    pleases(page)
    assert ClauseLink.objects.filter(clause=clause, deliverable=owed).exists()
    assert [visitor.complaints for visitor in (first, member, chair, reviewer, second, lead)] == [[]] * 6
