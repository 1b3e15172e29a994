"""Links between clauses and what hangs on them: who adds and removes them, with a reason, and when not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.library.models import Document
from documents.statement import services
from documents.statement.models import Clause, ClauseLink, Draft, StatementVersion
from milestones.work.models import Deliverable
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.history.selectors import recent_changes
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]
STATEMENT = "/groups/ecom/statement/"
CLAUSES = [("1", "Background", "How it began."), ("2", "Objectives", "What it is for."), ("3", "Reporting", "Up.")]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def root(group: WorkingGroup) -> Body:
    return make.root(group)


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group)


@pytest.fixture
def version(root: Body) -> StatementVersion:
    return make.statement(root, ("1.0", "2017", CLAUSES))[0]


@pytest.fixture
def administrator(version: StatementVersion) -> User:
    return make.person(is_site_admin=True)


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team, title="Process maps")


def clause_of(version: StatementVersion, number: str) -> Clause:
    return version.texts.select_related("clause__statement__group").get(number=number).clause


def page_of(clause: Clause) -> str:
    return f"{STATEMENT}clauses/{clause.pk}/links/"


def add(client: Client, clause: Clause, sort: str, key: str) -> Any:
    return client.post(page_of(clause), {"sort": sort, "key": key}, follow=True)


# --- Adding and removing ---


def test_things_of_each_sort_are_put_under_a_clause_and_named_there_and_on_their_own_page(
    version: StatementVersion, administrator: User, owed: Deliverable, group: WorkingGroup, signed_in: SignIn
) -> None:
    clause, client = clause_of(version, "2"), signed_in(administrator)
    step, meeting, paper = make.milestone(owed), make.meeting(group), make.document(group)
    for sort, thing in (("deliverable", owed), ("milestone", step), ("meeting", meeting), ("document", paper)):
        assert f"“{thing}” hangs on clause 2 now." in words_of(add(client, clause, sort, thing.key))
        assert "2 Objectives" in words_of(client.get(f"{STATEMENT}links/{sort}/{thing.key}/"))
        assert str(thing) in words_of(client.get(f"{STATEMENT}clauses/{clause.pk}/"))
    for page in (step.get_absolute_url(), meeting.get_absolute_url(), paper.get_absolute_url()):
        answer = client.get(page)
        assert "2 Objectives" in words_of(answer)
        assert f'href="{STATEMENT}1.0/#clause-2"' in answer.content.decode()


def test_from_the_page_of_a_thing_a_clause_is_chosen(
    version: StatementVersion, administrator: User, owed: Deliverable, signed_in: SignIn
) -> None:
    clause, client = clause_of(version, "3"), signed_in(administrator)
    page = f"{STATEMENT}links/deliverable/{owed.key}/"
    assert page in client.get(f"{owed.body.get_absolute_url()}?deliverable={owed.key}").content.decode()
    answer = client.post(page, {"clause": clause.pk}, follow=True)
    assert "It stands under clause 3 now. " in words_of(answer) + " "
    assert ClauseLink.objects.get().target == owed
    # What it stands under already is not offered again.
    assert f'<option value="{clause.pk}">' not in answer.content.decode()
    assert "Select a valid choice" in words_of(client.post(page, {"clause": clause.pk}))


def test_a_link_is_taken_away_with_a_reason_which_the_history_keeps(
    version: StatementVersion, administrator: User, owed: Deliverable, signed_in: SignIn
) -> None:
    clause, client = clause_of(version, "2"), signed_in(administrator)
    link = services.add_link(by=administrator, clause=clause, sort="deliverable", thing=owed)
    page = f"{page_of(clause)}{link.pk}/remove/"
    assert "It then stands under no clause of the version in force." in words_of(client.get(page))
    assert "This field is required" in words_of(client.post(page, {"reason": " "}))
    assert ClauseLink.objects.exists()
    answer = client.post(page, {"reason": "It serves the reporting"}, follow=True)
    assert "“Process maps” does not hang on clause 2 any more." in words_of(answer)
    assert not ClauseLink.objects.exists()
    events: Any = ClauseLink.pgh_event_model.objects  # type: ignore[attr-defined]
    gone = events.select_related("pgh_context").get(pgh_label="delete")
    assert gone.pgh_context.metadata["reason"] == "It serves the reporting"
    assert gone.pgh_context.metadata["user"] == administrator.pk
    # Sent twice, it is said; a deliverable stays as it was.
    assert "does not hang on this clause any more" in words_of(client.post(page, {"reason": "x"}, follow=True))
    owed.refresh_from_db()
    assert owed.state == "planned"


def test_things_are_looked_for_by_sort_and_words(
    version: StatementVersion, administrator: User, owed: Deliverable, team: Body, signed_in: SignIn
) -> None:
    clause, client = clause_of(version, "2"), signed_in(administrator)
    make.deliverable(team, title="Outreach material")
    services.add_link(by=administrator, clause=clause, sort="deliverable", thing=owed)
    words = words_of(client.get(page_of(clause), {"sort": "deliverable"}))
    assert "Outreach material Add Outreach material Process maps hangs on it already" in words
    assert "Process maps hangs" not in words_of(client.get(page_of(clause), {"sort": "deliverable", "q": "outreach"}))
    assert "Take a word out." in words_of(client.get(page_of(clause), {"sort": "meeting", "q": "zebra"}))
    assert "Nothing of the sort “x” hangs on clauses." in words_of(client.get(page_of(clause), {"sort": "x"}))


def test_once_is_enough_and_a_clause_out_of_force_takes_nothing(
    version: StatementVersion, administrator: User, owed: Deliverable, signed_in: SignIn
) -> None:
    clause, client = clause_of(version, "2"), signed_in(administrator)
    services.add_link(by=administrator, clause=clause, sort="deliverable", thing=owed)
    assert "It hangs on that clause already." in words_of(add(client, clause, "deliverable", owed.key))
    assert ClauseLink.objects.count() == 1
    services.adopt_version(
        statement=version.statement,
        number="2.0",
        adopted=make.day("2018-07-01"),
        clauses=[services.Wording("1", "Background", "How it began.")],
        source="portal",
    )
    assert client.get(page_of(clause)).status_code == 404
    with pytest.raises(services.Refused, match="not part of the version in force"):
        services.add_link(by=administrator, clause=clause, sort="milestone", thing=make.milestone(owed))


def test_what_is_another_groups_is_not_linked(
    version: StatementVersion, administrator: User, signed_in: SignIn
) -> None:
    clause = clause_of(version, "2")
    other = make.deliverable(make.root(make.group("other")))
    answer = add(signed_in(administrator), clause, "deliverable", other.key)
    assert "Nothing that you may see is called so" in words_of(answer)
    with pytest.raises(services.Refused, match="another group"):
        services.add_link(by=administrator, clause=clause, sort="deliverable", thing=other)


# --- Who may ---


def test_a_lead_links_the_work_of_their_own_team_alone(
    version: StatementVersion, team: Body, root: Body, owed: Deliverable, group: WorkingGroup, signed_in: SignIn
) -> None:
    lead, clause = make.member(team, role=Role.LEAD), clause_of(version, "2")
    client = signed_in(lead)
    others = make.deliverable(make.team(group, key="team-2"))
    paper = make.document(group)
    assert add(client, clause, "deliverable", owed.key).status_code == 200
    assert [link.target for link in ClauseLink.objects.all()] == [owed]
    for sort, thing in (("deliverable", others), ("document", paper)):
        assert client.post(page_of(clause), {"sort": sort, "key": thing.key}).status_code == 403
        answer = client.get(f"{STATEMENT}links/{sort}/{thing.key}/")
        assert "Put it there" not in words_of(answer)
        assert client.post(f"{STATEMENT}links/{sort}/{thing.key}/", {"clause": clause.pk}).status_code == 403
    link = services.add_link(by=lead, clause=clause, sort="document", thing=paper)
    assert client.post(f"{page_of(clause)}{link.pk}/remove/", {"reason": "Mine"}).status_code == 403
    assert ClauseLink.objects.filter(pk=link.pk).exists()


@pytest.mark.parametrize("role", [Role.MEMBER, Role.ALTERNATE, Role.REVIEWER, Role.OBSERVER])
def test_others_read_the_links_and_change_none(
    version: StatementVersion, root: Body, owed: Deliverable, signed_in: SignIn, role: Role
) -> None:
    client, clause = signed_in(make.member(root, role=role)), clause_of(version, "2")
    page = f"{STATEMENT}links/deliverable/{owed.key}/"
    assert "It stands under no clause" in words_of(client.get(page))
    assert client.post(page, {"clause": clause.pk}).status_code == 403
    assert client.get(page_of(clause)).status_code == 403
    assert "Add or take away" not in words_of(client.get(f"{STATEMENT}clauses/{clause.pk}/"))


def test_a_chair_of_the_trade_meets_no_government_only_document(
    version: StatementVersion, root: Body, group: WorkingGroup, administrator: User, signed_in: SignIn
) -> None:
    clause = clause_of(version, "2")
    secret = make.document(group, title="Targeting rules", access=Document.Access.GOVERNMENT)
    link = services.add_link(by=administrator, clause=clause, sort="document", thing=secret)
    client = signed_in(make.member(root, role=Role.CHAIR))
    assert "Targeting" not in words_of(client.get(page_of(clause), {"sort": "document"}))
    answer = client.post(page_of(clause), {"sort": "document", "key": secret.key})
    assert "Nothing that you may see is called so" in words_of(answer)
    assert client.get(f"{STATEMENT}links/document/{secret.key}/").status_code == 404
    assert client.get(f"{page_of(clause)}{link.pk}/remove/").status_code == 404
    assert "Targeting" not in words_of(client.get("/groups/ecom/activity/"))


# --- While a version is proposed ---


@pytest.fixture
def proposed(version: StatementVersion, administrator: User, owed: Deliverable) -> Draft:
    """A proposed draft that changes clause 2, and ends the deliverable that hangs on it."""
    link = services.add_link(by=administrator, clause=clause_of(version, "2"), sort="deliverable", thing=owed)
    draft = services.start_draft(by=administrator, statement=version.statement, title="Next")
    row = draft.clauses.get(clause=link.clause)
    services.edit_clause(by=administrator, clause=row, heading="Objectives", text="Other.", seen_revision=1)
    services.decide(by=administrator, draft=draft, thing=link, choice="end", reason="Done elsewhere")
    services.propose(
        by=administrator,
        draft=draft,
        number="1.1",
        summary="Objectives",
        closes_on=date(2018, 8, 1),
        effective_on=date(2018, 8, 2),
    )
    return draft


def test_while_a_version_is_proposed_what_it_decides_of_stays_as_it_is(
    proposed: Draft, version: StatementVersion, administrator: User, owed: Deliverable, signed_in: SignIn
) -> None:
    client, link = signed_in(administrator), ClauseLink.objects.get()
    step = make.milestone(owed)
    # Nothing more under the changed clause, which would be left to decide; nothing less.
    assert "A version is proposed" in words_of(add(client, link.clause, "milestone", step.key))
    answer = client.post(f"{page_of(link.clause)}{link.pk}/remove/", {"reason": "Now"})
    assert "A version is proposed" in words_of(answer)
    # What is to end with its last clause is not put under another one meanwhile.
    assert "A version is proposed" in words_of(add(client, clause_of(version, "3"), "deliverable", owed.key))
    assert ClauseLink.objects.get() == link
    # What the proposal is not about goes on.
    assert add(client, clause_of(version, "3"), "milestone", step.key).status_code == 200
    assert ClauseLink.objects.count() == 2


def test_once_the_proposal_is_withdrawn_links_change_again(
    proposed: Draft, administrator: User, owed: Deliverable
) -> None:
    link = ClauseLink.objects.get()
    services.withdraw(by=administrator, proposal=proposed.proposals.get(), reason="More to do")
    services.remove_link(by=administrator, link=link, reason="Not owed")
    decision = proposed.decisions.get()
    assert (decision.link, decision.told) == (None, "Process maps")


# --- The activity feed, and what a page costs ---


def test_the_feed_tells_that_something_was_put_under_a_clause(
    version: StatementVersion, administrator: User, owed: Deliverable
) -> None:
    clause = clause_of(version, "2")
    services.add_link(by=administrator, clause=clause, sort="deliverable", thing=owed)
    told = [change for change in recent_changes(administrator) if change.url == f"{STATEMENT}clauses/{clause.pk}/"]
    assert [change.title for change in told] == ["Process maps"]


def test_the_activity_tells_of_what_was_taken_away_to_those_alone_who_see_the_thing(
    version: StatementVersion, root: Body, group: WorkingGroup, administrator: User, owed: Deliverable, client: Client
) -> None:
    secret = make.document(group, title="Targeting rules", access=Document.Access.GOVERNMENT)
    things: list[tuple[str, Deliverable | Document]] = [("deliverable", owed), ("document", secret)]
    links = [
        services.add_link(by=administrator, clause=clause_of(version, "2"), sort=sort, thing=thing)
        for sort, thing in things
    ]
    for link in links:
        services.remove_link(by=administrator, link=link, reason="It serves the reporting")
    removed = "Link to a clause removed"
    client.force_login(make.member(root, make.person(government=True)))
    official = words_of(client.get("/groups/ecom/activity/"))
    assert f"{removed} Process maps" in official
    assert f"{removed} Targeting rules" in official
    assert "It serves the reporting" in official
    client.force_login(make.member(root))
    trade = words_of(client.get("/groups/ecom/activity/"))
    assert f"{removed} Process maps" in trade
    assert "Targeting rules" not in trade


def test_pages_of_links_take_the_same_queries_for_one_link_and_for_many(
    version: StatementVersion, administrator: User, team: Body, group: WorkingGroup, signed_in: SignIn
) -> None:
    clause, client = clause_of(version, "2"), signed_in(administrator)
    thing = make.deliverable(team)
    addresses = [
        f"{page_of(clause)}?sort=deliverable",
        f"{STATEMENT}links/deliverable/{thing.key}/",
        f"{STATEMENT}clauses/{clause.pk}/",
    ]
    client.get("/")

    def counts() -> list[int]:
        found = []
        for address in addresses:
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found.append(len(queries))
        return found

    services.add_link(by=administrator, clause=clause, sort="deliverable", thing=thing)
    few = counts()
    for number in ("1", "3"):
        services.add_link(by=administrator, clause=clause_of(version, number), sort="deliverable", thing=thing)
    for _ in range(5):
        step = make.milestone(make.deliverable(team))
        services.add_link(by=administrator, clause=clause, sort="milestone", thing=step)
        services.add_link(by=administrator, clause=clause, sort="meeting", thing=make.meeting(group))
    assert counts() == few
    assert max(few) <= 12
