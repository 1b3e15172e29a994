"""The list of documents and the page of one: search, facets, order, pages, export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.library.models import Document
from milestones.meetings.models import Meeting, WorkStream
from teams.accounts.models import Organization, User
from teams.bodies.models import WorkingGroup
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
DOCUMENTS = "/groups/ecom/documents/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def wco(group: WorkingGroup) -> Organization:
    return make.organization(key="wco", name="World Customs Organization", acronym="WCO", kind="international")


@pytest.fixture
def member(group: WorkingGroup, signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(group)))


def titles(answer: Any) -> list[str]:
    """The titles of the rows, in their order."""
    return re.findall(r'<th scope="row"[^>]*><a [^>]*>([^<]*)</a>', answer.content.decode())


def facets(answer: Any) -> dict[str, int]:
    """The options of all facets with their numbers."""
    found = re.findall(r'class="facet__option".*?</li>', answer.content.decode(), re.S)
    pairs = [re.sub(r"<[^>]+>", " ", "<" + option).split() for option in found]
    return {" ".join(words[:-1]): int(words[-1]) for words in pairs}


@pytest.fixture
def shelf(group: WorkingGroup, wco: Organization) -> list[Document]:
    """Four documents that differ in everything."""
    cbp = make.organization(key="cbp", name="U.S. Customs and Border Protection", acronym="CBP", kind="agency")
    stream = WorkStream.objects.create(
        group=group, key="definitions", forum=wco, name="Definitions", party="United States", role="co-lead"
    )
    meeting = make.meeting(group, title="June meeting", starts=make.day("2018-06-18"), ends=make.day("2018-06-21"))
    kinds = Document.Kind
    return [
        make.document(
            group,
            title="E-Commerce Strategy",
            kind=kinds.STRATEGY,
            issuer=cbp,
            dated=make.day("2018-03-06"),
            access=Document.Access.PUBLIC,
        ),
        make.document(
            group, title="framework of standards", kind=kinds.STANDARD, issuer=wco, dated=make.day("2018-06")
        ),
        make.document(
            group,
            title="Draft Specifications",
            kind=kinds.STANDARD,
            issuer=wco,
            work_stream=stream,
            meeting=meeting,
        ),
        make.document(group, title="Minutes of June", kind=kinds.MINUTES, dated=make.day("2018")),
    ]


def test_rows_say_what_a_document_is(shelf: list[Document], member: Client) -> None:
    text = words_of(member.get(DOCUMENTS))
    assert "E-Commerce Strategy Strategy CBP Tue, Mar 6, 2018 Public Nothing in particular" in text
    assert "framework of standards Standard WCO June 2018 The group" in text
    assert "Draft Specifications Standard WCO Not given The group June meeting ; WCO stream Definitions" in text


def test_titles_are_sorted_without_regard_to_case(shelf: list[Document], member: Client) -> None:
    assert titles(member.get(DOCUMENTS)) == [
        "Draft Specifications",
        "E-Commerce Strategy",
        "framework of standards",
        "Minutes of June",
    ]


@pytest.mark.parametrize(
    ("order", "first", "last"),
    [
        ("-title", "Minutes of June", "Draft Specifications"),
        ("dated", "E-Commerce Strategy", "Draft Specifications"),
        ("-dated", "Minutes of June", "Draft Specifications"),
        ("issuer", "E-Commerce Strategy", "Minutes of June"),
        ("-issuer", "Draft Specifications", "Minutes of June"),
        ("kind", "Minutes of June", "E-Commerce Strategy"),
        ("-kind", "E-Commerce Strategy", "Minutes of June"),
    ],
)
def test_the_address_sorts(shelf: list[Document], member: Client, order: str, first: str, last: str) -> None:
    found = titles(member.get(f"{DOCUMENTS}?sort={order}"))
    assert (found[0], found[-1]) == (first, last), "what has no date or issuer comes last both ways"


def test_each_word_must_stand_in_the_title(shelf: list[Document], member: Client) -> None:
    assert titles(member.get(f"{DOCUMENTS}?q=STANDARDS+frame")) == ["framework of standards"]
    assert titles(member.get(f"{DOCUMENTS}?q=june")) == ["Minutes of June"]
    assert titles(member.get(f"{DOCUMENTS}?q=standards+june")) == []
    assert titles(member.get(f"{DOCUMENTS}?q=%25")) == [], "a percent sign is a sign like any other"


def test_facets_count_what_choosing_them_would_leave(shelf: list[Document], member: Client) -> None:
    assert facets(member.get(DOCUMENTS)) == {
        "Standard": 2,
        "Strategy": 1,
        "Minutes": 1,
        "World Customs Organization": 2,
        "U.S. Customs and Border Protection": 1,
        "The group": 3,
        "Public": 1,
        "Definitions": 1,
    }
    narrowed = facets(member.get(f"{DOCUMENTS}?kind=standard"))
    assert narrowed["Strategy"] == 1, "the other kinds stay on offer"
    assert narrowed["The group"] == 2
    assert "Public" not in narrowed


@pytest.mark.parametrize(
    ("query", "left"),
    [
        ("kind=standard", {"framework of standards", "Draft Specifications"}),
        ("issuer=cbp", {"E-Commerce Strategy"}),
        ("access=public", {"E-Commerce Strategy"}),
        ("stream=definitions", {"Draft Specifications"}),
        ("kind=standard&stream=definitions&issuer=wco", {"Draft Specifications"}),
        ("kind=report", set()),
        ("issuer=nobody", set()),
    ],
)
def test_a_facet_narrows_and_the_number_agrees(
    shelf: list[Document], member: Client, query: str, left: set[str]
) -> None:
    answer = member.get(f"{DOCUMENTS}?{query}")
    assert set(titles(answer)) == left
    text = words_of(answer)
    if left:
        assert f"{len(left)} document" in text
    else:
        assert "No document that you may see fits this choice." in text


def test_a_choice_can_be_taken_out_and_is_kept_by_the_other_links(shelf: list[Document], member: Client) -> None:
    page = member.get(f"{DOCUMENTS}?kind=standard&q=draft&sort=-dated").content.decode()
    assert 'href="?q=draft&amp;sort=-dated" aria-current="true"' in page
    assert 'href="?kind=standard&amp;q=draft&amp;sort=-dated&amp;issuer=wco"' in page
    assert '<input type="hidden" name="kind" value="standard">' in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("kind=novel", "There is no kind of document “novel”."),
        ("access=everyone", "“everyone” does not say who may see a document."),
        ("sort=colour", "Documents can’t be sorted by “colour”."),
        ("issuer=%22", "An issuer is named by its key"),
        ("stream=a+b", "A stream of work is named by its key"),
        ("q=%00", "Null characters are not allowed."),
    ],
)
def test_what_cannot_be_understood_is_said_and_left_out(
    shelf: list[Document], member: Client, query: str, sentence: str
) -> None:
    answer = member.get(f"{DOCUMENTS}?{query}")
    assert sentence in words_of(answer)
    assert len(titles(answer)) == 4


def test_the_list_comes_in_pages_of_twenty_five(group: WorkingGroup, member: Client) -> None:
    for n in range(30):
        make.document(group, title=f"Paper {n:02}")
    assert len(titles(member.get(DOCUMENTS))) == 25
    second = member.get(f"{DOCUMENTS}?page=2&kind=standard")
    assert titles(second) == [f"Paper {n}" for n in range(25, 30)]
    assert 'href="?page=1&amp;kind=standard"' in second.content.decode()
    assert titles(member.get(f"{DOCUMENTS}?page=x")) == titles(member.get(DOCUMENTS))
    assert titles(member.get(f"{DOCUMENTS}?page=99")) == [f"Paper {n}" for n in range(25, 30)]


def test_an_empty_shelf_says_so(member: Client) -> None:
    assert "There are no documents yet that you may see." in words_of(member.get(DOCUMENTS))


def test_the_export_has_the_same_choice_and_no_formulas(shelf: list[Document], member: Client) -> None:
    make.document(shelf[0].group, title="=HYPERLINK(1)", kind=Document.Kind.STANDARD, dated=make.day("2018-07-01"))
    answer = member.get("/groups/ecom/documents.csv?kind=standard&sort=-dated")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="ecom-documents-2018-07-20.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))
    assert [(row["Title"], row["Date"]) for row in rows] == [
        ("'=HYPERLINK(1)", "2018-07-01"),
        ("framework of standards", "2018-06"),
        ("Draft Specifications", ""),
    ]
    assert rows[2]["Meeting"] == "June meeting"


def test_the_page_of_a_document_says_where_it_comes_from_and_what_hangs_on_it(
    shelf: list[Document], member: Client
) -> None:
    draft = shelf[2]
    make.consultation(draft, make.root(draft.group), title="Comments on the draft")
    make.development(draft.group, text="A draft was sent round.", about_document=draft)
    text = words_of(member.get(draft.get_absolute_url()))
    assert "Standard of the World Customs Organization" in text
    assert "For the meeting June meeting , June 18–21, 2018" in text
    assert "Stream of work Definitions (World Customs Organization); United States: co-lead" in text
    assert "Comments on the draft , July 16 to August 31, 2018" in text
    assert "June 2018 A draft was sent round." in text


def test_a_link_leads_out(group: WorkingGroup, member: Client) -> None:
    page = member.get(make.document(group, link="https://www.cbp.gov/x").get_absolute_url()).content.decode()
    assert 'href="https://www.cbp.gov/x" rel="external noreferrer"' in page


def test_a_draft_meeting_is_not_named_to_a_member(group: WorkingGroup, member: Client) -> None:
    draft = make.meeting(group, title="Secret meeting", state=Meeting.State.DRAFT)
    paper = make.document(group, title="Paper", meeting=draft)
    for address in (DOCUMENTS, paper.get_absolute_url(), "/groups/ecom/documents.csv"):
        assert "Secret meeting" not in member.get(address).content.decode()


def test_an_outsider_finds_nothing(shelf: list[Document], signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(make.group("other"))))
    for address in (DOCUMENTS, "/groups/ecom/documents.csv", shelf[0].get_absolute_url()):
        assert client.get(address).status_code == 404


def test_a_key_of_another_group_is_no_page_here(group: WorkingGroup, member: Client) -> None:
    make.document(make.group("other"), key="theirs")
    assert member.get(f"{DOCUMENTS}theirs/").status_code == 404


def test_the_number_of_queries_does_not_grow(group: WorkingGroup, wco: Organization, signed_in: SignIn) -> None:
    client = signed_in(make.person(is_site_admin=True, government=True))
    client.get("/")  # notes the visit
    first = make.document(group)

    def more(start: int, end: int) -> None:
        for n in range(start, end):
            stream = WorkStream.objects.create(
                group=group, key=f"stream-{n}", forum=wco, name=f"Stream {n}", party="US", role="lead"
            )
            make.document(group, issuer=make.organization(), meeting=make.meeting(group), work_stream=stream)
            make.consultation(first, make.root(group))
            make.development(group, about_document=first)

    def queries() -> list[int]:
        counts = []
        for address in (DOCUMENTS, "/groups/ecom/documents.csv", first.get_absolute_url()):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    more(0, 1)
    one = queries()
    more(1, 10)
    assert queries() == one
    assert max(one) <= 12
