"""Looking for words inside one version of the statement of work, and inside a draft."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement import services
from documents.statement.models import StatementVersion
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
FIRST = [("1", "Background", "How the pilot began.")]
SECOND = [
    ("1", "Background", "How the group began, with a *letter of* **intent**."),
    ("2", "Mapping of processes", ""),
    ("2.1", "Data exchange", "Each carrier maps its [process](https://maps.example.test/processes?a=1&b=2)."),
    (
        "3",
        "Reporting",
        "- Of intent, a letter\n- `process_map` <b>raw</b> & more\n\n| Step | Who |\n| --- | --- |\n| Map | T |",
    ),
    ("4", "Café data", "2.1 stands above."),
]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def versions(group: WorkingGroup) -> list[StatementVersion]:
    return make.statement(make.root(group), ("1.0", "2017", FIRST), ("2.0", "2018-06", SECOND))


@pytest.fixture
def reader(group: WorkingGroup, versions: list[StatementVersion], signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(group)))


def marks(answer: Any) -> list[str]:
    """What the page marks, in its order."""
    return [html.unescape(each) for each in re.findall(r"<mark>(.*?)</mark>", answer.content.decode())]


def test_words_are_found_by_their_stem_in_headings_and_texts(reader: Client) -> None:
    answer = reader.get(f"{STATEMENT}?q=process")
    assert marks(answer) == ["processes", "process", "process"]
    words = words_of(answer)
    assert "“process” stands in 3 places, in 3 clauses." in words
    assert "Found in 3 clauses 2 Mapping of processes 1 place 2.1 Data exchange 1 place 3 Reporting 1 place" in words


def test_a_clause_that_does_not_fit_is_not_marked_where_it_says_one_of_the_words(reader: Client) -> None:
    answer = reader.get(f"{STATEMENT}?q=data+exchange")
    assert marks(answer) == ["Data", "exchange"]
    assert "stands in 2 places, in 1 clause." in words_of(answer)


def test_the_clauses_that_fit_are_linked_from_the_side(reader: Client) -> None:
    page = reader.get(f"{STATEMENT}?q=process").content.decode()
    assert '<li><a href="#clause-2-1">2.1 Data exchange <span class="quiet">1 place</span></a></li>' in page
    assert '<a href="#clause-2">Go to the first</a>' in page


def test_the_beginning_of_the_last_word_is_enough(reader: Client) -> None:
    assert marks(reader.get(f"{STATEMENT}?q=repor")) == ["Reporting"]
    assert marks(reader.get(f"{STATEMENT}?q=letter+inten")) == ["letter", "intent", "intent", "letter"]


def test_a_quoted_phrase_is_marked_where_its_words_stand_together_and_nowhere_else(reader: Client) -> None:
    answer = reader.get(f"{STATEMENT}?q=%22letter+of+intent%22")
    # It goes on from words in italics to words in bold, so it is marked in both.
    assert (
        "<em><mark>letter of</mark></em><mark> </mark><strong><mark>intent</mark></strong>" in answer.content.decode()
    )
    assert marks(answer) == ["letter of", " ", "intent"]
    assert "stands in 1 place, in 1 clause." in words_of(answer)


def test_a_word_that_is_left_out_is_neither_found_nor_marked(reader: Client) -> None:
    answer = reader.get(f"{STATEMENT}?q=map+-carrier")
    assert marks(answer) == ["Mapping", "map", "Map"]
    assert "2.1 Data exchange 1 place" not in words_of(answer)


def test_either_of_two_words_is_found(reader: Client) -> None:
    assert marks(reader.get(f"{STATEMENT}?q=reporting+or+exchange")) == ["exchange", "Reporting"]


def test_accents_and_numbers_are_found_as_they_are_written(reader: Client) -> None:
    assert marks(reader.get(f"{STATEMENT}?q=café")) == ["Café"]
    assert marks(reader.get(STATEMENT, {"q": '"2.1"'})) == ["2.1"]


def test_marks_break_neither_links_nor_tables_nor_what_is_written_as_code(reader: Client) -> None:
    page = reader.get(f"{STATEMENT}?q=process").content.decode()
    assert 'href="https://maps.example.test/processes?a=1&amp;b=2"' in page
    assert "<code><mark>process</mark>_map</code> &lt;b&gt;raw&lt;/b&gt; &amp; more" in page
    assert "<td><mark>Map</mark></td>" in reader.get(f"{STATEMENT}?q=map").content.decode()


@pytest.mark.parametrize("words", ["</mark><script>alert(1)</script>", '"', '" - or', "&lt;", "a:*", "''", "\x00", "%"])
def test_whatever_is_typed_is_answered_and_none_of_it_becomes_markup(reader: Client, words: str) -> None:
    answer = reader.get(STATEMENT, {"q": words})
    assert answer.status_code == 200
    assert "<script>alert(1)" not in answer.content.decode()


def test_where_nothing_is_found_the_page_says_what_to_do_next(reader: Client) -> None:
    answer = reader.get(f"{STATEMENT}?q=zebra")
    assert "Nothing in version 2.0 says “zebra”." in words_of(answer)
    assert '<a href="/search/?q=zebra">Look through the whole portal</a>' in answer.content.decode()
    assert "How the group began" in words_of(answer)


def test_a_search_is_of_the_version_of_the_date_asked_for_and_keeps_the_date(reader: Client) -> None:
    answer = reader.get(f"{STATEMENT}?as_of=2018-01-01&q=pilot")
    assert marks(answer) == ["pilot"]
    page = answer.content.decode()
    assert '<input type="hidden" name="as_of" value="2018-01-01">' in page
    assert '<input type="hidden" name="q" value="pilot">' in page
    assert '<a href="?as_of=2018-01-01">take the marks away</a>' in page


def test_the_page_of_one_version_is_searched_alike(reader: Client) -> None:
    assert marks(reader.get(f"{STATEMENT}1.0/?q=pilots")) == ["pilot"]
    assert marks(reader.get(f"{STATEMENT}2.0/?q=pilots")) == []


def test_without_words_nothing_is_marked_and_nothing_is_said(reader: Client) -> None:
    for address in (STATEMENT, f"{STATEMENT}?q=", f"{STATEMENT}?q=+++"):
        answer = reader.get(address)
        assert marks(answer) == []
        assert "stands in" not in words_of(answer)


def test_a_draft_is_searched_as_it_stands(versions: list[StatementVersion], reader: Client) -> None:
    admin = make.person(is_site_admin=True)
    draft = services.start_draft(by=admin, statement=versions[0].statement, title="Zebras")
    row = draft.clauses.order_by("pk")[0]
    services.edit_clause(by=admin, clause=row, heading="Zebras first", text="And a zebra last.", seen_revision=1)
    gone = draft.clauses.order_by("pk").last()
    assert gone is not None
    services.remove_clause(by=admin, clause=gone)
    answer = reader.get(f"{draft.get_absolute_url()}?q=zebra")
    assert marks(answer) == ["Zebras", "zebra"]
    assert "Found in 1 clause 1 Zebras first 2 places" in words_of(answer)
    assert f'<a href="#clause-{row.clause_id}">1 Zebras first' in answer.content.decode()
    # A clause that was removed is not searched, nor one that the page does not show.
    assert "Nothing in the draft says “café”." in words_of(reader.get(f"{draft.get_absolute_url()}?q=café"))
    answer = reader.get(f"{draft.get_absolute_url()}?q=exchange&changes=1")
    assert "Nothing in the clauses shown of the draft says “exchange”." in words_of(answer)


def test_a_search_takes_one_query_whatever_the_number_of_hits(versions: list[StatementVersion], reader: Client) -> None:
    draft = services.start_draft(by=make.person(is_site_admin=True), statement=versions[0].statement, title="Next")
    for address in (STATEMENT, draft.get_absolute_url()):
        reader.get(address)
        counts = []
        for words in ("", "pilot", "process", "group or process or data or report"):
            with CaptureQueriesContext(connection) as queries:
                reader.get(address, {"q": words})
            counts.append(len(queries))
        assert counts == [counts[0], *[counts[0] + 1] * 3]
        assert counts[-1] <= 12
