"""Adding and changing deliverables and milestones, who may, and that no order of them goes in a circle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.db.utils import IntegrityError
from django.test import Client

from milestones.work import services
from milestones.work.models import Deliverable, Dependency, Milestone, State
from milestones.work.selectors import plan_of
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.notices.models import Notice
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1")


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Lea Lind"), role=Role.LEAD)


@pytest.fixture
def owner(team: Body) -> User:
    return make.member(team, make.person(name="Alba Ruiz"))


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team, key="maps", title="Process maps")


def new(owner: User, **more: object) -> dict[str, object]:
    return {"token": "abcdef12", "title": "Draft the maps", "owner": owner.pk, "due": "2018-08", **more}


def test_the_lead_adds_a_milestone(owed: Deliverable, lead: User, owner: User, signed_in: SignIn) -> None:
    first = make.milestone(owed, owner, title="Scope", state=State.ACCEPTED, accepted=make.day("2018-07-01"))
    client = signed_in(lead)
    address = "/groups/ecom/deliverables/maps/milestones/new/"
    sent = new(owner, follows=first.pk, evidence_asked="The maps as PDF")
    for _ in range(2):
        answer = client.post(address, sent, follow=True)
        assert answer.status_code == 200
    (made,) = Milestone.objects.filter(title="Draft the maps")
    assert (str(made.due), made.due, made.owner, made.evidence_asked) == (
        *("August 2018", made.baseline_due, owner, "The maps as PDF"),
    )
    assert list(made.follows.all()) == [first]
    owed.refresh_from_db()
    assert owed.state == State.UNDER_WAY
    assert "Evidence asked for The maps as PDF" in words_of(answer)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"title": ""}, "This field is required."),
        ({"due": "2018-13"}, "“2018-13” is not a date"),
        ({"due": "2018-07-01"}, "That day has passed"),
        ({"owner": ""}, "This field is required."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    owed: Deliverable, lead: User, owner: User, signed_in: SignIn, more: dict[str, object], said: str
) -> None:
    sent = {**new(owner, evidence_asked="My typed words"), **more}
    answer = signed_in(lead).post("/groups/ecom/deliverables/maps/milestones/new/", sent)
    assert answer.status_code == 200
    assert said in words_of(answer)
    assert "My typed words" in answer.content.decode()
    assert not Milestone.objects.exists()


def test_only_who_plans_for_the_team_adds_and_changes(
    owed: Deliverable, owner: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    milestone = make.milestone(owed, owner, key="draft")
    elsewhere = make.member(make.team(group), role=Role.LEAD)
    for person in (owner, elsewhere):
        client = signed_in(person)
        for address in (
            "/groups/ecom/teams/team-1/deliverables/new/",
            "/groups/ecom/deliverables/maps/milestones/new/",
            "/groups/ecom/milestones/draft/change/",
        ):
            assert client.get(address).status_code == 403
            assert client.post(address).status_code == 403
        assert client.post("/groups/ecom/deliverables/maps/", {"change": "words"}).status_code == 403
        assert client.get("/groups/ecom/deliverables/maps/").status_code == 200
        with pytest.raises(services.NotYours):
            services.change_owner(by=person, milestone=milestone, to=elsewhere, reason="x")


def test_a_deliverable_is_added_and_changed(team: Body, lead: User, signed_in: SignIn) -> None:
    client = signed_in(lead)
    sent = {"token": "abcdef12", "title": "A report", "kind": "report", "due": "2018-12"}
    answer = client.post("/groups/ecom/teams/team-1/deliverables/new/", sent)
    made = Deliverable.objects.get(title="A report")
    assert answer["Location"] == f"/groups/ecom/deliverables/{made.key}/"
    client.post(
        answer["Location"],
        {"change": "words", "revision": "1", "title": "The report", "kind": "report", "strategy_goal": ""},
    )
    client.post(
        answer["Location"], {"change": "due", "revision": "2", "due": "2019-01", "reason": "Over the holidays."}
    )
    made.refresh_from_db()
    assert (made.title, str(made.due)) == ("The report", "January 2019")
    text = words_of(client.get(answer["Location"]))
    assert "Renamed from “A report” to “The report”." in text
    assert "Due date changed from December 2018 to January 2019. Why: Over the holidays." in text


def test_a_milestone_is_handed_over_with_a_reason(
    owed: Deliverable, lead: User, owner: User, team: Body, signed_in: SignIn
) -> None:
    milestone = make.milestone(owed, lead, key="draft")
    client = signed_in(lead)
    address = "/groups/ecom/milestones/draft/change/"
    answer = client.post(address, {"change": "owner", "revision": "1", "owner": owner.pk, "reason": "She draws."})
    assert answer.status_code == 302
    milestone.refresh_from_db()
    assert milestone.owner == owner
    answer = client.post(address, {"change": "words", "revision": "1", "title": "Other", "evidence_asked": ""})
    assert "It was changed after you opened the page" in words_of(answer)
    assert 'value="Other"' in answer.content.decode()
    with pytest.raises(services.NotInTheGroup):
        services.change_owner(by=lead, milestone=milestone, to=make.person(), reason="x")


def test_the_activity_tells_what_follows_what_and_what_no_longer_does(
    owed: Deliverable, lead: User, owner: User, signed_in: SignIn
) -> None:
    first, second = (make.milestone(owed, owner, title=title) for title in ("Scope", "Draft"))
    services.add_dependency(by=lead, milestone=second, after=first)
    activity = "/groups/ecom/activity/?noun=order-of-milestones"
    words = words_of(signed_in(owner).get(activity))
    assert "Order of milestones added Draft follows Scope" in words
    services.remove_dependency(by=lead, milestone=second, after=first)
    words = words_of(signed_in(owner).get(activity))
    assert "Order of milestones removed Draft follows Scope" in words
    assert "Lea Lind" in words


def test_no_circle(owed: Deliverable, lead: User, owner: User, signed_in: SignIn) -> None:
    first, second, third = (make.milestone(owed, owner, title=title) for title in ("One", "Two", "Three"))
    services.add_dependency(by=lead, milestone=second, after=first)
    services.add_dependency(by=lead, milestone=third, after=second)
    with pytest.raises(services.Refused, match="“Three” follows “One” itself"):
        services.add_dependency(by=lead, milestone=first, after=third)
    with pytest.raises(services.Refused, match="itself"):
        services.add_dependency(by=lead, milestone=first, after=first)
    offered = signed_in(lead).get(f"{first.get_absolute_url()}change/").context["after"].fields["after"].queryset
    assert not offered.exists()
    services.remove_dependency(by=lead, milestone=third, after=second)
    services.add_dependency(by=lead, milestone=first, after=third)


def test_the_database_refuses_a_circle_by_any_way(owed: Deliverable, owner: User) -> None:
    first, second = make.milestone(owed, owner), make.milestone(owed, owner)
    Dependency.objects.create(milestone=first, after=second)
    Dependency.objects.create(milestone=second, after=first)
    with connection.cursor() as cursor, pytest.raises(IntegrityError, match="would follow itself"):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("by_service", [True, False])
def test_of_two_that_together_make_a_circle_one_stands(by_service: bool) -> None:
    group = make.group("ecom")
    team = make.team(group)
    owed, lead = make.deliverable(team), make.member(team, role=Role.LEAD)
    first, second = make.milestone(make.deliverable(team), lead), make.milestone(owed, lead)
    came = threading.Barrier(2)
    outcomes: list[str] = []

    def follow(milestone: Milestone, after: Milestone) -> None:
        came.wait()
        try:
            if by_service:
                services.add_dependency(by=lead, milestone=milestone, after=after)
            else:
                Dependency.objects.create(milestone=milestone, after=after)
            outcomes.append("stands")
        except (services.Refused, IntegrityError):
            outcomes.append("refused")
        finally:
            connection.close()

    threads = [threading.Thread(target=follow, args=pair) for pair in ((first, second), (second, first))]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["refused", "stands"]
    assert Dependency.objects.count() == 1


def risk_of(milestone: Milestone, reader: User, days: int = 0) -> str:
    plan = plan_of(reader, milestone.group, clock.today() + timedelta(days=days))
    return plan.risk(plan.by_id[milestone.pk])


def test_an_owner_away_without_anybody_to_stand_in_is_a_risk(
    owed: Deliverable, owner: User, lead: User, group: WorkingGroup
) -> None:
    milestone = make.milestone(owed, owner, due=make.day("2018-12"))
    make.absence(owner, lead, group)
    assert risk_of(milestone, lead) == ""
    other = make.member(owed.body)
    make.absence(lead, other, group)
    assert risk_of(milestone, other) == "Its owner, Alba Ruiz, is away until August 3, 2018, and nobody can stand in."


def test_a_reminder_without_an_answer_is_a_risk(owed: Deliverable, owner: User, lead: User) -> None:
    milestone = make.milestone(owed, owner, due=make.day("2018-08-30"))
    make.milestone(owed, owner, due=make.day("2018-07-21"))
    now = clock.now()
    Notice.objects.create(
        kind="milestone_due",
        rule="before:30",
        subject_key=f"milestone:{milestone.pk}",
        recipient=owner,
        owed_to=owner,
        why="x",
        due_at=now,
        created_at=now,
        sent_at=now,
        state=Notice.State.SENT,
    )
    assert risk_of(milestone, lead, days=2) == ""
    assert risk_of(milestone, lead, days=3) == "Alba Ruiz was reminded on July 20, 2018 and has not begun."
    other = make.member(milestone.body, make.person(name="Bo Berg"))
    services.change_owner(by=lead, milestone=milestone, to=other, reason="Alba has too much.")
    assert risk_of(milestone, lead, days=3) == ""  # whoever has it now was not reminded
    services.change_owner(by=lead, milestone=milestone, to=owner, reason="She has time again.")
    assert risk_of(milestone, lead, days=3).startswith("Alba Ruiz was reminded")
    services.start(by=owner, owed=milestone)
    assert risk_of(milestone, lead, days=3) == ""


def test_moves_are_counted_on_the_pages_of_team_and_plan(owed: Deliverable, owner: User, signed_in: SignIn) -> None:
    milestone = make.milestone(owed, owner, title="Draft")
    for due in ("2018-08-01", "2018-08-02"):
        services.move_due(by=owner, milestone=milestone, due=make.day(due), reason="Late.")
    client = signed_in(owner)
    assert "Moved dates 1 milestone, 2 times in all" in words_of(client.get("/groups/ecom/teams/team-1/"))
    assert "moved 2 times" in words_of(client.get("/groups/ecom/plan/"))
    assert "Moved 2 times" in words_of(client.get(milestone.get_absolute_url()))
