"""Consultations: where they stand, whom they ask, and how the list shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.consultations.models import Consultation
from documents.consultations.selectors import open_to
from documents.library.models import Document
from milestones.meetings.models import Meeting
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
CONSULTATIONS = "/groups/ecom/consultations/"
TODAY = date(2018, 7, 20)


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def paper(group: WorkingGroup) -> Document:
    return make.document(group, title="Draft Specifications")


@pytest.fixture
def member(group: WorkingGroup, signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(group)))


@pytest.fixture
def rounds(paper: Document) -> dict[str, Consultation]:
    """Consultations by title, around July 20, 2018."""
    root = make.root(paper.group)
    days = {
        "Closes today": (-4, 0),
        "Opens today": (0, 30),
        "Opens tomorrow": (1, 20),
        "Opens later": (10, 12),
        "Closed yesterday": (-30, -1),
        "Closed long ago": (-90, -60),
    }
    return {
        title: make.consultation(
            paper,
            root,
            title=title,
            opens_on=TODAY + timedelta(days=opens),
            closes_on=TODAY + timedelta(days=closes),
        )
        for title, (opens, closes) in days.items()
    }


def titles(client: Client, query: str = "") -> list[str]:
    page = client.get(CONSULTATIONS + query).content.decode()
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]*)</a>', page)


def test_open_ones_come_first_by_closing_then_those_to_come_then_the_last_closed(
    rounds: dict[str, Consultation], member: Client
) -> None:
    assert titles(member) == list(rounds)
    text = words_of(member.get(CONSULTATIONS))
    assert text.index("Closes today") < text.index("To come Consultation") < text.index("Closed Consultation")
    assert "Fri, Jul 20, 2018 (today)" in text
    assert "(4 weeks left)" in text


@pytest.mark.parametrize(
    ("state", "left"),
    [
        ("open", ["Closes today", "Opens today"]),
        ("upcoming", ["Opens tomorrow", "Opens later"]),
        ("closed", ["Closed yesterday", "Closed long ago"]),
    ],
)
def test_the_address_chooses_where_they_stand(
    rounds: dict[str, Consultation], member: Client, state: str, left: list[str]
) -> None:
    assert titles(member, f"?state={state}") == left


def test_the_address_chooses_whom_they_ask(paper: Document, member: Client) -> None:
    team = make.team(paper.group, key="team-9")
    make.consultation(paper, team, title="Of the team")
    make.consultation(paper, make.root(paper.group), title="Of the group")
    assert titles(member, "?body=team-9") == ["Of the team"]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("?state=late", "Consultations are open, upcoming or closed, not “late”."),
        ("?body=nobody", "There is no body “nobody” in this group."),
    ],
)
def test_what_cannot_be_understood_is_said(
    rounds: dict[str, Consultation], member: Client, query: str, sentence: str
) -> None:
    assert sentence in words_of(member.get(CONSULTATIONS + query))
    assert titles(member, query) == list(rounds)


def test_an_empty_list_and_an_empty_choice_say_so(paper: Document, member: Client) -> None:
    assert "No document has been put before anyone for comment yet." in words_of(member.get(CONSULTATIONS))
    assert "No consultation that you may see fits this choice." in words_of(member.get(f"{CONSULTATIONS}?state=open"))


def test_the_page_says_what_is_asked_of_whom_and_until_when(paper: Document, member: Client) -> None:
    root, meeting = make.root(paper.group), make.meeting(paper.group, title="October meeting")
    made = make.consultation(paper, root, title="Comments on the package", for_meeting=meeting)
    text = words_of(member.get(made.get_absolute_url()))
    assert "Open until the end of Friday, August 31, 2018: 6 weeks left." in text
    assert "Document Draft Specifications" in text
    assert f"Asked {root}" in text
    assert "For the meeting October meeting , August 14, 2018" in text


def test_a_draft_meeting_is_not_named_to_a_member(paper: Document, member: Client) -> None:
    draft = make.meeting(paper.group, title="Secret meeting", state=Meeting.State.DRAFT)
    made = make.consultation(paper, make.root(paper.group), for_meeting=draft)
    for address in (CONSULTATIONS, made.get_absolute_url()):
        assert "Secret meeting" not in words_of(member.get(address))


def test_an_outsider_finds_nothing(rounds: dict[str, Consultation], signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(make.group("other"))))
    assert client.get(CONSULTATIONS).status_code == 404
    assert client.get(rounds["Opens today"].get_absolute_url()).status_code == 404


def test_the_number_of_queries_does_not_grow(paper: Document, signed_in: SignIn) -> None:
    client = signed_in(make.person(is_site_admin=True))
    client.get("/")  # notes the visit
    first = make.consultation(paper, make.root(paper.group), for_meeting=make.meeting(paper.group))

    def more(start: int, end: int) -> None:
        for _ in range(start, end):
            team = make.team(paper.group)
            first.audience.add(team)
            make.consultation(
                make.document(paper.group), team, make.root(paper.group), for_meeting=make.meeting(paper.group)
            )

    def queries() -> list[int]:
        counts = []
        for address in (CONSULTATIONS, first.get_absolute_url()):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    more(0, 1)
    one = queries()
    more(1, 10)
    assert queries() == one
    assert max(one) <= 12


# --- Whom a consultation asks ---


def test_members_of_the_audience_are_asked_in_any_role(paper: Document) -> None:
    team, other = make.team(paper.group), make.team(paper.group)
    made = make.consultation(paper, team)
    assert all(list(open_to(make.member(team, role=role), TODAY)) == [made] for role in Role.values)
    assert list(open_to(make.member(other), TODAY)) == []


def test_the_groups_reviewers_are_asked_about_everything(paper: Document) -> None:
    made = make.consultation(paper, make.team(paper.group))
    root = make.root(paper.group)
    assert list(open_to(make.member(root, role=Role.REVIEWER), TODAY)) == [made]
    assert list(open_to(make.member(root, role=Role.CHAIR), TODAY)) == []
    elsewhere = make.member(make.root(make.group("other")), role=Role.REVIEWER)
    assert list(open_to(elsewhere, TODAY)) == []


def test_asked_once_even_when_twice_a_member(paper: Document) -> None:
    one, two = make.team(paper.group), make.team(paper.group)
    made = make.consultation(paper, one, two)
    person = make.member(one)
    make.member(two, person)
    make.member(one, person, role=Role.LEAD)
    assert list(open_to(person, TODAY)) == [made]


def test_only_while_it_is_open(paper: Document, rounds: dict[str, Consultation]) -> None:
    person = make.member(make.root(paper.group))
    assert list(open_to(person, TODAY)) == [rounds["Closes today"], rounds["Opens today"]]
    assert rounds["Closes today"] not in open_to(person, TODAY + timedelta(days=1))


def test_a_membership_that_ended_asks_nothing(paper: Document) -> None:
    team = make.team(paper.group)
    made = make.consultation(paper, team)
    person = make.member(make.root(paper.group))
    make.member(team, person, ended=make.day("2018-07-20"))
    assert list(open_to(person, TODAY)) == []
    assert list(open_to(person, TODAY - timedelta(days=1))) == [made]


def test_a_government_document_asks_government_alone(paper: Document) -> None:
    secret = make.document(paper.group, access=Document.Access.GOVERNMENT)
    root = make.root(paper.group)
    made = make.consultation(secret, root)
    assert list(open_to(make.member(root), TODAY)) == []
    assert list(open_to(make.member(root, make.person(government=True)), TODAY)) == [made]
