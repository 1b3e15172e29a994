"""Reminders that need not go any more are skipped in sight, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milestones.reminders import services
from milestones.reminders.models import ReminderRule
from milestones.work.models import Milestone, State
from teams.bodies.models import Body, BodyState, Membership, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories
from tests.conftest import START

from .conftest import at, settled

pytestmark = pytest.mark.django_db


def change(milestone: Milestone, **fields: Any) -> None:
    Milestone.objects.filter(pk=milestone.pk).update(**fields)


def test_accepted_before_it_went(owe: Callable[..., Milestone]) -> None:
    milestone = owe()
    services.sweep()
    change(milestone, state=State.ACCEPTED, accepted=factories.day("2018-07-19"))
    assert settled() == (Notice.State.SKIPPED, "It was accepted (July 19, 2018).")


def test_dropped_or_handed_in_before_it_went(owe: Callable[..., Milestone]) -> None:
    dropped, handed_in = owe("Dropped"), owe("Handed in")
    services.sweep()
    change(dropped, state=State.DROPPED)
    change(handed_in, state=State.HANDED_IN)
    assert notices.send_due() == 0
    assert set(Notice.objects.values_list("state", "remark")) == {
        ("skipped", "It was dropped."),
        ("skipped", "It was handed in; its owner has nothing to do now."),
    }


def test_a_moved_date_ends_the_old_reminder_and_makes_new_ones(owe: Callable[..., Milestone]) -> None:
    milestone = owe()
    services.sweep()
    change(milestone, due=factories.day("2018-08-03"), due_revision=2)
    assert settled() == (Notice.State.SKIPPED, "Its date was moved to August 3, 2018.")
    assert services.sweep() == 0
    clocks.set_clock(to=at("2018-07-27 12:00"))
    assert services.sweep() == 1
    assert notices.send_due() == 1
    assert MailboxMessage.objects.get().subject == "Due Friday, August 3: First draft of the diagrams"
    assert list(Notice.objects.order_by("id").values_list("rule", "revision")) == [("before:7", 1), ("before:7", 2)]


def test_another_owner_before_it_went_gets_a_reminder_of_their_own(owe: Callable[..., Milestone], team: Body) -> None:
    milestone = owe()
    services.sweep()
    heir = factories.member(team)
    change(milestone, owner=heir)
    assert settled() == (Notice.State.SKIPPED, "Someone else owns it now.")
    assert services.sweep() == 1
    assert notices.send_due() == 1
    assert MailboxMessage.objects.get().recipients == heir.email


def test_a_person_who_left_before_it_went(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep()
    Membership.objects.update(ended=factories.day("2018-07-20"))
    assert settled() == (Notice.State.SKIPPED, "The person has left the group.")


def test_a_hiatus_before_it_went(owe: Callable[..., Milestone], team: Body, group: WorkingGroup) -> None:
    owe()
    services.sweep()
    BodyState.objects.create(body=team, state="hiatus", started=factories.day("2018-07-20"))
    assert settled() == (Notice.State.SKIPPED, "Team 1 is on hiatus.")
    Notice.objects.update(state=Notice.State.WAITING)
    BodyState.objects.create(body=factories.root(group), state="closed", started=factories.day("2018-07-19"))
    assert settled() == (Notice.State.SKIPPED, "The working group is closed.")


def test_a_later_reminder_takes_the_place_of_one_that_could_not_go(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep()
    clocks.set_clock(to=at("2018-07-26 12:00"))
    services.sweep()
    assert notices.send_due() == 1
    assert list(Notice.objects.order_by("id").values_list("rule", "state", "remark")) == [
        ("before:7", "skipped", "A later reminder takes its place."),
        ("before:1", "sent", ""),
    ]


def test_a_rule_taken_back_before_it_went(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep()
    ReminderRule.objects.all().delete()
    assert settled() == (Notice.State.SKIPPED, "The group's rules no longer ask for it.")


def test_a_milestone_that_is_gone(owe: Callable[..., Milestone]) -> None:
    milestone = owe()
    services.sweep()
    milestone.delete()
    assert settled() == (Notice.State.SKIPPED, "The milestone is gone.")


def test_a_batch_is_composed_with_the_same_number_of_queries(owe: Callable[..., Milestone]) -> None:
    counts = []
    for more in (1, 9):
        for number in range(more):
            owe(f"Number {more}.{number}")
        services.sweep()
        batch = list(Notice.objects.filter(state="waiting"))
        with CaptureQueriesContext(connection) as queries:
            notices.compose(batch, START)
        counts.append(len(queries))
        notices.send_due()
    assert counts[0] == counts[1]
