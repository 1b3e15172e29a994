"""What the activity feed tells of the way to a version: decisions, proposals, answers, and their end."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from documents.library.models import Document
from documents.statement import services
from documents.statement.models import ClauseLink, Draft, DraftClause, Position, Proposal
from teams.accounts.models import User
from teams.bodies.models import Membership, Role, WorkingGroup
from tests import factories as make
from tests.pages import words_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_start")]
SignIn = Callable[[User], Client]
PAGE = "/groups/ecom/activity/"


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    make.statement(make.root(made), ("1.0", "2018-03", [("1", "Maps", "Draw maps.")]))
    return made


@pytest.fixture
def admin() -> User:
    return make.person(name="Ada", is_site_admin=True, government=True)


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


def acting(signed_in: SignIn, person: User) -> Client:
    """A browser of somebody who has just given the password again; what they do stands in the history as theirs."""
    client = signed_in(person)
    client.post("/accounts/reauthenticate/", {"password": make.PASSWORD})
    return client


def propose(client: Client, draft: Draft) -> Proposal:
    client.post(
        f"{draft.get_absolute_url()}propose/",
        {"number": "1.1", "summary": "Each step.", "closes_on": "2018-08-03", "effective_on": "2018-08-15"},
    )
    return Proposal.objects.latest("pk")


def test_it_tells_who_proposed_answered_withdrew_and_adopted(
    draft: Draft, admin: User, chair: User, reviewer: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    first = propose(acting(signed_in, admin), draft)
    position = f"{first.get_absolute_url()}position/"
    signed_in(chair).post(position, {"stand": "agree", "role": "chair"})
    signed_in(reviewer).post(position, {"stand": "object", "role": "reviewer", "reason": "Which steps?"})
    signed_in(admin).post(f"{first.get_absolute_url()}change/", {"change": "withdraw", "reason": "To say which."})
    second = propose(signed_in(admin), draft)
    for person, role in ((chair, "chair"), (reviewer, "reviewer")):
        signed_in(person).post(f"{second.get_absolute_url()}position/", {"stand": "agree", "role": role})
    other = make.person(name="Otto", is_site_admin=True)
    acting(signed_in, other).post(f"{second.get_absolute_url()}adopt/")

    client = signed_in(make.member(make.team(group)))
    proposals = words_of(client.get(PAGE, {"noun": "proposal-of-a-draft"}))
    for said in (
        "Proposal of a draft added Version 1.1 proposed",
        "Proposal of a draft changed Version 1.1 withdrawn",
        "Proposal of a draft changed Version 1.1 adopted",
        "To say which.",
    ):
        assert said in proposals
    answers = words_of(client.get(PAGE, {"noun": "position-on-a-proposal"}))
    assert answers.count("Cleo agrees") == 2
    assert answers.count("Ray objects: Which steps?") == 1
    assert answers.count("Ray agrees") == 1
    html = client.get(PAGE, {"noun": "proposal-of-a-draft"}).content.decode()
    assert f'href="{first.get_absolute_url()}"' in html
    by_otto = words_of(client.get(PAGE, {"person": other.pk}))
    assert "Version 1.1 adopted" in by_otto
    assert "Version 1.1 withdrawn" not in by_otto


def test_an_answer_by_a_lent_role_names_both(
    draft: Draft, admin: User, chair: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    jordan = make.member(make.root(group), make.person(name="Jordan"))
    make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    proposal = propose(signed_in(admin), draft)
    signed_in(jordan).post(f"{proposal.get_absolute_url()}position/", {"stand": "agree", "role": "chair"})
    assert Position.objects.get().person == jordan
    words = words_of(signed_in(make.member(make.root(group))).get(PAGE, {"noun": "position-on-a-proposal"}))
    assert "Jordan agrees" in words
    assert "Jordan, standing in for Cleo" in words


def test_it_tells_what_was_decided_and_no_more_once_it_is_carried_out(
    draft: Draft, admin: User, chair: User, reviewer: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    maps = make.deliverable(make.team(group), title="Process maps")
    link = ClauseLink.objects.create(clause=draft.clauses.get().clause, deliverable=maps)
    services.decide(by=admin, draft=draft, thing=link, choice="end", reason="Not owed.")
    proposal = propose(signed_in(admin), draft)
    services.take_position(by=chair, proposal=proposal, role="chair", stand="agree")
    services.take_position(by=reviewer, proposal=proposal, role="reviewer", stand="agree")
    services.adopt(by=make.person(is_site_admin=True), proposal=proposal)
    words = words_of(signed_in(chair).get(PAGE, {"noun": "decision-on-what-a-draft-changes"}))
    assert words.count("Process maps: end it") == 1
    assert "Not owed." in words


def test_what_hangs_there_for_the_government_alone_reaches_no_trade_account(
    draft: Draft, admin: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    document = make.document(group, title="Canary", access=Document.Access.GOVERNMENT)
    link = ClauseLink.objects.create(clause=draft.clauses.get().clause, document=document)
    client = signed_in(admin)
    sent = {f"link-{link.pk}-choice": "end", f"link-{link.pk}-reason": "A canary of a reason."}
    assert client.post(f"{draft.get_absolute_url()}impact/", sent).status_code == 302
    proposal = propose(client, draft)
    pages = [PAGE, "/groups/ecom/activity.csv", proposal.get_absolute_url()]
    for person, sees in (
        (make.member(make.root(group)), False),
        (make.person(is_site_admin=True), False),
        (admin, True),
    ):
        client = signed_in(person)
        for page in [*pages, f"{proposal.get_absolute_url()}adopt/"] if person.is_site_admin else pages:
            answer = client.get(page)
            assert answer.status_code == 200
            content = b"".join(answer.streaming_content) if answer.streaming else answer.content  # type: ignore[attr-defined]
            assert (b"for the government alone" in content) == sees, page
            assert (b"A canary of a reason." in content) <= sees
    Document.objects.filter(pk=document.pk).update(access=Document.Access.GROUP)
    assert "canary of a reason" not in words_of(signed_in(make.member(make.root(group))).get(PAGE))


def test_an_outsider_learns_nothing(draft: Draft, admin: User, signed_in: SignIn) -> None:
    propose(signed_in(admin), draft)
    outsider = signed_in(make.member(make.root(make.group("other")), role=Role.CHAIR))
    assert "Version 1.1" not in words_of(outsider.get("/groups/other/activity/"))
    assert outsider.get(PAGE).status_code == 404
