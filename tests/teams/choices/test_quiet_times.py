"""Quiet hours and working days put mail off."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

import pytest

from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.notices import selectors, services
from tests import outbox
from tests.conftest import WASHINGTON
from tests.teams.choices.owing import NIGHT, WORKDAYS, at, choose, only, owe, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("hours", "days", "due", "goes"),
    [
        (NIGHT, WORKDAYS, "2018-07-18 19:59", None),
        (NIGHT, WORKDAYS, "2018-07-18 20:00", "2018-07-19 07:00"),
        (NIGHT, WORKDAYS, "2018-07-19 06:59", "2018-07-19 07:00"),
        (NIGHT, WORKDAYS, "2018-07-19 07:00", None),
        (NIGHT, WORKDAYS, "2018-07-20 21:00", "2018-07-23 08:00"),
        (NIGHT, WORKDAYS, "2018-07-21 12:00", "2018-07-23 08:00"),
        (None, WORKDAYS, "2018-07-22 23:59", "2018-07-23 08:00"),
        (None, WORKDAYS, "2018-07-23 00:00", None),
        ((time(12), time(13)), (1, 2, 3, 4, 5, 6, 7), "2018-07-18 12:30", "2018-07-18 13:00"),
        ((time(6), time(10)), WORKDAYS, "2018-07-21 09:00", "2018-07-23 10:00"),
        ((time(22), time(9)), (2,), "2018-07-18 12:00", "2018-07-24 09:00"),
        # All of the day but one hour is quiet.
        ((time(8), time(7)), (1, 2, 3, 4, 5, 6, 7), "2018-07-18 08:00", "2018-07-19 07:00"),
        ((time(8), time(7)), (1,), "2018-07-18 07:30", "2018-07-23 07:00"),
        # The clocks go forward over 02:30, and back over 01:30.
        ((time(0), time(2, 30)), (1, 2, 3, 4, 5, 6, 7), "2019-03-10 01:00", "2019-03-10 03:30"),
        ((time(0), time(1, 30)), (1, 2, 3, 4, 5, 6, 7), "2018-11-04 00:30", "2018-11-04 01:30"),
    ],
)
def test_what_falls_into_quiet_time_waits_until_it_ends(
    person: User, hours: tuple[time, time] | None, days: Sequence[int], due: str, goes: str | None
) -> None:
    choose(person, quiet_hours=hours, working_days=days)
    outbox.owe(person, due_at=at(due), now=at(due))
    held = only().held_until
    if goes == "2018-11-04 01:30":  # which is there twice
        assert held is not None
        assert held.astimezone(WASHINGTON).strftime("%Y-%m-%d %H:%M") == goes
    else:
        assert held == (at(goes) if goes else None)


def test_it_goes_when_quiet_time_ends_and_no_sooner(person: User) -> None:
    choose(person, quiet_hours=NIGHT, working_days=WORKDAYS)
    outbox.owe(person, due_at=at("2018-07-20 21:00"), now=at("2018-07-20 21:00"))
    assert send("2018-07-20 21:00") == 0
    assert send("2018-07-23 07:59") == 0
    assert selectors.oldest_wait(at("2018-07-23 07:59")) == 0
    assert send("2018-07-23 08:00") == 1


def test_the_hours_are_those_of_the_persons_zone(person: User) -> None:
    accounts.change_profile(by=person, name="Some One", timezone="Pacific/Honolulu")
    choose(person, quiet_hours=NIGHT)
    outbox.owe(person, due_at=at("2018-07-20 08:00"))  # 02:00 there, now 06:00
    assert only().held_until == at("2018-07-20 13:00")


def test_moving_to_another_zone_concerns_what_waits(person: User) -> None:
    choose(person, quiet_hours=(time(11), time(14)))
    owe(person, due="2018-07-20 11:59")
    assert only().held_until == at("2018-07-20 14:00")
    accounts.change_profile(by=person, name="Some One", timezone="Pacific/Honolulu")
    assert only().held_until is None
    assert services.send_due() == 1


def test_a_zone_that_the_database_does_not_know_stops_nobody(person: User) -> None:
    choose(person, quiet_hours=NIGHT)
    User.objects.filter(pk=person.pk).update(timezone="Mars/Olympus")
    outbox.owe(person, due_at=at("2018-07-20 21:00"), now=at("2018-07-20 21:00"))
    assert only().held_until == at("2018-07-21 07:00")


def test_what_was_late_and_falls_into_quiet_time_meanwhile_waits_on(person: User) -> None:
    choose(person, quiet_hours=NIGHT)
    owe(person)
    assert send("2018-07-20 23:00") == 0
    assert only().held_until == at("2018-07-21 07:00")
    assert send("2018-07-21 07:00") == 1


def test_what_would_be_useless_by_then_goes_before(person: User) -> None:
    choose(person, quiet_hours=NIGHT)
    due = at("2018-07-20 21:00")
    outbox.owe(person, due_at=due, now=due, useless_after=at("2018-07-21 07:59"))
    assert only().held_until is None
    assert send("2018-07-20 21:00") == 1
