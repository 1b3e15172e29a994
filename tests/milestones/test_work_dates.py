"""Moving a due date: a reason, a slip that stays, what follows moves along, and reminders of the old date are moot."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import transaction
from django.db.utils import DatabaseError
from django.test import Client

from milestones.reminders import services as reminders
from milestones.work import services
from milestones.work.models import Deliverable, Dependency, Milestone, Slip, State
from milestones.work.selectors.following import shifted
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.notices import services as notices
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
    return make.deliverable(team)


@pytest.fixture
def draft(owed: Deliverable, owner: User) -> Milestone:
    return make.milestone(owed, owner, key="draft", title="Draft")


@pytest.fixture
def review(owed: Deliverable, lead: User, draft: Milestone) -> Milestone:
    made = make.milestone(owed, lead, key="review", title="Review", due=make.day("2018-08-24"))
    Dependency.objects.create(milestone=made, after=draft)
    return made


@pytest.fixture
def final(owed: Deliverable, lead: User, review: Milestone) -> Milestone:
    made = make.milestone(owed, lead, key="final", title="Final", due=make.day("2018-09"))
    Dependency.objects.create(milestone=made, after=review)
    return made


def again(milestone: Milestone) -> Milestone:
    return Milestone.objects.get(pk=milestone.pk)


def test_a_slip_is_kept_and_the_adopted_plan_stays(draft: Milestone, owner: User) -> None:
    (slip,) = services.move_due(by=owner, milestone=draft, due=make.day("2018-08-10"), reason="The tool came late.")
    found = again(draft)
    assert (str(found.due), str(found.baseline_due), found.due_revision) == ("August 10, 2018", "July 27, 2018", 2)
    assert (slip.days, slip.reason, slip.by, slip.revision) == (14, "The tool came late.", owner, 2)
    with pytest.raises(DatabaseError), transaction.atomic():
        Slip.objects.filter(pk=slip.pk).update(reason="Another.")


@pytest.mark.parametrize(
    ("due", "reason", "refused"),
    [
        ("2018-08-10", " ", "Say why"),
        ("2018-07-27", "x", "due on July 27, 2018 already"),
        ("2018-07-19", "x", "That day has passed"),
        ("2018-08-10", "x" * 501, "at most 500"),
    ],
)
def test_refusals(draft: Milestone, owner: User, due: str, reason: str, refused: str) -> None:
    with pytest.raises(services.Refused, match=refused):
        services.move_due(by=owner, milestone=draft, due=make.day(due), reason=reason)
    assert not Slip.objects.exists()


def test_what_is_accepted_keeps_its_date(draft: Milestone, owner: User) -> None:
    Milestone.objects.filter(pk=draft.pk).update(state=State.ACCEPTED, accepted=make.day("2018-07-19"))
    with pytest.raises(services.Refused, match="accepted now"):
        services.move_due(by=owner, milestone=draft, due=make.day("2018-08-10"), reason="x")


def test_all_that_follows_moves_or_none(
    draft: Milestone, review: Milestone, final: Milestone, lead: User, owner: User
) -> None:
    both: dict[int, int | None] = {review.pk: 1, final.pk: 1}
    due = make.day("2018-08-10")
    with pytest.raises(services.NotYours):
        services.move_due(by=owner, milestone=draft, due=due, reason="Late.", along=both)
    assert again(draft).due_revision == 1
    services.change_milestone(by=lead, milestone=final, title="Final text", evidence_asked="")
    with pytest.raises(services.ChangedMeanwhile):
        services.move_due(by=lead, milestone=draft, due=due, reason="Late.", along=both)
    assert [again(each).due_revision for each in (draft, review)] == [1, 1]
    slips = services.move_due(by=lead, milestone=draft, due=due, reason="Late.", along={**both, final.pk: 2})
    assert [str(again(each).due) for each in (draft, review, final)] == [
        *("August 10, 2018", "September 7, 2018", "October 2018")
    ]
    assert [slip.reason for slip in slips] == ["Late."] * 3
    assert {slip.moved_with_id for slip in slips[1:]} == {draft.pk}


def test_what_does_not_follow_does_not_move_along(draft: Milestone, owed: Deliverable, lead: User) -> None:
    other = make.milestone(owed, lead)
    with pytest.raises(services.ChangedMeanwhile, match="doesn’t follow"):
        services.move_due(by=lead, milestone=draft, due=make.day("2018-08"), reason="x", along={other.pk: 1})


def test_a_month_stays_a_month() -> None:
    assert str(shifted(make.day("2018-09"), 14)) == "October 2018"
    assert str(shifted(make.day("2018-09-10"), 14)) == "September 24, 2018"
    assert shifted(make.day("2018-09"), 0) == make.day("2018-09")


def test_the_page_shows_what_follows_before_anything_moves(
    draft: Milestone, review: Milestone, final: Milestone, lead: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    address = f"{draft.get_absolute_url()}due/"
    sent = {"revision": "1", "due": "2018-08-10", "reason": "The tool came late."}
    text = words_of(client.post(address, sent))
    assert "Nothing is moved yet." in text
    assert "Review Fri, Aug 24, 2018 → Fri, Sep 7, 2018" in text
    assert "Final September 2018 → October 2018" in text
    assert again(draft).due_revision == 1
    answer = client.post(address, {**sent, "shown": "2018-08-10", "along": [f"{review.pk}:1"]}, follow=True)
    assert "It is due on August 10, 2018 now. 1 that follows it moved along." in answer.content.decode()
    assert [again(each).due_revision for each in (draft, review, final)] == [2, 2, 1]
    text = words_of(client.get(review.get_absolute_url()))
    assert "August 24, 2018 → September 7, 2018 , 14 days later. “The tool came late.”".replace(" ,", ",") in text
    assert "Along with Draft" in text


def test_another_date_in_the_second_step_shows_the_list_again(
    draft: Milestone, review: Milestone, lead: User, signed_in: SignIn
) -> None:
    sent = {"revision": "1", "due": "2018-08-03", "reason": "Late.", "shown": "2018-08-10", "along": f"{review.pk}:1"}
    text = words_of(signed_in(lead).post(f"{draft.get_absolute_url()}due/", sent))
    assert "Review Fri, Aug 24, 2018 → Fri, Aug 31, 2018" in text
    assert again(draft).due_revision == 1


def test_two_tabs(draft: Milestone, owner: User, lead: User, signed_in: SignIn) -> None:
    services.move_due(by=lead, milestone=draft, due=make.day("2018-08"), reason="By the lead.")
    sent = {"revision": "1", "due": "2018-08-10", "reason": "Mine."}
    text = words_of(signed_in(owner).post(f"{draft.get_absolute_url()}due/", sent))
    assert "“Draft” was changed after you opened the page, so nothing was moved." in text
    assert "Because: By the lead." in text
    assert str(again(draft).due) == "August 2018"


@pytest.mark.parametrize("written", ["", "tomorrow", "2018-02-30", "1066"])
def test_a_date_that_is_none_is_said_where_it_stands(
    draft: Milestone, owner: User, signed_in: SignIn, written: str
) -> None:
    sent = {"revision": "1", "due": written, "reason": "Mine."}
    answer = signed_in(owner).post(f"{draft.get_absolute_url()}due/", sent)
    assert answer.status_code == 200
    assert "due" in answer.context["moving"].form.errors
    assert "Mine.</textarea>" in answer.content.decode()


def test_a_moved_date_makes_the_old_reminder_moot(draft: Milestone, owner: User, signed_in: SignIn) -> None:
    reminders.set_default_rules(group=draft.group)
    reminders.sweep(now=clock.now())
    told = Notice.objects.get(subject_key=f"milestone:{draft.pk}", state=Notice.State.WAITING)
    signed_in(owner).post(
        f"{draft.get_absolute_url()}due/", {"revision": "1", "due": "2018-09-10", "reason": "The tool came late."}
    )
    notices.send_due()
    told.refresh_from_db()
    assert told.state == Notice.State.SKIPPED


def test_what_is_handed_in_makes_its_reminder_moot(draft: Milestone, owner: User, signed_in: SignIn) -> None:
    reminders.set_default_rules(group=draft.group)
    reminders.sweep(now=clock.now())
    signed_in(owner).post(draft.get_absolute_url(), {"change": "hand_in", "revision": "1", "done": "Drawn."})
    notices.send_due()
    assert Notice.objects.get(subject_key=f"milestone:{draft.pk}").state == Notice.State.SKIPPED
