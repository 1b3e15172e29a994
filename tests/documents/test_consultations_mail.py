"""The mail that a consultation owes: that it is open, or that its dates moved, and reminders before it closes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from documents.consultations import owed, services
from documents.consultations.models import Consultation
from documents.library.models import Document
from milestones.reminders import services as reminders
from milestones.reminders.models import ReminderRule
from teams.accounts.models import User
from teams.bodies.models import Body, BodyState, Membership, Role, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice, Way
from tests import factories as make
from tests import outbox
from tests.conftest import WASHINGTON
from tests.pages import words_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = "https://portal.example"


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    reminders.set_default_rules(group=made)
    return made


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, name="Standards and Process")


@pytest.fixture
def member(team: Body) -> User:
    return make.member(team, make.person(name="Mel", email="mel@example.test"))


@pytest.fixture
def ask(group: WorkingGroup, team: Body) -> Callable[..., Consultation]:
    """Puts a document before the team, from July 25 to August 10, 2018 unless said otherwise."""
    paper = make.document(group, title="Draft <Specifications>")

    def make_it(
        opens: str = "2018-07-25", closes: str = "2018-08-10", on: Document = paper, **fields: object
    ) -> Consultation:
        days = {"opens_on": date.fromisoformat(opens), "closes_on": date.fromisoformat(closes)}
        return make.consultation(on, team, title="Second round", **days, **fields)

    return make_it


def at(text: str) -> datetime:
    """An instant in Washington, such as 2018-07-27 08:00."""
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def move_clock(text: str) -> None:
    """Set the clock, look for what is due, and send it."""
    clocks.set_clock(to=at(text))
    reminders.sweep()
    notices.send_due()


def sent() -> list[tuple[str, str]]:
    """Rule and recipient of every mail that went, the oldest first."""
    found = Notice.objects.filter(state=Notice.State.SENT).select_related("recipient")
    return [(each.rule, each.recipient.name) for each in found.order_by("due_at", "id") if each.recipient]


def move(consultation: Consultation, closes: str) -> None:
    consultation.closes_on = date.fromisoformat(closes)
    services.save_changes(consultation=consultation)


# --- Who is told, and when ---


def test_who_is_asked_is_told_on_the_first_morning_and_reminded_before_the_end(
    ask: Callable[..., Consultation], member: User, group: WorkingGroup
) -> None:
    consultation = ask()
    make.member(make.team(group), make.person(name="Not asked"))
    reviewer = make.person(name="Ray", government=True)
    make.member(make.root(group), reviewer, role=Role.REVIEWER)
    move_clock("2018-07-25 07:59")
    assert sent() == []
    move_clock("2018-07-25 08:00")
    assert sorted(sent()) == [("opened", "Mel"), ("opened", "Ray")]
    mail = MailboxMessage.objects.get(recipients="mel@example.test")
    assert mail.subject == "Please comment by Friday, August 10: Second round"
    for part in (mail.text, mail.html):
        assert "Friday, August 10, 2018, 11:59 p.m. EDT (Washington and your clock)" in part
        assert f"https://portal.example{consultation.get_absolute_url()}" in part
        assert "You are asked as a member of Team 1." in part
    assert "Document: Draft <Specifications>" in mail.text
    assert "Draft &lt;Specifications&gt;" in mail.html
    for day in ("2018-08-03", "2018-08-09", "2018-08-10", "2018-08-13", "2018-08-24"):
        move_clock(f"{day} 09:00")
    assert [rule for rule, name in sent() if name == "Mel"] == ["opened", "before:7", "before:1", "on_the_day"]
    subjects = MailboxMessage.objects.filter(recipients="mel@example.test").order_by("pk")
    assert [each.subject.removesuffix(": Second round") for each in subjects] == [
        "Please comment by Friday, August 10",
        "Comments close on Friday, August 10",
        "Comments close on Friday, August 10",
        "Comments close today, Friday, August 10",
    ]
    why = "You are asked as CBP's reviewer; the group's rule reminds the day before it is due."
    assert Notice.objects.get(rule="before:1", recipient=reviewer).why == why


def test_eight_o_clock_is_the_persons_and_the_closing_is_on_both_clocks(
    ask: Callable[..., Consultation], member: User
) -> None:
    User.objects.filter(pk=member.pk).update(timezone="Asia/Tokyo")
    ask()
    move_clock("2018-07-24 18:59")
    assert sent() == []
    move_clock("2018-07-24 19:00")  # 08:00 of July 25 in Tokyo
    assert sent() == [("opened", "Mel")]
    mail = MailboxMessage.objects.get()
    assert "Closes: Friday, August 10, 2018, 11:59 p.m. EDT (Washington)" in mail.text
    assert "That is: Saturday, August 11, 2018, 12:59 p.m. JST (Your clock)" in mail.text


def test_what_was_due_before_it_opened_is_not_reminded_of(ask: Callable[..., Consultation], member: User) -> None:
    ask(opens="2018-07-25", closes="2018-07-27")
    for day in ("2018-07-20", "2018-07-25", "2018-07-26", "2018-07-27"):
        move_clock(f"{day} 13:00")
    assert [rule for rule, _ in sent()] == ["opened", "before:1", "on_the_day"]


def test_missed_ticks_are_caught_up_with_the_latest_alone(ask: Callable[..., Consultation], member: User) -> None:
    ask()
    move_clock("2018-08-10 12:00")
    assert sorted(sent()) == [("on_the_day", "Mel"), ("opened", "Mel")]
    assert reminders.sweep() == 0


def test_what_is_past_its_use_is_skipped_in_sight(ask: Callable[..., Consultation], member: User) -> None:
    ask()
    move_clock("2018-08-12 12:00")
    assert sent() == []
    assert set(Notice.objects.values_list("rule", "state")) == {("opened", "skipped"), ("on_the_day", "skipped")}


def test_moved_dates_are_told_at_once_and_counted_anew(ask: Callable[..., Consultation], member: User) -> None:
    consultation = ask()
    move_clock("2018-07-25 09:00")
    move_clock("2018-08-09 09:00")
    move(consultation, "2018-08-17")
    move_clock("2018-08-09 09:05")
    assert MailboxMessage.objects.latest("pk").subject == "New dates: please comment by Friday, August 17: Second round"
    move_clock("2018-08-10 09:00")
    assert list(Notice.objects.order_by("due_at").values_list("rule", "revision")) == [
        ("opened", 1),
        ("before:1", 1),
        ("opened", 2),
        ("before:7", 2),
    ]
    services.save_changes(consultation=consultation)
    assert reminders.sweep() == 0


def test_who_joins_later_is_told_on_their_first_day(ask: Callable[..., Consultation], team: Body) -> None:
    ask()
    make.member(team, make.person(name="Late"), started=make.day("2018-07-30"))
    move_clock("2018-07-30 07:59")
    assert sent() == []
    move_clock("2018-07-30 08:00")
    assert sent() == [("opened", "Late")]


def test_who_is_asked_twice_gets_one_mail(
    ask: Callable[..., Consultation], member: User, group: WorkingGroup, team: Body
) -> None:
    consultation = ask()
    consultation.audience.add(make.root(group))
    make.member(make.root(group), member)
    make.member(team, member, role=Role.LEAD)
    move_clock("2018-07-25 09:00")
    assert sent() == [("opened", "Mel")]


# --- Government-only ---


@pytest.fixture
def secret(group: WorkingGroup) -> Document:
    return make.document(group, title="Sealed targeting rules", access=Document.Access.GOVERNMENT)


def test_what_is_for_the_government_alone_reaches_nobody_of_the_trade(
    ask: Callable[..., Consultation], member: User, team: Body, group: WorkingGroup, secret: Document, signed_in: SignIn
) -> None:
    ask(on=secret)
    officer = make.member(team, make.person(name="Olga", email="olga@example.test", government=True))
    chair = make.member(make.root(group), make.person(name="Cleo"), role=Role.CHAIR)
    make.absence(officer, member, group, last_day=date(2018, 7, 31))
    move_clock("2018-07-25 09:00")
    assert sent() == [("opened", "Olga")]
    mail = MailboxMessage.objects.get()
    assert mail.recipients == "olga@example.test"
    for part in (mail.subject, mail.text, mail.html):
        assert "Sealed" not in part
        assert "Second round" not in part
        assert "for the government alone" in part
    clocks.set_clock(to=at("2018-08-02 09:00"))
    client = signed_in(chair)
    for page in ("/groups/ecom/ledger/", "/groups/ecom/ledger/forecast/"):
        words = words_of(client.get(page))
        assert "Second round" not in words
        assert "for the government alone" not in words


# --- Who stands in ---


def test_it_goes_to_who_stands_in_and_comes_back(
    ask: Callable[..., Consultation], member: User, group: WorkingGroup
) -> None:
    stand_in = make.member(make.team(group), make.person(name="Jo", email="jo@example.test"))
    make.absence(member, stand_in, group)
    ask()
    move_clock("2018-07-25 09:00")
    mail = MailboxMessage.objects.get()
    assert mail.recipients == "jo@example.test"
    assert mail.subject == "Please comment by Friday, August 10: Second round (for Mel)"
    why = "You stand in for Mel, who is asked as a member of Team 1, until August 3, 2018."
    assert why in mail.text
    assert "Mel, who is away; you stand in" in mail.html
    move_clock("2018-08-09 09:00")
    assert sent() == [("opened", "Jo"), ("before:1", "Mel")]


def test_who_stands_in_and_is_asked_too_gets_one_mail(
    ask: Callable[..., Consultation], member: User, team: Body, group: WorkingGroup
) -> None:
    stand_in = make.member(team, make.person(name="Jo"))
    make.absence(member, stand_in, group)
    ask()
    move_clock("2018-07-25 09:00")
    assert sent() == [("opened", "Jo")]


def test_it_stays_with_who_is_asked_where_nobody_can_take_it(
    ask: Callable[..., Consultation], member: User, group: WorkingGroup
) -> None:
    stand_in = make.member(make.team(group), make.person(name="Jo"))
    make.absence(member, stand_in, group)
    User.objects.filter(pk=stand_in.pk).update(is_active=False)
    ask()
    move_clock("2018-07-25 09:00")
    assert Notice.objects.get().why == (
        "You are asked as a member of Team 1, and Jo, your stand-in, can't take it now."
    )


# --- When it need not go ---


@pytest.mark.parametrize(
    ("what", "remark"),
    [
        ("closed", "It could not go in time; it was of use until August 11, 2018."),
        ("moved", "Its dates were moved: it closes on August 17, 2018 now."),
        ("ended", "It doesn't concern the person any more."),
        ("not asked", "It doesn't concern the person any more."),
        ("no rule", "The group's rules no longer ask for it, the group stands still, or who stands in is told anyway."),
        ("hiatus", "The group's rules no longer ask for it, the group stands still, or who stands in is told anyway."),
        ("gone", "The consultation is gone."),
    ],
)
def test_a_reminder_that_holds_no_more_is_skipped_in_sight(
    ask: Callable[..., Consultation], member: User, team: Body, what: str, remark: str
) -> None:
    consultation = ask()
    move_clock("2018-07-25 09:00")
    clocks.set_clock(to=at("2018-08-10 09:00"))
    reminders.sweep()
    match what:
        case "closed":
            clocks.set_clock(to=at("2018-08-11 00:30"))
        case "moved":
            move(consultation, "2018-08-17")
        case "ended":
            Membership.objects.filter(person=member).update(ended=make.day("2018-08-01"))
        case "not asked":
            consultation.audience.clear()
        case "no rule":
            ReminderRule.objects.all().delete()
        case "hiatus":
            BodyState.objects.create(body=team, state="hiatus", started=make.day("2018-08-01"))
        case "gone":
            consultation.delete()
    notices.send_due()
    notice = Notice.objects.get(kind=owed.CLOSING)
    assert (notice.state, notice.remark) == (Notice.State.SKIPPED, remark)


@pytest.mark.parametrize("whose", ["team", "group"])
def test_a_body_that_stands_still_is_asked_nothing(
    ask: Callable[..., Consultation], member: User, team: Body, group: WorkingGroup, whose: str
) -> None:
    body = team if whose == "team" else make.root(group)
    BodyState.objects.create(body=body, state="hiatus", started=make.day("2018-07-19"))
    ask()
    move_clock("2018-07-25 09:00")
    assert not Notice.objects.exists()
    BodyState.objects.create(body=body, state="active", started=make.day("2018-07-26"))
    move_clock("2018-07-26 09:00")
    assert sent() == [("opened", "Mel")]


def test_reminders_may_be_switched_off_and_openings_not(ask: Callable[..., Consultation], member: User) -> None:
    ways = {owed.CLOSING: Way.OFF, owed.OPENING: Way.DAILY}
    notices.choose(by=member, ways=ways, quiet_hours=None, working_days=range(1, 8))
    ask()
    move_clock("2018-07-25 08:00")
    assert not MailboxMessage.objects.exists()
    move_clock("2018-07-25 08:30")
    digest = MailboxMessage.objects.get()
    assert "Please comment by Friday, August 10: Second round" in digest.text
    assert "On Draft <Specifications>." in digest.text
    move_clock("2018-08-10 09:00")
    assert Notice.objects.get(kind=owed.CLOSING).state == Notice.State.OFF


# --- Forecast, ledger, and how it grows ---


def test_forecast_and_ledger_show_them(
    ask: Callable[..., Consultation], member: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    ask()
    client = signed_in(make.member(make.root(group), role=Role.CHAIR))
    forecast = words_of(client.get("/groups/ecom/ledger/forecast/"))
    assert forecast.count("Second round") >= 4
    assert "You are asked as a member of Team 1; the group's rule reminds 7 days before it is due." in forecast
    move_clock("2018-07-25 09:00")
    ledger = words_of(client.get("/groups/ecom/ledger/?state=sent"))
    assert "Second round" in ledger
    assert "Mel" in ledger


def test_sweep_and_batch_take_as_many_queries_whatever_is_asked(ask: Callable[..., Consultation], team: Body) -> None:
    def queries(rounds: int, people: int) -> tuple[int, int]:
        for _ in range(people):
            make.member(team)
        for _ in range(rounds):
            ask()
        Notice.objects.all().delete()
        with CaptureQueriesContext(connection) as sweeping:
            reminders.sweep(now=at("2018-08-10 09:00"))
        batch = list(Notice.objects.all())
        assert len(batch) == 2 * Consultation.objects.count() * Membership.objects.count()
        with CaptureQueriesContext(connection) as composing:
            notices.compose(batch, at("2018-08-10 09:00"))
        return len(sweeping), len(composing)

    reminders.sweep()  # the first of all has a row to make
    one = queries(1, 1)
    assert queries(3, 4) == one
