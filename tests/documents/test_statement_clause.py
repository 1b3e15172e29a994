"""What hangs on a clause, and its wording through all versions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement import services
from documents.statement.models import Clause, ClauseLink, StatementVersion
from milestones.work.models import Strategy, StrategyGoal
from teams.accounts.models import User
from teams.bodies.models import WorkingGroup
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def versions(group: WorkingGroup) -> list[StatementVersion]:
    return make.statement(
        make.root(group),
        ("1.0", "2017", [("1", "Background", "How it began."), ("2", "Reporting", "Up.")]),
        ("2.0", "2018-03", [("1", "Background", "How it began."), ("2", "Reporting", "Up and down.")]),
        ("3.0", "2018-06", [("1", "New", "Quite other words stand here."), ("2", "Background", "How it all began.")]),
    )


@pytest.fixture
def background(versions: list[StatementVersion]) -> Clause:
    return versions[0].texts.get(number="1").clause


def page_of(clause: Clause) -> str:
    return f"{STATEMENT}clauses/{clause.pk}/"


def test_its_wording_is_shown_through_the_versions_that_changed_it(background: Clause, signed_in: SignIn) -> None:
    text = words_of(signed_in(make.member(make.root(background.statement.group))).get(page_of(background)))
    assert "Last changed by version 3.0, in force from June 2018." in text
    assert "Version 3.0 : 2 Background Changed was 1" in text
    assert "How it [added: all ] began." in text
    assert "Version 1.0 : 1" in text
    assert "Version 2.0" not in text, "it left the clause as it was"


def test_a_clause_that_went_says_since_when(versions: list[StatementVersion], signed_in: SignIn) -> None:
    reporting = versions[0].texts.get(number="2").clause
    text = words_of(signed_in(make.member(make.root(reporting.statement.group))).get(page_of(reporting)))
    assert "No longer part of the statement of work since version 3.0 (June 2018)." in text
    assert "Read it in version 2.0" in text


def hang_all(clause: Clause) -> None:
    """One of each sort on the clause."""
    group = clause.statement.group
    owed = make.deliverable(make.team(group), title="Process maps")
    strategy = Strategy.objects.create(
        group=group, key="s", title="The Strategy", issuer=make.organization(), released=make.day("2018-03-06")
    )
    goal = StrategyGoal.objects.create(strategy=strategy, number=2, text="Enforce.")
    ClauseLink.objects.create(clause=clause, deliverable=owed)
    ClauseLink.objects.create(clause=clause, milestone=make.milestone(owed, title="First draft"))
    ClauseLink.objects.create(clause=clause, meeting=make.meeting(group, title="Quarterly"))
    ClauseLink.objects.create(clause=clause, goal=goal)
    ClauseLink.objects.create(clause=clause, document=make.document(group, title="Open paper"))
    ClauseLink.objects.create(clause=clause, document=make.document(group, title="Secret paper", access="government"))


def test_everything_that_hangs_on_it_is_shown(background: Clause, signed_in: SignIn) -> None:
    hang_all(background)
    client = signed_in(make.member(make.root(background.statement.group), make.person(government=True)))
    for address in (page_of(background), STATEMENT):
        text = words_of(client.get(address))
        for words in (
            *("Deliverable Process maps", "Milestone First draft", "Meeting Quarterly", "Document Open paper"),
            *("Document Secret paper", "Goal Goal 2: Enforce. (The Strategy)"),
        ):
            assert words in text


def test_what_is_for_the_government_alone_hangs_there_for_the_government_alone(
    background: Clause, signed_in: SignIn
) -> None:
    hang_all(background)
    client = signed_in(make.member(make.root(background.statement.group)))
    for address in (page_of(background), STATEMENT):
        text = words_of(client.get(address))
        assert "Open paper" in text
        assert "Secret paper" not in text


def test_a_meeting_that_is_a_draft_hangs_there_for_nobody_else(background: Clause, signed_in: SignIn) -> None:
    meeting = make.meeting(background.statement.group, title="Not yet called", state="draft")
    ClauseLink.objects.create(clause=background, meeting=meeting)
    client = signed_in(make.member(make.root(background.statement.group)))
    for address in (page_of(background), STATEMENT):
        assert "Not yet called" not in words_of(client.get(address))


def test_what_is_said_of_it_in_the_draft_is_counted_as_far_as_one_may_see_it(
    background: Clause, signed_in: SignIn
) -> None:
    official = make.person(government=True)
    draft = services.start_draft(by=official, statement=background.statement, title="Next")
    services.comment(by=official, draft=draft, clause=background, text="For all.")
    services.comment(by=official, draft=draft, clause=background, text="For us.", is_government_only=True)
    group = background.statement.group
    ours = signed_in(make.member(make.root(group), official)).get(page_of(background))
    assert "2 comments , 2 open." in words_of(ours)
    theirs = signed_in(make.member(make.root(group))).get(page_of(background))
    assert "1 comment , 1 open." in words_of(theirs)


def test_another_groups_clause_is_no_page(background: Clause, signed_in: SignIn) -> None:
    other = make.group("other")
    make.statement(make.root(other), ("1.0", "2017", [("1", "Theirs", "x")]))
    client = signed_in(make.member(make.root(other)))
    assert client.get(page_of(background)).status_code == 404
    assert client.get(f"/groups/other/statement/clauses/{background.pk}/").status_code == 404


def test_the_number_of_queries_does_not_grow(at_start: datetime, signed_in: SignIn) -> None:
    client = signed_in(make.person(is_site_admin=True))
    client.get("/")  # notes the visit

    def queries(number: int) -> list[int]:
        group = make.group()
        told = [(str(n), str(2000 + n), [("1", "Background", f"Text {n}.")]) for n in range(1, number + 1)]
        clause = make.statement(make.root(group), *told)[0].texts.get().clause
        for _ in range(number):
            ClauseLink.objects.create(clause=clause, deliverable=make.deliverable(make.team(group)))
            ClauseLink.objects.create(clause=clause, meeting=make.meeting(group))
        counts = []
        for address in (f"clauses/{clause.pk}/", ""):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/groups/{group.slug}/statement/{address}").status_code == 200
            counts.append(len(captured))
        return counts

    one = queries(1)
    assert queries(8) == one
    assert max(one) <= 12
