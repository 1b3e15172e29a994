"""What a proposed version asks of the chair and CBP's reviewer, on the home page, in the header and the statement."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement import services
from documents.statement.models import Draft, DraftClause, Position, Proposal
from teams.accounts.models import User
from teams.bodies.models import Membership, Role, WorkingGroup
from teams.clock import services as clocks
from tests import factories as make
from tests.conftest import START
from tests.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_start")]
SignIn = Callable[[User], Client]
AGREE, OBJECT = Position.Stand.AGREE, Position.Stand.OBJECT
ASKED = "Agree or object to version 1.1 of the statement of work"


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    make.statement(make.root(made), ("1.0", "2018-03", [("1", "Maps", "Draw maps.")]))
    return made


@pytest.fixture
def admin() -> User:
    return make.person(name="Ada", is_site_admin=True)


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Cleo"), role=Role.CHAIR)


@pytest.fixture
def reviewer(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Ray", government=True), role=Role.REVIEWER)


@pytest.fixture
def draft(group: WorkingGroup, admin: User) -> Draft:
    made = services.start_draft(by=admin, statement=group.statements.get(), title="Say what maps show")
    row = DraftClause.objects.get(draft=made)
    services.edit_clause(by=admin, clause=row, heading="Maps", text="Draw maps of each step.", seen_revision=1)
    return made


def propose(draft: Draft, by: User) -> Proposal:
    return services.propose(
        by=by,
        draft=draft,
        number="1.1",
        summary="Maps of each step.",
        closes_on=date(2018, 8, 3),
        effective_on=date(2018, 8, 15),
    )


@pytest.fixture
def proposal(draft: Draft, admin: User) -> Proposal:
    return propose(draft, admin)


def waits(client: Client) -> bool:
    """Whether the home page shows it and the header of another page counts it; never one without the other."""
    shown = ASKED in words_of(client.get("/"))
    counted = 'portal-waiting__number">1<' in client.get("/groups/ecom/statement/").content.decode()
    assert shown == counted
    return shown


def test_it_stands_on_the_home_page_of_those_who_are_asked(
    proposal: Proposal, chair: User, reviewer: User, signed_in: SignIn
) -> None:
    for person in (chair, reviewer):
        client = signed_in(person)
        answer = client.get("/")
        assert f'href="{proposal.get_absolute_url()}"' in answer.content.decode()
        words = words_of(answer)
        assert f"{ASKED} Ecom Working Group · Say what maps show" in words
        assert "Fri, Aug 3, 2018 (2 weeks left)" in words
        assert "One thing waits on you; the next is due Fri, Aug 3, 2018." in words
        assert waits(client)


@pytest.mark.parametrize("role", [Role.LEAD, Role.MEMBER, Role.ALTERNATE, Role.OBSERVER])
def test_nobody_else_is_asked(proposal: Proposal, group: WorkingGroup, role: Role, signed_in: SignIn) -> None:
    assert not waits(signed_in(make.member(make.root(group), role=role)))


def test_neither_is_an_administrator_nor_the_chair_of_a_team_or_of_another_group(
    proposal: Proposal, group: WorkingGroup, admin: User, signed_in: SignIn
) -> None:
    assert not waits(signed_in(admin))
    assert not waits(signed_in(make.member(make.team(group), role=Role.CHAIR)))
    other = make.member(make.root(make.group("other")), role=Role.CHAIR)
    assert ASKED not in words_of(signed_in(other).get("/"))


def test_who_has_answered_is_asked_no_more(proposal: Proposal, chair: User, reviewer: User, signed_in: SignIn) -> None:
    services.take_position(by=chair, proposal=proposal, role=Role.CHAIR, stand=OBJECT, reason="Which steps?")
    assert not waits(signed_in(chair))
    assert waits(signed_in(reviewer))


@pytest.mark.parametrize("end", ["withdrawn", "adopted"])
def test_what_has_ended_asks_nobody(
    proposal: Proposal, admin: User, chair: User, reviewer: User, signed_in: SignIn, end: str
) -> None:
    second = make.member(make.root(proposal.draft.statement.group), role=Role.CHAIR)
    assert waits(signed_in(second))
    if end == "withdrawn":
        services.withdraw(by=admin, proposal=proposal, reason="One more change.")
    else:
        services.take_position(by=chair, proposal=proposal, role=Role.CHAIR, stand=AGREE)
        services.take_position(by=reviewer, proposal=proposal, role=Role.REVIEWER, stand=AGREE)
        services.adopt(by=make.person(is_site_admin=True), proposal=proposal)
    assert not waits(signed_in(second))


def test_past_its_closing_date_it_is_late_and_still_asks(proposal: Proposal, chair: User, signed_in: SignIn) -> None:
    clocks.set_clock(to=START.replace(month=8, day=6))
    words = words_of(signed_in(chair).get("/"))
    assert "One thing waits on you, and it is late" in words
    assert "Fri, Aug 3, 2018 (3 days late)" in words


def test_a_role_that_has_ended_asks_nobody(proposal: Proposal, chair: User, signed_in: SignIn) -> None:
    Membership.objects.filter(person=chair).update(role=Role.MEMBER)
    assert not waits(signed_in(chair))


# --- Who stands in ---


@pytest.fixture
def jordan(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Jordan Lee"))


@pytest.mark.parametrize("is_lent", [True, False])
def test_it_asks_who_stands_in_by_a_lent_role_alone(
    proposal: Proposal, group: WorkingGroup, chair: User, jordan: User, signed_in: SignIn, is_lent: bool
) -> None:
    held = Membership.objects.get(person=chair)
    make.absence(chair, jordan, group, *([held] if is_lent else []))
    client = signed_in(jordan)
    assert waits(client) is is_lent
    assert (f"{ASKED} For Cleo" in words_of(client.get("/"))) is is_lent
    clocks.set_clock(to=START.replace(month=8, day=4))
    assert not waits(signed_in(jordan))


@pytest.mark.parametrize("first", ["chair", "stand-in"])
def test_what_one_of_the_two_answered_asks_neither(
    proposal: Proposal, group: WorkingGroup, chair: User, jordan: User, signed_in: SignIn, first: str
) -> None:
    make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    by = chair if first == "chair" else jordan
    services.take_position(by=by, proposal=proposal, role=Role.CHAIR, stand=AGREE)
    assert not waits(signed_in(chair))
    assert not waits(signed_in(jordan))


def test_what_a_second_chair_answered_for_themselves_counts_for_them_alone(
    proposal: Proposal, group: WorkingGroup, chair: User, signed_in: SignIn
) -> None:
    second = make.member(make.root(group), role=Role.CHAIR)
    held = Membership.objects.get(person=chair)
    make.absence(chair, second, group, held, first_day=date(2018, 7, 2), last_day=date(2018, 7, 19))
    services.take_position(by=second, proposal=proposal, role=Role.CHAIR, stand=AGREE)
    assert waits(signed_in(chair))


def test_the_role_of_the_reviewer_asks_nobody_of_the_trade(
    proposal: Proposal, group: WorkingGroup, reviewer: User, jordan: User, signed_in: SignIn
) -> None:
    make.absence(reviewer, jordan, group, Membership.objects.get(person=reviewer))
    assert not waits(signed_in(jordan))


# --- Who may answer as what ---


def test_a_reviewer_who_chairs_a_team_answers_as_the_reviewer_alone(
    proposal: Proposal, group: WorkingGroup, reviewer: User, signed_in: SignIn
) -> None:
    make.member(make.team(group), reviewer, role=Role.CHAIR)
    client = signed_in(reviewer)
    client.post(f"{proposal.get_absolute_url()}position/", {"stand": "agree", "role": "chair"})
    assert not Position.objects.exists()
    client.post(f"{proposal.get_absolute_url()}position/", {"stand": "agree", "role": "reviewer"})
    assert Position.objects.get().role == Role.REVIEWER


# --- Where it is said, and what it costs ---


def test_the_statement_and_the_draft_say_that_a_version_is_proposed(
    proposal: Proposal, admin: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    client = signed_in(make.member(make.root(group)))
    for address in ("/groups/ecom/statement/", proposal.draft.get_absolute_url()):
        answer = client.get(address)
        assert f'href="{proposal.get_absolute_url()}">Version 1.1 is proposed</a>' in answer.content.decode()
        assert "are asked until August 3, 2018 (2 weeks left)" in words_of(answer)
    services.withdraw(by=admin, proposal=proposal, reason="One more change.")
    assert "is proposed" not in words_of(client.get("/groups/ecom/statement/"))
    of_draft = words_of(client.get(proposal.draft.get_absolute_url()))
    assert "is proposed" not in of_draft
    assert "Proposed as version 1.1 on July 20, 2018: withdrawn." in of_draft


@pytest.mark.parametrize("is_admin", [False, True])
def test_home_takes_as_many_queries_whatever_asks(chair: User, admin: User, signed_in: SignIn, is_admin: bool) -> None:
    User.objects.filter(pk=chair.pk).update(is_site_admin=is_admin)
    of = make.deliverable(make.team(make.root(WorkingGroup.objects.get()).group))
    make.milestone(of, owner=chair)
    client = signed_in(User.objects.get(pk=chair.pk))
    client.get("/")

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(address).status_code == 200
        return len(seen)

    make.milestone(of, owner=chair)  # a change that the page tells of
    before = queries("/"), queries("/groups/ecom/plan/")
    statement = WorkingGroup.objects.get().statements.get()
    made = services.start_draft(by=admin, statement=statement, title="Say what maps show")
    row = DraftClause.objects.get(draft=made)
    services.edit_clause(by=admin, clause=row, heading="Maps", text="Draw maps of each step.", seen_revision=1)
    propose(made, admin)
    assert (queries("/"), queries("/groups/ecom/plan/")) == before
    assert before[0] <= 12
