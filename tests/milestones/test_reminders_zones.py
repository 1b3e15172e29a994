"""Reminders are due at 08:00 on their day wherever the owner is, over changes of the clocks and leap days."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from milestones.reminders import selectors, services
from milestones.reminders.models import ReminderRule
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Membership
from teams.dates import ApproximateDate
from teams.notices.models import Notice
from tests import factories
from tests.milestones import due_dates

pytestmark = pytest.mark.django_db

# Names without a place ("localtime", "Factory") are nobody's time zone; right/ and posix/ are not in the list.
ZONES = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
# Rules of zones that are younger than this can differ between the machine's table and PostgreSQL's own.
YEARS = (date(2016, 1, 1), date(2024, 12, 31))


@pytest.fixture
def owners_everywhere(db: None) -> None:
    """A milestone of one owner in each time zone of the world, and one rule."""
    group = factories.group("ecom")
    team = factories.team(group)
    deliverable = factories.deliverable(team)
    due = factories.day("2018-07-27")
    people = User.objects.bulk_create(
        User(email=f"{number}@example.test", name=zone, timezone=zone, password="!")
        for number, zone in enumerate(ZONES)
    )
    Membership.objects.bulk_create(Membership(body=team, person=person, role="member") for person in people)
    Milestone.objects.bulk_create(
        Milestone(
            group=group,
            key=f"m-{person.pk}",
            body=team,
            deliverable=deliverable,
            title=person.name,
            owner=person,
            due=due,
            baseline_due=due,
        )
        for person in people
    )
    ReminderRule.objects.create(group=group, days_after=0)


def due_instants(due: ApproximateDate, days_after: int) -> dict[str, datetime]:
    """When the owner in each zone is reminded."""
    Milestone.objects.update(due=due)
    ReminderRule.objects.update(days_after=days_after)
    always = datetime(2100, 1, 1, tzinfo=UTC)
    rows = selectors.due(always).values_list("owner__timezone", "due_at")
    return dict(rows)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(day=st.dates(*YEARS), days_after=st.integers(-60, 60))
@example(day=date(2018, 3, 11), days_after=0)  # the clocks go forward in Washington
@example(day=date(2018, 11, 4), days_after=0)  # and back
@example(day=date(2020, 2, 29), days_after=0)
@example(day=date(2020, 3, 7), days_after=-7)
@example(day=date(2019, 1, 2), days_after=-7)
def test_it_is_eight_in_the_morning_everywhere(owners_everywhere: None, day: date, days_after: int) -> None:
    found = due_instants(ApproximateDate.day(day), days_after)
    assert set(found) == set(ZONES)
    expected = datetime.combine(day + timedelta(days=days_after), time(8))
    wrong = {
        zone: due_at
        for zone, due_at in found.items()
        if due_at.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=None) != expected
    }
    assert wrong == {}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(year=st.integers(2016, 2024), month=st.integers(1, 12))
def test_a_month_counts_from_its_last_day(owners_everywhere: None, year: int, month: int) -> None:
    due = ApproximateDate.month(year, month)
    found = due_instants(due, 0)
    mornings = {due_at.astimezone(zoneinfo.ZoneInfo(zone)).date() for zone, due_at in found.items()}
    assert mornings == {due.last}
    assert (due.last + timedelta(days=1)).day == 1


def test_dates_of_every_zone_precision_and_rule_are_queued_at_their_own_instant_and_not_a_second_before(
    pytestconfig: pytest.Config,
) -> None:
    number, instants = (10_000, 200) if pytestconfig.getoption("whole") else (len(due_dates.ZONES), 4)
    cases = due_dates.generate(number, seed=1)
    assert {case.zone for case in cases} == set(due_dates.ZONES)
    assert {case.due.precision for case in cases} == {"day", "month", "year"}
    assert {case.days_after for case in cases} == set(due_dates.DAYS_AFTER)
    found = due_dates.compare(cases, instants=instants)
    assert (found.cases, found.instants) == (number, instants)
    assert found.is_clean, found


@pytest.mark.parametrize(
    ("zone", "day"), [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kiritimati", date(1994, 12, 31))]
)
def test_a_day_that_a_zone_never_had_is_reminded_of_at_eight_on_the_day_after(zone: str, day: date) -> None:
    """The zone went over the date line and left that day out: nowhere else in the world's zones was 08:00 missing."""
    case = due_dates.Case(zone, ApproximateDate.day(day), 0)
    due_dates.enter([case])
    next_morning = datetime.combine(day + timedelta(days=1), time(8), zoneinfo.ZoneInfo(zone))
    assert selectors.due(next_morning).get()["due_at"] == next_morning
    services.sweep(now=next_morning - timedelta(seconds=1))
    assert not Notice.objects.exists()
