"""The page where a person says how their mail comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teams.accounts.models import User
from teams.notices import kinds, selectors
from teams.notices.models import Choice, QuietTimes, Way
from tests import factories
from tests.pages import words_of

pytestmark = pytest.mark.django_db

PAGE = "/profile/mail/"
FORM = {"way_milestone_due": "daily", "starts": "20:00", "ends": "07:00", "working_days": ["1", "2", "3", "4", "5"]} | {
    f"way_{kind.name}": kind.usual.value for kind in kinds.chosen() if kind.name != "milestone_due"
}


@pytest.fixture
def person(at_start: datetime) -> User:
    return factories.member(factories.root(factories.group("ecom")))


@pytest.fixture
def page(person: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(person)


def test_it_says_in_words_what_happens_before_anything_was_chosen(page: Client) -> None:
    words = words_of(page.get(PAGE))
    daily = "Notices of work accepted and outcomes of your invitations come together in one mail at 08:30, every day."
    assert f"{daily} Every other kind comes at once." in words
    assert "Nothing comes" not in words
    assert "America/New_York" in words


def test_the_choices_are_saved_and_said_in_words(page: Client, person: User) -> None:
    words = words_of(page.post(PAGE, FORM, follow=True))
    assert "Saved." in words
    daily = "Reminders of milestones, notices of work accepted, and outcomes of your invitations"
    assert f"{daily} come together in one mail at 08:30, Monday to Friday." in words
    assert "Nothing comes from 20:00 to 07:00 or on Saturday and Sunday" in words
    assert selectors.ways_of(person)["milestone_due"] == Way.DAILY
    quiet = QuietTimes.objects.get(person=person)
    assert (quiet.starts, quiet.ends, quiet.working_days) == (time(20), time(7), [1, 2, 3, 4, 5])
    event = Choice.pgh_event_model.objects.get()  # type: ignore[attr-defined]
    assert (event.way, event.pgh_context.metadata["user"]) == ("daily", person.pk)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"way_milestone_due": "off"}, "Reminders of milestones don’t come."),
        (
            {"way_milestone_due": "weekly", "working_days": ["2", "4"]},
            "Reminders of milestones come together in one mail a week, Tuesday at 08:30.",
        ),
        ({"starts": "22:00", "ends": "10:15"}, "in one mail at 10:15"),
        (
            {"way_milestone_due": "at_once", "working_days": ["1", "3", "5"]},
            "Every other kind comes at once, Monday, Wednesday, and Friday.",
        ),
    ],
)
def test_each_choice_has_its_sentence(page: Client, change: dict[str, Any], said: str) -> None:
    assert said in words_of(page.post(PAGE, FORM | change, follow=True))


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"working_days": []}, "Choose at least one day."),
        ({"ends": ""}, "fill in both, or empty both"),
        ({"starts": ""}, "fill in both, or empty both"),
        ({"starts": "07:00"}, "must end at another time"),
        ({"starts": "25:00"}, "Write a time of day such as 20:00."),
        ({"way_milestone_due": "hourly"}, "hourly is not one of the available choices"),
        ({"way_milestone_due": ""}, "Choose how they come."),
    ],
)
def test_what_cannot_be_is_said_in_place_and_what_was_typed_is_kept(
    page: Client, change: dict[str, Any], complaint: str
) -> None:
    answer = page.post(PAGE, FORM | change)
    assert complaint in words_of(answer)
    kept = {"starts": "20:00", "ends": "07:00"} | change
    assert f'value="{kept["starts"] or kept["ends"]}"' in answer.content.decode()
    assert not Choice.objects.exists()
    assert not QuietTimes.objects.exists()


def test_the_profile_and_the_persons_menu_lead_there(page: Client) -> None:
    assert page.get("/profile/").content.decode().count(f'href="{PAGE}"') == 2


def test_somebody_elses_choices_are_out_of_reach(page: Client, person: User) -> None:
    other = factories.person()
    page.post(PAGE, FORM | {"person": other.pk})
    assert set(Choice.objects.values_list("person", flat=True)) == {person.pk}


def test_it_takes_few_queries(page: Client) -> None:
    page.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        page.get(PAGE)
    assert len(queries) <= 12
