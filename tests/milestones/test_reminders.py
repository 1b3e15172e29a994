"""The sweep: which reminders are due on the portal's clock, to whom, and which need not go any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from milestones.reminders import selectors, services, sources
from milestones.reminders.models import ReminderRule, Sweep
from milestones.work.models import Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Membership, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories, outbox
from tests.conftest import START, WASHINGTON

pytestmark = pytest.mark.django_db

FIRST_DRAFT = "First draft of the diagrams"


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX


@pytest.fixture
def group() -> WorkingGroup:
    """A group with the rules that every group starts with."""
    group = factories.group("ecom")
    services.set_default_rules(group=group)
    return group


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group, number=1, name="Standards and Process")


@pytest.fixture
def owner(team: Body) -> User:
    return factories.member(team, factories.person(name="Lead One", email="lead1@example.test"), role="lead")


@pytest.fixture
def owe(team: Body, owner: User) -> Callable[..., Milestone]:
    """Makes a milestone of the owner, due on July 27, 2018 unless said otherwise."""
    deliverable = factories.deliverable(team, title="Process diagrams")

    def make(title: str = FIRST_DRAFT, due: str = "2018-07-27", **fields: Any) -> Milestone:
        return factories.milestone(
            deliverable, fields.pop("owner", owner), title=title, due=factories.day(due), **fields
        )

    return make


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def queued() -> list[tuple[str, str]]:
    """Title and rule of every notice, the oldest first."""
    titles = {f"milestone:{milestone.pk}": milestone.title for milestone in Milestone.objects.all()}
    return [(titles.get(notice.subject_key, "gone"), notice.rule) for notice in Notice.objects.order_by("id")]


def settled() -> tuple[str, str]:
    """State and remark of the only notice after the sender ran."""
    notices.send_due()
    notice = Notice.objects.get()
    return notice.state, notice.remark


# --- The rules ---


def test_a_group_starts_with_five_rules_and_keeps_its_own(group: WorkingGroup) -> None:
    ReminderRule.objects.filter(days_after=14).delete()
    ReminderRule.objects.create(group=group, days_after=-2)
    services.set_default_rules(group=group)
    assert [rule.days_after for rule in ReminderRule.objects.all()] == [-7, -2, -1, 0, 3, 14]


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


def test_a_time_zone_that_the_database_does_not_know_stops_nobody_else(owe: Callable[..., Milestone]) -> None:
    owe()
    stranger = factories.member(factories.root(WorkingGroup.objects.get()))
    owe("Another", owner=stranger)
    User.objects.filter(pk=stranger.pk).update(timezone="Mars/Olympus_Mons")
    assert services.sweep() == 2


# --- What need not go any more ---


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


# --- The sweep itself ---


def test_it_notes_when_it_looked_and_what_it_wrote(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep(now=START)
    sweep = Sweep.objects.get()
    assert (sweep.shown_at, sweep.queued) == (START, 1)
    seconds = selectors.seconds_since_last_sweep()
    assert seconds is not None
    assert 0 <= seconds < 60
    assert selectors.seconds_oldest_notice_waits() == pytest.approx(0, abs=60)


def test_a_source_that_fails_stops_no_other_and_the_sweep_is_not_noted(
    owe: Callable[..., Milestone], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(now: datetime) -> Any:
        return Milestone.objects.extra(where=["no_such_column"]).values("pk")

    source = sources.Source("broken:", due=broken, coming=selectors.coming, subjects=selectors.subjects)
    monkeypatch.setattr(sources, "_sources", {"broken:": source, **sources._sources})
    owe()
    assert services.sweep() == 1
    assert not Sweep.objects.exists()
    assert "the sweep of broken: failed" in caplog.text


def test_two_sources_of_one_name_are_refused() -> None:
    source = sources.registered()[0]
    sources.register(source)
    with pytest.raises(ValueError, match="another source"):
        sources.register(sources.Source(source.name, selectors.due, selectors.coming, lambda _: []))


# --- The forecast ---


def coming(days: int = 30) -> list[tuple[str, datetime]]:
    group = WorkingGroup.objects.get()
    rows = selectors.forecast_of(group, START, START + timedelta(days=days))
    return [(row["rule"], row["due_at"]) for row in rows]


def test_it_tells_what_the_sweep_will_do(owe: Callable[..., Milestone]) -> None:
    owe()
    services.sweep()
    foretold = [rule for rule, due_at in coming() if due_at < at("2018-08-19 12:00")]
    assert foretold == ["before:1", "on_the_day", "after:3", "after:14"]
    for day in range(1, 30):
        services.sweep(now=START + timedelta(days=day))
    assert [rule for _, rule in queued()][1:] == foretold


def test_what_is_queued_is_not_foretold_again(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-07-28")
    assert coming()[0] == ("before:7", at("2018-07-21 08:00"))
    services.sweep(now=at("2018-07-21 09:00"))
    assert coming()[0][0] == "before:1"


def test_whoever_will_have_left_by_then_is_not_foretold(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-07-28")
    Membership.objects.update(ended=factories.day("2018-07-28"))
    assert [rule for rule, _ in coming()] == ["before:7", "before:1"]


def test_it_ends_after_its_days(owe: Callable[..., Milestone]) -> None:
    owe()
    assert [rule for rule, _ in coming(days=7)] == ["before:1", "on_the_day"]


def test_the_morning_is_the_owners(owe: Callable[..., Milestone], team: Body) -> None:
    far = factories.member(team, factories.person(timezone="Asia/Tokyo"))
    owe(owner=far)
    assert coming()[0] == ("before:1", datetime.combine(date(2018, 7, 26), time(8), ZoneInfo("Asia/Tokyo")))
