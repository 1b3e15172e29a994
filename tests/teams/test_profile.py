"""One's own page."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from teams.accounts import services
from teams.accounts.models import User
from teams.accounts.profile.selectors import FIRST, zones
from tests import factories
from tests.pages import words_of

pytestmark = pytest.mark.django_db

PROFILE = "/profile/"


def test_the_page_says_who_one_is(signed_in: Callable[[User], Client]) -> None:
    person = factories.person(government=True, organization=factories.organization(name="Harbor Agency"))
    words = words_of(signed_in(person).get(PROFILE))
    assert all(part in words for part in (person.email, "Harbor Agency", "The government", "America/New York"))


def test_it_leads_to_what_the_record_says_of_one(signed_in: Callable[[User], Client]) -> None:
    group = factories.group("ecom")
    person = factories.member(factories.root(group), factories.person(name="Ana Lopez"))
    other = factories.member(factories.root(group), factories.person(name="Ben Okafor"))
    about = f"/groups/ecom/activity/?about={person.pk}"
    client = signed_in(person)
    assert f'href="{about}">What was changed about you</a>' in client.get(PROFILE).content.decode()
    words = words_of(client.get(about))
    assert "Membership added Ana Lopez, Member" in words
    assert f"Membership added {other.name}" not in words


def test_name_and_zone_are_changed_and_nothing_else(signed_in: Callable[[User], Client]) -> None:
    person = factories.member(factories.root(factories.group("ecom")))
    client = signed_in(person)
    form = {
        "name": " New Name ",
        "timezone": "Pacific/Honolulu",
        "email": "x@example.test",
        "affiliation": "government",
    }
    answer = client.post(PROFILE, form | {"is_site_admin": "on"}, follow=True)
    assert "Saved." in words_of(answer)
    changed = User.objects.get(pk=person.pk)
    assert (changed.name, changed.timezone) == ("New Name", "Pacific/Honolulu")
    assert (changed.email, changed.affiliation, changed.is_site_admin) == (person.email, "trade", False)
    assert "HST" in answer.content.decode()
    event = User.pgh_event_model.objects.filter(pgh_obj_id=person.pk).latest("pgh_id")  # type: ignore[attr-defined]
    assert (event.name, event.pgh_context.metadata["user"]) == ("New Name", person.pk)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [({"name": " "}, "required"), ({"timezone": "Mars/Olympus"}, "not one of the available choices")],
)
def test_what_cannot_be_is_said_and_nothing_is_changed(
    signed_in: Callable[[User], Client], change: dict[str, str], complaint: str
) -> None:
    person = factories.person(name="Old Name")
    answer = signed_in(person).post(PROFILE, {"name": "Typed", "timezone": "UTC"} | change)
    assert complaint in words_of(answer)
    assert "Old Name" in answer.content.decode().partition("<main")[0]
    person.refresh_from_db()
    assert (person.name, person.timezone) == ("Old Name", "America/New_York")


def test_the_service_refuses_what_the_form_refuses() -> None:
    person = factories.person()
    for name, timezone in (("", "UTC"), ("x" * 151, "UTC"), ("Fine", "localtime")):
        with pytest.raises(ValidationError):
            services.change_profile(by=person, name=name, timezone=timezone)


def test_zones_are_offered_once_and_exist() -> None:
    offered = zones()
    assert len(offered) == len(set(offered)) > 300
    assert set(offered) <= zoneinfo.available_timezones()
    assert tuple(offered[: len(FIRST)]) == FIRST


def test_a_zone_of_another_name_is_kept(signed_in: Callable[[User], Client]) -> None:
    person = factories.person(timezone="US/Eastern")
    signed_in(person).post(PROFILE, {"name": "Renamed", "timezone": "US/Eastern"})
    person.refresh_from_db()
    assert (person.name, person.timezone) == ("Renamed", "US/Eastern")
