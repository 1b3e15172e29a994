"""The way in which each kind of mail comes: at once, in a digest, or not at all."""

from __future__ import annotations

from datetime import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from teams.accounts.models import User
from teams.notices import kinds, selectors, services
from teams.notices.kinds import Kind
from teams.notices.models import Choice, QuietTimes, Way
from tests import factories, outbox
from tests.teams.choices.owing import State, choose, only, owe

pytestmark = pytest.mark.django_db


def test_without_a_choice_it_goes_at_once_and_nothing_is_written_down(person: User) -> None:
    assert selectors.ways_of(person)[outbox.KIND] == Way.AT_ONCE
    choose(person)
    assert not Choice.objects.exists()
    assert not QuietTimes.objects.exists()
    owe(person)
    assert (only().way, only().held_until) == (Way.AT_ONCE, None)
    assert services.send_due() == 1


def test_what_is_switched_off_is_never_mailed_and_the_ledger_says_why(person: User) -> None:
    choose(person, Way.OFF)
    owe(person)
    assert services.send_due() == 0
    assert (only().state, only().remark) == (State.OFF, "Switched off by the person’s own choice.")
    choose(person, Way.AT_ONCE)
    assert services.send_due() == 0


def test_one_kind_off_leaves_another_kind_and_another_person(person: User) -> None:
    choose(person, Way.OFF)
    owe(person, factories.person(), subject_key="thing:1")
    owe(person, kind="unlike", subject_key="thing:2")
    kinds.register(Kind("unlike", outbox.compose))
    try:
        assert services.send_due() == 2
    finally:
        del kinds._kinds["unlike"]


def test_a_kind_that_may_not_be_off_comes_whatever_is_written(person: User) -> None:
    kinds._kinds["escalation"] = Kind("escalation", outbox.compose, "Escalations", ways=(Way.AT_ONCE, Way.WEEKLY))
    try:
        with pytest.raises(ValidationError):
            services.choose(by=person, ways={"escalation": Way.OFF}, quiet_hours=None, working_days=range(1, 8))
        Choice.objects.create(person=person, kind="escalation", way=Way.OFF)
        owe(person, kind="escalation")
        assert services.send_due() == 1
        services.least(person=person, names=["escalation"])
        assert selectors.ways_of(person)["escalation"] == Way.WEEKLY
    finally:
        del kinds._kinds["escalation"]


def test_a_kind_has_its_usual_way_until_the_person_says_otherwise(person: User) -> None:
    kinds._kinds["news"] = Kind("news", outbox.compose, "News", ways=tuple(Way), usual=Way.DAILY)
    try:
        owe(person, kind="news")
        assert only().way == Way.DAILY
        services.choose(by=person, ways={"news": Way.AT_ONCE}, quiet_hours=None, working_days=range(1, 8))
        assert only().way == Way.AT_ONCE
    finally:
        del kinds._kinds["news"]


def test_a_usual_way_is_one_that_may_be_chosen() -> None:
    with pytest.raises(ValueError, match="usual"):
        Kind("odd", outbox.compose, usual=Way.DAILY)
    with pytest.raises(ValueError, match="digest"):
        kinds.register(Kind("digest", outbox.compose))


@pytest.mark.parametrize(
    "changes",
    [
        {"ways": {"nothing": Way.OFF}},
        {"working_days": ()},
        {"working_days": (0, 1)},
        {"working_days": (8,)},
        {"quiet_hours": (time(8), time(8))},
    ],
)
def test_what_cannot_be_is_refused(person: User, changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        choose(person, **changes)
    assert not Choice.objects.exists()
    assert not QuietTimes.objects.exists()


@pytest.mark.parametrize(
    "row", [{"starts": time(8)}, {"starts": time(8), "ends": time(8)}, {"working_days": []}, {"working_days": [9]}]
)
def test_the_database_refuses_what_the_service_refuses(person: User, row: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        QuietTimes.objects.create(person=person, **row)
