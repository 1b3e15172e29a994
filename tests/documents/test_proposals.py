"""The pages of the way to a version: deciding the impact, proposing, answering, withdrawing, adopting."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.library.models import Document
from documents.statement import services
from documents.statement.models import (
    ClauseLink,
    Draft,
    DraftClause,
    ImpactDecision,
    Position,
    Proposal,
    StatementVersion,
)
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_start")]
SignIn = Callable[[User], Client]

CLAUSES = [
    ("1", "Purpose", "Advise on trade."),
    ("2", "Work", ""),
    ("2.1", "Maps", "Draw maps."),
    ("3", "End", "Report."),
]
DATES = {"closes_on": "2018-08-03", "effective_on": "2018-08-15"}


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    make.statement(make.root(made), ("1.0", "2018-03", CLAUSES))
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
    row = DraftClause.objects.get(draft=made, heading="Maps")
    services.edit_clause(by=admin, clause=row, heading="Maps", text="Draw maps of each step.", seen_revision=1)
    return made


@pytest.fixture
def owed(draft: Draft, group: WorkingGroup) -> ClauseLink:
    maps = DraftClause.objects.get(draft=draft, heading="Maps").clause
    return ClauseLink.objects.create(clause=maps, deliverable=make.deliverable(make.team(group), title="Process maps"))


@pytest.fixture
def proposal(draft: Draft, admin: User) -> Proposal:
    return services.propose(
        by=admin,
        draft=draft,
        number="1.1",
        summary="Maps of each step.",
        closes_on=date(2018, 8, 3),
        effective_on=date(2018, 8, 15),
    )


@pytest.fixture
def confirmed(signed_in: SignIn) -> SignIn:
    """Signs a person in who has just given the password again."""

    def sign_in(person: User) -> Client:
        client = signed_in(person)
        assert client.post("/accounts/reauthenticate/", {"password": make.PASSWORD}).status_code == 302
        return client

    return sign_in


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_hangs_on_a_changed_clause_is_shown_and_decided(
    owed: ClauseLink, draft: Draft, admin: User, signed_in: SignIn
) -> None:
    client, address = signed_in(admin), f"{draft.get_absolute_url()}impact/"
    shown = page(client, address)
    assert "Process maps" in shown
    assert "<strong>1</strong> of 1 thing is left to decide" in shown
    client.post(address, {f"link-{owed.pk}-choice": "keep", f"link-{owed.pk}-reason": "Still owed."})
    decision = ImpactDecision.objects.get()
    assert (decision.choice, decision.reason, decision.decided_by) == ("keep", "Still owed.", admin)
    assert "Everything is decided" in page(client, address)


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"choice": "keep", "reason": ""}, "Say why."),
        ({"choice": "move", "reason": "Elsewhere."}, "Say to which clause it moves."),
        ({"choice": "burn", "reason": "Away."}, "Select a valid choice"),
    ],
)
def test_a_decision_that_is_not_whole_is_said_and_kept(
    owed: ClauseLink, draft: Draft, admin: User, signed_in: SignIn, said: dict[str, str], wrong: str
) -> None:
    sent = {f"link-{owed.pk}-{name}": value for name, value in said.items()}
    answer = signed_in(admin).post(f"{draft.get_absolute_url()}impact/", sent).content.decode()
    assert wrong in answer
    assert said["reason"] in answer
    assert not ImpactDecision.objects.exists()


def test_a_document_for_the_government_is_not_told_to_a_trade_administrator(
    draft: Draft, group: WorkingGroup, admin: User, signed_in: SignIn
) -> None:
    maps = DraftClause.objects.get(draft=draft, heading="Maps").clause
    secret = make.document(group, title="Canary of the government", access=Document.Access.GOVERNMENT)
    link = ClauseLink.objects.create(clause=maps, document=secret)
    address = f"{draft.get_absolute_url()}impact/"
    for_trade = page(signed_in(admin), address)
    assert "Canary" not in for_trade
    assert "Nothing hangs on the clauses" in for_trade
    official = make.person(is_site_admin=True, government=True)
    assert "Canary" in page(signed_in(official), address)
    services.decide(by=official, draft=draft, thing=link, choice="end", reason="A canary's reason.")
    proposed = services.propose(
        by=official, draft=draft, number="1.1", summary="", closes_on=date(2018, 8, 3), effective_on=date(2018, 8, 15)
    )
    address = proposed.get_absolute_url()
    assert "A canary&#x27;s reason." in page(signed_in(official), address)
    for_member = page(signed_in(make.member(make.root(group))), address)
    for_trade = page(signed_in(make.person(is_site_admin=True)), f"{address}adopt/")
    for shown in (for_member, for_trade):
        assert "anary" not in shown
        assert "for the government alone" not in shown
        assert "Nothing hangs on the clauses that change." in shown


def test_a_draft_is_proposed(draft: Draft, admin: User, signed_in: SignIn) -> None:
    client = signed_in(admin)
    answer = client.post(
        f"{draft.get_absolute_url()}propose/", {"number": "1.1", "summary": "Maps of each step.", **DATES}
    )
    proposal = Proposal.objects.get()
    assert answer["Location"] == proposal.get_absolute_url()
    assert "It can’t be adopted yet: no answer yet of the Chair and the CBP reviewer." in page(
        client, proposal.get_absolute_url()
    )


@pytest.mark.parametrize("number", ["1.0", "drafts", "a/b", "2 0"])
def test_a_number_that_cannot_be_is_said_and_kept(draft: Draft, admin: User, signed_in: SignIn, number: str) -> None:
    sent = {"number": number, "summary": "Maps of each step.", **DATES}
    answer = signed_in(admin).post(f"{draft.get_absolute_url()}propose/", sent).content.decode()
    assert "There is a problem" in answer
    assert "Maps of each step." in answer
    assert not Proposal.objects.exists()


def test_the_chair_agrees_and_the_reviewer_objects(
    proposal: Proposal, chair: User, reviewer: User, signed_in: SignIn
) -> None:
    address = f"{proposal.get_absolute_url()}position/"
    signed_in(chair).post(address, {"stand": "agree", "role": "chair", "reason": ""})
    signed_in(reviewer).post(address, {"stand": "object", "role": "reviewer", "reason": "Which steps?"})
    assert set(Position.objects.values_list("person", "role", "stand", "reason")) == {
        (chair.pk, "chair", "agree", ""),
        (reviewer.pk, "reviewer", "object", "Which steps?"),
    }
    assert "Objects: Which steps?" in page(signed_in(chair), proposal.get_absolute_url())


def test_an_objection_without_a_reason_is_asked_for_one(proposal: Proposal, chair: User, signed_in: SignIn) -> None:
    answer = signed_in(chair).post(
        f"{proposal.get_absolute_url()}position/", {"stand": "object", "role": "chair", "reason": " "}
    )
    assert "An objection says why." in answer.content.decode()
    assert not Position.objects.exists()


def test_nobody_answers_in_a_role_that_they_do_not_have(proposal: Proposal, chair: User, signed_in: SignIn) -> None:
    signed_in(chair).post(f"{proposal.get_absolute_url()}position/", {"stand": "agree", "role": "reviewer"})
    assert not Position.objects.exists()


def test_a_reviewer_of_a_team_alone_is_not_asked_about_the_group(
    proposal: Proposal, group: WorkingGroup, signed_in: SignIn
) -> None:
    of_team = make.member(make.team(group), role=Role.REVIEWER)
    signed_in(of_team).post(f"{proposal.get_absolute_url()}position/", {"stand": "agree", "role": "reviewer"})
    assert not Position.objects.exists()


def test_a_member_reads_it_and_answers_nothing(proposal: Proposal, group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(make.member(make.root(group)))
    assert "You are asked" not in page(client, proposal.get_absolute_url())
    assert client.post(f"{proposal.get_absolute_url()}position/", {"stand": "agree"}).status_code == 403


def test_more_time_keeps_the_answers_and_withdrawing_opens_the_draft(
    proposal: Proposal, chair: User, admin: User, signed_in: SignIn
) -> None:
    services.take_position(by=chair, proposal=proposal, role=Role.CHAIR, stand=Position.Stand.AGREE)
    client, address = signed_in(admin), f"{proposal.get_absolute_url()}change/"
    client.post(address, {"change": "extend", "closes_on": "2018-08-20", "effective_on": "2018-09-01"})
    proposal.refresh_from_db()
    assert (proposal.closes_on, proposal.revision, proposal.positions.count()) == (date(2018, 8, 20), 2, 1)
    client.post(address, {"change": "withdraw", "reason": "One more change."})
    proposal.draft.refresh_from_db()
    assert proposal.draft.is_open
    assert "Withdrawn by Ada on July 20, 2018: One more change." in page(client, proposal.get_absolute_url())


def test_another_administrator_adopts_it(
    proposal: Proposal, chair: User, reviewer: User, admin: User, confirmed: SignIn
) -> None:
    services.take_position(by=chair, proposal=proposal, role=Role.CHAIR, stand=Position.Stand.AGREE)
    services.take_position(by=reviewer, proposal=proposal, role=Role.REVIEWER, stand=Position.Stand.AGREE)
    address = f"{proposal.get_absolute_url()}adopt/"
    assert "You proposed it: another administrator adopts it." in page(confirmed(admin), address)
    confirmed(admin).post(address)
    assert StatementVersion.objects.count() == 1
    other = confirmed(make.person(name="Otto", is_site_admin=True))
    answer = other.post(address)
    assert answer["Location"].endswith("/statement/1.1/")
    assert "not in force yet" in page(other, "/groups/ecom/statement/1.1/")
    assert "Version 1.0" in page(other, "/groups/ecom/statement/")
    assert "Adopted by Otto on July 20, 2018" in page(other, proposal.get_absolute_url())


def test_adopting_asks_for_the_password_again(proposal: Proposal, signed_in: SignIn) -> None:
    other = signed_in(make.person(is_site_admin=True))
    assert "/reauthenticate/" in other.post(f"{proposal.get_absolute_url()}adopt/")["Location"]


def test_an_outsider_finds_none_of_it(proposal: Proposal, signed_in: SignIn) -> None:
    outsider = signed_in(make.member(make.root(make.group("other")), role=Role.CHAIR))
    assert outsider.get(proposal.get_absolute_url()).status_code == 404
    elsewhere = proposal.get_absolute_url().replace("/ecom/", "/other/")
    assert outsider.get(elsewhere).status_code == 404


def test_the_number_of_queries_does_not_grow(group: WorkingGroup, signed_in: SignIn) -> None:
    admin = make.person(is_site_admin=True)
    client = signed_in(admin)
    client.get("/")

    def queries(things: int) -> list[int]:
        of = make.group()
        clauses = [(str(n), f"Clause {n}", "text") for n in range(1, things + 1)]
        (version,) = make.statement(make.root(of), ("1.0", "2018-03", clauses))
        draft = services.start_draft(by=admin, statement=version.statement, title="Change all")
        team = make.team(of)
        for row in DraftClause.objects.filter(draft=draft):
            services.edit_clause(by=admin, clause=row, heading=row.heading, text="other", seen_revision=1)
            link = ClauseLink.objects.create(clause=row.clause, deliverable=make.deliverable(team))
            services.decide(by=admin, draft=draft, thing=link, choice="keep", reason="Stays.")
        addresses = [f"{draft.get_absolute_url()}impact/", f"{draft.get_absolute_url()}propose/"]
        proposal = services.propose(
            by=admin, draft=draft, number="2", summary="", closes_on=date(2018, 8, 3), effective_on=date(2018, 8, 15)
        )
        for _ in range(things):
            chair = make.member(make.root(of), role=Role.CHAIR)
            services.take_position(by=chair, proposal=proposal, role=Role.CHAIR, stand=Position.Stand.AGREE)
        addresses += [proposal.get_absolute_url(), f"{proposal.get_absolute_url()}change/"]
        counts = []
        for address in addresses:
            with CaptureQueriesContext(connection) as captured:
                assert client.get(address).status_code == 200
            counts.append(len(captured))
        return counts

    one = queries(1)
    assert queries(8) == one
    assert max(one) <= 12, one
