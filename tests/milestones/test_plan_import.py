"""A plan from an Excel file: shown first, refused by the cell that is wrong, taken in whole or not at all."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import Workbook, load_workbook

from milestones.work.imports.reading import HEADINGS, read_file
from milestones.work.models import Deliverable, Dependency, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, Role
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
IMPORT = "/groups/ecom/plan/import/"
TEMPLATE = "/groups/ecom/plan/import/file/"
Row = Sequence[object]


@pytest.fixture
def owed(at_start: datetime) -> Deliverable:
    team = make.team(make.group("ecom"), number=1, key="team-1", name="Standards")
    return make.deliverable(team, key="maps", title="Maps")


@pytest.fixture
def lead(owed: Deliverable) -> User:
    return make.member(owed.body, make.person(name="Alba Ruiz"), role=Role.LEAD)


@pytest.fixture
def client_of_lead(lead: User, signed_in: SignIn) -> Client:
    return signed_in(lead)


def workbook(*rows: Row, headings: Row = HEADINGS, sheet: str = "Plan") -> Workbook:
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    page.append(list(headings))
    for row in rows:
        page.append(list(row))
    return book


def content_of(book: Workbook) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def upload(content: bytes, name: str = "plan.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def send(client: Client, *rows: Row, **how: Any) -> Any:
    """The page that says what a file of these rows would change."""
    answer = client.post(IMPORT, {"file": upload(content_of(workbook(*rows, **how)))})
    assert answer.status_code == 200
    return answer


def confirm(client: Client, preview: Any) -> Any:
    """Press the button of a preview."""
    page = preview.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(read|seen)" value="([^"]*)"', page))
    assert set(hidden) == {"read", "seen"}, words_of(preview)
    return client.post(IMPORT, hidden)


def faults_of(answer: Any) -> list[str]:
    found = re.findall(r"<li><strong>([A-Z]+\d+)</strong>: ([^<]*)</li>", answer.content.decode())
    return [f"{cell}: {why}" for cell, why in found]


def plan() -> set[tuple[str, str, str, str]]:
    return {(each.key, each.title, each.owner.name, each.due.isoformat()) for each in Milestone.objects.all()}


def test_the_file_to_fill_in_says_what_the_plan_says_and_changes_nothing(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    make.milestone(owed, lead, title="=Draft", due=make.day("2018-08-17"))
    make.milestone(owed, lead, title="Review", due=make.day("2018-09"))
    done = {"state": State.ACCEPTED, "accepted": make.day("2018-07-01")}
    make.milestone(owed, lead, title="Done", **done)
    content = client_of_lead.get(TEMPLATE).content
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Plan", "Lists"]
    rows = list(book["Plan"].iter_rows(values_only=True, min_row=2))
    assert [row[1] for row in rows] == ["=Draft", "Review"], "what is done is not filled in any more"
    assert rows[0][2:5] == ("Maps", "Alba Ruiz", datetime.combine(make.day("2018-08-17").first, datetime.min.time()))
    assert rows[1][4] == "2018-09"
    assert list(book["Lists"].iter_rows(values_only=True, min_row=2)) == [("Maps", "Alba Ruiz")]
    answer = client_of_lead.post(IMPORT, {"file": upload(content)})
    assert "0 added, 0 changed, 2 as they are" in words_of(answer)
    assert "Take it into the plan" not in words_of(answer)


def test_rows_are_added_and_changed_after_they_were_shown(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    make.member(owed.body, make.person(name="Ben Cho"))
    make.milestone(owed, lead, key="draft", title="Draft", due=make.day("2018-08-17"))
    before = plan()
    preview = send(
        client_of_lead,
        ("draft", "Draft of the maps", "Maps", "Ben Cho", datetime(2018, 8, 24), "Carriers answer late"),  # noqa: DTZ001
        (None, "Hearing", "maps", "alba ruiz", "2018-10", None),
    )
    said = words_of(preview)
    assert "1 added, 1 changed, 0 as they are. Nothing is changed yet." in said
    assert "Fri, Aug 17, 2018 Fri, Aug 24, 2018" in said
    assert plan() == before, "nothing is written before it is confirmed"
    answer = confirm(client_of_lead, preview)
    assert answer.status_code == 302
    assert plan() == {
        ("draft", "Draft of the maps", "Ben Cho", "2018-08-24"),
        (Milestone.objects.get(title="Hearing").key, "Hearing", "Alba Ruiz", "2018-10"),
    }
    draft = Milestone.objects.get(key="draft")
    assert (draft.baseline_due.isoformat(), draft.due_revision) == ("2018-08-17", 2), "a slip against the adopted plan"
    added = Milestone.objects.get(title="Hearing")
    assert (added.deliverable, added.body, added.state) == (owed, owed.body, State.PLANNED)
    slip = draft.slips.get()
    assert (slip.reason, slip.by, slip.days) == ("Carriers answer late", lead, 7)
    events = Milestone.pgh_event_model.objects.filter(pgh_obj=draft).order_by("-pgh_id")  # type: ignore[attr-defined]
    assert events[0].pgh_context.metadata["reason"] == "Carriers answer late"
    assert events[0].pgh_context.metadata["user"] == lead.pk


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ((None, "New", "Maps", "Alba Ruiz", "2018-02-30", None), "E2: no day like 2018-02-30."),
        ((None, "New", "Maps", "Alba Ruiz", "soon", None), "E2: “soon” is no date: write 2018-03-06 or 2018-03."),
        ((None, "New", "Maps", "Alba Ruiz", "2018-13", None), "E2: “2018-13” is no date: write 2018-03-06 or 2018-03."),
        ((None, "New", "Maps", "Alba Ruiz", None, None), "E2: a milestone needs a due date."),
        ((None, "New", "Maps", "Alba Ruiz", "1066-10-14", None), "E2: the plan goes from 1990 to 2100."),
        ((None, "New", "Maps", "Alba Ruiz", "2018-07-19", None), "E2: July 19, 2018 has passed: choose a later date."),
        ((None, "New", "Maps", "Alba Ruiz", "=TODAY()", None), "E2: has a formula: write what it comes to."),
        ((None, None, "Maps", "Alba Ruiz", "2018-08", None), "B2: a milestone needs a title."),
        ((None, "x" * 201, "Maps", "Alba Ruiz", "2018-08", None), "B2: the title has 201 characters; at most 200 fit."),
        (
            (None, "New", "Charts", "Alba Ruiz", "2018-08", None),
            "C2: you plan no open deliverable “Charts”: take one of the sheet “Lists”.",
        ),
        (
            (None, "New", None, "Alba Ruiz", "2018-08", None),
            "C2: a new milestone needs a deliverable of the sheet “Lists”.",
        ),
        (
            (None, "New", "Maps", "Nobody", "2018-08", None),
            "D2: nobody in the group is called “Nobody”: take a name of the sheet “Lists”.",
        ),
        (
            ("none", "New", "Maps", "Alba Ruiz", "2018-08", None),
            "A2: no milestone that you plan has the key “none”; a new one has none.",
        ),
        (("draft", "Draft", "Maps", "Alba Ruiz", "2018-08-24", None), "F2: another due date needs a reason."),
        (("draft", "Draft", "Maps", "Ben Cho", "2018-08-17", None), "F2: another owner needs a reason."),
        (("draft", "Draft", "Other", "Alba Ruiz", "2018-08-17", None), "C2: a milestone stays with its deliverable."),
        (
            ("done", "Again", "Maps", "Alba Ruiz", "2018-06-01", None),
            "A2: it is accepted, so nothing of it changes by a file.",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_cell_and_nothing_can_be_taken_in(
    owed: Deliverable, lead: User, client_of_lead: Client, row: Row, fault: str
) -> None:
    make.member(owed.body, make.person(name="Ben Cho"))
    make.milestone(owed, lead, key="draft", title="Draft", due=make.day("2018-08-17"))
    done = {"state": State.ACCEPTED, "accepted": make.day("2018-06-01")}
    make.milestone(owed, lead, key="done", title="Done", due=make.day("2018-06-01"), **done)
    answer = send(client_of_lead, row)
    assert faults_of(answer) == [fault]
    assert "Take it into the plan" not in words_of(answer)


def test_every_fault_is_named_at_once_and_a_key_stands_in_one_row(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    make.milestone(owed, lead, key="draft", title="Draft", due=make.day("2018-08-17"))
    row = ("draft", "Draft", "Maps", "Alba Ruiz", "2018-08-17", None)
    answer = send(client_of_lead, row, row, (None, None, "Maps", "Alba Ruiz", "2018-02-30", None))
    assert faults_of(answer) == [
        "A3: the milestone “draft” stands in row 2 already.",
        "B4: a milestone needs a title.",
        "E4: no day like 2018-02-30.",
    ]


def bomb() -> bytes:
    file = io.BytesIO(content_of(workbook(("x",))))
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros.bin", b"\0" * (30 * 1024 * 1024))
    return file.getvalue()


def with_part(name: str, part: bytes) -> bytes:
    file = io.BytesIO(content_of(workbook((None, "New", "Maps", "Alba Ruiz", "2018-08", None))))
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, part)
    return file.getvalue()


def many(rows: int) -> bytes:
    book = Workbook(write_only=True)
    page = book.create_sheet("Plan")
    page.append(list(HEADINGS))
    for number in range(rows):
        page.append(["", f"New {number}", "Maps", "Alba Ruiz", "2018-08", ""])
    return content_of(book)


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "plan.xlsx", "The file is empty."),
        (b"Milestone,Due\n", "plan.xlsx", "The file is not what its name says"),
        (b"Milestone,Due\n", "plan.csv", "The file is not what its name says"),
        (b"PK\x03\x04 and nothing more", "plan.xlsx", "The file is damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "plan.xlsx", "locked with a password, or of an old kind"),
        (b"PK\x03\x04", "plan.xlsm", "The file has macros"),
        (with_part("xl/vbaProject.bin", b"macro"), "plan.xlsx", "The file has macros"),
        (
            with_part("xl/evil.xml", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
            "plan.xlsx",
            "parts that no workbook has",
        ),
        (bomb(), "plan.xlsx", "far larger unpacked than packed"),
        (b"PK\x03\x04" + b"\0" * (2 * 1024 * 1024), "plan.xlsx", "The file is larger than 2 MB."),
        (many(100_000), "plan.xlsx", "larger than 2 MB|rows below row 2,000|far larger unpacked"),
        (many(3_000), "plan.xlsx", "The file has rows below row 2,000."),
        (many(501), "plan.xlsx", "The file has 501 milestones; at most 500 are taken in at once."),
        (content_of(workbook(sheet="Sheet1")), "plan.xlsx", "The file has no sheet “Plan”, only “Sheet1”."),
        (content_of(workbook()), "plan.xlsx", "The sheet has no row under its headings."),
        (
            content_of(workbook(("x",), headings=("Key", "Milestone", "Owner"))),
            "plan.xlsx",
            "The first row lacks the headings “Deliverable”, “Due”, “Reason”.",
        ),
    ],
    ids=lambda value: "" if isinstance(value, bytes) else None,
)
def test_a_file_that_is_no_plan_is_refused_with_the_reason(
    owed: Deliverable, client_of_lead: Client, content: bytes, name: str, said: str
) -> None:
    answer = client_of_lead.post(IMPORT, {"file": upload(content, name)})
    assert answer.status_code == 200
    assert re.search(said.replace(".", r"\."), words_of(answer)), words_of(answer)
    assert not Milestone.objects.exists()


def test_another_plan_meanwhile_is_shown_before_anything_is_written(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    milestone = make.milestone(owed, lead, key="draft", title="Draft", due=make.day("2018-08-17"))
    preview = send(client_of_lead, ("draft", "Draft of maps", "Maps", "Alba Ruiz", "2018-08-17", None))
    milestone.title = "First draft"
    milestone.save()
    answer = confirm(client_of_lead, preview)
    assert "The plan was changed after you looked at it." in words_of(answer)
    assert Milestone.objects.get().title == "First draft"
    assert confirm(client_of_lead, answer).status_code == 302
    assert Milestone.objects.get().title == "Draft of maps"


def test_a_preview_of_somebody_else_or_forged_is_not_taken(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    preview = send(client_of_lead, (None, "New", "Maps", "Alba Ruiz", "2018-08", None))
    page = preview.content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="(read|seen)" value="([^"]*)"', page))
    other = Client()
    other.force_login(
        make.member(owed.body, role=Role.LEAD), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    for sent in (hidden, {**hidden, "read": hidden["read"][:-2]}, {"read": "x", "seen": ""}):
        answer = other.post(IMPORT, sent)
        assert "The preview is too old, or not of this group" in words_of(answer)
    assert not Milestone.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_double_click_takes_the_file_in_once(owed: Deliverable, lead: User, client_of_lead: Client) -> None:
    preview = send(client_of_lead, (None, "New", "Maps", "Alba Ruiz", "2018-08", None))

    def press(_: int) -> int:
        try:
            return int(confirm(client_of_lead, preview).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        codes = sorted(threads.map(press, range(4)))
    assert codes == [200, 200, 200, 302]
    assert Milestone.objects.count() == 1


# --- What follows what, and the evidence asked for ---


def order() -> set[tuple[str, str]]:
    return set(Dependency.objects.values_list("milestone__title", "after__title"))


def test_order_and_evidence_go_out_and_come_back_the_same(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    first = make.milestone(owed, lead, title="Ask; then count", key="ask", evidence_asked="The table")
    draft, twin = (make.milestone(owed, lead, title="Draft", key=key) for key in ("draft", "twin"))
    review = make.milestone(owed, lead, title="Review", key="review", due=make.day("2018-09"))
    gone = make.milestone(owed, lead, title="Gone", key="gone", state=State.DROPPED)
    for after in (first, draft, twin, gone):
        Dependency.objects.create(milestone=review, after=after)
    content = client_of_lead.get(TEMPLATE).content
    rows = {row[0]: row for row in load_workbook(io.BytesIO(content))["Plan"].iter_rows(values_only=True, min_row=2)}
    assert set(str(rows["review"][6]).split("; ")) == {"ask", "Draft (draft)", "Draft (twin)", "gone"}
    assert rows["ask"][6:8] == (None, "The table")
    before = order()
    assert "0 added, 0 changed, 4 as they are" in words_of(client_of_lead.post(IMPORT, {"file": upload(content)}))
    assert order() == before


def test_order_and_evidence_are_taken_in_with_new_rows(owed: Deliverable, lead: User, client_of_lead: Client) -> None:
    elsewhere = make.deliverable(make.team(owed.group, number=2, key="team-2"), title="Charts")
    other = make.milestone(elsewhere, lead, title="Chart", key="chart")
    draft = make.milestone(owed, lead, title="Draft", key="draft", evidence_asked="The map")
    Dependency.objects.create(milestone=draft, after=other)
    due = draft.due.isoformat()
    preview = send(
        client_of_lead,
        ("draft", "Draft", "Maps", "Alba Ruiz", due, None, "hearing", None),
        (None, "Hearing", "Maps", "Alba Ruiz", "2018-07-25", None, "chart; Survey", "The minutes"),
        (None, "Survey", "Maps", "Alba Ruiz", "2018-07-24", None, None, None),
    )
    said = words_of(preview)
    assert "Follows: Chart Hearing" in said
    assert "Evidence asked for: The map none" in said
    assert "Evidence asked for: The minutes Follows Chart Follows Survey" in said
    assert confirm(client_of_lead, preview).status_code == 302
    assert order() == {("Draft", "Hearing"), ("Hearing", "Chart"), ("Hearing", "Survey")}
    assert dict(Milestone.objects.values_list("title", "evidence_asked")) == {
        "Chart": "",
        "Draft": "",
        "Hearing": "The minutes",
        "Survey": "",
    }


def test_a_file_without_these_columns_leaves_them_as_they_are(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    draft, review = (make.milestone(owed, lead, title=each, key=each.lower()) for each in ("Draft", "Review"))
    Milestone.objects.update(evidence_asked="The map")
    Dependency.objects.create(milestone=review, after=draft)
    row = ("review", "Second review", "Maps", "Alba Ruiz", review.due.isoformat(), None)
    assert confirm(client_of_lead, send(client_of_lead, row, headings=HEADINGS[:6])).status_code == 302
    assert order() == {("Second review", "Draft")}
    assert set(Milestone.objects.values_list("evidence_asked", flat=True)) == {"The map"}


def test_circles_and_strangers_are_named_by_their_cell(owed: Deliverable, lead: User, client_of_lead: Client) -> None:
    draft, review = (make.milestone(owed, lead, title=each, key=each.lower()) for each in ("Draft", "Review"))
    Dependency.objects.create(milestone=review, after=draft)
    due = draft.due.isoformat()

    def row(key: str | None, title: str, follows: str | None, evidence: str | None = None) -> Row:
        return (key, title, "Maps", "Alba Ruiz", due, None, follows, evidence)

    assert faults_of(send(client_of_lead, row("draft", "Draft", "New"), row(None, "New", "Review"))) == [
        "G2: it would follow itself, by way of “New”, “Review”.",
        "G3: it would follow itself, by way of “Review”, “Draft”.",
    ]
    assert faults_of(send(client_of_lead, row("draft", "Draft", "review"))) == [
        "G2: it would follow itself, by way of “Review”."
    ]
    assert faults_of(
        send(
            client_of_lead,
            row("draft", "Draft", "Draft"),
            row("review", "Review", "Nobody’s"),
            row(None, "Same", "same"),
            row(None, "Same", None, "x" * 301),
        )
    ) == [
        "G2: a milestone can’t follow itself.",
        "G3: no milestone is called “Nobody’s”: write its title or its key.",
        "G4: “same” is the title of rows 4 and 5: name one otherwise.",
        "H5: the evidence has 301 characters; at most 300 fit.",
    ]
    turned = send(client_of_lead, row("draft", "Draft", "Review"), row("review", "Review", None))
    assert confirm(client_of_lead, turned).status_code == 302
    assert order() == {("Draft", "Review")}


def test_leads_plan_their_team_and_chairs_all_of_them(owed: Deliverable, lead: User, signed_in: SignIn) -> None:
    other = make.team(owed.group, number=2, key="team-2")
    make.deliverable(other, title="Charts")
    row = (None, "New", "Charts", "Alba Ruiz", "2018-08", None)
    assert faults_of(send(signed_in(lead), row)) == [
        "C2: you plan no open deliverable “Charts”: take one of the sheet “Lists”."
    ]
    chair = make.member(Body.objects.get(group=owed.group, kind="working_group"), role=Role.CHAIR)
    assert confirm(signed_in(chair), send(signed_in(chair), row)).status_code == 302
    assert Milestone.objects.get().body == other


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ALTERNATE, Role.OBSERVER, Role.REVIEWER])
def test_others_neither_see_nor_take_in_the_file(owed: Deliverable, signed_in: SignIn, role: str) -> None:
    client = signed_in(make.member(owed.body, role=role))
    assert client.get(IMPORT).status_code == 403
    assert client.get(TEMPLATE).status_code == 403
    assert client.post(IMPORT, {"file": upload(content_of(workbook()))}).status_code == 403
    assert "Import" not in words_of(client.get("/groups/ecom/plan/")).partition("Export")[2][:60]


def test_two_people_of_one_name_are_told_apart(owed: Deliverable, lead: User, client_of_lead: Client) -> None:
    for name in ("Acme", "Zenith"):
        make.member(owed.body, make.person(name="Kim Lee", organization=make.organization(name=name)))
    row = (None, "New", "Maps", "Kim Lee", "2018-08", None)
    assert faults_of(send(client_of_lead, row)) == [
        "D2: nobody in the group is called “Kim Lee”: take a name of the sheet “Lists”."
    ]
    assert confirm(client_of_lead, send(client_of_lead, (*row[:3], "Kim Lee (Zenith)", *row[4:]))).status_code == 302
    organization = Milestone.objects.get().owner.organization
    assert organization is not None
    assert organization.name == "Zenith"


def test_the_queries_of_a_preview_do_not_grow_with_the_rows(
    owed: Deliverable, lead: User, client_of_lead: Client
) -> None:
    client_of_lead.get("/")
    counts = []
    for number in (1, 40):
        rows = [(None, f"New {each}", "Maps", "Alba Ruiz", "2018-08", None) for each in range(number)]
        with CaptureQueriesContext(connection) as queries:
            send(client_of_lead, *rows)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 12


def test_reading_keeps_the_cells_of_each_row() -> None:
    reading = read_file(upload(content_of(workbook((), (None, "New", "Maps", "Alba", 2018, None)))))
    assert [(line.number, line["Milestone"], line["Due"]) for line in reading.lines] == [(3, "New", "2018")]
