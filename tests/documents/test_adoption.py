"""From a draft to a version: what is decided is carried out, two people adopt, and nothing is lost on the way."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.statement import selectors, services
from documents.statement.models import (
    ClauseLink,
    Draft,
    DraftClause,
    Position,
    Proposal,
    StatementVersion,
)
from documents.statement.services import Refused
from milestones.work.models import Deliverable, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from tests import factories as make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_start")]

CLAUSES = [
    ("1", "Purpose", "Advise on trade."),
    ("2", "Work", ""),
    ("2.1", "Maps", "Draw maps."),
    ("3", "End", "Report."),
]
CLOSES, EFFECTIVE = date(2018, 8, 3), date(2018, 8, 15)


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    make.statement(make.root(made), ("1.0", "2018-03", CLAUSES))
    return made


@pytest.fixture
def admin() -> User:
    return make.person(name="Ada", is_site_admin=True)


@pytest.fixture
def other_admin() -> User:
    return make.person(name="Otto", is_site_admin=True)


@pytest.fixture
def started(group: WorkingGroup, admin: User) -> Draft:
    """A draft in which nothing is changed yet."""
    return services.start_draft(by=admin, statement=group.statements.get(), title="Say what maps show")


@pytest.fixture
def draft(started: Draft, admin: User) -> Draft:
    """A draft that changes a clause on which nothing hangs."""
    edit(started, "Purpose", "Advise on trade and on data.", admin)
    return started


def clause(draft: Draft, heading: str) -> DraftClause:
    return DraftClause.objects.get(draft=draft, heading=heading)


def link(draft: Draft, heading: str, deliverable: Deliverable) -> ClauseLink:
    return ClauseLink.objects.create(clause=clause(draft, heading).clause, deliverable=deliverable)


def edit(draft: Draft, heading: str, text: str, by: User) -> None:
    row = clause(draft, heading)
    services.edit_clause(by=by, clause=row, heading=row.heading, text=text, seen_revision=row.revision)


def propose(draft: Draft, by: User, number: str = "1.1") -> Proposal:
    return services.propose(
        by=by, draft=draft, number=number, summary="Maps.", effective_on=EFFECTIVE, closes_on=CLOSES
    )


def agreed(proposal: Proposal) -> Proposal:
    for role in services.ASKED:
        services.take_position(by=make.person(), proposal=proposal, role=role, stand=Position.Stand.AGREE)
    return proposal


def test_a_draft_starts_as_the_version_in_force(started: Draft) -> None:
    assert [(each.number, each.heading, each.text) for each in selectors.clauses_of_draft(started)] == CLAUSES
    assert selectors.impact_of(started) == []


def test_a_draft_that_changes_nothing_is_not_proposed(started: Draft, admin: User) -> None:
    with pytest.raises(Refused, match=r"says what version 1\.0 says"):
        propose(started, admin)


def test_a_statement_has_one_draft_under_work(draft: Draft, admin: User) -> None:
    with pytest.raises(services.DraftThere):
        services.start_draft(by=admin, statement=draft.statement, title="Another")
    services.abandon_draft(by=admin, draft=draft, reason="Not needed")
    assert services.start_draft(by=admin, statement=draft.statement, title="Another").is_open


def test_adoption_makes_the_draft_the_version_from_its_day_on(draft: Draft, admin: User, other_admin: User) -> None:
    edit(draft, "Maps", "Draw maps of each step.", admin)
    version = services.adopt(by=other_admin, proposal=agreed(propose(draft, admin)))
    purpose = ("1", "Purpose", "Advise on trade and on data.")
    wanted = [purpose, CLAUSES[1], ("2.1", "Maps", "Draw maps of each step."), CLAUSES[3]]
    assert list(version.texts.values_list("number", "heading", "text")) == wanted
    old = StatementVersion.objects.get(number="1.0")
    assert (old.in_force.upper, version.in_force.lower) == (EFFECTIVE, EFFECTIVE)
    assert set(version.texts.values_list("clause", flat=True)) == set(old.texts.values_list("clause", flat=True))
    draft.refresh_from_db()
    assert draft.state == Draft.State.ADOPTED


def test_the_one_who_proposed_it_does_not_adopt_it(draft: Draft, admin: User) -> None:
    proposal = agreed(propose(draft, admin))
    with pytest.raises(Refused, match="another administrator"):
        services.adopt(by=admin, proposal=proposal)
    assert StatementVersion.objects.count() == 1


@pytest.mark.parametrize("missing", services.ASKED)
def test_both_have_to_agree(draft: Draft, admin: User, other_admin: User, missing: Role) -> None:
    proposal = propose(draft, admin)
    (there,) = [role for role in services.ASKED if role != missing]
    services.take_position(by=make.person(), proposal=proposal, role=there, stand=Position.Stand.AGREE)
    with pytest.raises(Refused, match=f"no answer yet of the {missing.label}"):
        services.adopt(by=other_admin, proposal=proposal)


def test_an_objection_stands_in_the_way_until_it_is_taken_back(draft: Draft, admin: User, other_admin: User) -> None:
    proposal = agreed(propose(draft, admin))
    chair = make.person(name="Cleo")
    services.take_position(
        by=chair, proposal=proposal, role=Role.CHAIR, stand=Position.Stand.OBJECT, reason="Too early."
    )
    with pytest.raises(Refused, match="Cleo objects"):
        services.adopt(by=other_admin, proposal=proposal)
    services.take_position(by=chair, proposal=proposal, role=Role.CHAIR, stand=Position.Stand.AGREE)
    assert services.adopt(by=other_admin, proposal=proposal).number == "1.1"


def test_an_objection_says_why(draft: Draft, admin: User) -> None:
    with pytest.raises(Refused, match="says why"):
        services.take_position(
            by=make.person(), proposal=propose(draft, admin), role=Role.CHAIR, stand=Position.Stand.OBJECT, reason=" "
        )


def test_what_hangs_on_a_changed_clause_is_decided_first(draft: Draft, admin: User, group: WorkingGroup) -> None:
    owed = make.deliverable(make.team(group))
    hanging = link(draft, "Maps", owed)
    edit(draft, "Maps", "Draw maps of each step.", admin)
    with pytest.raises(Refused, match="1 thing on changed clauses is left to decide"):
        propose(draft, admin)
    services.decide(by=admin, draft=draft, thing=hanging, choice="keep", reason="Still owed.")
    assert propose(draft, admin).is_open


def test_a_clause_that_changes_again_asks_again(draft: Draft, admin: User, group: WorkingGroup) -> None:
    hanging = link(draft, "Maps", make.deliverable(make.team(group)))
    edit(draft, "Maps", "Draw maps of each step.", admin)
    services.decide(by=admin, draft=draft, thing=hanging, choice="keep", reason="Still owed.")
    edit(draft, "Maps", "Draw one map.", admin)
    with pytest.raises(Refused, match="left to decide"):
        propose(draft, admin)


def test_nothing_stays_under_a_clause_that_goes(draft: Draft, admin: User, group: WorkingGroup) -> None:
    hanging = link(draft, "Maps", make.deliverable(make.team(group)))
    services.remove_clause(by=admin, clause=clause(draft, "Maps"))
    with pytest.raises(Refused, match="moves to another clause, or ends"):
        services.decide(by=admin, draft=draft, thing=hanging, choice="keep", reason="Still owed.")


def test_a_moved_link_hangs_on_the_other_clause(
    draft: Draft, admin: User, other_admin: User, group: WorkingGroup
) -> None:
    owed = make.deliverable(make.team(group))
    hanging = link(draft, "Maps", owed)
    services.remove_clause(by=admin, clause=clause(draft, "Maps"))
    work = clause(draft, "Work").clause
    services.decide(by=admin, draft=draft, thing=hanging, choice="move", to_clause=work, reason="Part of the work.")
    services.adopt(by=other_admin, proposal=agreed(propose(draft, admin)))
    assert list(owed.clauses.all()) == [work]


def test_what_ends_is_owed_no_more(draft: Draft, admin: User, other_admin: User, group: WorkingGroup) -> None:
    owed = make.deliverable(make.team(group))
    waiting = make.milestone(owed)
    done = make.milestone(owed, state=State.ACCEPTED, accepted=make.day("2018-07-01"))
    hanging = link(draft, "Maps", owed)
    services.remove_clause(by=admin, clause=clause(draft, "Maps"))
    services.decide(by=admin, draft=draft, thing=hanging, choice="end", reason="No longer asked for.")
    services.adopt(by=other_admin, proposal=agreed(propose(draft, admin)))
    owed.refresh_from_db()
    waiting.refresh_from_db()
    done.refresh_from_db()
    assert (owed.state, waiting.state, done.state) == (State.DROPPED, State.DROPPED, State.ACCEPTED)
    assert not ClauseLink.objects.exists()
    event = Deliverable.pgh_event_model.objects.filter(state=State.DROPPED).get()  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["reason"] == "No longer asked for."


def test_what_another_clause_asks_for_is_still_owed(
    draft: Draft, admin: User, other_admin: User, group: WorkingGroup
) -> None:
    owed = make.deliverable(make.team(group))
    hanging = link(draft, "Maps", owed)
    link(draft, "End", owed)
    services.remove_clause(by=admin, clause=clause(draft, "Maps"))
    services.decide(by=admin, draft=draft, thing=hanging, choice="end", reason="Said once is enough.")
    services.adopt(by=other_admin, proposal=agreed(propose(draft, admin)))
    owed.refresh_from_db()
    assert owed.state == State.PLANNED


def test_adoption_takes_the_plan_for_its_baseline(
    draft: Draft, admin: User, other_admin: User, group: WorkingGroup
) -> None:
    owed = make.deliverable(make.team(group))
    slipped = make.milestone(owed, due=make.day("2018-09-10"))
    Milestone.objects.filter(pk=slipped.pk).update(baseline_due=make.day("2018-08-01"))
    whole = make.deliverable(owed.body, due=make.day("2018-10-01"), baseline_due=make.day("2018-09-01"))
    done = make.deliverable(
        owed.body, baseline_due=make.day("2018-09-01"), state=State.ACCEPTED, accepted=make.day("2018-07-01")
    )
    edit(draft, "End", "Report twice.", admin)
    services.adopt(by=other_admin, proposal=agreed(propose(draft, admin)))
    slipped.refresh_from_db()
    assert slipped.baseline_due == slipped.due
    whole.refresh_from_db()
    done.refresh_from_db()
    assert (whole.slip, done.slip) == (0, 13), "what was accepted keeps the date that it was measured against"


def test_the_text_stands_still_while_it_is_proposed(draft: Draft, admin: User) -> None:
    proposal = propose(draft, admin)
    with pytest.raises(services.NotOpen):
        edit(draft, "End", "Report twice.", admin)
    services.withdraw(by=admin, proposal=proposal, reason="One more change")
    edit(draft, "End", "Report twice.", admin)
    assert propose(draft, admin).is_open
    assert [each.state for each in draft.proposals.order_by("pk")] == ["withdrawn", "open"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("number", "1.0", "version 1.0 already"),
        ("closes_on", date(2018, 7, 19), "has passed"),
        ("effective_on", date(2018, 8, 2), "before the positions are in"),
    ],
)
def test_a_proposal_that_cannot_be_is_refused(draft: Draft, admin: User, field: str, value: object, said: str) -> None:
    wanted = {"number": "1.1", "summary": "", "effective_on": EFFECTIVE, "closes_on": CLOSES, field: value}
    with pytest.raises(Refused, match=said):
        services.propose(by=admin, draft=draft, **wanted)  # type: ignore[arg-type]


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_no_link_is_lost_without_a_decision(data: st.DataObject) -> None:
    """Random drafts over random links: after the adoption each link is where it was or where it was decided."""
    group = make.group()
    admin, other_admin = make.person(is_site_admin=True), make.person(is_site_admin=True)
    (version,) = make.statement(make.root(group), ("1.0", "2018-03", CLAUSES))
    team = make.team(group)
    clauses = list(version.texts.values_list("clause", flat=True))
    links = [
        ClauseLink.objects.create(clause_id=data.draw(st.sampled_from(clauses)), deliverable=make.deliverable(team))
        for _ in range(data.draw(st.integers(0, 6)))
    ]
    draft = services.start_draft(by=admin, statement=version.statement, title="Random")
    new = services.add_clause(by=admin, draft=draft, heading="New", after=None)
    for row in list(DraftClause.objects.filter(draft=draft)):
        row.refresh_from_db()
        done = data.draw(st.sampled_from(["leave", "edit", "move", *([] if row == new else ["remove"])]))
        if done == "edit":
            services.edit_clause(
                by=admin, clause=row, heading=row.heading, text=f"{row.text} More.", seen_revision=row.revision
            )
        elif done == "remove" and len(selectors.clauses_of_draft(draft)) > 1:
            services.remove_clause(by=admin, clause=row)
        elif done == "move":
            services.move_clause(
                by=admin, clause=row, direction=data.draw(st.sampled_from(["up", "down", "in", "out"]))
            )
    there = [each.row.clause for each in selectors.clauses_of_draft(draft)]
    wanted = {each.pk: each.clause_id for each in links}
    for impact in selectors.impact_of(draft):
        for affected in impact.affected:
            others = [each for each in there if each.pk != affected.thing.clause_id]
            choices = ["end"] + ([] if impact.is_removed else ["keep"]) + (["move"] if others else [])
            choice = data.draw(st.sampled_from(choices))
            to_clause = data.draw(st.sampled_from(others)) if choice == "move" else None
            services.decide(
                by=admin, draft=draft, thing=affected.thing, choice=choice, to_clause=to_clause, reason="Because."
            )
            if to_clause is not None:
                wanted[affected.thing.pk] = to_clause.pk
            elif choice == "end":
                del wanted[affected.thing.pk]
    services.adopt(by=other_admin, proposal=agreed(propose(draft, admin)))
    assert dict(ClauseLink.objects.filter(clause__statement=version.statement).values_list("pk", "clause")) == wanted
