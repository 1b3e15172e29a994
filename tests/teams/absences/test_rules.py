"""Which absences there can be."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from teams.accounts.models import User
from teams.bodies.absences import services
from teams.bodies.models import Absence, Body, Membership, Role, WorkingGroup
from tests import factories
from tests.teams.absences.absent import LAST, TODAY, away, chair_of


def test_the_days_are_in_order_and_not_in_the_past(rosa: User, jordan: User) -> None:
    with pytest.raises(services.EndsBeforeItStarts):
        away(rosa, jordan, first_day=LAST, last_day=TODAY)
    with pytest.raises(services.InThePast):
        away(rosa, jordan, first_day=TODAY - timedelta(days=1))
    assert away(rosa, jordan, last_day=TODAY).state_on(TODAY) == Absence.State.UNDER_WAY


@pytest.mark.parametrize(
    ("first", "last", "overlaps"),
    [
        (LAST, LAST + timedelta(days=5), True),
        (TODAY, TODAY, True),
        (LAST + timedelta(days=1), LAST + timedelta(days=5), False),
    ],
)
def test_nobody_is_away_twice_at_a_time(rosa: User, jordan: User, first: date, last: date, overlaps: bool) -> None:
    away(rosa, jordan)
    if overlaps:
        with pytest.raises(services.Overlapping):
            away(rosa, jordan, first_day=first, last_day=last)
        with pytest.raises(IntegrityError), transaction.atomic():
            factories.absence(rosa, jordan, chair_of(rosa).body.group, first_day=first, last_day=last)
    else:
        away(rosa, jordan, first_day=first, last_day=last)
    assert Absence.objects.count() == (1 if overlaps else 2)


def test_another_group_or_another_person_is_no_overlap(rosa: User, jordan: User, team: Body) -> None:
    other = factories.group("other")
    factories.member(factories.root(other), rosa)
    factories.member(factories.root(other), jordan)
    away(rosa, jordan)
    away(rosa, jordan, group=other, lends=False)
    away(rosa, factories.member(team), person=jordan, by=jordan, roles=[])
    assert Absence.objects.count() == 3


def test_the_database_itself_refuses_what_can_not_be(rosa: User, jordan: User, group: WorkingGroup) -> None:
    for wrong in (
        {"last_day": TODAY - timedelta(days=1)},
        {"stand_in": rosa},
        {"returned_on": LAST + timedelta(days=1)},
        {"returned_on": TODAY - timedelta(days=1)},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Absence.objects.create(
                **{"person": rosa, "stand_in": jordan, "group": group, "first_day": TODAY, "last_day": LAST, **wrong}
            )


def test_who_stands_in_belongs_to_the_group(rosa: User, jordan: User) -> None:
    outside = factories.member(factories.root(factories.group("other")))
    former = factories.member(chair_of(rosa).body, ended=factories.day("2018-07-20"))
    closed = factories.member(chair_of(rosa).body, factories.person(is_active=False))
    for person in (outside, former, closed, rosa):
        with pytest.raises(services.CanNotStandIn):
            away(rosa, person)


def test_only_ones_own_roles_pass(rosa: User, jordan: User, team: Body) -> None:
    third = factories.member(team, role=Role.LEAD)
    with pytest.raises(services.NotTheirRole):
        away(rosa, jordan, roles=[Membership.objects.get(person=third)])
    with pytest.raises(services.NotTheirRole):
        away(rosa, jordan, person=factories.person(), roles=[])
