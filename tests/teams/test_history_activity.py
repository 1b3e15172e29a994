"""The page of all activity: what changed, by whom and why, before and after, as far as the reader may see it."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from documents.library.models import Document
from milestones.meetings.models import Meeting
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.history.selectors import Change, recent_changes
from teams.reasons import because, made_by
from tests import factories as make

SignIn = Callable[[User], Client]
PAGE = "/groups/ecom/activity/"
SHEET = "/groups/ecom/activity.csv"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, key="team-1", number=1, name="Data")


@pytest.fixture
def ada(team: Body) -> User:
    return make.member(team, make.person(name="Ada Reyes"), Role.LEAD)


@pytest.fixture
def client(ada: User, signed_in: SignIn) -> Client:
    """Signed in as Ada, of the trade."""
    return signed_in(ada)


@pytest.fixture
def milestone(team: Body, ada: User) -> Milestone:
    return make.milestone(make.deliverable(team, title="Data map"), ada, key="draft", title="Draft map")


def change(row: Any, by: User | None = None, **values: Any) -> None:
    """Change a row as a request of the person does."""
    with pghistory.context(user=by.pk if by else None, at=clock.now().isoformat()):
        for name, value in values.items():
            setattr(row, name, value)
        row.save()


def text(client: Client, address: str = PAGE) -> str:
    """The words of a page, without markup."""
    answer = client.get(address)
    assert answer.status_code == 200
    main = answer.content.decode().partition('id="main-content"')[2]
    return " ".join(unescape(strip_tags(main)).split())


def sheet(client: Client, query: str = "") -> list[dict[str, str]]:
    """The rows of the file."""
    answer = client.get(SHEET + query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def fields(client: Client, query: str = "") -> list[tuple[str, str, str]]:
    """Field, before and after of each change in the file that has them."""
    return [(row["Field"], row["Before"], row["After"]) for row in sheet(client, query) if row["Field"]]


def test_a_change_in_words_with_names_instead_of_numbers(client: Client, milestone: Milestone, ada: User) -> None:
    ben = make.person(name="Ben Okafor")
    with because("The pilot starts later."):
        change(milestone, ada, due=make.day("2018-08"), owner=ben, state="under_way")
    words = text(client)
    assert "Milestone changed Draft map" in words
    assert "Ada Reyes The pilot starts later." in words
    assert "Due: from July 27, 2018 to August 2018" in words
    assert "Owner: from Ada Reyes to Ben Okafor" in words
    assert "State: from Planned to Under way" in words
    assert "Milestone added Draft map" in words


def test_what_no_person_did_says_what_did_it(client: Client, milestone: Milestone) -> None:
    with made_by("command load_group", at=clock.now(), note="loaded from a file"):
        Milestone.objects.filter(pk=milestone.pk).update(title="Loaded")
    assert "The portal (command load_group) loaded from a file" in text(client)


def test_the_newest_is_first_and_25_stand_on_a_page(client: Client, milestone: Milestone, ada: User) -> None:
    for number in range(30):
        change(milestone, ada, title=f"Title {number}")
    assert fields(client)[0] == ("Title", "Title 28", "Title 29")
    first, second = (text(client, f"{PAGE}?noun=milestone&page={number}") for number in (1, 2))
    assert "1–25 of 31" in first
    assert "26–31 of 31" in second
    assert "Title: from Title 28 to Title 29" in first
    assert "Title: from Title 28 to Title 29" not in second


def test_what_was_written_together_stands_in_one_order_on_all_pages(
    client: Client, milestone: Milestone, team: Body, group: WorkingGroup
) -> None:
    """All of it has the same instants, and the numbers of the events of both kinds overlap."""
    made = make.deliverable(team)
    with pghistory.context(at=clock.now().isoformat()):
        for number in range(40):
            make.milestone(made, title=f"Milestone {number:02}")
            make.document(group, title=f"Document {number:02}")
    file = [row["Title"] for row in sheet(client)]
    last = client.get(PAGE).context["page"].paginator.num_pages
    pages = [
        change.title
        for number in range(1, last + 1)
        for change in client.get(f"{PAGE}?page={number}").context["changes"]
    ]
    assert last > 2
    assert pages == file
    assert len(set(file)) == len(file)
    for kind in ("Milestone", "Document"):
        assert [title for title in file if title.startswith(f"{kind} ")] == [
            f"{kind} {number:02}" for number in reversed(range(40))
        ]


def test_what_changed_last_is_the_newest_also_of_what_was_written_together(
    milestone: Milestone, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pghistory.context(at=clock.now().isoformat()):
        for number in range(30):
            Milestone.objects.filter(pk=milestone.pk).update(title=f"Title {number:02}")
    monkeypatch.setattr("teams.history.selectors.EVENTS_READ", 1)
    assert [change.title for change in recent_changes(ada)] == ["Title 29"]


def test_changes_without_words_say_so(client: Client, milestone: Milestone, ada: User) -> None:
    change(milestone, ada, due_revision=2)
    assert "Nothing that shows" in text(client)


def test_narrowed_to_body_person_kind_and_row(client: Client, milestone: Milestone, group: WorkingGroup) -> None:
    ben = make.person(name="Ben Okafor")
    make.member(make.team(group, key="team-2"), ben)
    other = make.milestone(make.deliverable(Body.objects.get(key="team-2")), key="other", title="Other")
    change(other, title="By nobody")
    document = make.document(group, title="Paper")
    change(milestone, ben, title="By Ben")

    def titles(query: str) -> set[str]:
        return {row["Title"] for row in sheet(client, query)}

    assert titles("?body=team-2&noun=milestone") | titles("?body=team-2&noun=deliverable") == {
        "Other",
        "By nobody",
        other.deliverable.title if other.deliverable else "",
    }
    assert titles(f"?person={ben.pk}") == {"By Ben"}
    assert "By Ben" not in titles("?person=0")
    assert titles("?noun=document") == {document.title}
    assert titles("?noun=milestone&key=draft") == {"Draft map", "By Ben"}
    assert titles("?noun=version-of-the-statement-of-work") == set()
    assert titles("?noun=document&body=team-1") == set()
    assert "No change that you may see fits this choice." in text(client, f"{PAGE}?noun=document&body=team-1")


def test_narrowed_to_days_in_the_readers_time_zone(client: Client, milestone: Milestone, ada: User) -> None:
    with pghistory.context(user=ada.pk, at="2018-07-19T03:30:00+00:00"):  # July 18, 11:30 p.m. in Washington
        Milestone.objects.filter(pk=milestone.pk).update(title="On the 18th")
    assert [row["Title"] for row in sheet(client, "?from=2018-07-18&to=2018-07-18")] == ["On the 18th"]
    assert "On the 18th" not in {row["Title"] for row in sheet(client, "?from=2018-07-19")}
    assert sheet(client, "?to=2018-07-17") == []


@pytest.mark.parametrize("query", ["body=none", "person=x", "noun=x", "from=soon", "to=2018-13-01", "page=x"])
def test_what_can_not_be_understood_is_said_and_left_out(client: Client, milestone: Milestone, query: str) -> None:
    words = text(client, f"{PAGE}?{query}")
    assert "Draft map" in words
    assert query.startswith("page") or "usa-alert--error" in client.get(f"{PAGE}?{query}").content.decode()


def test_another_group_stays_out(client: Client, milestone: Milestone) -> None:
    elsewhere = make.group("other")
    make.milestone(make.deliverable(make.team(elsewhere)), title="Elsewhere")
    make.member(make.root(elsewhere), User.objects.get(name="Ada Reyes"))
    assert "Elsewhere" not in text(client)
    assert "Elsewhere" in text(client, "/groups/other/activity/")


def test_the_file_has_no_cell_that_runs(client: Client, milestone: Milestone, ada: User) -> None:
    change(milestone, ada, title="=HYPERLINK(1)")
    assert fields(client) == [("Title", "Draft map", "'=HYPERLINK(1)")]
    assert client.get(SHEET)["Content-Disposition"] == 'attachment; filename="activity-ecom-2018-07-20.csv"'


def test_government_only_stays_closed_to_the_trade_also_what_it_was(
    client: Client, group: WorkingGroup, signed_in: SignIn, ada: User
) -> None:
    document = make.document(group, title="Secret draft", access=Document.Access.GOVERNMENT)
    change(document, title="Secret title")
    assert "Secret" not in text(client) + str(sheet(client))
    change(document, title="Open title", access=Document.Access.GROUP)
    words = text(client) + str(sheet(client))
    assert "Open title" in words
    assert "Secret" not in words
    assert not [each for each in recent_changes(ada) if "Secret" in each.title]
    change(document, title="Later title")
    assert ("Title", "Open title", "Later title") in fields(client)
    official = signed_in(make.member(make.root(group), make.person(government=True)))
    assert ("Title", "Secret title", "Open title") in fields(official)


def test_the_name_of_what_the_reader_may_not_see_is_not_told(client: Client, group: WorkingGroup, ada: User) -> None:
    secret = make.document(group, title="Secret", access=Document.Access.GOVERNMENT)
    commitment = make.commitment(make.root(group), for_meeting=make.meeting(group, title="Known"))
    change(commitment, ada, for_meeting=make.meeting(group, title="Hidden draft", state=Meeting.State.DRAFT))
    make.consultation(secret, make.root(group), title="Secret question")
    member = make.member(make.root(group))
    client.force_login(member, backend="allauth.account.auth_backends.AuthenticationBackend")
    words = text(client) + str(sheet(client))
    assert "Hidden draft" not in words
    assert "Secret" not in words
    assert ("For meeting", "Known", "something that can’t be shown") in fields(client)


def test_the_number_of_queries_does_not_grow(client: Client, milestone: Milestone, group: WorkingGroup) -> None:
    def queries(client: Client) -> int:
        client.get(PAGE)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(PAGE).status_code == 200
        return len(seen)

    document, meeting = make.document(group), make.meeting(group)
    change(milestone, title="Other")
    before = queries(client)
    for number in range(10):
        change(milestone, title=f"T{number}", owner=make.person(), body=make.team(group))
        change(document, title=f"D{number}", issuer=make.organization())
        change(meeting, title=f"M{number}")
    make.consultation(document, make.root(group))
    assert queries(client) <= max(before + 1, 12)
    assert before <= 12


@pytest.mark.parametrize(
    ("page", "link"),
    [
        ("/groups/ecom/", PAGE),
        ("/groups/ecom/teams/team-1/", f"{PAGE}?body=team-1"),
        ("/groups/ecom/milestones/draft/", f"{PAGE}?noun=milestone&amp;key=draft"),
    ],
)
def test_the_pages_link_to_their_activity(client: Client, milestone: Milestone, page: str, link: str) -> None:
    assert f'href="{link}"' in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("reminder rule", "6 reminder rules added"),
        ("version of the statement of work", "6 versions of the statement of work added"),
        ("link to a clause", "6 links to a clause added"),
        ("body", "6 bodies added"),
    ],
)
def test_several_of_a_kind_are_named_as_such(noun: str, said: str) -> None:
    change = Change(
        at=datetime(2018, 7, 20, tzinfo=UTC), noun=noun, title="", url=None, verb="added", body_id=None, by="", count=6
    )
    assert change.what == said
