"""The plan's page: the picture and the list say the same, the address chooses, and the file can't run anything."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from milestones.meetings.models import Meeting, Preparation
from milestones.work import picture
from milestones.work.models import Deliverable, Dependency, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
PLAN = "/groups/ecom/plan/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1", name="Standards and Process")


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team, key="diagrams", title="Process diagrams")


@pytest.fixture
def member(team: Body, signed_in: SignIn) -> Client:
    return signed_in(make.member(team))


def listed(client: Client, query: str = "") -> list[str]:
    """The milestones of the list, in its order."""
    answer = client.get(PLAN + query)
    assert answer.status_code == 200
    page = answer.content.decode().partition('id="list"')[2].partition('id="deliverables"')[0]
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', page)


def drawn(client: Client, query: str = "") -> list[str]:
    """What the links of the picture say, in the order in which the keyboard reaches them."""
    page = client.get(PLAN + query).content.decode()
    links = re.findall(r'<a href="[^"]*"><title>([^<]*)</title>', page.partition("plan-svg")[2].partition("</svg>")[0])
    return [link for link in links if ": " in link.replace("Team 1: ", "").replace("Team 2: ", "")]


def test_the_picture_and_the_list_say_the_same(owed: Deliverable, member: Client) -> None:
    lead = make.person(name="Alba Ruiz")
    first = make.milestone(
        owed, lead, title="First draft", due=make.day("2018-07-13"), baseline_due=make.day("2018-07-06")
    )
    review = make.milestone(owed, lead, title="Review", due=make.day("2018-08"))
    Dependency.objects.create(milestone=review, after=first)
    text = words_of(member.get(PLAN))
    assert (
        "First draft Process diagrams Team 1 Alba Ruiz Fri, Jul 13, 2018 (7 days late) Adopted plan: Fri, Jul 6, 2018"
        in text
    )
    assert "+7 days ▲ Late" in text
    assert "Review Follows First draft Process diagrams Team 1 Alba Ruiz August 2018" in text
    assert "At risk. Waits for “First draft”, which is late: it was due on July 13, 2018." in text
    assert drawn(member) == [
        "Process diagrams · due Fri, Sep 14, 2018: deliverable, planned",
        "Jul 13 (+7\N{NO-BREAK SPACE}days) First draft: due Fri, Jul 13, 2018, late, owner Alba Ruiz, "
        "7 days later than in the adopted plan",
        "Aug Review: due August 2018, planned, owner Alba Ruiz, follows “First draft”, "
        "at risk: Waits for “First draft”, which is late: it was due on July 13, 2018",
    ]


def test_the_picture_is_a_group_of_links_with_its_name(owed: Deliverable, member: Client) -> None:
    milestone = make.milestone(owed)
    page = member.get(PLAN).content.decode()
    assert '<svg class="timeline-svg plan-svg" role="group" aria-labelledby="picture"' in page
    assert f'<a href="{milestone.get_absolute_url()}"><title>' in page
    assert '<g id="deliverable-diagrams">' in page, "where the activity feed links to"
    assert "style=" not in page.partition("<main")[2].partition("</main>")[0]


def test_meetings_stand_on_top_but_no_drafts(owed: Deliverable, member: Client) -> None:
    make.milestone(owed)
    make.meeting(owed.group, title="Call", starts=make.day("2018-08-07"))
    make.meeting(owed.group, title="Secret", starts=make.day("2018-08-08"), state=Meeting.State.DRAFT)
    make.meeting(owed.group, title="Off", starts=make.day("2018-08-08"), state=Meeting.State.CANCELLED)
    make.meeting(owed.group, title="Years ago", starts=make.day("2016-08-08"))
    make.meeting(make.group("other"), title="Not ours", starts=make.day("2018-08-08"))
    assert drawn(member)[0] == "Aug 7 Call: August 7, 2018, planned"
    assert not [each for each in drawn(member) if re.search("Secret|Off|ago|ours", each)]


def test_what_prepares_a_meeting_stands_with_the_meeting(owed: Deliverable, member: Client) -> None:
    meeting = make.meeting(owed.group, title="Quarterly meeting", starts=make.day("2018-10-03"))
    notice = make.milestone(owed, deliverable=None, title="Publish notice", due=make.day("2018-09-18"))
    Preparation.objects.create(meeting=meeting, milestone=notice, days_before=15)
    text = words_of(member.get(PLAN))
    assert "Preparing: Quarterly meeting · starts Wed, Oct 3, 2018" in text
    assert "Publish notice Prepares Quarterly meeting" in text


def test_a_meeting_that_is_still_a_draft_is_not_named_by_what_prepares_it(owed: Deliverable, member: Client) -> None:
    meeting = make.meeting(owed.group, title="Secret", state=Meeting.State.DRAFT)
    notice = make.milestone(owed, deliverable=None, title="Publish notice")
    Preparation.objects.create(meeting=meeting, milestone=notice, days_before=15)
    for address in (
        PLAN,
        notice.get_absolute_url(),
        notice.body.get_absolute_url(),
        f"{PLAN}?format=csv",
        f"{PLAN}?format=ics",
    ):
        answer = member.get(address)
        said = b"".join(answer)
        assert b"Publish notice" in said, address
        assert b"Secret" not in said, address
        assert meeting.key.encode() not in said, address


def test_a_deliverable_without_milestones_is_drawn_and_named(owed: Deliverable, member: Client) -> None:
    assert drawn(member) == ["Process diagrams · due Fri, Sep 14, 2018: deliverable, planned"]
    text = words_of(member.get(PLAN))
    assert "Process diagrams No milestones yet Team 1 Nobody Fri, Sep 14, 2018 (8 weeks left) None ○ Planned" in text


def test_an_empty_plan_says_so(member: Client) -> None:
    text = words_of(member.get(PLAN))
    assert "Nothing is planned yet." in text
    assert "The plan over time" not in text


def test_samples_are_marked(owed: Deliverable, member: Client) -> None:
    make.milestone(owed, title="Made up", source="illustrative")
    make.milestone(owed, title="True", source="paper")
    text = words_of(member.get(PLAN))
    assert "Made up Sample" in text
    assert "True Sample" not in text
    assert [each.endswith("a sample") for each in drawn(member)[1:]] == [True, False]
    assert member.get(PLAN).content.decode().count("label--sample") == 1, "and slanted in the picture"


@pytest.fixture
def four(owed: Deliverable) -> dict[str, Milestone]:
    """Four milestones of two teams and two people in several states."""
    other = make.deliverable(make.team(owed.group, number=2, key="team-2"), title="Recommendations")
    alba, ben = make.person(name="Alba"), make.person(name="Ben")
    made = {
        "done": make.milestone(
            owed, alba, due=make.day("2018-06-29"), state=State.ACCEPTED, accepted=make.day("2018-06-29")
        ),
        "late": make.milestone(owed, ben, due=make.day("2018-07-13")),
        "waiting": make.milestone(
            other, alba, due=make.day("2018-08-17"), baseline_due=make.day("2018-08-03"), state=State.UNDER_WAY
        ),
        "august": make.milestone(other, ben, due=make.day("2018-08")),
    }
    Dependency.objects.create(milestone=made["waiting"], after=made["late"])
    for title, milestone in made.items():
        Milestone.objects.filter(pk=milestone.pk).update(title=title)
    return made


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["done", "late", "waiting", "august"]),
        ("?team=team-2", ["waiting", "august"]),
        ("?state=open", ["late", "waiting", "august"]),
        ("?state=late", ["late"]),
        ("?state=at_risk", ["waiting"]),
        ("?state=accepted", ["done"]),
        ("?state=planned&team=team-1", ["late"]),
        ("?first=2018-07-13&last=2018-08-17", ["late", "waiting"]),
        ("?first=2018-08-31", ["august"]),
        ("?last=2018-08-30", ["done", "late", "waiting"]),
        ("?sort=-due", ["august", "waiting", "late", "done"]),
        ("?sort=milestone", ["august", "done", "late", "waiting"]),
        ("?sort=-slip", ["waiting", "done", "late", "august"]),
        ("?sort=owner", ["done", "waiting", "late", "august"]),
        ("?sort=state", ["late", "august", "waiting", "done"]),
        ("?sort=deliverable&team=team-2", ["waiting", "august"]),
    ],
)
def test_the_address_chooses(four: dict[str, Milestone], member: Client, query: str, found: list[str]) -> None:
    assert listed(member, query) == found
    shown = " ".join(drawn(member, query))
    assert [title for title in four if f" {title}: due" in shown] == [title for title in four if title in found]


def test_one_owner_can_be_chosen(four: dict[str, Milestone], member: Client) -> None:
    assert listed(member, f"?owner={four['late'].owner_id}") == ["late", "august"]


def test_nothing_found_offers_the_whole_plan(four: dict[str, Milestone], member: Client) -> None:
    text = words_of(member.get(f"{PLAN}?state=returned"))
    assert "No milestone is like that." in text
    assert "The whole plan" in text


def test_links_keep_the_choice(four: dict[str, Milestone], member: Client) -> None:
    page = member.get(f"{PLAN}?team=team-2&zoom=weeks&sort=due").content.decode()
    assert 'href="?team=team-2&amp;zoom=weeks&amp;sort=-due#list"' in page, "the sorted column turns round"
    assert 'href="?team=team-2&amp;zoom=weeks&amp;sort=slip#list"' in page
    assert 'href="?team=team-2&amp;zoom=weeks&amp;sort=due&amp;format=xlsx"' in page
    assert 'format=csv"' in page
    assert '<option value="team-2" selected>' in page
    assert '<option value="weeks" selected>' in page
    assert 'aria-sort="ascending"' in page
    sorted_page = member.get(f"{PLAN}?sort=-slip").content.decode()
    assert '<input type="hidden" name="sort" value="-slip">' in sorted_page, "choosing a team keeps the order"


def test_parts_of_the_picture_can_be_left_out(four: dict[str, Milestone], member: Client) -> None:
    whole = member.get(PLAN).content.decode()
    bare = member.get(f"{PLAN}?hide=baseline&hide=dependencies").content.decode()
    assert 'class="arrow"' in whole
    assert 'class="slip"' in whole
    assert 'class="arrow"' not in bare
    assert 'class="baseline' not in bare
    assert bare.count("checked") == whole.count("checked") + 2


def test_the_zoom_changes_the_scale(four: dict[str, Milestone], member: Client) -> None:
    def axis(query: str) -> list[str]:
        return re.findall(r'class="axis__text"[^>]*>([^<]+)<', member.get(PLAN + query).content.decode())

    assert "July" in axis("")
    assert "Jul–Sep" in axis("?zoom=quarters")
    assert "16" in axis("?zoom=weeks"), "a Monday"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?team=nobody", "There is no team “nobody” in this plan, so all are shown."),
        ("?owner=0", "Nobody with the number “0” owns a milestone or a deliverable here."),
        ("?owner=%00", "owns a milestone or a deliverable here."),
        ("?state=asleep", "There is no state “asleep”, so all are shown."),
        ("?first=tomorrow", "“tomorrow” is not a date: write it like 2018-07-20."),
        ("?first=2018-02-30", "“2018-02-30” is not a date"),
        ("?last=0001-01-01", "The plan goes from 1990 to 2100."),
        ("?first=9999-12-31", "The plan goes from 1990 to 2100."),
        ("?first=2018-09-01&last=2018-08-01", "comes before “Due from” (2018-09-01), so all dates are shown."),
        ("?zoom=atoms", "The picture shows weeks, months or quarters, not “atoms”."),
        ("?hide=everything", "“everything” is nothing that can be left out of the picture."),
        ("?sort=colour", "The list can't be sorted by “colour”."),
        ("?format=pdf", "The plan can't be had as “pdf”; it can as xlsx, csv or ics."),
        ("?team=<script>alert(1)</script>", "There is no team “<script>alert(1)</script>” in this plan"),
    ],
)
def test_what_cannot_be_understood_is_said_and_left_out(
    four: dict[str, Milestone], member: Client, query: str, said: str
) -> None:
    answer = member.get(PLAN + query)
    assert answer.status_code == 200
    assert said in words_of(answer)
    assert "<script>alert" not in answer.content.decode()
    assert listed(member, query) == ["done", "late", "waiting", "august"]


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", ""])
def test_a_page_that_is_not_there_is_the_nearest_one(four: dict[str, Milestone], member: Client, page: str) -> None:
    assert len(listed(member, f"?page={page}")) == 4


def test_a_large_plan_is_drawn_around_today_and_listed_by_pages(owed: Deliverable, member: Client) -> None:
    owner = make.person()
    many = picture.MARKS_SHOWN + 30
    for n in range(many):
        due = make.day(f"20{18 + n // 12 % 10}-{n % 12 + 1:02}-15")
        make.milestone(owed, owner, title=f"Milestone number {n}", due=due)
    assert len(listed(member)) == 30
    assert len(listed(member, "?page=3")) == many - 60
    assert len([each for each in drawn(member) if "number" in each]) == picture.MARKS_SHOWN
    assert f"{many - picture.MARKS_SHOWN} more stand in the list" in words_of(member.get(PLAN))
    assert any("number 6:" in each for each in drawn(member)), "of July 2018, the month of today"


def table(client: Client, query: str = "") -> list[dict[str, str]]:
    """The milestones of the CSV file."""
    answer = client.get(f"{PLAN}?format=csv{query}")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="plan-ecom-2018-07-20.csv"'
    return [row for row in csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))) if row["Milestone"]]


def test_the_file_has_the_rows_of_the_list(four: dict[str, Milestone], member: Client) -> None:
    rows = table(member, "&team=team-2&sort=-due")
    assert [row["Milestone"] for row in rows] == ["august", "waiting"]
    assert rows[0]["Due"] == "2018-08", "a month stays a month"
    waiting = rows[1]
    assert waiting["Date in the adopted plan"] == "2018-08-03"
    assert (waiting["Due"], waiting["Slip in days"]) == ("2018-08-17", "14")
    assert (waiting["Follows"], waiting["State"]) == ("late", "Under way")
    assert waiting["At risk"].startswith("Waits for “late”")
    assert rows[0]["Deliverable or meeting"] == "Recommendations"


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "=cmd|' /C calc'!A0"])
def test_no_cell_of_the_file_can_run_as_a_formula(owed: Deliverable, member: Client, title: str) -> None:
    owner = make.person(name=title)
    first = make.milestone(owed, owner, title=title)
    Dependency.objects.create(milestone=make.milestone(owed, owner, title=title), after=first)
    Deliverable.objects.update(title=title)
    answer = member.get(f"{PLAN}?format=csv")
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert len(rows) == 4
    for cell in (cell for row in rows[1:] for cell in row):
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows[1][0] == f"'{title}"


def test_the_file_has_all_pages(owed: Deliverable, member: Client) -> None:
    owner = make.person()
    for _ in range(60):
        make.milestone(owed, owner)
    assert len(table(member)) == 60


def test_the_plan_of_a_group_is_for_those_who_belong_to_it(owed: Deliverable, signed_in: SignIn) -> None:
    make.milestone(owed, title="Inside")
    outsider = signed_in(make.member(make.root(make.group("other"))))
    assert outsider.get(PLAN).status_code == 404
    assert outsider.get(f"{PLAN}?format=csv").status_code == 404
    assert "Inside" not in words_of(outsider.get("/groups/other/plan/"))


def test_the_number_of_queries_does_not_grow(owed: Deliverable, signed_in: SignIn) -> None:
    client, owner = signed_in(make.person(is_site_admin=True)), make.person()

    def more(times: int) -> None:
        for _ in range(times):
            of_team = make.deliverable(make.team(owed.group))
            first = make.milestone(of_team, owner)
            Dependency.objects.create(milestone=make.milestone(of_team, make.person()), after=first)
            meeting = make.meeting(owed.group)
            Preparation.objects.create(
                meeting=meeting, milestone=make.milestone(of_team, owner, deliverable=None), days_before=3
            )
            make.deliverable(of_team.body)

    def queries(query: str) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(PLAN + query).status_code == 200
        return len(captured)

    addresses = ["", "?state=late&zoom=weeks", "?format=csv", f"?team={owed.body.key}&sort=-slip"]
    client.get("/")  # notes the visit
    more(1)
    one = [queries(each) for each in addresses]
    more(9)
    assert [queries(each) for each in addresses] == one
    assert max(one) <= 12
