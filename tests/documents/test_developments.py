"""The record: what happened, as precisely as is known, and what was promised."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.papers.selectors import period_of
from milestones.meetings.models import Meeting
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock import services as clock
from teams.dates import ApproximateDate
from tests import factories as make
from tests.conftest import WASHINGTON
from tests.pages import words_of

SignIn = Callable[[User], Client]
DEVELOPMENTS = "/groups/ecom/developments/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def member(group: WorkingGroup, signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(group)))


@pytest.mark.parametrize(
    ("date", "heading"),
    [
        ("2018-03-06", "March 2018"),
        ("2018-03", "March 2018"),
        ("2018", "2018, month not recorded"),
    ],
)
def test_a_period_is_as_precise_as_the_date(date: str, heading: str) -> None:
    assert period_of(make.day(date)) == heading


def test_a_period_keeps_the_words_of_the_source() -> None:
    assert period_of(ApproximateDate.year(2017, "early 2017")) == "Early 2017"


def test_the_newest_comes_first_and_each_month_once(group: WorkingGroup, member: Client) -> None:
    for text, when in [
        ("In the year.", ApproximateDate.year(2017, "early 2017")),
        ("On the day.", make.day("2018-03-06")),
        ("In the month.", make.day("2018-03")),
        ("Last.", make.day("2018-06-25")),
    ]:
        make.development(group, text=text, happened=when)
    text = words_of(member.get(DEVELOPMENTS))
    places = [
        text.index(words)
        for words in ("June 2018", "Last.", "March 2018", "In the month.", "On the day.", "Early 2017", "In the year.")
    ]
    assert places == sorted(places)
    assert text.count("March 2018") == 1
    assert "On the day. March 6, 2018" in text


@pytest.mark.parametrize(
    ("today", "words"),
    [
        ((2018, 6, 24), "Not started yet"),
        ((2018, 6, 25), "Running"),
        ((2018, 8, 18), "Running"),
        ((2018, 8, 19), "Ended"),
    ],
)
def test_whether_it_is_running_goes_by_the_portals_date(
    group: WorkingGroup, member: Client, today: tuple[int, int, int], words: str
) -> None:
    make.development(group, happened=make.day("2018-06-25"), until=make.day("2018-08-18"), kind="campaign")
    clock.set_clock(to=datetime(*today, 12, tzinfo=WASHINGTON))
    assert f"{words} , until August 18, 2018" in words_of(member.get(DEVELOPMENTS))


def test_subject_kind_sections_source_and_link_are_said(group: WorkingGroup, member: Client) -> None:
    paper = make.document(group, title="The Framework")
    make.development(
        group,
        text="It was published.",
        kind="decision",
        about_document=paper,
        sections=["background", "issue"],
        source="paper",
        link="https://www.cbp.gov/x",
    )
    make.development(group, text="They asked.", about_organization=make.organization(name="Senate Finance Committee"))
    answer = member.get(DEVELOPMENTS)
    text = words_of(answer)
    assert "Decision About The Framework Issue paper: Background, Issue" in text
    assert "Source: the group's issue paper" in text
    assert "About Senate Finance Committee" in text
    assert f'<a href="{paper.get_absolute_url()}">The Framework</a>' in answer.content.decode()
    assert 'href="https://www.cbp.gov/x"' in answer.content.decode()


def test_a_sample_is_marked(group: WorkingGroup, member: Client) -> None:
    make.development(group, text="Made up.", source="illustrative")
    assert "Made up. Sample" in words_of(member.get(DEVELOPMENTS))


def test_commitments_say_who_with_whom_and_for_what(group: WorkingGroup, member: Client) -> None:
    team = make.team(group, number=4)
    cbp = make.organization(name="U.S. Customs and Border Protection", acronym="CBP", kind="agency")
    meeting = make.meeting(group, title="October meeting", starts=make.day("2018-10-08"))
    made = make.commitment(team, text="Draw the maps.", for_meeting=meeting)
    made.with_organizations.add(cbp)
    made.with_bodies.add(make.root(group))
    made.deliverables.add(make.deliverable(team, title="Process maps"))
    text = words_of(member.get(DEVELOPMENTS)).partition("Commitments")[2]
    assert f"Team 4 with {make.root(group).short_name}, CBP: Draw the maps." in text
    assert "For October meeting , October 8, 2018" in text
    assert "Process maps ○ Planned" in text
    assert "Issue paper: Next Steps" in text


def test_the_address_chooses_kind_and_section(group: WorkingGroup, member: Client) -> None:
    make.development(group, text="A decision.", kind="decision", sections=["issue"])
    make.development(group, text="An event.", sections=["background"])
    make.commitment(make.root(group), text="A promise.", sections=["next_steps"])

    def shown(query: str) -> set[str]:
        text = words_of(member.get(DEVELOPMENTS + query))
        return {words for words in ("A decision.", "An event.", "A promise.") if words in text}

    assert shown("") == {"A decision.", "An event.", "A promise."}
    assert shown("?kind=decision") == {"A decision.", "A promise."}
    assert shown("?section=issue") == {"A decision."}
    assert shown("?section=next_steps") == {"A promise."}


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?kind=gossip", "There is no kind of development “gossip”."),
        ("?section=annex", "The issue paper has no section “annex”."),
    ],
)
def test_what_cannot_be_understood_is_said(group: WorkingGroup, member: Client, query: str, sentence: str) -> None:
    assert sentence in words_of(member.get(DEVELOPMENTS + query))


def test_an_empty_record_says_so(member: Client) -> None:
    text = words_of(member.get(DEVELOPMENTS))
    assert "Nothing has been recorded yet." in text
    assert "No commitments have been recorded yet." in text


def test_a_draft_meeting_gives_nothing_away(group: WorkingGroup, member: Client) -> None:
    draft = make.meeting(group, title="Secret meeting", state=Meeting.State.DRAFT)
    make.development(group, text="The secret meeting was set.", about_meeting=draft)
    make.commitment(make.root(group), text="Prepare.", for_meeting=draft)
    text = words_of(member.get(DEVELOPMENTS))
    assert "ecret meeting" not in text
    assert "Prepare." in text


def test_an_outsider_finds_nothing(group: WorkingGroup, signed_in: SignIn) -> None:
    assert signed_in(make.member(make.root(make.group("other")))).get(DEVELOPMENTS).status_code == 404


def test_the_number_of_queries_does_not_grow(group: WorkingGroup, signed_in: SignIn) -> None:
    client, team = signed_in(make.person(is_site_admin=True)), make.team(group)
    client.get("/")  # notes the visit

    def more(start: int, end: int) -> None:
        for n in range(start, end):
            subjects: list[dict[str, Any]] = [
                {"about_body": team},
                {"about_document": make.document(group)},
                {"about_meeting": make.meeting(group)},
                {"about_organization": make.organization()},
            ]
            make.development(group, **subjects[n % 4])
            made = make.commitment(team, for_meeting=make.meeting(group))
            made.with_organizations.add(make.organization())
            made.with_bodies.add(make.team(group))
            made.deliverables.add(make.deliverable(team))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(DEVELOPMENTS).status_code == 200
        return len(captured)

    more(0, 1)
    one = queries()
    more(1, 10)
    assert queries() == one
    assert one <= 12
