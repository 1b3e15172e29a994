"""The statement of work: which version is in force when, what hangs on its clauses, and what changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement.changes import Kind, changes, summary
from documents.statement.models import StatementVersion
from documents.statement.selectors import clauses_of, tree
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from teams.clock import services as clock
from tests import factories as make
from tests import world
from tests.conftest import WASHINGTON
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"

FIRST = ("1.0", "2017", [("1", "Background", "How it began."), ("2", "Reporting", "To the subcommittee.")])
SECOND = (
    "2.0",
    "2018-06",
    [
        ("1", "Background", "How it began, and **what** followed."),
        ("2", "Objectives", ""),
        ("2.1", "Data exchange", "Which data is needed."),
        ("3", "Reporting", "To the subcommittee."),
    ],
)
THIRD = ("3.0", "2018-09-01", [("1", "Background", "How it began.")])


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def versions(group: WorkingGroup) -> list[StatementVersion]:
    return make.statement(make.root(group), FIRST, SECOND, THIRD)


@pytest.fixture
def client_in(group: WorkingGroup, signed_in: SignIn) -> Client:
    return signed_in(make.member(make.root(group)))


# --- Which version ---


def test_the_version_in_force_on_the_portals_date_is_shown(versions: list[StatementVersion], client_in: Client) -> None:
    text = words_of(client_in.get(STATEMENT))
    assert "Version 2.0" in text
    assert "In force since June 2018." in text
    assert "Data exchange" in text


def test_the_clock_brings_the_next_version_into_force(versions: list[StatementVersion], client_in: Client) -> None:
    clock.set_clock(to=datetime(2018, 9, 1, 0, 30, tzinfo=WASHINGTON))
    assert "In force since September 1, 2018." in words_of(client_in.get(STATEMENT))


@pytest.mark.parametrize(
    ("as_of", "number"),
    [("2017-12-01", "1.0"), ("2018-05-31", "1.0"), ("2018-06-01", "2.0"), ("2018-08-31", "2.0"), ("2018-09-01", "3.0")],
)
def test_as_of_a_date_the_version_in_force_then_is_shown(
    versions: list[StatementVersion], client_in: Client, as_of: str, number: str
) -> None:
    text = words_of(client_in.get(f"{STATEMENT}?as_of={as_of}"))
    assert f": version {number}." in text


def test_before_the_first_version_none_was_in_force(versions: list[StatementVersion], client_in: Client) -> None:
    text = words_of(client_in.get(f"{STATEMENT}?as_of=2016-12-31"))
    assert "No version was in force on that date." in text
    assert "Version 1.0" in text, "the versions there are stand below"


def test_a_date_that_is_none_is_said_and_the_version_in_force_shown(
    versions: list[StatementVersion], client_in: Client
) -> None:
    text = words_of(client_in.get(f"{STATEMENT}?as_of=yesterday"))
    assert "The date to look back from is no date: write it like 2017-12-01." in text
    assert "In force since June 2018." in text


def test_any_version_has_its_own_address_and_says_when_it_held(
    versions: list[StatementVersion], client_in: Client
) -> None:
    assert "In force from 2017 until June 2018." in words_of(client_in.get(f"{STATEMENT}1.0/"))
    assert "Adopted for September 1, 2018; not in force yet." in words_of(client_in.get(f"{STATEMENT}3.0/"))


@pytest.mark.parametrize("number", ["9.9", "%00", "2.0.", "v2"])
def test_an_unknown_version_is_no_page(versions: list[StatementVersion], client_in: Client, number: str) -> None:
    assert client_in.get(f"{STATEMENT}{number}/").status_code == 404


def test_without_a_statement_the_page_says_so(client_in: Client) -> None:
    assert "No statement of work has been recorded yet." in words_of(client_in.get(STATEMENT))
    assert "No statement of work has been recorded yet." in words_of(client_in.get(f"{STATEMENT}compare/"))


def test_an_outsider_finds_no_statement(versions: list[StatementVersion], signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(make.group("other"))))
    for address in (STATEMENT, f"{STATEMENT}1.0/", f"{STATEMENT}compare/"):
        assert client.get(address).status_code == 404


def test_another_groups_version_is_not_found_here(versions: list[StatementVersion], client_in: Client) -> None:
    make.statement(make.root(make.group("other")), ("7.0", "2017", [("1", "Theirs", "")]))
    assert client_in.get(f"{STATEMENT}7.0/").status_code == 404


# --- Clauses ---


def test_clauses_are_nested_by_number_with_their_text_as_markdown(
    versions: list[StatementVersion], client_in: Client
) -> None:
    page = client_in.get(STATEMENT).content.decode()
    assert '<h2 class="clause__heading" id="clause-2-heading">' in page
    assert '<h3 class="clause__heading" id="clause-2-1-heading">' in page
    assert "and <strong>what</strong> followed." in page


def test_each_clause_has_a_link_that_stays(versions: list[StatementVersion], client_in: Client) -> None:
    page = client_in.get(STATEMENT).content.decode()
    assert 'href="/groups/ecom/statement/2.0/#clause-2-1"' in page
    assert 'id="clause-2-1"' in client_in.get(f"{STATEMENT}2.0/").content.decode()
    assert 'href="#clause-2-1"' in page, "the contents lead there within the page"


def test_what_is_owed_stands_under_its_clause_in_every_version(
    group: WorkingGroup, versions: list[StatementVersion], client_in: Client
) -> None:
    owed = make.deliverable(make.team(group, number=1), title="Process maps", due=make.day("2018-07-13"))
    background = versions[0].texts.get(number="1").clause
    background.deliverables.add(owed)
    for address in (STATEMENT, f"{STATEMENT}1.0/"):
        text = words_of(client_in.get(address))
        assert "Hangs on this clause Deliverable Process maps Team 1 ▲ Late due Fri, Jul 13, 2018 (7 days late)" in text


def test_a_clause_without_one_above_it_stands_at_the_top(group: WorkingGroup) -> None:
    (version,) = make.statement(
        make.root(group), ("1.0", "2017", [("4.1", "Orphan", ""), ("5", "Five", ""), ("5.1.2", "Deep", "")])
    )
    nodes = tree(clauses_of(version)[version.pk])
    assert [(node.clause.number, node.level) for node in nodes] == [("4.1", 2), ("5", 2), ("5.1.2", 2)]


# --- Redline ---


def compared(old: StatementVersion, new: StatementVersion) -> list[tuple[str, str, Kind]]:
    texts = clauses_of(old, new)
    return [(change.number, change.was, change.kind) for change in changes(texts[old.pk], texts[new.pk])]


def test_clauses_are_compared_by_what_they_are_and_not_by_number(versions: list[StatementVersion]) -> None:
    first, second, third = versions
    assert compared(first, second) == [
        ("1", "", Kind.CHANGED),
        ("2", "", Kind.ADDED),
        ("2.1", "", Kind.ADDED),
        ("3", "2", Kind.RENUMBERED),
    ]
    assert compared(second, third) == [
        ("1", "", Kind.CHANGED),
        ("2", "", Kind.REMOVED),
        ("2.1", "", Kind.REMOVED),
        ("3", "", Kind.REMOVED),
    ]
    assert compared(first, first) == [("1", "", Kind.UNCHANGED), ("2", "", Kind.UNCHANGED)]


def test_a_removed_clause_stands_where_it_stood(group: WorkingGroup) -> None:
    old, new = make.statement(
        make.root(group),
        ("1", "2017", [("1", "Alpha", "a"), ("2", "Beta", "b"), ("3", "Gamma", "c"), ("4", "Delta", "d")]),
        ("2", "2018", [("1", "Gamma", "c"), ("2", "Epsilon", "e")]),
    )
    assert [(number, kind) for number, _, kind in compared(old, new)] == [
        ("1", Kind.REMOVED),
        ("2", Kind.REMOVED),
        ("1", Kind.RENUMBERED),
        ("4", Kind.REMOVED),
        ("2", Kind.ADDED),
    ]


def test_nothing_changed_is_said() -> None:
    assert summary([]) == "nothing changed"


def test_the_page_says_what_went_and_what_came_in_words(versions: list[StatementVersion], client_in: Client) -> None:
    answer = client_in.get(f"{STATEMENT}compare/?from=1.0&to=2.0")
    text, page = words_of(answer), answer.content.decode()
    assert "From version 1.0 (2017) to version 2.0 (June 2018): 1 changed, 2 added, 1 renumbered." in text
    assert "[added: , and **what** followed ]" in text
    assert '<ins class="redline redline--added">' in page
    assert "says the same, was 2" in text
    back = words_of(client_in.get(f"{STATEMENT}compare/?from=2.0&to=1.0"))
    assert "[removed: , and **what** followed ]" in back


def test_without_a_choice_the_version_in_force_is_compared_with_the_one_before(
    versions: list[StatementVersion], client_in: Client
) -> None:
    assert "From version 1.0 (2017) to version 2.0" in words_of(client_in.get(f"{STATEMENT}compare/"))


def test_changes_only_leaves_out_what_is_the_same(versions: list[StatementVersion], client_in: Client) -> None:
    address = f"{STATEMENT}compare/?from=1.0&to=2.0"
    assert "3 Reporting" in words_of(client_in.get(address))
    assert "3 Reporting" not in words_of(client_in.get(f"{address}&changes=1"))


def test_side_by_side_each_version_has_its_own_words(versions: list[StatementVersion], client_in: Client) -> None:
    text = words_of(client_in.get(f"{STATEMENT}compare/?from=1.0&to=2.0&view=side"))
    assert "Version 1.0 How it began. Version 2.0 How it began" in text
    assert "Version 1.0 Not there Version 2.0" in text


def test_an_unknown_version_to_compare_is_said(versions: list[StatementVersion], client_in: Client) -> None:
    answer = client_in.get(f"{STATEMENT}compare/?from=9.9&to=2.0")
    assert answer.status_code == 404
    assert "The statement of work has no version “9.9”." in words_of(answer)


@pytest.mark.parametrize("query", ["?from=%00", "?view=upside-down", "?from=1.0&to=1.0", "?to=1.0", "?changes=yes"])
def test_no_choice_breaks_the_comparison(versions: list[StatementVersion], client_in: Client, query: str) -> None:
    assert client_in.get(f"{STATEMENT}compare/{query}").status_code in (200, 404)


def test_markup_in_a_clause_stays_text(group: WorkingGroup, client_in: Client) -> None:
    make.statement(
        make.root(group),
        ("1.0", "2017", [("1", "<b>Bold</b>", "<script>alert(1)</script>")]),
        ("2.0", "2018", [("1", "<b>Bold</b>", "<script>alert(2)</script> [x](javascript:alert(3))")]),
    )
    for address in (STATEMENT, f"{STATEMENT}compare/"):
        page = client_in.get(address).content.decode()
        assert "<script>alert" not in page
        assert "<b>Bold" not in page
        assert 'href="javascript' not in page


def test_the_shipped_example_is_compared_as_its_clauses_say(db: None, signed_in: SignIn) -> None:
    world.load_example()
    old, new = StatementVersion.objects.order_by("adopted")
    assert compared(old, new) == [
        ("1", "", Kind.CHANGED),
        ("2", "", Kind.CHANGED),
        ("3", "", Kind.CHANGED),
        ("4", "", Kind.ADDED),
        *((f"4.{n}", "", Kind.ADDED) for n in range(1, 6)),
        ("5", "4", Kind.CHANGED),
        *((f"5.{n}", "", Kind.ADDED) for n in range(1, 4)),
        ("6", "5", Kind.RENUMBERED),
    ]


def test_the_number_of_queries_does_not_grow(db: None, signed_in: SignIn) -> None:
    client = signed_in(make.person(is_site_admin=True))
    client.get("/")  # notes the visit

    def queries(clauses: int) -> list[int]:
        group = make.group()
        team = make.team(group)
        wordings = [(str(n), f"Clause {n}", "text") for n in range(1, clauses + 1)]
        made = make.statement(make.root(group), ("1.0", "2017", wordings), ("2.0", "2018-06", wordings))
        for text in made[0].texts.all():
            text.clause.deliverables.add(make.deliverable(team))
        counts = []
        statement = f"/groups/{group.slug}/statement/"
        for address in (statement, f"{statement}1.0/", f"{statement}compare/?from=1.0&to=2.0"):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    one = queries(1)
    assert queries(10) == one
    assert max(one) <= 12


def test_the_activity_tells_that_versions_were_added_and_never_that_one_changed(
    group: WorkingGroup, signed_in: SignIn
) -> None:
    make.statement(
        make.root(group), ("1.0", "2017", [("1", "Purpose", "")]), ("2.0", "2018-06", [("1", "Purpose", "")])
    )
    page = signed_in(make.member(make.root(group))).get(f"/groups/{group.slug}/activity/").content.decode()
    assert page.count("Version of the statement of work added") == 2
    assert "Version of the statement of work changed" not in page
