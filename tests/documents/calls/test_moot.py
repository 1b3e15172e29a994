"""Mail of a call for consensus that need not go any more."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.statement import selectors, services
from milestones.reminders import services as reminders
from milestones.reminders.models import ReminderRule
from teams.accounts.models import User
from teams.bodies.models import BodyState, Membership, Role, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import Notice
from tests import factories as make
from tests.documents.calls.calling import OBJECT, Propose, answer, at, move_clock, owed, remark_of, reminded

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("what", "remark"),
    [
        ("answered", "It was answered."),
        ("withdrawn", "The proposal was withdrawn."),
        ("moved", "The closing date was moved to August 20, 2018."),
        ("ended", "The person is not asked any more: they are neither chair nor CBP's reviewer now."),
        ("no rule", "The group's rules no longer ask for it, or the group stands still."),
        ("hiatus", "The group's rules no longer ask for it, or the group stands still."),
    ],
)
def test_a_reminder_that_holds_no_more_is_skipped_in_sight(
    propose: Propose, chair: User, admin: User, group: WorkingGroup, what: str, remark: str
) -> None:
    proposal = propose()
    notices.send_due()
    clocks.set_clock(to=at("2018-07-27 09:00"))
    reminders.sweep()
    match what:
        case "answered":
            answer(chair, proposal, Role.CHAIR, OBJECT, "Which steps?")
        case "withdrawn":
            services.withdraw(by=admin, proposal=proposal, reason="One more change.")
        case "moved":
            services.extend(by=admin, proposal=proposal, closes_on=date(2018, 8, 20), effective_on=date(2018, 9, 15))
        case "ended":
            Membership.objects.filter(person=chair).update(ended=make.day("2018-07-27"))
        case "no rule":
            ReminderRule.objects.all().delete()
        case "hiatus":
            BodyState.objects.create(body=make.root(group), state="hiatus", started=make.day("2018-07-27"))
    assert remark_of(selectors.REMINDER, chair) == remark


def test_an_asking_that_waits_is_skipped_once_it_was_answered(propose: Propose, chair: User) -> None:
    answer(chair, propose(), Role.CHAIR)
    assert remark_of(selectors.ASKING, chair) == "It was answered."


def test_an_adopted_version_is_asked_of_nobody(
    propose: Propose, chair: User, reviewer: User, group: WorkingGroup, other_admin: User
) -> None:
    second = make.member(make.root(group), make.person(name="Second"), role=Role.CHAIR)
    proposal = propose()
    answer(chair, proposal, Role.CHAIR)
    answer(reviewer, proposal, Role.REVIEWER)
    services.adopt(by=other_admin, proposal=proposal)
    assert remark_of(selectors.ASKING, second) == "Version 1.1 was adopted."
    move_clock("2018-08-03 09:00")
    assert reminded() == []


def test_a_body_that_stands_still_asks_nobody(propose: Propose, chair: User, group: WorkingGroup) -> None:
    BodyState.objects.create(body=make.root(group), state="hiatus", started=make.day("2018-07-19"))
    propose()
    assert owed() == []
    move_clock("2018-07-27 09:00")
    assert owed() == []


def test_a_batch_is_composed_with_the_same_number_of_queries(propose: Propose, group: WorkingGroup) -> None:
    for _ in range(6):
        make.member(make.root(group), role=Role.CHAIR)
    propose()
    batch = list(Notice.objects.all())
    counts = []
    for part in (batch[:1], batch):
        with CaptureQueriesContext(connection) as queries:
            notices.compose(part, at("2018-07-20 12:00"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
