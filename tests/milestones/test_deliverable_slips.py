"""How far deliverables slipped: counted on the team's page, drawn and listed in the plan, and the same in its files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from milestones.work import services
from milestones.work.models import Deliverable, State
from teams.accounts.models import User
from teams.bodies.models import Body, Role
from tests import factories as make
from tests.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_start")]
SignIn = Callable[[User], Client]
PLAN, TEAM = "/groups/ecom/plan/", "/groups/ecom/teams/team-1/"


@pytest.fixture
def team() -> Body:
    group = make.group("ecom")
    make.root(group)
    return make.team(group, number=1, key="team-1", name="Standards")


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Lea Lind"), role=Role.LEAD)


@pytest.fixture
def maps(team: Body) -> Deliverable:
    return make.deliverable(team, key="maps", title="Process maps")


def move(owed: Deliverable, by: User, *dates: str) -> None:
    for due in dates:
        services.move_deliverable_due(by=by, deliverable=owed, due=make.day(due), reason="The posts answer late.")


def test_a_move_leaves_the_adopted_plan_as_it_was(maps: Deliverable, lead: User) -> None:
    move(maps, lead, "2018-10-01", "2018-10-12")
    maps.refresh_from_db()
    assert (str(maps.baseline_due), maps.slip, maps.moves) == ("September 14, 2018", 28, 2)


def test_what_is_added_is_in_the_plan_as_it_was_added(team: Body, lead: User) -> None:
    made = services.add_deliverable(
        by=lead, body=team, title="Guide", kind="outreach", due=make.day("2018-10"), token="0123abcd"
    )
    assert (str(made.baseline_due), made.slip) == ("October 2018", 0)


def test_the_teams_page_counts_moves_and_names_what_slipped_most(
    maps: Deliverable, team: Body, lead: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    assert "Moved dates" not in words_of(client.get(TEAM))
    guide, earlier, dropped = (make.deliverable(team, title=title) for title in ("Guide", "Earlier", "Dropped"))
    move(maps, lead, "2018-10-01", "2018-10-12")
    move(guide, lead, "2018-09-15")
    move(earlier, lead, "2018-09-01")
    move(dropped, lead, "2018-12-01")
    Deliverable.objects.filter(pk=dropped.pk).update(state=State.DROPPED)
    text = words_of(client.get(TEAM))
    assert "Moved dates 3 deliverables, 4 times in all" in text
    assert "Deliverable that slipped most Process maps 28 days later than in the adopted plan" in text
    assert "Process maps Fri, Oct 12, 2018 (12 weeks left) slipped 28 days ○ Planned" in text
    assert "Adopted plan Fri, Sep 14, 2018: it is due 28 days later now; moved 2 times" in text
    step = make.milestone(maps, lead, title="Draft")
    services.move_due(by=lead, milestone=step, due=make.day("2018-08-01"), reason="Late.")
    text = words_of(client.get(TEAM))
    assert "Moved dates 1 milestone, 1 time in all; 3 deliverables, 4 times in all" in text
    assert "Milestone that slipped most Draft 5 days later than in the adopted plan" in text


def test_the_plan_says_it_in_its_list_and_its_picture(maps: Deliverable, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    page = client.get(PLAN).content.decode()
    assert page.count('class="baseline__tick"') == 2, "one in the legend"
    assert page.count('class="slip"') == 1, "in the legend alone"
    move(maps, lead, "2018-10-12")
    answer = client.get(PLAN)
    said = "Nobody Fri, Oct 12, 2018 (12 weeks left) Adopted plan: Fri, Sep 14, 2018 +28 days moved 1 time ○ Planned"
    assert f"Process maps No milestones yet Team 1 {said}" in words_of(answer)
    page = answer.content.decode()
    assert "due Fri, Oct 12, 2018 (+28\N{NO-BREAK SPACE}days): deliverable, planned, 28 days later than" in page
    assert page.count('class="slip"') == 2
    assert client.get(f"{PLAN}?hide=baseline").content.decode().count('class="slip"') == 0


def test_the_files_of_the_plan_say_the_same(maps: Deliverable, team: Body, lead: User, signed_in: SignIn) -> None:
    make.milestone(maps, lead, title="Draft")
    guide = make.deliverable(team, key="guide", title="=Guide", owner=lead, due=make.day("2018-08"))
    move(guide, lead, "2018-10")
    client = signed_in(lead)
    book = load_workbook(io.BytesIO(client.get(f"{PLAN}?format=xlsx").content))
    assert book.sheetnames == ["Plan", "Deliverables"]
    rows: Any = list(book["Deliverables"].iter_rows(values_only=True))
    first, second = (dict(zip(rows[0], row, strict=True)) for row in rows[1:])
    assert (first["Deliverable"], first["Owner"], first["Slip in days"]) == ("Process maps", None, 0)
    assert (second["Deliverable"], second["Owner"], second["Key"]) == ("=Guide", "Lea Lind", "guide")
    assert second["Date in the adopted plan"].date() == date(2018, 8, 31)
    assert (second["Due"].date(), second["If no day is known"]) == (date(2018, 10, 31), "in October 2018")
    assert (second["Slip in days"], second["Times moved"], second["State"]) == (61, 1, "Planned")
    text = client.get(f"{PLAN}?format=csv").content.decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [(each["Milestone"], each["Deliverable or meeting"]) for each in lines] == [
        ("Draft", "Process maps"),
        ("", "Process maps"),
        ("", "'=Guide"),
    ]
    asked = ("Date in the adopted plan", "Due", "Slip in days", "Owner", "State")
    assert [lines[2][each] for each in asked] == ["2018-08", "2018-10", "61", "Lea Lind", "Planned"]


def test_the_plan_of_an_owner_has_their_deliverables(
    maps: Deliverable, team: Body, lead: User, signed_in: SignIn
) -> None:
    olga = make.member(team, make.person(name="Olga Owner"))
    make.deliverable(team, title="Guide", owner=olga)
    make.milestone(make.deliverable(team, title="Survey", owner=olga), lead, title="Questions")
    client = signed_in(lead)

    def lists(query: str) -> list[str]:
        text = words_of(client.get(f"{PLAN}?{query}")).partition("The plan as a list")[2]
        return [each for each in ("Process maps", "Guide", "Survey", "Questions") if each in text]

    assert lists("") == ["Process maps", "Guide", "Survey", "Questions"]
    assert lists(f"owner={olga.pk}") == ["Guide", "Survey"]
    assert lists(f"owner={lead.pk}") == ["Survey", "Questions"]
    page = client.get(f"{PLAN}?by=person").content.decode()
    picture = page.partition("plan-svg")[2].partition("</svg>")[0]
    band = picture.partition('<g role="group" aria-label="Olga Owner">')[2].partition("<g role=")[0]
    assert "Guide" in band
    assert "Survey" not in band, "it stands with who owns its milestone"
