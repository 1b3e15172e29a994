"""Ledger and forecast show what people's choices do to their mail."""

from __future__ import annotations

from datetime import datetime, time

import pytest
from django.test import Client
from pytest_django import Settings

from milestones.reminders import services
from milestones.reminders.selectors import KIND
from teams.accounts.models import User
from teams.bodies.models import BodyState, Role
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice, Way
from tests import factories, outbox
from tests.conftest import WASHINGTON
from tests.pages import words_of

pytestmark = pytest.mark.django_db

LEDGER = "/groups/ecom/ledger/"
FORECAST = "/groups/ecom/ledger/forecast/"
WORKDAYS = (1, 2, 3, 4, 5)


@pytest.fixture
def owner(at_start: datetime, settings: Settings) -> User:
    """Owns two milestones of a team, due on July 27 and 28, 2018."""
    settings.EMAIL_BACKEND = outbox.MAILBOX
    group = factories.group("ecom")
    services.set_default_rules(group=group)
    team = factories.team(group, number=1, name="Standards and Process")
    owner = factories.member(team, factories.person(name="Olive Owner", email="olive@example.test"))
    deliverable = factories.deliverable(team)
    for title, due in (("First draft", "2018-07-27"), ("Second draft", "2018-07-28")):
        factories.milestone(deliverable, owner, title=title, due=factories.day(due))
    return owner


@pytest.fixture
def chair(owner: User, client: Client) -> Client:
    team = owner.memberships.get().body
    client.force_login(factories.member(factories.root(team.group), role=Role.CHAIR))
    return client


def choose(
    person: User, way: Way, *, days: tuple[int, ...] = tuple(range(1, 8)), hours: tuple[time, time] | None = None
) -> None:
    notices.choose(by=person, ways={KIND: way}, quiet_hours=hours, working_days=days)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=WASHINGTON)


def test_the_forecast_says_in_which_digest(owner: User, chair: Client) -> None:
    choose(owner, Way.WEEKLY, days=WORKDAYS)
    assert "In the weekly digest of Mon, Jul 23, 2018, 08:30 EDT" in words_of(chair.get(FORECAST))


def test_the_forecast_says_when_quiet_time_ends(owner: User, chair: Client) -> None:
    choose(owner, Way.AT_ONCE, days=WORKDAYS)
    words = words_of(chair.get(FORECAST))
    assert "Sat, Jul 21, 2018, 08:00 EDT After the person’s quiet time: Mon, Jul 23, 2018, 08:00 EDT" in words


def test_the_forecast_says_what_is_switched_off(owner: User, chair: Client) -> None:
    choose(owner, Way.OFF)
    assert "Not mailed: switched off by the person’s own choice" in words_of(chair.get(FORECAST))


def test_the_ledger_says_when_what_waits_will_go_and_in_which_digest_it_went(owner: User, chair: Client) -> None:
    choose(owner, Way.DAILY, days=WORKDAYS, hours=(time(7), time(14)))
    services.sweep()
    words = words_of(chair.get(LEDGER))
    assert "Waiting In the daily digest of Fri, Jul 20, 2018, 14:00 EDT" in words
    waiting = Notice.objects.get()
    assert "In the daily digest of Fri, Jul 20, 2018, 14:00 EDT" in words_of(chair.get(f"{LEDGER}{waiting.pk}/"))
    clocks.set_clock(to=at("2018-07-20 14:00"))
    assert notices.send_due() == 1
    words = words_of(chair.get(LEDGER))
    assert "Sent In the daily digest of July 20, 2018." in words
    page = words_of(chair.get(f"{LEDGER}{waiting.pk}/"))
    assert "Due Friday, July 27: First draft" in page
    assert "olive@example.test" in page


def test_the_ledger_says_what_was_switched_off(owner: User, chair: Client) -> None:
    choose(owner, Way.OFF)
    services.sweep()
    assert notices.send_due() == 0
    assert "Switched off Switched off by the person’s own choice." in words_of(chair.get(LEDGER))
    page = words_of(chair.get(f"{LEDGER}{Notice.objects.get().pk}/"))
    assert "the person switched this kind of mail off" in page
    assert "1 notice found" in words_of(chair.get(f"{LEDGER}?state=off"))


def test_a_digest_belongs_to_no_groups_ledger(owner: User, chair: Client) -> None:
    """It may tell of several groups, and who reads one ledger need not belong to the other."""
    choose(owner, Way.DAILY)
    services.sweep()
    notices.send_due()
    digest = Notice.objects.get(kind="digest")
    assert digest.state == Notice.State.SENT
    assert chair.get(f"{LEDGER}{digest.pk}/").status_code == 404
    assert "1 notice" in words_of(chair.get(LEDGER))


def test_a_digest_tells_each_milestone_once_by_its_latest_reminder_with_its_link(owner: User) -> None:
    choose(owner, Way.WEEKLY)
    for day in ("2018-07-24", "2018-07-26", "2018-07-27", "2018-07-28"):
        services.sweep(now=at(f"{day} 09:00"))
    clocks.set_clock(to=at("2018-07-30 09:00"))
    services.sweep()
    assert notices.send_due() == 1
    mail = MailboxMessage.objects.get()
    assert mail.subject == "Weekly digest of July 30, 2018: 2 notices"
    for text in (mail.text, mail.html):
        assert text.count("Late since July 27: First draft") == 1
        assert text.count("Late since July 28: Second draft") == 1
        assert text.count("/groups/ecom/milestones/milestone-") == 2
    assert "Team 1: Standards and Process. Please finish it, or say by when" in mail.text
    skipped = Notice.objects.filter(state=Notice.State.SKIPPED)
    assert {remark.partition(";")[0] for remark in skipped.values_list("remark", flat=True)} == {
        "A later reminder takes its place.",
        "It could not go in time",
    }


def test_a_hiatus_silences_digests_too(owner: User) -> None:
    choose(owner, Way.DAILY)
    services.sweep()
    BodyState.objects.create(body=owner.memberships.get().body, state="hiatus", started=factories.day("2018-07-20"))
    assert notices.send_due() == 0
    assert set(Notice.objects.values_list("kind", "state", "remark")) == {
        (KIND, "skipped", "Team 1 is on hiatus."),
        ("digest", "skipped", "Nothing that was to be in it need be told any more."),
    }


def test_each_mail_says_why_it_comes_and_where_to_change_that(owner: User) -> None:
    services.sweep()
    notices.send_due()
    choose(owner, Way.DAILY)
    clocks.set_clock(to=at("2018-07-26 09:00"))
    services.sweep()
    notices.send_due()
    mails = list(MailboxMessage.objects.order_by("pk"))
    assert len(mails) == 2
    for mail in mails:
        assert "Why you get this mail: You " in mail.text
        for text in (mail.text, mail.html):
            assert "Change what you get, and when" in text
            assert "/profile/mail/" in text
        assert "List-Unsubscribe: <" in mail.headers
