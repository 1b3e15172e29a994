"""People: zones, visits, and the demonstration's accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from pytest_django import Settings

from teams.accounts import selectors, services
from teams.accounts.models import ABBREVIATIONS, User, validate_timezone
from tests import factories

pytestmark = pytest.mark.django_db

NOON = datetime(2018, 7, 20, 16, tzinfo=UTC)


@pytest.mark.parametrize("name", ["America/New_York", "Europe/Brussels", "UTC"])
def test_a_zone_of_the_iana_database_is_taken(name: str) -> None:
    validate_timezone(name)


@pytest.mark.parametrize("name", ["EST5", "Washington", "localtime", "", "America/New York", "../etc/passwd"])
def test_any_other_zone_is_refused_with_its_name(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone") as refused:
        validate_timezone(name)
    assert repr(name) in str(refused.value)


@pytest.mark.parametrize("name", ABBREVIATIONS)
def test_a_zone_that_postgresql_takes_for_an_abbreviation_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="is not a time zone"):
        validate_timezone(name)
    with pytest.raises(IntegrityError, match="user_timezone_is_no_abbreviation"):
        factories.person(timezone=name)


def test_an_address_is_one_persons_whatever_its_case() -> None:
    factories.person(email="Someone@example.test")
    with pytest.raises(IntegrityError, match="user_email_once"):
        factories.person(email="someone@EXAMPLE.test")


def seen(person: User) -> tuple[datetime | None, datetime | None]:
    """When the person was last here, and when the visit before this one ended."""
    person.refresh_from_db()
    return person.seen_at, person.previous_visit_at


def test_a_first_visit_has_none_before_it() -> None:
    person = factories.person()
    services.note_visit(person=person, at=NOON)
    assert seen(person) == (NOON, None)


def test_after_an_hour_a_new_visit_begins() -> None:
    person = factories.person()
    for at in (NOON, NOON + timedelta(minutes=30), NOON + timedelta(hours=3)):
        services.note_visit(person=person, at=at)
    assert seen(person) == (NOON + timedelta(hours=3), NOON + timedelta(minutes=30))


def test_pages_of_one_visit_keep_what_it_is_counted_from() -> None:
    person = factories.person()
    later = NOON + timedelta(days=1)
    for at in (NOON, later, later + timedelta(minutes=10), later + timedelta(minutes=50)):
        services.note_visit(person=person, at=at)
    assert seen(person) == (later + timedelta(minutes=50), NOON)


def test_within_five_minutes_nothing_is_written(django_assert_num_queries: object) -> None:
    person = factories.person()
    services.note_visit(person=person, at=NOON)
    with django_assert_num_queries(0):  # type: ignore[operator]
        services.note_visit(person=person, at=NOON + timedelta(minutes=4))


def test_a_clock_set_back_begins_a_new_visit() -> None:
    person = factories.person()
    services.note_visit(person=person, at=NOON)
    services.note_visit(person=person, at=NOON - timedelta(days=30))
    assert seen(person)[0] == NOON - timedelta(days=30)


def test_two_windows_at_once_note_one_visit() -> None:
    person = factories.person()
    services.note_visit(person=person, at=NOON)
    one, other = User.objects.get(pk=person.pk), User.objects.get(pk=person.pk)
    services.note_visit(person=one, at=NOON + timedelta(hours=2))
    services.note_visit(person=other, at=NOON + timedelta(hours=2, seconds=1))
    assert seen(person) == (NOON + timedelta(hours=2), NOON)


def test_the_demonstration_opens_accounts_once(settings: Settings) -> None:
    person = factories.person(source="illustrative", password=None)
    assert services.open_for_demonstration(people=[person]) == 1
    person.refresh_from_db()
    assert person.check_password(settings.DEMONSTRATION_PASSWORD)
    person.set_password("something of their own")
    person.save()
    assert services.open_for_demonstration(people=[person]) == 0
    assert person.check_password("something of their own")


def test_no_account_is_opened_outside_a_demonstration(settings: Settings) -> None:
    settings.DEMONSTRATION = False
    with pytest.raises(services.NotADemonstration):
        services.open_for_demonstration(people=[factories.person(password=None)])


def test_only_made_up_people_are_offered() -> None:
    sample, _real = factories.person(source="illustrative"), factories.person(source="paper")
    factories.person(source="illustrative", is_active=False)
    assert list(selectors.demonstration_people()) == [sample]
