"""The sweep: which reminders are due on the portal's clock, and to whom."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from milestones.reminders import selectors, services
from milestones.reminders.models import ReminderRule
from milestones.work.models import Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Membership, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories
from tests.conftest import WASHINGTON

from .conftest import FIRST_DRAFT, at, queued, settled

pytestmark = pytest.mark.django_db

# --- The rules ---


def test_a_group_keeps_the_rules_that_it_has(group: WorkingGroup) -> None:
    services.set_default_rules(group=group)
    services.set_default_rules(group=group)
    assert [(rule.to, rule.days_after, rule.every) for rule in ReminderRule.objects.all()] == [
        *(("owner", days, None) for days in (-7, -1, 0, 3)),
        ("lead", 7, None),
        ("owner", 14, None),
        ("chair", 21, None),
    ]


@pytest.mark.parametrize(
    ("days_after", "key", "wording"),
    [
        (-7, "before:7", "7 days before it is due"),
        (-1, "before:1", "the day before it is due"),
        (0, "on_the_day", "on the day it is due"),
        (1, "after:1", "the day after it was due"),
        (14, "after:14", "14 days after it was due"),
    ],
)
def test_a_rule_has_its_name_and_its_words_from_the_database(days_after: int, key: str, wording: str) -> None:
    rule = ReminderRule.objects.create(group=factories.group(), days_after=days_after)
    assert (rule.key, rule.wording, str(rule)) == (key, wording, wording)


# --- What is due ---


def test_at_the_start_of_the_demonstration(owe: Callable[..., Milestone]) -> None:
    owe()
    owe("List of enforcement issues", "2018-07-13")
    owe("Agree which shipments to draw", "2018-06-29", state=State.ACCEPTED, accepted=factories.day("2018-06-27"))
    owe("List of parties and actions", "2018-08-10")
    assert services.sweep() == 2
    assert sorted(queued()) == [(FIRST_DRAFT, "before:7"), ("List of enforcement issues", "after:3")]
    assert notices.send_due() == 2


def test_when_the_clock_is_set_to_the_day_before(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep()
    assert notices.send_due() == 1
    clocks.set_clock(to=at("2018-07-26 12:00"))
    services.sweep()
    assert notices.send_due() == 1
    assert queued() == [(FIRST_DRAFT, "before:7"), (FIRST_DRAFT, "before:1")]
    mail = MailboxMessage.objects.latest("pk")
    assert mail.subject == "Due Friday, July 27: First draft of the diagrams"
    assert mail.arrived_at.astimezone(WASHINGTON).date() == date(2018, 7, 26)


def test_a_notice_says_why_when_and_until_when(owe: Callable[..., Milestone], owner: User) -> None:
    milestone = owe()
    services.sweep()
    notice = Notice.objects.get()
    assert notice.why == "You own this milestone; the group's rule reminds 7 days before it is due."
    assert (notice.kind, notice.subject_key, notice.revision) == ("milestone_due", f"milestone:{milestone.pk}", 1)
    assert (notice.recipient, notice.scope) == (owner, "ecom")
    assert notice.due_at == at("2018-07-20 08:00")
    assert notice.useless_after == at("2018-07-27 08:00")


def test_it_is_due_at_eight_in_the_morning_and_not_before(owe: Callable[..., Milestone]) -> None:
    owe()
    assert services.sweep(now=at("2018-07-20 07:59")) == 0
    assert services.sweep(now=at("2018-07-20 08:00")) == 1


def test_every_rule_in_its_turn_while_it_is_open(owe: Callable[..., Milestone]) -> None:
    owe()
    for day in range(40):
        services.sweep(now=at("2018-07-10 09:00") + timedelta(days=day))
    assert [rule for _, rule in queued()] == ["before:7", "before:1", "on_the_day", "after:3", "after:14"]


def test_any_number_of_sweeps_write_one_notice(owe: Callable[..., Milestone]) -> None:
    owe()
    assert [services.sweep() for _ in range(3)] == [1, 0, 0]


def test_missed_ticks_are_caught_up_with_the_latest_alone(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep(now=at("2018-07-20 09:00"))
    services.sweep(now=at("2018-07-31 09:00"))
    assert [rule for _, rule in queued()] == ["before:7", "after:3"]


def test_a_milestone_made_late_brings_one_mail(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-07-20")
    services.sweep()
    assert queued() == [(FIRST_DRAFT, "on_the_day")]


def test_a_reminder_found_too_late_is_skipped_in_sight(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-06-29")
    services.sweep(now=at("2018-07-21 09:00"))
    assert [rule for _, rule in queued()] == ["after:14"]
    clocks.set_clock(to=at("2018-07-21 09:00"))
    state, remark = settled()
    assert (state, "could not go in time" in remark) == (Notice.State.SKIPPED, True)
    assert services.sweep() == 0


def test_a_month_counts_until_its_last_day(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-07")
    assert services.sweep(now=at("2018-07-24 07:00")) == 0
    assert services.sweep(now=at("2018-07-24 08:00")) == 1
    assert Notice.objects.get().rule == "before:7"


def test_groups_go_by_their_own_rules(owe: Callable[..., Milestone]) -> None:
    owe()
    other = factories.group("other")
    ReminderRule.objects.create(group=other, days_after=-5)
    their_team = factories.team(other)
    their_owner = factories.member(their_team)
    factories.milestone(factories.deliverable(their_team), their_owner, title="Theirs", due=factories.day("2018-07-25"))
    services.sweep()
    assert sorted(queued()) == [(FIRST_DRAFT, "before:7"), ("Theirs", "before:5")]
    assert set(Notice.objects.values_list("scope", "recipient__name")) == {
        ("ecom", "Lead One"),
        ("other", their_owner.name),
    }


def test_the_number_of_statements_does_not_grow_with_the_milestones(owe: Callable[..., Milestone]) -> None:
    services.sweep()
    counts = []
    for more in (1, 9):
        for number in range(more):
            owe(f"Number {more}.{number}")
        with CaptureQueriesContext(connection) as queries:
            assert services.sweep() == more
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- Who is not reminded ---


@pytest.mark.parametrize("state", [State.HANDED_IN, State.ACCEPTED, State.DROPPED])
def test_nobody_is_reminded_of_what_is_not_theirs_to_do(owe: Callable[..., Milestone], state: str) -> None:
    owe(state=state, accepted=factories.day("2018-07-19") if state == State.ACCEPTED else None)
    assert services.sweep() == 0


@pytest.mark.parametrize("state", [State.PLANNED, State.UNDER_WAY, State.RETURNED])
def test_the_owner_is_reminded_of_what_is_to_be_done(owe: Callable[..., Milestone], state: str) -> None:
    owe(state=state)
    assert services.sweep() == 1


def test_nobody_whose_account_is_closed(owe: Callable[..., Milestone]) -> None:
    owe()
    User.objects.update(is_active=False)
    assert services.sweep() == 0


@pytest.mark.parametrize(
    ("started", "ended", "reminded"),
    [
        ("2017", None, 1),
        ("2017", "2018-07-21", 1),
        ("2017", "2018-07-20", 0),
        ("2018-07-20", None, 1),
        ("2018-07-21", None, 0),
    ],
)
def test_only_who_belongs_to_the_group_on_the_day(
    owe: Callable[..., Milestone], started: str, ended: str | None, reminded: int
) -> None:
    owe()
    Membership.objects.update(started=factories.day(started), ended=factories.day(ended) if ended else None)
    assert services.sweep() == reminded


def test_nobody_who_left_since_the_reminder_was_due(owe: Callable[..., Milestone]) -> None:
    owe()
    Membership.objects.update(ended=factories.day("2018-07-22"))
    assert services.sweep(now=at("2018-07-22 09:00")) == 0
    assert services.sweep(now=at("2018-07-21 09:00")) == 1


def test_an_administrator_needs_no_membership(owe: Callable[..., Milestone]) -> None:
    owe(owner=factories.person(is_site_admin=True))
    owe(owner=factories.person())
    assert services.sweep() == 1


@pytest.mark.parametrize("state", ["hiatus", "closed"])
@pytest.mark.parametrize("of", ["team", "working group"])
def test_no_body_that_stands_still_and_again_when_it_works(
    owe: Callable[..., Milestone], team: Body, group: WorkingGroup, of: str, state: str
) -> None:
    owe()
    body = team if of == "team" else factories.root(group)
    BodyState.objects.create(body=body, state=state, started=factories.day("2018-07-20"))
    BodyState.objects.create(body=body, state="active", started=factories.day("2018-07-26"))
    assert services.sweep(now=at("2018-07-20 09:00")) == 0
    assert services.sweep(now=at("2018-07-26 09:00")) == 1
    assert Notice.objects.get().rule == "before:1"


def test_a_time_zone_that_the_database_does_not_know_stops_nobody_else(
    owe: Callable[..., Milestone], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "unknown_zones", lambda: ["Mars/Olympus_Mons"])
    owe()
    stranger = factories.member(factories.root(WorkingGroup.objects.get()))
    owe("Another", owner=stranger)
    User.objects.filter(pk=stranger.pk).update(timezone="Mars/Olympus_Mons")
    assert services.sweep() == 2
