"""Absences are changed, ended and called off."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from teams.accounts.models import User
from teams.bodies.absences import services
from teams.bodies.models import Absence, Body
from teams.clock import services as clock
from tests import factories
from tests.conftest import START
from tests.teams.absences.absent import LAST, TODAY, away, chair_of, may_invite


def test_ending_it_takes_everything_back_at_once_and_keeps_the_record(rosa: User, jordan: User) -> None:
    absence = away(rosa, jordan)
    clock.set_clock(to=START.replace(day=25))
    ended = services.end(by=rosa, absence=absence, revision=1)
    assert not may_invite(jordan, date(2018, 7, 25))
    assert may_invite(jordan, date(2018, 7, 24))
    assert (ended.first_day, ended.last_day, ended.returned_on) == (TODAY, LAST, date(2018, 7, 25))
    assert ended.state_on(date(2018, 7, 25)) == Absence.State.ENDED
    away(rosa, jordan, first_day=date(2018, 7, 25))
    with pytest.raises(services.NotOpen):
        services.end(by=rosa, absence=absence, revision=2)


def test_it_ends_at_once_for_a_stand_in_whose_date_is_still_the_day_before(rosa: User, jordan: User) -> None:
    User.objects.filter(pk=jordan.pk).update(timezone="Pacific/Honolulu")
    absence = away(rosa, User.objects.get(pk=jordan.pk))
    clock.set_clock(to=datetime.fromisoformat("2018-07-25T01:00:00-04:00"))  # July 24 in Honolulu
    services.end(by=rosa, absence=absence, revision=1)
    assert not may_invite(jordan, date(2018, 7, 24))


@pytest.mark.parametrize("first", [TODAY, TODAY + timedelta(days=3)])
def test_what_is_called_off_never_holds(rosa: User, jordan: User, first: date) -> None:
    absence = services.end(by=rosa, absence=away(rosa, jordan, first_day=first), revision=1)
    assert absence.state_on(TODAY) == Absence.State.CALLED_OFF
    assert not any(may_invite(jordan, TODAY + timedelta(days=days)) for days in range(20))
    away(rosa, jordan)


def test_it_is_changed_as_long_as_it_is_open(rosa: User, jordan: User, team: Body) -> None:
    other = factories.member(team, factories.person(name="Kim Park"))
    absence = away(rosa, jordan)
    given: dict[str, Any] = {"by": rosa, "absence": absence, "first_day": TODAY, "stand_in": other, "roles": []}
    changed = services.change(**given, revision=1, last_day=TODAY + timedelta(days=1))
    assert (changed.stand_in, changed.revision, list(changed.roles.all())) == (other, 2, [])
    assert not may_invite(jordan)
    with pytest.raises(services.ChangedMeanwhile):
        services.change(**given, revision=1, last_day=LAST)
    with pytest.raises(services.InThePast):
        services.change(**{**given, "first_day": TODAY - timedelta(days=1)}, revision=2, last_day=LAST)
    clock.set_clock(to=START.replace(day=22))
    with pytest.raises(services.NotOpen):
        services.change(**given, revision=2, last_day=LAST)


def test_a_role_that_stays_lent_is_not_written_anew(rosa: User, jordan: User) -> None:
    absence = away(rosa, jordan)
    lent = absence.lent_roles.get()
    services.change(
        by=rosa,
        absence=absence,
        revision=1,
        first_day=TODAY,
        last_day=LAST,
        stand_in=jordan,
        roles=[chair_of(rosa)],
        note="Longer",
    )
    assert absence.lent_roles.get() == lent
