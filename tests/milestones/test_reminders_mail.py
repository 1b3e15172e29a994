"""What a reminder says: subject, words, link and why, the same as text and as HTML."""

from __future__ import annotations

from datetime import datetime
from html.parser import HTMLParser

import pytest
from pytest_django import Settings

from milestones.reminders import services
from milestones.work.models import State
from teams.bodies.models import WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import Notice
from teams.sources import Source
from tests import factories, outbox
from tests.conftest import WASHINGTON

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"


@pytest.fixture
def group() -> WorkingGroup:
    group = factories.group("ecom")
    services.set_default_rules(group=group)
    return group


def mail(
    group: WorkingGroup, *, due: str, today: str = "2018-07-20", timezone: str = "America/New_York", **fields: object
) -> Notice:
    """The reminder of a milestone that is due then, as it goes today."""
    team = factories.team(group, number=1, name="Standards and Process")
    deliverable = factories.deliverable(team, title="Process diagrams")
    owner = factories.member(team, factories.person(timezone=timezone))
    factories.milestone(
        deliverable, owner, **{"title": "First <draft> & more", "key": "first", "due": factories.day(due), **fields}
    )
    clocks.set_clock(to=datetime.fromisoformat(f"{today} 12:00").replace(tzinfo=WASHINGTON))
    services.sweep()
    notices.send_due()
    return Notice.objects.get()


class Words(HTMLParser):
    """The visible words of a page, its links, and the attributes that it uses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.links: list[str] = []
        self.attributes: set[str] = set()
        self.styles = 0
        self._is_hidden = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_hidden = tag in ("style", "title")
        self.styles += tag == "style"
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        if not self._is_hidden:
            self.words += data.split()


@pytest.mark.parametrize(
    ("due", "today", "subject"),
    [
        ("2018-07-27", "2018-07-20", "Due Friday, July 27: First <draft> & more"),
        ("2018-07-21", "2018-07-20", "Due Saturday, July 21: First <draft> & more"),
        ("2018-07-20", "2018-07-20", "Due today, July 20: First <draft> & more"),
        ("2018-07-13", "2018-07-20", "Late since July 13: First <draft> & more"),
        ("2019-01-04", "2018-12-28", "Due Friday, January 4, 2019: First <draft> & more"),
        ("2018-12-28", "2019-01-11", "Late since December 28, 2018: First <draft> & more"),
        ("2018-08", "2018-08-24", "Due by the end of August 2018: First <draft> & more"),
        ("2018-06", "2018-07-03", "Late since the end of June 2018: First <draft> & more"),
        ("2018", "2018-12-24", "Due by the end of 2018: First <draft> & more"),
    ],
)
def test_the_subject_says_when_and_what(group: WorkingGroup, due: str, today: str, subject: str) -> None:
    assert mail(group, due=due, today=today).subject == subject


def test_the_text_says_all_that_the_owner_needs(group: WorkingGroup) -> None:
    lines = mail(group, due="2018-07-27").text.splitlines()
    assert lines[0] == "Due Friday, July 27: First <draft> & more"
    assert "Due: Friday, July 27, 2018 (7 days left)" in lines
    assert "Deliverable: Process diagrams" in lines
    assert "Team: Team 1: Standards and Process" in lines
    assert "State: Planned" in lines
    assert "Please finish it by then, or say now if it needs longer." in lines
    assert "https://portal.example/groups/ecom/milestones/first/" in lines
    why = "Why you get this mail: You own this milestone; the group's rule reminds 7 days before it is due."
    assert why in lines
    assert "sample" not in " ".join(lines)


def test_the_html_says_the_same(group: WorkingGroup) -> None:
    notice = mail(group, due="2018-07-27")
    html = Words(notice.html)
    said = " ".join(html.words)
    for sentence in (
        "Due Friday, July 27",
        "First <draft> & more",
        "Friday, July 27, 2018 (7 days left)",
        "Process diagrams",
        "Team 1: Standards and Process",
        "Planned",
        "Please finish it by then, or say now if it needs longer.",
        "You own this milestone; the group's rule reminds 7 days before it is due.",
    ):
        assert sentence in said
    assert html.links == [
        *["https://portal.example/mail/answer/…/"] * 3,
        "https://portal.example/groups/ecom/milestones/first/",
        "https://portal.example/profile/mail/",
        "https://portal.example",
    ]
    assert "<draft>" not in notice.html


def test_the_html_has_one_style_block_and_no_style_attribute(group: WorkingGroup) -> None:
    html = Words(mail(group, due="2018-07-27").html)
    assert html.styles == 1
    assert not {"style", "onclick", "src"} & html.attributes


@pytest.mark.parametrize(
    ("due", "state", "asked"),
    [
        ("2018-07-13", State.PLANNED, "Please finish it, or say by when it will be done and why."),
        ("2018-07-20", State.UNDER_WAY, "Please finish it today, or say by when it will be done and why."),
        ("2018-07-27", State.RETURNED, "It was returned to you: please see what is missing, and hand it in again."),
    ],
)
def test_it_asks_for_what_is_to_be_done_now(group: WorkingGroup, due: str, state: str, asked: str) -> None:
    assert asked in mail(group, due=due, state=state).text.splitlines()


def test_a_sample_is_said_to_be_one(group: WorkingGroup) -> None:
    notice = mail(group, due="2018-07-27", source=Source.ILLUSTRATIVE)
    assert "This milestone is a sample: made up as an example, not from the record." in notice.text
    assert "Sample" in Words(notice.html).words


def test_days_are_counted_where_the_owner_is(group: WorkingGroup) -> None:
    """Noon of July 20 in Washington is already July 21 in Auckland."""
    text = mail(group, due="2018-07-27", timezone="Pacific/Auckland").text
    assert "(6 days left)" in text
    assert "Days are counted on the date in your time zone, Pacific/Auckland." in text


def test_a_milestone_without_a_deliverable_has_no_such_line(group: WorkingGroup) -> None:
    notice = mail(group, due="2018-07-27", deliverable=None)
    assert "Deliverable" not in notice.text
    assert "Deliverable" not in notice.html
