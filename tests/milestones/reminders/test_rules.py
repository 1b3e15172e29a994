"""Administrators change a group's rules, see before what it would do, and the sweep does just that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from milestones.reminders import selectors, services
from milestones.reminders.models import ReminderRule
from milestones.reminders.rules import services as rules
from milestones.reminders.rules.effects import Effect, effect_of
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.clock import selectors as clock
from teams.clock.services import set_clock
from teams.notices import services as notices
from teams.notices.models import Notice
from tests import factories
from tests.milestones.reminders.conftest import at, queued
from tests.pages import words_of

PAGE = "/groups/ecom/reminder-rules/"
NEW = f"{PAGE}new/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def administrator(at_start: Any) -> User:
    return factories.person(is_site_admin=True, name="Ada Administrator")


@pytest.fixture
def client(client: Client, administrator: User) -> Client:
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def days() -> list[int]:
    return list(ReminderRule.objects.order_by("days_after").values_list("days_after", flat=True))


def rule_of(days_after: int) -> ReminderRule:
    return ReminderRule.objects.get(days_after=days_after)


def address(days_after: int) -> str:
    return f"{PAGE}{rule_of(days_after).pk}/"


def sent(days: object, side: str, reason: str = "More time to write", **more: object) -> dict[str, Any]:
    return {"to": "owner", "days": days, "side": side, "reason": reason, **more}


def test_each_rule_stands_there_in_a_sentence(client: Client, group: WorkingGroup) -> None:
    words = words_of(client.get(PAGE))
    assert "5 rules, the earliest first" in words
    assert words.index("7 days before it is due") < words.index("On the day it is due") < words.index("14 days after")
    assert "7 days before it is due The owner A mail at 08:00 in the owner’s time zone." in words


def test_without_a_rule_the_page_says_so(client: Client, group: WorkingGroup) -> None:
    ReminderRule.objects.all().delete()
    assert "There is no rule, so nobody is reminded of anything in this group. Add a rule" in words_of(client.get(PAGE))


@pytest.mark.parametrize(
    ("number", "side", "days_after"), [("10", "before", -10), ("", "on", 0), ("0", "on", 0), ("5", "after", 5)]
)
def test_adding_a_rule(client: Client, group: WorkingGroup, number: str, side: str, days_after: int) -> None:
    ReminderRule.objects.filter(days_after=0).delete()
    assert client.post(NEW, sent(number, side))["Location"] == PAGE
    assert days_after in days()
    assert "The rule is added." in words_of(client.get(PAGE))


def test_adding_one_that_repeats_to_the_lead(client: Client, group: WorkingGroup) -> None:
    assert client.post(NEW, sent("3", "after", to="lead", every="7"))["Location"] == PAGE
    assert ReminderRule.objects.get(to="lead").said == "lead 3 7"
    words = words_of(client.get(PAGE))
    assert "3 days after it was due and every 7 days from then, to the team's lead The team’s lead" in words
    assert "It comes again until 180 days after the due date." in words


def test_a_rule_goes_to_somebody_else_and_no_more_often(client: Client, group: WorkingGroup) -> None:
    rule = ReminderRule.objects.create(group=group, to="lead", days_after=5, every=2)
    form = client.get(f"{PAGE}{rule.pk}/").content.decode()
    assert 'value="lead" selected' in form
    assert 'name="every" value="2"' in form
    change = sent("5", "after", to="chair", every="", seen="lead 5 2")
    assert client.post(f"{PAGE}{rule.pk}/", change)["Location"] == PAGE
    assert ReminderRule.objects.get(pk=rule.pk).said == "chair 5"
    words = words_of(client.get("/groups/ecom/activity/?noun=reminder-rule"))
    assert "5 days after it was due, to the chair" in words


@pytest.mark.parametrize(
    ("days", "side", "every", "complaint"),
    [
        ("3", "before", "7", "Only a reminder after the due date comes again"),
        ("", "on", "7", "Only a reminder after the due date comes again"),
        ("3", "after", "0", "Write a number from 1 on, or leave it out."),
        ("3", "after", "181", "Write at most 180 days, or leave it out."),
        ("3", "after", "weekly", "Write a whole number, such as 7."),
        ("180", "after", "7", "Nothing comes again 180 days after it was due: leave it out."),
    ],
)
def test_what_can_not_repeat_is_refused(
    client: Client, group: WorkingGroup, days: str, side: str, every: str, complaint: str
) -> None:
    assert complaint in words_of(client.post(NEW, sent(days, side, every=every)))
    assert not ReminderRule.objects.filter(every__isnull=False).exists()


def test_the_services_refuse_it_too(group: WorkingGroup) -> None:
    with pytest.raises(rules.CannotRepeat):
        rules.add(by=factories.person(), group=group, days_after=-3, every=7, reason="Nonsense")


@pytest.mark.parametrize(
    ("number", "side", "complaint"),
    [
        ("7", "before", "There is a rule to them from that day on already."),
        ("", "before", "Write how many days, from 1 on; or choose the day itself."),
        ("0", "after", "Write how many days, from 1 on; or choose the day itself."),
        ("-3", "before", "Write a number from 1 on; before or after is chosen beside it."),
        ("3", "on", "On the day itself there is no number of days"),
        ("366", "after", "A reminder is at most 365 days away from the due date."),
        ("99999999999", "after", "A reminder is at most 365 days away from the due date."),
        ("a week", "before", "Write a whole number, such as 7."),
        ("7.5", "before", "Write a whole number, such as 7."),
        ("3", "beside", "Select a valid choice."),
    ],
)
@pytest.mark.parametrize("button", ["save", "preview"])
def test_nonsense_is_refused_and_what_was_typed_kept(
    client: Client, group: WorkingGroup, number: str, side: str, complaint: str, button: str
) -> None:
    before = days()
    answer = client.post(NEW, sent(number, side, **{button: "yes"}))
    assert complaint in words_of(answer)
    assert 'value="More time to write"' in answer.content.decode()
    assert days() == before


def test_a_reason_is_asked_for(client: Client, group: WorkingGroup) -> None:
    assert "This field is required" in words_of(client.post(NEW, sent("10", "before", reason=" ")))
    assert "This field is required" in words_of(client.post(address(14), {"remove": "yes", "removal-seen": "owner 14"}))
    assert -10 not in days()
    assert 14 in days()


def test_the_database_keeps_rules_within_a_year(group: WorkingGroup) -> None:
    with pytest.raises(IntegrityError, match="reminder_rule_within_a_year"), transaction.atomic():
        ReminderRule.objects.create(group=group, days_after=366)
    with pytest.raises(rules.TooFar):
        rules.add(by=factories.person(), group=group, days_after=-366, reason="Too early")


def test_a_rule_is_moved_and_removed_on_the_record(client: Client, group: WorkingGroup, administrator: User) -> None:
    pk = rule_of(14).pk
    form = words_of(client.get(address(14)))
    assert "Remind 14 days after it was due" in form
    assert client.post(address(14), sent("10", "after", seen="owner 14"))["Location"] == PAGE
    assert days() == [-7, -1, 0, 3, 10]
    assert (
        client.post(address(10), {"remove": "yes", "removal-seen": "owner 10", "removal-reason": "Nobody reads it"})[
            "Location"
        ]
        == PAGE
    )
    assert days() == [-7, -1, 0, 3]
    events = ReminderRule.pgh_event_model.objects.filter(pgh_obj_id=pk).order_by("pgh_id")  # type: ignore[attr-defined]
    told = [(each.pgh_label, each.days_after, each.pgh_context and each.pgh_context.metadata) for each in events][1:]
    assert [(label, number) for label, number, _ in told] == [("update", 10), ("delete", 10)]
    assert [said["reason"] for _, _, said in told] == ["More time to write", "Nobody reads it"]
    assert {said["user"] for _, _, said in told} == {administrator.pk}


def test_the_activity_of_the_group_tells_of_it(client: Client, group: WorkingGroup) -> None:
    client.post(address(14), sent("10", "after", seen="owner 14"))
    words = words_of(client.get("/groups/ecom/activity/?noun=reminder-rule"))
    assert "10 days after it was due" in words
    assert "More time to write" in words
    assert "14" in words


def test_two_who_change_one_rule(client: Client, group: WorkingGroup) -> None:
    where = address(14)
    rules.change(by=factories.person(), rule=rule_of(14), seen="owner 14", days_after=12, reason="Another was quicker")
    for form in (
        sent("10", "after", seen="owner 14"),
        {"remove": "yes", "removal-seen": "owner 14", "removal-reason": "Late"},
    ):
        assert "Somebody changed this rule meanwhile" in words_of(client.post(where, form))
    assert days() == [-7, -1, 0, 3, 12]
    rules.remove(by=factories.person(), rule=rule_of(12), seen="owner 12", reason="Gone")
    answer = client.post(where, sent("10", "after", seen="owner 12"), follow=True)
    assert "That rule is gone: somebody removed it." in words_of(answer)


def test_a_rule_of_another_group_is_not_found_here(client: Client, group: WorkingGroup) -> None:
    other = ReminderRule.objects.create(group=factories.group("other"), days_after=-30)
    answer = client.post(f"{PAGE}{other.pk}/", sent("10", "after", seen="owner -30"), follow=True)
    assert "That rule is gone" in words_of(answer)
    assert rule_of(-30).group.slug == "other"


@pytest.mark.parametrize("role", ["chair", "lead", "member"])
def test_others_of_the_group_are_refused(client: Client, team: Body, role: str) -> None:
    person = factories.member(team, role=role)
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    for where in (PAGE, NEW, address(14)):
        assert client.get(where).status_code == 403
    assert client.post(NEW, sent("10", "before")).status_code == 403
    assert -10 not in days()


# --- What a change would do, and what the sweep then does ---


def counted(group: WorkingGroup) -> int:
    """How many reminders the forecast has for the next 30 days."""
    now = clock.now()
    return len(selectors.forecast_of(group, now, now + timedelta(days=30)))


@pytest.fixture
def work(owe: Callable[..., Milestone]) -> None:
    """Milestones before and after their due date, and the mail that is due at the start queued."""
    for title, due in [
        ("Late since yesterday", "2018-07-19"),
        ("Late since Friday before", "2018-07-13"),
        ("Due in a week", "2018-07-27"),
        ("Due in three weeks", "2018-08-10"),
        ("Due in autumn", "2018-10-01"),
    ]:
        owe(title, due)
    services.sweep()


@pytest.mark.parametrize("days_after", [-21, -6, -2, 1, 2, 6, 10, 20])
def test_adding_does_what_was_said(work: None, group: WorkingGroup, administrator: User, days_after: int) -> None:
    def add() -> object:
        return rules.add(by=administrator, group=group, days_after=days_after, reason="Try")

    before = days()
    said = effect_of(add, group, clock.now())
    assert days() == before  # nothing of it stayed
    assert said.coming_before == counted(group)
    waiting = set(Notice.objects.filter(state="waiting").values_list("pk", flat=True))
    add()
    assert counted(group) == said.coming
    services.sweep()
    notices.send_due()
    new = Notice.objects.exclude(pk__in=waiting).exclude(state=Notice.State.SKIPPED)
    assert new.count() == said.at_once
    dropped = Notice.objects.filter(pk__in=waiting, state=Notice.State.SKIPPED)
    assert dropped.count() == said.dropped


def test_what_waits_need_not_go_once_its_rule_is_removed(work: None, group: WorkingGroup, administrator: User) -> None:
    assert ("Due in a week", "before:7") in queued()
    said = effect_of(
        lambda: rules.remove(by=administrator, rule=rule_of(-7), seen="owner -7", reason="Try"), group, clock.now()
    )
    assert said.dropped == 1
    assert said.coming == said.coming_before - 1  # of the one that is due in three weeks
    rules.remove(by=administrator, rule=rule_of(-7), seen="owner -7", reason="Too early")
    services.sweep()
    notices.send_due()
    (moot,) = Notice.objects.filter(state=Notice.State.SKIPPED, rule="before:7")
    assert moot.remark == "The group's rules no longer ask for it."


def test_a_rule_that_was_moved_reminds_on_its_new_day(
    owe: Callable[..., Milestone], group: WorkingGroup, administrator: User
) -> None:
    owe(due="2018-08-10")
    rules.change(by=administrator, rule=rule_of(-7), seen="owner -7", days_after=-5, reason="Later is enough")
    set_clock(to=at("2018-08-03 09:00"))
    assert services.sweep() == 0
    set_clock(to=at("2018-08-05 09:00"))
    assert services.sweep() == 1
    assert [rule for _, rule in queued()] == ["before:5"]
    notices.send_due()
    assert list(Notice.objects.values_list("state", flat=True)) == ["sent"]


def test_the_page_says_what_it_would_do_and_does_nothing(client: Client, work: None, group: WorkingGroup) -> None:
    before = days()
    words = words_of(client.post(NEW, sent("2", "before", preview="yes")))
    assert "What it would do. Nothing is saved yet." in words
    assert "reminders will become due, instead of" in words
    removal = {"remove": "yes", "removal-reason": "Too early", "removal-seen": "owner -7"}
    words = words_of(client.post(address(-7), {**removal, "preview": "yes"}))
    assert "Without this rule. Nothing is saved yet." in words
    assert "1 reminder now waiting to be sent will not go any more." in words
    assert days() == before


def test_the_sentences() -> None:
    assert Effect(at_once=1, coming=1, coming_before=1, dropped=0).sentences == [
        "In the next 30 days 1 reminder will become due, as many as now.",
        "1 reminder will go out at once, for days that have just passed.",
    ]
    assert Effect(at_once=0, coming=12, coming_before=9, dropped=2).sentences == [
        "In the next 30 days 12 reminders will become due, instead of 9.",
        "2 reminders now waiting to be sent will not go any more.",
    ]
