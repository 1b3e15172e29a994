"""Absences by their pages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from teams.accounts.models import User
from teams.bodies.models import Absence, Body, Membership, Role, WorkingGroup
from teams.clock import services as clock
from tests import factories
from tests.conftest import START
from tests.pages import words_of
from tests.teams.absences.absent import TODAY, SignIn, away, chair_of, form


def test_a_person_sets_changes_and_ends_their_own(rosa: User, jordan: User, signed_in: SignIn) -> None:
    client = signed_in(rosa)
    assert "I will be away" in words_of(client.get("/groups/ecom/absences/"))
    answer = client.post("/groups/ecom/absences/new/", form(rosa, jordan), follow=True)
    assert "Jordan Lee stands in, July 20 – August 3, 2018" in words_of(answer)
    absence = Absence.objects.get()
    assert list(absence.roles.all()) == [chair_of(rosa)]
    sent = {**form(rosa, jordan, last_day="2018-08-10", roles=[]), "what": "change", "revision": "1"}
    assert "Saved: Jordan Lee stands in" in words_of(client.post(absence.get_absolute_url(), sent, follow=True))
    stale = words_of(client.post(absence.get_absolute_url(), {**sent, "last_day": "2018-08-11"}))
    assert "Somebody changed this absence after you opened it" in stale
    ended = client.post(absence.get_absolute_url(), {"what": "end", "revision": "2"}, follow=True)
    assert "The absence is called off" in words_of(ended)
    again = client.post(absence.get_absolute_url(), {"what": "end", "revision": "3"}, follow=True)
    assert "its record stays as it is" in words_of(again)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"last_day": "2018-07-19"}, "Last day away: This day comes before the first day away."),
        ({"first_day": "2018-07-19"}, "First day away: What has passed can’t be changed"),
        ({"stand_in": ""}, "Who stands in: This field is required."),
        ({"stand_in": "999999"}, "Who stands in: This person can’t stand in"),
        ({"roles": ["999999"]}, "Roles that pass over: Select a valid choice."),
        ({"first_day": "someday"}, "First day away: Enter a valid date."),
        ({"last_day": "9999-12-31"}, "Last day away: Write a date of this or the next century."),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(
    rosa: User, jordan: User, signed_in: SignIn, wrong: dict[str, Any], said: str
) -> None:
    answer = signed_in(rosa).post("/groups/ecom/absences/new/", form(rosa, jordan, note="Kept", **wrong))
    assert said in words_of(answer)
    assert 'value="Kept"' in answer.content.decode()
    assert not Absence.objects.exists()


def test_a_last_day_that_has_passed_is_said_where_it_was_typed(rosa: User, jordan: User, signed_in: SignIn) -> None:
    absence = away(rosa, jordan)
    clock.set_clock(to=START.replace(day=25))
    sent = {**form(rosa, jordan, last_day="2018-07-24"), "what": "change", "revision": "1"}
    said = words_of(signed_in(rosa).post(absence.get_absolute_url(), sent))
    assert "Last day away: What has passed can’t be changed: write today or a later day." in said
    assert "First day away: What" not in said


def test_the_same_sent_twice_is_one_absence(rosa: User, jordan: User, signed_in: SignIn) -> None:
    client = signed_in(rosa)
    client.post("/groups/ecom/absences/new/", form(rosa, jordan))
    answer = client.post("/groups/ecom/absences/new/", form(rosa, jordan))
    assert "Some of these days lie in another absence" in words_of(answer)
    assert Absence.objects.count() == 1


def test_who_keeps_somebodys_memberships_sets_it_for_them(
    rosa: User, jordan: User, team: Body, signed_in: SignIn
) -> None:
    lead = factories.member(team, factories.person(name="Lee Lead"), role=Role.LEAD)
    client = signed_in(rosa)
    address = f"/groups/ecom/absences/new/?person={lead.pk}"
    assert "Lee Lead will be away" in words_of(client.get(address))
    role = Membership.objects.get(person=lead)
    assert client.post(address, form(rosa, jordan, roles=[role.pk])).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.stand_in) == (lead, jordan)
    membership = reverse("bodies:membership", args=["ecom", role.pk])
    assert "Jordan Lee stands in and has this role" in words_of(client.get(membership))
    listed = words_of(client.get("/groups/ecom/memberships/"))
    assert "Away until Aug 3, 2018; Jordan Lee stands in and has this role" in listed
    assert "Stands in for Lee Lead until Aug 3, 2018 as Lead of Team 1" in listed


def test_nobody_else_sets_or_changes_it(rosa: User, jordan: User, team: Body, signed_in: SignIn) -> None:
    absence = away(rosa, jordan)
    others = [jordan, factories.member(team), factories.member(team, role=Role.CHAIR)]
    for person in others:
        client = signed_in(person)
        assert client.get(absence.get_absolute_url()).status_code == 200
        assert client.post(absence.get_absolute_url(), {"what": "end", "revision": "1"}).status_code == 403
        assert client.get(f"/groups/ecom/absences/new/?person={rosa.pk}").status_code == 403
    outsider = signed_in(factories.member(factories.root(factories.group("other"))))
    assert outsider.get(absence.get_absolute_url()).status_code == 404
    assert outsider.get(reverse("bodies:absence", args=["other", absence.pk])).status_code == 404
    assert Absence.objects.get().returned_on is None


def test_a_lent_role_sets_no_absence_of_others(rosa: User, jordan: User, team: Body, signed_in: SignIn) -> None:
    third = factories.member(team)
    away(rosa, jordan)
    client = signed_in(jordan)
    assert client.get("/groups/ecom/memberships/").status_code == 200
    assert client.get(f"/groups/ecom/absences/new/?person={third.pk}").status_code == 403
    assert "somebody who cannot do it" not in words_of(client.get("/groups/ecom/absences/"))


def test_who_holds_no_role_has_nothing_to_hand_over(group: WorkingGroup, signed_in: SignIn) -> None:
    client = signed_in(factories.person(is_site_admin=True))
    assert "You hold no role in this group yourself" in words_of(client.get("/groups/ecom/absences/new/"))
    assert client.post("/groups/ecom/absences/new/", {}).status_code == 200


def test_the_list_shows_past_ones_when_asked(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan, last_day=TODAY)
    clock.set_clock(to=START.replace(day=22))
    client = signed_in(rosa)
    assert "Nobody is away, now or later." in words_of(client.get("/groups/ecom/absences/"))
    assert "Jordan Lee" in words_of(client.get("/groups/ecom/absences/?show=all"))


def test_a_round_of_recertification_says_who_stands_in(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    client = signed_in(factories.person(is_site_admin=True))
    said = words_of(client.post("/groups/ecom/recertification/", follow=True))
    assert "Jordan Lee stands in and has this role" in said
    assert "Stands in for Rosa Alvarez until Aug 3, 2018" in said


def test_the_pages_take_as_many_queries_for_ten_as_for_one(
    rosa: User, jordan: User, team: Body, signed_in: SignIn
) -> None:
    client = signed_in(rosa)

    def counts() -> list[int]:
        found = []
        for page in ("/groups/ecom/absences/", "/groups/ecom/memberships/", Absence.objects.get(person=rosa)):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(page if isinstance(page, str) else page.get_absolute_url()).status_code == 200
            found.append(len(queries))
        return found

    away(rosa, jordan)
    client.get("/")
    with_one = counts()
    for _ in range(9):
        person = factories.member(team)
        factories.absence(person, jordan, team.group, Membership.objects.get(person=person))
    assert counts() == with_one
    assert max(with_one) <= 12
