"""What is late goes further: to the lead of the milestone's body, and to the chair, each once and to nobody twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from milestones.reminders import selectors, services
from milestones.reminders.escalation import mails
from milestones.reminders.models import REPEATS_UNTIL, ReminderRule, To
from milestones.work.models import Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Membership, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories

from .conftest import FIRST_DRAFT, at

pytestmark = pytest.mark.django_db

# Due on July 27: a week later, and three weeks later.
FIRST, WEEK, THREE_WEEKS = at("2018-07-30 09:00"), at("2018-08-03 09:00"), at("2018-08-17 09:00")

# How long who is away stays away.
UNTIL = date(2018, 8, 10)


@pytest.fixture
def group() -> WorkingGroup:
    """A group with the rules that every new group starts with."""
    group = factories.group("ecom")
    services.set_default_rules(group=group)
    return group


@pytest.fixture
def owner(team: Body) -> User:
    return factories.member(team, factories.person(name="Olive Owner", email="olive@example.test"))


@pytest.fixture
def lead(team: Body) -> User:
    return factories.member(team, factories.person(name="Lena Lead", email="lena@example.test"), role="lead")


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    root = factories.root(group)
    return factories.member(root, factories.person(name="Cleo Chair", email="cleo@example.test"), role="chair")


def run(day: datetime) -> list[tuple[str, str]]:
    """Rule and recipient of what the sweep writes on that day and the sender then sends."""
    clocks.set_clock(to=day)
    before = set(Notice.objects.filter(state=Notice.State.SENT).values_list("pk", flat=True))
    services.sweep()
    notices.send_due()
    found = Notice.objects.filter(state=Notice.State.SENT).exclude(pk__in=before).order_by("owed_to__name", "rule")
    return [(each.rule, each.recipient.name) for each in found if each.recipient]


def told(day: datetime) -> list[str]:
    """Who beside the owner is told on that day, by name."""
    return [name for rule, name in run(day) if rule.startswith(("lead:", "chair:"))]


# --- The rules ---


def test_a_new_group_starts_with_rules_to_owner_lead_and_chair(group: WorkingGroup) -> None:
    assert list(ReminderRule.objects.values_list("key", "wording")) == [
        ("before:7", "7 days before it is due"),
        ("before:1", "the day before it is due"),
        ("on_the_day", "on the day it is due"),
        ("after:3", "3 days after it was due and every 7 days from then"),
        ("lead:after:7", "7 days after it was due, to the team's lead"),
        ("chair:after:21", "21 days after it was due, to the chair"),
    ]


def test_what_repeats_does_so_until_half_a_year_after_the_due_date(group: WorkingGroup) -> None:
    days = ReminderRule.objects.get(every=7).occasions.values_list("days_after", "until", "key")
    assert list(days)[:2] == [(3, 9, "after:3"), (10, 16, "after:10")]
    assert list(days)[-1] == (178, None, "after:178")
    assert 178 + 7 > REPEATS_UNTIL >= 178


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({"days_after": -3, "every": 7}, "reminder_rule_repeats_when_late"),
        ({"days_after": 0, "every": 7}, "reminder_rule_repeats_when_late"),
        ({"days_after": 3, "every": 0}, "reminder_rule_repeats_when_late"),
        ({"days_after": REPEATS_UNTIL, "every": 7}, "reminder_rule_repeats_when_late"),
        ({"days_after": 5, "to": "boss"}, "reminder_rule_to_someone"),
        ({"days_after": 7, "to": "lead"}, "reminder_rule_once"),
    ],
)
def test_the_database_refuses_rules_that_make_no_sense(
    group: WorkingGroup, fields: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ReminderRule.objects.create(group=group, **fields)


def test_the_days_of_a_rule_follow_its_change(group: WorkingGroup) -> None:
    rule = ReminderRule.objects.get(every=7)
    ReminderRule.objects.filter(pk=rule.pk).update(days_after=100, every=50, to=To.LEAD)
    assert list(rule.occasions.values_list("key", "until")) == [("lead:after:100", 149), ("lead:after:150", None)]
    ReminderRule.objects.filter(pk=rule.pk).update(days_after=200, every=None)
    assert list(rule.occasions.values_list("key", "until")) == [("lead:after:200", None)]


# --- Again and again, and further up ---


def test_the_owner_again_every_week_the_lead_after_one_the_chair_after_three(
    owe: Callable[..., Milestone], lead: User, chair: User
) -> None:
    owe()
    # The days around each that something is due on.
    days = [0, 1, 6, 7, 8, 10, 14, 15, 17, 24, 28, 29, 31]
    went = [run(at("2018-07-20 09:00") + timedelta(days=day)) for day in days]
    assert [each for each in went if each] == [
        [("before:7", "Olive Owner")],
        [("before:1", "Olive Owner")],
        [("on_the_day", "Olive Owner")],
        [("after:3", "Olive Owner")],
        [("lead:after:7", "Lena Lead")],
        [("after:10", "Olive Owner")],
        [("after:17", "Olive Owner")],
        [("chair:after:21", "Cleo Chair")],
        [("after:24", "Olive Owner")],
    ]


def test_it_ends_half_a_year_after_the_due_date(owe: Callable[..., Milestone]) -> None:
    owe(due="2018-01-01")
    assert [rule for rule, _ in run(at("2018-06-28 09:00"))] == ["after:178"]
    assert run(at("2018-07-19 09:00")) == []


def test_after_days_away_each_gets_the_latest_alone(owe: Callable[..., Milestone], lead: User, chair: User) -> None:
    ReminderRule.objects.create(group=WorkingGroup.objects.get(), to=To.LEAD, days_after=14, every=2)
    owe()
    assert run(THREE_WEEKS) == [
        ("chair:after:21", "Cleo Chair"),
        ("lead:after:20", "Lena Lead"),
        ("after:17", "Olive Owner"),
    ]


def test_any_number_of_sweeps_write_it_once(owe: Callable[..., Milestone], lead: User) -> None:
    owe()
    assert [services.sweep(now=WEEK) for _ in range(3)] == [2, 0, 0]


# --- To whom ---


def test_of_several_leads_each_and_no_member(owe: Callable[..., Milestone], team: Body, lead: User) -> None:
    factories.member(team, factories.person(name="Luis Lead"), role="lead")
    factories.member(team)
    owe()
    assert told(WEEK) == ["Lena Lead", "Luis Lead"]


def test_no_lead_of_another_team(owe: Callable[..., Milestone], group: WorkingGroup, lead: User) -> None:
    factories.member(factories.team(group, key="team-2", number=2), role="lead")
    owe()
    assert told(WEEK) == ["Lena Lead"]


def test_a_team_without_lead_goes_to_the_next_body_above(
    owe: Callable[..., Milestone], group: WorkingGroup, chair: User
) -> None:
    factories.member(factories.root(group), factories.person(name="Una Above"), role="lead")
    owe()
    assert told(WEEK) == ["Una Above"]
    assert Notice.objects.get(rule="lead:after:7").why == (
        "You lead Ecom Working Group (Team 1 has no lead); the group's rule reminds 7 days after it was due, to the "
        "team's lead."
    )


def test_without_any_lead_it_is_the_chairs(owe: Callable[..., Milestone], chair: User) -> None:
    owe()
    assert told(WEEK) == ["Cleo Chair"]
    assert told(THREE_WEEKS) == ["Cleo Chair"]


@pytest.mark.parametrize("how", ["closed", "left", "not yet"])
def test_a_lead_who_can_not_be_asked_is_none(owe: Callable[..., Milestone], lead: User, chair: User, how: str) -> None:
    owe()
    if how == "closed":
        User.objects.filter(pk=lead.pk).update(is_active=False)
    elif how == "left":
        Membership.objects.filter(person=lead).update(ended=factories.day("2018-08-03"))
    else:
        Membership.objects.filter(person=lead).update(started=factories.day("2018-08-04"))
    assert told(WEEK) == ["Cleo Chair"]


def test_who_owns_it_and_leads_gets_the_owners_reminders_alone(
    owe: Callable[..., Milestone], lead: User, chair: User
) -> None:
    owe(owner=lead)
    went = [each for day in (FIRST, WEEK, THREE_WEEKS) for each in run(day)]
    assert [rule for rule, name in went if name == "Lena Lead"] == ["after:3", "after:17"]
    assert {name for rule, name in went if rule.startswith("lead:")} == set()
    assert {name for rule, name in went if rule.startswith("chair:")} == {"Cleo Chair"}


def test_who_leads_and_chairs_gets_one_mail_a_day(
    owe: Callable[..., Milestone], group: WorkingGroup, team: Body
) -> None:
    both = factories.member(factories.root(group), factories.person(name="Bo Both"), role="chair")
    factories.member(team, both, role="lead")
    ReminderRule.objects.filter(to=To.CHAIR).update(days_after=7)
    owe()
    assert run(WEEK) == [("lead:after:7", "Bo Both"), ("after:3", "Olive Owner")]


@pytest.mark.parametrize("state", [State.HANDED_IN, State.ACCEPTED, State.DROPPED])
def test_nobody_is_told_of_what_waits_on_somebody_else(
    owe: Callable[..., Milestone], lead: User, chair: User, state: str
) -> None:
    owe(state=state, accepted=factories.day("2018-07-28") if state == State.ACCEPTED else None)
    assert run(THREE_WEEKS) == []


@pytest.mark.parametrize("of", ["team", "working group"])
def test_no_body_that_stands_still(
    owe: Callable[..., Milestone], team: Body, group: WorkingGroup, lead: User, of: str
) -> None:
    owe()
    body = team if of == "team" else factories.root(group)
    BodyState.objects.create(body=body, state="hiatus", started=factories.day("2018-08-01"))
    assert run(WEEK) == []


@pytest.mark.parametrize("how", ["closed", "left"])
def test_it_goes_up_though_the_owner_is_gone(owe: Callable[..., Milestone], owner: User, lead: User, how: str) -> None:
    owe()
    if how == "closed":
        User.objects.filter(pk=owner.pk).update(is_active=False)
    else:
        Membership.objects.filter(person=owner).update(ended=factories.day("2018-07-30"))
    assert run(WEEK) == [("lead:after:7", "Lena Lead")]
    said = "’s account is closed" if how == "closed" else " has left the group"
    assert f"Olive Owner{said}: it needs another owner." in MailboxMessage.objects.get().text


# --- Stand-ins ---


def test_a_stand_in_gets_what_the_lead_would(
    owe: Callable[..., Milestone], lead: User, group: WorkingGroup, team: Body
) -> None:
    owe()
    jordan = factories.member(team, factories.person(name="Jordan Lee", email="jordan@example.test"))
    factories.absence(lead, jordan, group, Membership.objects.get(person=lead), last_day=UNTIL)
    assert told(WEEK) == ["Jordan Lee"]
    notice = Notice.objects.get(rule="lead:after:7")
    assert (notice.recipient, notice.owed_to) == (jordan, lead)
    assert notice.why.startswith(
        "You stand in for Lena Lead, who leads Team 1, until August 10, 2018; the group's rule"
    )
    mail = MailboxMessage.objects.get(recipients="jordan@example.test")
    assert mail.subject == f"Late since July 27: {FIRST_DRAFT} (owner: Olive Owner) (for Lena Lead)"
    assert "Hand it in for Olive Owner, if it is done." in mail.text


def test_a_stand_in_without_the_role_is_told_so(
    owe: Callable[..., Milestone], lead: User, group: WorkingGroup, team: Body
) -> None:
    owe()
    jordan = factories.member(team, factories.person(name="Jordan Lee", email="jordan@example.test"))
    factories.absence(lead, jordan, group, last_day=UNTIL)
    assert told(WEEK) == ["Jordan Lee"]
    text = MailboxMessage.objects.get(recipients="jordan@example.test").text
    assert "Hand it in" not in text
    assert "Changing it is not lent to you with this absence" in text


def test_an_absence_since_it_was_queued_passes_it_on(
    owe: Callable[..., Milestone], lead: User, group: WorkingGroup, team: Body
) -> None:
    owe()
    jordan = factories.member(team, factories.person(name="Jordan Lee"))
    clocks.set_clock(to=WEEK)
    services.sweep()
    factories.absence(lead, jordan, group, last_day=UNTIL)
    notices.send_due()
    assert Notice.objects.get(rule="lead:after:7", state="sent").recipient == jordan


@pytest.mark.parametrize("who", ["owner", "lead", "of both leads"])
def test_nobody_gets_two_by_standing_in(
    owe: Callable[..., Milestone], owner: User, lead: User, group: WorkingGroup, team: Body, who: str
) -> None:
    """The lead for the owner, the owner for the lead, or one person for two leads."""
    owe()
    if who == "owner":
        factories.absence(owner, lead, group, last_day=UNTIL)
    elif who == "lead":
        factories.absence(lead, owner, group, last_day=UNTIL)
    else:
        jordan = factories.member(team, factories.person(name="Jordan Lee"))
        for away in (lead, factories.member(team, role="lead")):
            factories.absence(away, jordan, group, last_day=UNTIL)
    run(FIRST)
    assert told(WEEK) == (["Jordan Lee"] if who == "of both leads" else [])
    assert services.sweep() == 0


# --- The mail ---


def test_the_mail_says_whose_how_late_how_often_reminded_and_what_can_be_done(
    owe: Callable[..., Milestone], lead: User, chair: User
) -> None:
    milestone = owe()
    for day in (at("2018-07-26 09:00"), at("2018-07-27 09:00"), FIRST):
        run(day)
    run(WEEK)
    mail = MailboxMessage.objects.get(recipients="lena@example.test")
    assert mail.subject == f"Late since July 27: {FIRST_DRAFT} (owner: Olive Owner)"
    for part in (mail.text, mail.html):
        for sentence in (
            "Olive Owner",
            "Friday, July 27, 2018 (7 days late)",
            "Olive Owner was reminded 3 times, last on July 30.",
            "Ask Olive Owner what is missing, and by when it will be done.",
            "Hand it in for Olive Owner, if it is done.",
            "Give it a new date with the reason, or another owner.",
            "Propose to drop it, if it is not needed any more; the chair decides.",
        ):
            assert sentence in part
    assert f"References: <milestone-{milestone.pk}@" in mail.headers
    run(THREE_WEEKS)
    to_chair = MailboxMessage.objects.get(recipients="cleo@example.test").text
    assert "Drop it, if it is not needed any more." in to_chair
    assert "Why you get this mail: You chair Ecom Working Group; the group's rule reminds 21 days after" in to_chair


def test_composing_takes_as_many_queries_for_many(owe: Callable[..., Milestone], lead: User) -> None:
    def queries(titles: list[str]) -> int:
        for title in titles:
            owe(title)
        services.sweep(now=WEEK)
        batch = list(Notice.objects.filter(rule="lead:after:7").select_related("recipient"))
        with CaptureQueriesContext(connection) as seen:
            assert len(mails.compose(batch, WEEK)) == len(batch)
        return len(seen)

    assert queries(["One"]) == queries([f"Number {number}" for number in range(9)])


# --- Why it need not go ---


def moot(day: datetime) -> str:
    """Why what was written for a lead does not go on that day."""
    clocks.set_clock(to=day)
    notices.send_due()
    notice = Notice.objects.get(rule="lead:after:7")
    assert notice.state == Notice.State.SKIPPED
    return notice.remark


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("handed in", "It was handed in; its owner has nothing to do now."),
        ("moved", "Its date was moved to September 3, 2018."),
        ("left", "The person has left the group."),
        ("other role", "The group's rules no longer ask for it, or it is somebody else’s to see to now."),
        ("owns it", "The person owns it themselves now, and gets the owner’s reminders."),
        ("hiatus", "Team 1 is on hiatus."),
        ("closed", "The person's account is closed."),
        ("no rule", "The group's rules no longer ask for it, or it is somebody else’s to see to now."),
        ("later", "A later reminder takes its place."),
    ],
)
def test_it_is_told_in_words_why_not(
    owe: Callable[..., Milestone], lead: User, group: WorkingGroup, team: Body, change: str, reason: str
) -> None:
    milestone = owe()
    services.sweep(now=WEEK)
    of_lead = Membership.objects.filter(person=lead)
    match change:
        case "handed in":
            Milestone.objects.update(state=State.HANDED_IN)
        case "moved":
            Milestone.objects.update(due=factories.day("2018-09-03"), due_revision=2)
        case "left":
            of_lead.update(ended=factories.day("2018-08-01"))
        case "other role":
            of_lead.update(role="member")
        case "owns it":
            Milestone.objects.filter(pk=milestone.pk).update(owner=lead)
        case "hiatus":
            BodyState.objects.create(body=team, state="hiatus", started=factories.day("2018-08-03"))
        case "closed":
            User.objects.filter(pk=lead.pk).update(is_active=False)
        case "no rule":
            ReminderRule.objects.filter(to=To.LEAD).delete()
        case "later":
            ReminderRule.objects.create(group=group, to=To.LEAD, days_after=8)
    assert moot(WEEK + timedelta(days=1)) == reason


# --- What the sweep and the forecast ask ---


def test_the_number_of_statements_does_not_grow(owe: Callable[..., Milestone], lead: User, chair: User) -> None:
    services.sweep()
    counts = []
    for more in (1, 9):
        for number in range(more):
            owe(f"Number {more}.{number}")
        with CaptureQueriesContext(connection) as queries:
            assert services.sweep(now=WEEK) == 2 * more
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_forecast_tells_what_the_sweep_will_do(
    owe: Callable[..., Milestone], group: WorkingGroup, lead: User, chair: User
) -> None:
    owe()
    owe("Another", "2018-07-19")
    run(at("2018-07-20 09:00"))
    start = at("2018-07-20 09:00")
    rows = selectors.forecast_of(group, start, start + timedelta(days=30))
    foretold = sorted((row["due_at"].date(), row["rule"], row["owed_to_id"], row["subject_key"]) for row, _ in rows)
    assert {to for _, _, to, _ in foretold} == {lead.pk, chair.pk, User.objects.get(name="Olive Owner").pk}
    known = set(Notice.objects.values_list("pk", flat=True))
    for day in range(1, 31):
        services.sweep(now=start + timedelta(days=day))
    new = Notice.objects.exclude(pk__in=known).exclude(due_at__gt=start + timedelta(days=30))
    assert foretold == sorted((each.due_at.date(), each.rule, each.owed_to_id, each.subject_key) for each in new)
