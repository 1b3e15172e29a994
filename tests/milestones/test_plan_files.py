"""The plan as Excel, and for a calendar: other programs read from it what the list says, and nothing of it runs."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.test import Client
from icalendar import Calendar
from openpyxl import load_workbook

from milestones.work import services as work
from milestones.work.models import Deliverable, Dependency, State
from teams.accounts.models import User
from teams.bodies.models import Role
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
PLAN = "/groups/ecom/plan/"


@pytest.fixture
def owed(at_start: datetime) -> Deliverable:
    team = make.team(make.group("ecom"), number=1, key="team-1", name="Standards")
    return make.deliverable(team, key="maps", title="Maps")


@pytest.fixture
def member(owed: Deliverable, signed_in: SignIn) -> Client:
    return signed_in(make.member(owed.body))


def sheet_of(client: Client, query: str = "") -> Any:
    """The first sheet of the workbook, as openpyxl reads it back."""
    answer = client.get(f"{PLAN}?format=xlsx{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"] == 'attachment; filename="plan-ecom-2018-07-20.xlsx"'
    return load_workbook(io.BytesIO(answer.content)).worksheets[0]


def day(year: int, month: int, of_month: int) -> datetime:
    """A day as openpyxl gives it."""
    return datetime.combine(date(year, month, of_month), datetime.min.time())


def table(client: Client, query: str = "") -> list[dict[str, Any]]:
    rows = list(sheet_of(client, query).iter_rows(values_only=True))
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]


def events(client: Client, query: str = "") -> dict[str, Any]:
    """The events of the calendar by their summaries."""
    answer = client.get(f"{PLAN}?format=ics{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="plan-ecom-2018-07-20.ics"'
    read = Calendar.from_ical(answer.content)
    assert not read.errors
    return {str(event["summary"]): event for event in read.walk("VEVENT")}


def test_the_workbook_says_what_the_list_says(owed: Deliverable, member: Client) -> None:
    alba = make.person(name="Alba Ruiz")
    first = make.milestone(
        owed, alba, key="draft", title="Draft", due=make.day("2018-07-13"), baseline_due=make.day("2018-07-06")
    )
    Dependency.objects.create(
        milestone=make.milestone(owed, alba, title="Review", due=make.day("2018-08"), evidence_asked="The map as PDF"),
        after=first,
    )
    draft, review = table(member)
    assert draft["Milestone"] == "Draft"
    assert draft["Deliverable or meeting"] == "Maps"
    assert draft["Owner"] == "Alba Ruiz"
    assert draft["Due"] == day(2018, 7, 13), "a real date, which sorts and can be reckoned with"
    assert draft["Date in the adopted plan"] == day(2018, 7, 6)
    assert (draft["Slip in days"], draft["State"], draft["Key"]) == (7, "Late", "draft")
    assert review["Due"] == day(2018, 8, 31)
    assert review["If no day is known"] == "in August 2018"
    assert review["Follows"] == "Draft"
    assert review["Evidence asked for"] == "The map as PDF"
    assert review["At risk"].startswith("Waits for “Draft”")


def test_the_headings_stay_in_sight(owed: Deliverable, member: Client) -> None:
    make.milestone(owed)
    assert sheet_of(member).freeze_panes == "B2"


def test_the_files_have_what_was_chosen(owed: Deliverable, member: Client) -> None:
    alba, ben = make.person(name="Alba"), make.person(name="Ben")
    make.milestone(owed, alba, title="One")
    make.milestone(owed, ben, title="Two")
    assert [row["Milestone"] for row in table(member, f"&owner={ben.pk}")] == ["Two"]
    assert list(events(member, f"&owner={alba.pk}")) == ["One"]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "=cmd|' /C calc'!A0", "https://x.test/", "1234"])
def test_a_cell_that_looks_like_something_else_stays_a_text(owed: Deliverable, member: Client, title: str) -> None:
    make.milestone(owed, make.person(name=title), title=title)
    cells = next(sheet_of(member).iter_rows(min_row=2))
    for cell in (cells[0], cells[3]):
        assert cell.data_type == "s"
        assert cell.value == title, "nothing is put before it"
        assert cell.hyperlink is None
        assert cell.quotePrefix == (1 if title[0] in "=+-@" else 0), "nor runs once somebody edits it"


def test_an_event_takes_the_whole_day_and_says_what_is_due(owed: Deliverable, member: Client) -> None:
    make.milestone(
        owed, make.person(name="Alba"), key="draft", title="Draft; first, second", due=make.day("2018-08-17")
    )
    event = events(member)["Draft; first, second"]
    assert (event["dtstart"].dt, event["dtend"].dt) == (date(2018, 8, 17), date(2018, 8, 18))
    assert event["uid"].startswith("milestone-draft.ecom@")
    assert event["sequence"] == 2
    assert "Due on August 17, 2018\nState: Planned\nOwner: Alba\nTeam: Team 1: Standards" in str(event["description"])
    assert event["url"].endswith("/groups/ecom/milestones/draft/")
    assert event["transp"] == "TRANSPARENT", "a due date makes nobody busy"


def test_a_month_stands_on_its_last_day_and_says_so(owed: Deliverable, member: Client) -> None:
    make.milestone(owed, title="Review", due=make.day("2018-08"))
    event = events(member)["Review (in August 2018)"]
    assert event["dtstart"].dt == date(2018, 8, 31)


def test_the_same_event_moves_with_its_date(owed: Deliverable, member: Client) -> None:
    milestone = make.milestone(owed, title="Draft", due=make.day("2018-08-17"))
    before = events(member)["Draft"]
    milestone.due, milestone.due_revision = make.day("2018-08-24"), 2
    milestone.save()
    after = events(member)["Draft"]
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert after["dtstart"].dt == date(2018, 8, 24)


def test_what_was_accepted_or_dropped_is_a_later_event(owed: Deliverable, member: Client) -> None:
    lead = make.member(owed.body, role=Role.LEAD)
    chair = make.member(make.root(owed.group), role=Role.CHAIR)
    milestone = make.milestone(owed, lead, title="Draft")
    sequences = [events(member)["Draft"]["sequence"]]
    work.hand_in(by=lead, owed=milestone, done="Drawn.", evidence="")
    sequences.append(events(member)["Draft"]["sequence"])
    work.accept(by=chair, owed=milestone)
    sequences.append(events(member)["Draft"]["sequence"])
    work.reopen(by=chair, owed=milestone, reason="A page is missing.")
    work.drop(by=chair, owed=milestone, reason="Not needed.")
    event = events(member)["Draft"]
    assert sequences == sorted(set(sequences))
    assert event["sequence"] > sequences[-1]
    assert str(event["status"]) == "CANCELLED"


def test_what_was_dropped_is_cancelled(owed: Deliverable, member: Client) -> None:
    work.drop_milestone(milestone=make.milestone(owed, title="Off"))
    make.milestone(owed, title="On", state=State.UNDER_WAY)
    assert {name: str(event["status"]) for name, event in events(member).items()} == {
        "Off": "CANCELLED",
        "On": "CONFIRMED",
    }


def test_an_outsider_gets_none_of_the_files(owed: Deliverable, signed_in: SignIn) -> None:
    outsider = signed_in(make.member(make.root(make.group("other"))))
    assert [outsider.get(f"{PLAN}?format={each}").status_code for each in ("xlsx", "csv", "ics")] == [404, 404, 404]


def test_the_plan_is_drawn_by_person_with_the_same_marks(owed: Deliverable, member: Client) -> None:
    alba, ben = make.person(name="Alba"), make.person(name="Ben")
    for owner in (ben, alba):
        make.milestone(owed, owner, title=f"Part of {owner.name}")
    answer = member.get(f"{PLAN}?by=person")
    page = answer.content.decode()
    assert page.index('<g role="group" aria-label="Alba">') < page.index('<g role="group" aria-label="Ben">')
    assert f'href="?by=person&amp;owner={alba.pk}"' in page, "a person's band leads to their part"
    assert page.count('id="deliverable-maps"') == 1
    for name in ("Alba", "Ben"):
        assert f"Part of {name}: due " in words_of(answer)


def test_the_page_names_what_it_shows(owed: Deliverable, member: Client) -> None:
    make.milestone(owed, make.person(name="Alba"))
    owner = User.objects.get(name="Alba").pk
    query = f"?team=team-1&owner={owner}&state=open&first=2018-07-01&last=2018-12-31"
    said = words_of(member.get(PLAN + query))
    assert (
        "Shown: Team 1: Standards, owner Alba, state open, due from July 1, 2018, due until December 31, 2018." in said
    )
    assert "Shown:" not in words_of(member.get(PLAN))
