"""A choice made while mail waits holds for it too."""

from __future__ import annotations

from datetime import time

import pytest

from teams.accounts.models import User
from teams.notices import services
from teams.notices.models import Choice, QuietTimes, Way
from tests import outbox
from tests.teams.choices.owing import NIGHT, State, at, choose, only, owe

pytestmark = pytest.mark.django_db


def test_a_change_concerns_what_waits_at_once(person: User) -> None:
    owe(person, due="2018-07-20 11:00")
    choose(person, Way.DAILY)
    assert services.send_due() == 0
    assert (only().state, only().held_until) == (State.WAITING, at("2018-07-21 08:30"))
    choose(person, Way.OFF)
    assert only().state == State.OFF


def test_quiet_hours_that_are_taken_back_let_it_go(person: User) -> None:
    choose(person, quiet_hours=(time(11), time(14)))
    owe(person, due="2018-07-20 11:59")
    assert services.send_due() == 0
    choose(person)
    assert services.send_due() == 1


def test_what_is_written_by_an_older_choice_goes_by_the_newer(person: User) -> None:
    """As when a sweep reads the choices just before they change."""
    owe(person)
    Choice.objects.create(person=person, kind=outbox.KIND, way=Way.OFF)
    assert services.send_due() == 0
    assert only().state == State.OFF


def test_a_choice_stands_in_the_history_and_the_same_again_does_not(person: User) -> None:
    choose(person, Way.DAILY, quiet_hours=NIGHT)
    choose(person, Way.DAILY, quiet_hours=NIGHT)
    choose(person, Way.OFF, quiet_hours=NIGHT)
    ways = list(Choice.pgh_event_model.objects.order_by("pgh_id").values_list("way", flat=True))  # type: ignore[attr-defined]
    assert ways == [Way.DAILY, Way.OFF]
    assert QuietTimes.pgh_event_model.objects.count() == 1  # type: ignore[attr-defined]
