"""Dates keep the precision and the wording of their source."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from hypothesis import given
from hypothesis import strategies as st

from teams.bodies.models import Body
from teams.dates import ApproximateDate, ApproximateDateField, first_day, last_day, span_of_days
from tests import factories

days = st.dates(date(1900, 1, 1), date(2100, 12, 31))
approximate = st.one_of(
    days.map(ApproximateDate.day),
    days.map(lambda day: ApproximateDate.month(day.year, day.month)),
    days.map(lambda day: ApproximateDate.year(day.year)),
    st.tuples(days, st.integers(1, 700)).map(lambda p: ApproximateDate(p[0], p[0] + timedelta(days=p[1]))),
)


@pytest.mark.parametrize(
    ("written", "first", "last", "precision", "shown"),
    [
        ("2018-03-06", date(2018, 3, 6), date(2018, 3, 6), "day", "March 6, 2018"),
        ("2018-06", date(2018, 6, 1), date(2018, 6, 30), "month", "June 2018"),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29), "month", "February 2016"),
        ("2017-12", date(2017, 12, 1), date(2017, 12, 31), "month", "December 2017"),
        ("2017", date(2017, 1, 1), date(2017, 12, 31), "year", "2017"),
    ],
)
def test_what_is_written_is_kept(written: str, first: date, last: date, precision: str, shown: str) -> None:
    read = ApproximateDate.parse(written)
    assert (read.first, read.last, read.precision, str(read)) == (first, last, precision, shown)
    assert read.isoformat() == written


@pytest.mark.parametrize(
    "written",
    [
        "2018-13",
        "0000",
        "2018-02-30",
        "June 2018",
        "18-06-01",
        "2018-6-1",
        "",
        "2018-06-01T10:00",
    ],
)
def test_what_is_no_date_is_refused_with_its_text(written: str) -> None:
    with pytest.raises(ValueError, match="is not a date") as refused:
        ApproximateDate.parse(written)
    assert repr(written) in str(refused.value)


def test_the_words_of_the_source_are_shown() -> None:
    assert str(ApproximateDate.year(2017, "early 2017")) == "early 2017"


def test_wording_takes_no_part_in_comparing() -> None:
    assert ApproximateDate.year(2017, "early 2017") == ApproximateDate.year(2017)


def test_a_month_counts_from_its_end() -> None:
    june, the_18th = ApproximateDate.month(2018, 6), ApproximateDate.day(date(2018, 6, 18))
    assert sorted([june, the_18th]) == [the_18th, june]
    assert june.days_until(date(2018, 6, 18)) == 12
    assert june < date(2018, 7, 1)
    assert june == ApproximateDate(date(2018, 6, 1), date(2018, 6, 30))


def test_an_end_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="before it starts"):
        ApproximateDate(date(2018, 6, 2), date(2018, 6, 1))


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        (date(2018, 10, 8), date(2018, 10, 12), "October 8–12, 2018"),
        (date(2018, 6, 25), date(2018, 8, 18), "June 25 – August 18, 2018"),
        (date(2018, 12, 31), date(2019, 1, 2), "December 31, 2018 – January 2, 2019"),
        (date(2018, 7, 27), date(2018, 7, 27), "July 27, 2018"),
    ],
)
def test_days_are_said_once(first: date, last: date, shown: str) -> None:
    assert span_of_days(first, last) == shown


@given(approximate, approximate, approximate)
def test_order_is_total(a: ApproximateDate, b: ApproximateDate, c: ApproximateDate) -> None:
    assert (a < b) + (b < a) + (a == b) == 1
    if a <= b and b <= c:
        assert a <= c
    if a == b:
        assert hash(a) == hash(b)


@given(approximate)
def test_what_is_stored_comes_back(value: ApproximateDate) -> None:
    field = ApproximateDateField()
    assert field.from_db_value(field.get_prep_value(value)) == value


@given(approximate.filter(lambda value: value.precision != "span"))
def test_what_is_written_can_be_read(value: ApproximateDate) -> None:
    again = ApproximateDate.parse(value.isoformat())
    assert (again, again.precision) == (value, value.precision)


@pytest.mark.django_db
def test_the_database_keeps_precision_and_wording() -> None:
    group = factories.group("ecom")
    Body.objects.create(
        group=group,
        key="a",
        kind=Body.Kind.COMMITTEE,
        name="A",
        formed=ApproximateDate.year(2017, "early 2017"),
    )
    kept = Body.objects.get(key="a")
    assert (str(kept.formed), kept.formed.precision, kept.formed_as_written) == (
        "early 2017",
        "year",
        "early 2017",
    )


@pytest.mark.django_db
def test_the_database_sorts_and_compares_as_python_does() -> None:
    team = factories.team(factories.group("ecom"))
    due = ["2018-06", "2018-06-18", "2018", "2018-07-01", "2017-12-31"]
    for text in due:
        factories.deliverable(team, title=text, due=factories.day(text))
    by_end = team.deliverables.order_by(last_day("due"), first_day("due")).values_list("title", flat=True)
    assert list(by_end) == sorted(due, key=ApproximateDate.parse)


@pytest.mark.django_db
def test_a_bad_text_is_refused_by_the_field() -> None:
    with pytest.raises(ValidationError, match="is not a date"):
        ApproximateDateField().to_python("soon")


@pytest.mark.django_db
def test_a_membership_can_not_end_before_it_starts() -> None:
    team = factories.team(factories.group("ecom"))
    with pytest.raises(IntegrityError, match="membership_ends_after_start"):
        factories.member(team, started=factories.day("2018-03"), ended=factories.day("2018-02"))


@pytest.mark.parametrize("written", ["9999", "9999-12", "9999-12-31"])
def test_the_last_day_of_all_has_a_precision_but_is_not_kept(written: str) -> None:
    latest = ApproximateDate.parse(written)
    assert latest.isoformat() == written
    with pytest.raises(ValueError, match="no day follows"):
        ApproximateDateField().get_prep_value(latest)
