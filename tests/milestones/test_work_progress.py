"""How far a body has come, what is at risk and why, and by how much the plan has slipped."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milestones.work import selectors
from milestones.work.models import Deliverable, Dependency, Milestone, State
from milestones.work.selectors import Plan, Progress
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from tests import factories as make

TODAY = date(2018, 7, 20)


@pytest.fixture
def group(db: None) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group)


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team)


def step(owed: Deliverable, due: str, *after: Milestone, title: str = "Step", **fields: Any) -> Milestone:
    """A milestone of the deliverable that follows others; an accepted one was accepted when it was due.

    One person owns them all unless said otherwise, since making a person costs the hash of a password.
    """
    fields.setdefault("owner", User.objects.order_by("id").first() or make.person())
    if fields.get("state") == State.ACCEPTED:
        fields["accepted"] = make.day(due)
    made = make.milestone(owed, due=make.day(due), title=title, **fields)
    for each in after:
        Dependency.objects.create(milestone=made, after=each)
    return made


def progress(body: Body, today: date = TODAY) -> Progress:
    return selectors.progress_of_bodies(body.group, today).get(body.pk, Progress())


def risk(milestone: Milestone, today: date = TODAY) -> str:
    """Why the milestone is at risk, as its owner sees it."""
    if not milestone.owner.memberships.exists():
        make.member(milestone.body, milestone.owner)
    plan = selectors.plan_of(milestone.owner, milestone.group, today)
    return plan.risk(plan.by_id[milestone.pk])


def test_what_was_dropped_does_not_count(owed: Deliverable) -> None:
    for state in State:
        step(owed, "2018-09-01", state=state)
    found = progress(owed.body)
    assert (found.accepted, found.total) == (1, 5)


def test_a_body_without_milestones_has_no_progress(team: Body) -> None:
    assert selectors.progress_of_bodies(team.group, TODAY) == {}
    assert selectors.progress_of([team], TODAY) == {team.pk: Progress()}
    assert Progress().in_a_word == "Nothing planned"


def test_late_is_what_is_open_past_its_last_day(owed: Deliverable) -> None:
    yesterday = step(owed, "2018-07-19", title="Yesterday")
    step(owed, "2018-07-20", title="Today")
    step(owed, "2018-07-01", state=State.ACCEPTED)
    step(owed, "2018-07-01", state=State.DROPPED)
    handed_in = step(owed, "2018-07-02", state=State.HANDED_IN)
    found = progress(owed.body)
    assert [each.id for each in found.overdue] == [handed_in.pk, yesterday.pk]
    assert found.late == 2
    assert found.next_due is not None
    assert found.next_due.title == "Today"
    assert found.in_a_word == "No, late"


def test_a_month_counts_until_its_last_day(owed: Deliverable) -> None:
    step(owed, "2018-07", title="Some day in July")
    step(owed, "2018-07-30", title="July 30")
    before, after = progress(owed.body, date(2018, 7, 31)), progress(owed.body, date(2018, 8, 1))
    assert [each.title for each in before.overdue] == ["July 30"]
    assert before.next_due is not None
    assert before.next_due.title == "Some day in July"
    assert [each.title for each in after.overdue] == ["July 30", "Some day in July"]


def test_the_worst_slip_is_the_longest_after_the_adopted_plan(owed: Deliverable) -> None:
    step(owed, "2018-08-10", title="A week", baseline_due=make.day("2018-08-03"))
    step(owed, "2018-09", title="A month", baseline_due=make.day("2018-08"))
    step(owed, "2018-08-01", title="Earlier", baseline_due=make.day("2018-08-30"))
    step(owed, "2018-12-01", title="Dropped", baseline_due=make.day("2018-08-01"), state=State.DROPPED)
    found = progress(owed.body)
    assert found.worst_slip == 30
    assert found.slipped_most is not None
    assert found.slipped_most.title == "A month"


def test_nothing_slipped_where_all_is_as_adopted_or_earlier(owed: Deliverable) -> None:
    step(owed, "2018-08-10")
    step(owed, "2018-08-01", baseline_due=make.day("2018-08-30"))
    found = progress(owed.body)
    assert (found.worst_slip, found.slipped_most) == (0, None)


def test_what_follows_something_late_is_at_risk(owed: Deliverable) -> None:
    late = step(owed, "2018-07-13", title="List of issues")
    assert (
        risk(step(owed, "2018-12-17", late))
        == "Waits for “List of issues”, which is late: it was due on July 13, 2018."
    )
    assert risk(late) == "", "late is more than at risk"


def test_what_follows_something_due_only_after_it_is_at_risk(owed: Deliverable) -> None:
    later = step(owed, "2018-08", title="First draft")
    assert risk(step(owed, "2018-08-30", later)) == "Waits for “First draft”, which is due only in August 2018."
    assert risk(step(owed, "2018-08-31", later)) == ""


def test_what_it_follows_stops_being_a_risk_when_it_is_accepted_or_dropped(owed: Deliverable) -> None:
    done = step(owed, "2018-07-13", state=State.ACCEPTED)
    dropped = step(owed, "2018-12-13", state=State.DROPPED)
    assert risk(step(owed, "2018-11-17", done, dropped)) == ""


def test_less_than_a_quarter_of_its_time_left_is_a_risk(owed: Deliverable) -> None:
    before = step(owed, "2018-06-29", state=State.ACCEPTED)
    draft = step(owed, "2018-07-27", before)
    assert risk(draft, date(2018, 7, 20)) == "", "7 of 28 days are a quarter"
    assert risk(draft, date(2018, 7, 21)) == "6 of its 28 days are left and nothing is handed in."
    assert risk(draft, date(2018, 7, 26)) == "1 of its 28 days is left and nothing is handed in."
    assert risk(draft, date(2018, 7, 27)) == "It is due today and nothing is handed in."
    assert risk(draft, date(2018, 7, 28)) == ""


def test_without_anything_before_it_time_runs_from_the_first_due_date_of_the_deliverable(owed: Deliverable) -> None:
    first = step(owed, "2018-06-20", state=State.ACCEPTED)
    last = step(owed, "2018-07-28")
    assert risk(last) == "8 of its 38 days are left and nothing is handed in."
    assert risk(first) == ""


def test_the_first_milestone_of_a_deliverable_has_no_time_to_run_out_of(owed: Deliverable) -> None:
    assert risk(step(owed, "2018-07-21")) == ""


@pytest.mark.parametrize("state", [State.HANDED_IN, State.ACCEPTED, State.DROPPED])
def test_what_is_handed_in_or_over_is_not_at_risk(owed: Deliverable, state: State) -> None:
    late = step(owed, "2018-07-13")
    assert risk(step(owed, "2018-08-17", late, state=state)) == ""


@pytest.mark.parametrize("state", [State.PLANNED, State.UNDER_WAY, State.RETURNED])
def test_what_is_still_to_be_done_can_be_at_risk(owed: Deliverable, state: State) -> None:
    late = step(owed, "2018-07-13")
    assert risk(step(owed, "2018-08-17", late, state=state)) != ""


def test_at_risk_comes_with_its_reasons(owed: Deliverable) -> None:
    late = step(owed, "2018-07-13", title="Late one", state=State.RETURNED)
    step(owed, "2018-08-17", late, title="Waiting one")
    found = progress(owed.body)
    assert [(each.step.title, each.remark[:9]) for each in found.at_risk] == [("Waiting one", "Waits for")]


def test_a_milestone_may_wait_for_one_of_another_team(owed: Deliverable) -> None:
    elsewhere = make.deliverable(make.team(owed.group))
    late = step(elsewhere, "2018-07-13", title="Theirs")
    ours = step(owed, "2018-08-17", late)
    assert "“Theirs”" in risk(ours)
    assert len(progress(owed.body).at_risk) == 1
    assert progress(owed.body).late == 0
    assert progress(elsewhere.body).late == 1


def test_the_answer_in_a_word(owed: Deliverable) -> None:
    one = step(owed, "2018-12-01")
    assert progress(owed.body).in_a_word == "Yes"
    step(owed, "2018-11-01", one)
    assert progress(owed.body).in_a_word == "At risk"
    Milestone.objects.update(state=State.ACCEPTED, accepted=make.day("2018-07-01"))
    assert progress(owed.body).in_a_word == "Done"


def test_a_plan_shows_only_to_those_who_belong_to_the_group(owed: Deliverable) -> None:
    milestone = step(owed, "2018-08-01")
    stranger = make.member(make.root(make.group("other")))
    former = make.member(owed.body, ended=make.day("2018-07-20"))

    def seen(person: User) -> Plan:
        return selectors.plan_of(person, owed.group, TODAY)

    assert seen(stranger).steps == ()
    assert seen(former).steps == ()
    assert [each.id for each in seen(make.member(owed.body)).steps] == [milestone.pk]


def test_progress_of_any_number_of_bodies_is_one_query(owed: Deliverable) -> None:
    teams = [owed.body, *(make.team(make.group()) for _ in range(3))]
    for team in teams:
        of_team = make.deliverable(team)
        first = step(of_team, "2018-07-13")
        for _ in range(4):
            step(of_team, "2018-08-17", first)
    with CaptureQueriesContext(connection) as captured:
        found = selectors.progress_of(teams, TODAY)
    assert len(captured) == 1
    assert [(found[team.pk].late, len(found[team.pk].at_risk)) for team in teams] == [(1, 4)] * 4


def test_what_waits_on_a_person_is_sorted_by_the_last_day_of_its_due_date(owed: Deliverable) -> None:
    me = make.member(owed.body)
    step(owed, "2018-08", title="In August", owner=me)
    step(owed, "2018-08-30", title="August 30", owner=me)
    step(owed, "2018-07-01", title="Done", owner=me, state=State.ACCEPTED)
    step(owed, "2018-07-01", title="Somebody else's", owner=make.person())
    assert [each.title for each in selectors.waiting_on(me, TODAY)] == ["August 30", "In August"]
