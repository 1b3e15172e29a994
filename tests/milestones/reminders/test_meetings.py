"""The mail that a meeting owes: reminders before it, and that it was moved, cancelled or is on again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from milestones.meetings import services
from milestones.meetings.models import Meeting, Preparation
from milestones.reminders import services as reminders
from milestones.reminders.meetings import owed
from milestones.reminders.models import ReminderRule
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Membership, Role, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories as make
from tests.pages import words_of

from .conftest import at

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]
HIATUS_OR_RULES = "The group's rules no longer ask for it, the group stands still, or who stands in is told anyway."


@pytest.fixture(autouse=True)
def address(settings: Settings) -> None:
    settings.SITE_URL = "https://portal.example"


@pytest.fixture
def member(group: WorkingGroup) -> User:
    """Someone of another team than the owner's."""
    return make.member(make.team(group, number=2), make.person(name="Mel", email="mel@example.test"))


@pytest.fixture
def meeting(team: Body, owner: User) -> Meeting:
    """A meeting of the owner's team, on August 14, 2018 at 10 in Washington."""
    return make.meeting(
        team.group,
        body=team,
        title="Second call",
        place="Conference line",
        starts_at=at("2018-08-14 10:00"),
        ends_at=at("2018-08-14 11:00"),
    )


def move_clock(text: str) -> None:
    """Set the clock, look for what is due, and send it."""
    clocks.set_clock(to=at(text))
    reminders.sweep()
    notices.send_due()


def sent() -> list[tuple[str, str]]:
    """Rule and recipient of every mail that went, the oldest first."""
    found = Notice.objects.filter(state=Notice.State.SENT).select_related("recipient")
    return [(each.rule, each.recipient.name) for each in found.order_by("due_at", "id") if each.recipient]


def change(meeting: Meeting, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(meeting, name, value)
    services.save_changes(meeting=meeting)


def to_august_21(meeting: Meeting) -> None:
    day = make.day("2018-08-21")
    change(meeting, starts=day, ends=day, starts_at=at("2018-08-21 10:00"), ends_at=at("2018-08-21 11:00"))


# --- Whom it concerns, and when ---


def test_the_body_that_meets_is_reminded_before_it(meeting: Meeting, owner: User, member: User) -> None:
    User.objects.filter(pk=owner.pk).update(timezone="America/Los_Angeles")
    move_clock("2018-08-07 10:59")
    assert sent() == []
    move_clock("2018-08-07 11:00")
    assert sent() == [("before:7", "Lead One")]
    mail = MailboxMessage.objects.get()
    assert mail.subject == "Tuesday, August 14: Second call"
    for part in (mail.text, mail.html):
        assert "Tuesday, August 14, 2018, 10:00 a.m. – 11:00 a.m. EDT (Washington)" in part
        assert "Tuesday, August 14, 2018, 7:00 a.m. – 8:00 a.m. PDT (Your clock)" in part
        assert "Conference line" in part
        assert f"https://portal.example{meeting.get_absolute_url()}" in part
    assert "You are told as a member of Team 1; the group's rules remind 7 days before it." in mail.text
    for day in ("2018-08-13", "2018-08-14", "2018-08-17", "2018-08-28"):
        move_clock(f"{day} 12:00")
    assert [rule for rule, _ in sent()] == ["before:7", "before:1"]


def test_it_concerns_whom_the_calendar_says(group: WorkingGroup, owner: User, member: User, team: Body) -> None:
    make.meeting(group, title="Of the whole group")
    outside = make.organization(name="Outside")
    going = make.member(team, make.person(name="Gail", organization=outside))
    forum = make.meeting(group, forum=make.organization(name="Forum"), title="Elsewhere", starts=make.day("2018-09-14"))
    forum.attended_by.add(outside)
    prepares = make.milestone(make.deliverable(team), member, title="Write the brief", due=make.day("2018-12-01"))
    Preparation.objects.create(meeting=forum, milestone=prepares, days_before=7)
    move_clock("2018-08-07 09:00")
    assert sorted(sent()) == [("before:7", "Gail"), ("before:7", "Lead One"), ("before:7", "Mel")]
    assert Notice.objects.get(recipient=member).why.startswith("You are told as a member of the group;")
    MailboxMessage.objects.all().delete()
    move_clock("2018-09-13 09:00")
    told = {each.recipient.name: each.why for each in Notice.objects.filter(due_at__gte=at("2018-09-01 00:00"))}  # type: ignore[union-attr]
    assert told == {
        "Gail": "You are told as one of an organization that goes there; the group's rules remind the day before it.",
        "Mel": "You are told as one who prepares it; the group's rules remind the day before it.",
    }
    text = MailboxMessage.objects.get(recipients="mel@example.test").text
    assert "For you to prepare: Write the brief, due December 1, 2018" in text
    assert going.email not in text


def test_a_draft_owes_nothing_and_is_not_told_of(meeting: Meeting, owner: User, signed_in: SignIn) -> None:
    Meeting.objects.update(state=Meeting.State.DRAFT)
    meeting.refresh_from_db()
    to_august_21(meeting)
    move_clock("2018-08-14 09:00")
    move_clock("2018-08-20 09:00")
    assert not Notice.objects.exists()
    page = signed_in(owner).get("/groups/ecom/ledger/forecast/")
    assert page.status_code == 200
    assert "Second call" not in words_of(page)
    change(meeting, state=Meeting.State.PLANNED)
    move_clock("2018-08-20 09:05")
    assert sent() == [("before:1", "Lead One")]


def test_of_a_month_nobody_is_reminded_until_the_day_is_fixed(meeting: Meeting, owner: User) -> None:
    august = make.day("2018-08")
    Meeting.objects.update(starts=august, ends=august, starts_at=None, ends_at=None)
    for day in ("2018-07-25", "2018-07-31", "2018-08-03"):
        move_clock(f"{day} 09:00")
    assert sent() == []
    meeting.refresh_from_db()
    change(meeting, starts=make.day("2018-08-14"), ends=make.day("2018-08-14"))
    move_clock("2018-08-03 09:05")
    mail = MailboxMessage.objects.get()
    assert mail.subject == "Moved to August 14, 2018: Second call"
    assert "It was: August 2018, Conference line" in mail.text
    assert "When: August 14, 2018; the time of day is not known yet" in mail.text
    move_clock("2018-08-07 09:00")
    assert sent() == [("changed", "Lead One"), ("before:7", "Lead One")]


def test_nobody_is_reminded_of_what_has_begun(meeting: Meeting, owner: User) -> None:
    move_clock("2018-08-14 10:01")
    assert sent() == []
    assert Notice.objects.get().remark == "It could not go in time; it was of use until August 14, 2018."


# --- Changes ---


def test_a_move_is_told_at_once_and_reminders_are_counted_anew(meeting: Meeting, owner: User, member: User) -> None:
    move_clock("2018-08-07 09:00")
    to_august_21(meeting)
    move_clock("2018-08-07 09:01")
    mail = MailboxMessage.objects.latest("pk")
    assert mail.subject == "Moved to August 21, 2018: Second call"
    assert "It was: August 14, 2018, 10:00 a.m. EDT, Conference line" in mail.text
    assert "You are told as a member of Team 1; it was moved." in mail.text
    move_clock("2018-08-13 09:00")
    move_clock("2018-08-14 09:00")
    assert sent() == [("before:7", "Lead One"), ("changed", "Lead One"), ("before:7", "Lead One")]
    change(meeting, note="Bring the maps.")
    change(meeting, outcome="Agreed.", state=Meeting.State.HELD)
    move_clock("2018-08-14 09:01")
    assert len(sent()) == 3


def test_cancelled_and_on_again(meeting: Meeting, owner: User) -> None:
    change(meeting, state=Meeting.State.CANCELLED)
    move_clock("2018-07-20 13:00")
    mail = MailboxMessage.objects.get()
    assert mail.subject == "Cancelled: Second call"
    assert "It was to be: August 14, 2018, 10:00 a.m. EDT, Conference line" in mail.text
    assert "Please take it out of your calendar." in mail.html
    move_clock("2018-08-07 09:00")
    assert len(sent()) == 1
    change(meeting, state=Meeting.State.PLANNED)
    move_clock("2018-08-07 09:01")
    assert MailboxMessage.objects.latest("pk").subject == "On again, August 14, 2018: Second call"
    change(meeting, place="Room 2")
    move_clock("2018-08-07 09:02")
    mail = MailboxMessage.objects.latest("pk")
    assert mail.subject == "Another place: Second call"
    assert "Where: Room 2\nIt was: August 14, 2018, 10:00 a.m. EDT, Conference line" in mail.text


def test_what_is_over_tells_nothing_when_its_record_is_put_right(meeting: Meeting, owner: User) -> None:
    clocks.set_clock(to=at("2018-09-01 09:00"))
    to_august_21(meeting)
    move_clock("2018-09-01 09:01")
    assert sent() == []
    assert Meeting.objects.get().revision == 2


def test_who_joins_after_a_change_is_not_told_of_it(meeting: Meeting, owner: User, team: Body) -> None:
    make.member(team, make.person(name="Late"), started=make.day("2018-07-24"))
    to_august_21(meeting)
    move_clock("2018-07-25 09:00")
    assert [name for _, name in sent()] == ["Lead One"]


# --- Who stands in; what need not go ---


def test_it_goes_to_who_stands_in_once(meeting: Meeting, owner: User, member: User, group: WorkingGroup) -> None:
    make.absence(owner, member, group, last_day=at("2018-08-10 00:00").date())
    move_clock("2018-08-07 09:00")
    mail = MailboxMessage.objects.get()
    assert mail.recipients == "mel@example.test"
    assert mail.subject == "Tuesday, August 14: Second call (for Lead One)"
    assert "You stand in for Lead One, who is told as a member of Team 1, until August 10, 2018" in mail.text
    move_clock("2018-08-13 09:00")
    assert sent() == [("before:7", "Mel"), ("before:1", "Lead One")]


@pytest.mark.parametrize("how", ["of the group", "of the team"])
def test_who_stands_in_and_is_concerned_too_gets_one_mail(
    meeting: Meeting, owner: User, member: User, group: WorkingGroup, team: Body, how: str
) -> None:
    if how == "of the group":
        change(meeting, body=make.root(group))
    else:
        make.member(team, member)
    make.absence(owner, member, group, last_day=at("2018-08-10 00:00").date())
    move_clock("2018-08-07 09:00")
    assert sent() == [("before:7", "Mel")]
    assert not MailboxMessage.objects.filter(subject__contains="for Lead One").exists()


@pytest.mark.parametrize(
    ("what", "remark"),
    [
        ("cancelled", "The meeting was cancelled."),
        ("held", "The meeting was held."),
        ("draft", "The meeting is a draft again."),
        ("moved", "It was moved to August 21, 2018."),
        ("left", "It doesn't concern the person any more."),
        ("no rule", HIATUS_OR_RULES),
        ("hiatus", HIATUS_OR_RULES),
    ],
)
def test_a_reminder_that_holds_no_more_is_skipped_in_sight(
    meeting: Meeting, owner: User, team: Body, what: str, remark: str
) -> None:
    clocks.set_clock(to=at("2018-08-13 09:00"))
    reminders.sweep()
    match what:
        case "cancelled" | "held" | "draft":
            change(meeting, state=what)
        case "moved":
            to_august_21(meeting)
        case "left":
            Membership.objects.filter(person=owner).update(ended=make.day("2018-08-10"))
        case "no rule":
            ReminderRule.objects.all().delete()
        case "hiatus":
            BodyState.objects.create(body=team, state="hiatus", started=make.day("2018-08-10"))
    notices.send_due()
    notice = Notice.objects.get()
    assert (notice.state, notice.remark) == (Notice.State.SKIPPED, remark)


# --- Forecast, and how it grows ---


def test_the_forecast_names_what_comes(meeting: Meeting, owner: User, signed_in: SignIn) -> None:
    words = words_of(signed_in(owner).get("/groups/ecom/ledger/forecast/"))
    assert words.count("You are told as a member of Team 1; the group's rules remind") == 2
    assert "Second call" in words


def test_sweep_and_batch_take_as_many_queries_whatever_is_held(team: Body) -> None:
    def queries(meetings: int, people: int) -> tuple[int, int]:
        for _ in range(people):
            make.member(team, role=Role.MEMBER)
        for _ in range(meetings):
            change(make.meeting(team.group), place="Elsewhere")
        Notice.objects.all().delete()
        now = at("2018-08-13 09:00")
        Meeting.objects.update(changed_at=now - timedelta(hours=2))
        with CaptureQueriesContext(connection) as sweeping:
            reminders.sweep(now=now)
        batch = list(Notice.objects.all())
        assert {notice.kind for notice in batch} == {owed.SOON, owed.CHANGED}
        assert len(batch) == 2 * Meeting.objects.count() * Membership.objects.count()
        with CaptureQueriesContext(connection) as composing:
            notices.compose(batch, now)
        return len(sweeping), len(composing)

    reminders.sweep()  # the first of all has a row to make
    one = queries(1, 1)
    assert queries(3, 4) == one
