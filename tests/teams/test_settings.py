"""The settings of a group: who changes them, what the history keeps, and that nobody's change is lost."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from ecomwg.loading.load import load
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.bodies.settings import selectors, services
from tests import factories
from tests.loading.files import EXAMPLE, edited
from tests.pages import words_of

ADDRESS = "/groups/ecom/settings/"
WHY = "The committee renamed it."
SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group, name="Pilots", purpose="First line.\nSecond line.")


@pytest.fixture
def client_of_administrator(signed_in: SignIn) -> Client:
    return signed_in(factories.person(is_site_admin=True))


def form_at(client: Client) -> dict[str, Any]:
    """What a browser would send from the page as it was opened."""
    form = client.get(ADDRESS).context["form"]
    return {**{name: form[name].value() for name in form.fields if name != "reason"}, "reason": WHY}


def events_of(row: Any) -> Any:
    return type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk, pgh_label="update").select_related("pgh_context")


def test_all_settings_are_changed_at_once_with_one_reason(
    team: Body, group: WorkingGroup, client_of_administrator: Client
) -> None:
    root, client = factories.root(group), client_of_administrator
    sent = form_at(client) | {
        "timezone": "America/Chicago",
        f"name-{root.pk}": "Trade Online",
        f"acronym-{root.pk}": "TOL",
        f"purpose-{team.pk}": "To try it out.",
    }
    answer = client.post(ADDRESS, sent, follow=True)
    assert "The settings are saved." in answer.content.decode()
    for row in (group, root, team):
        row.refresh_from_db()
    assert (group.timezone, root.name, root.acronym) == ("America/Chicago", "Trade Online", "TOL")
    assert (team.name, team.purpose) == ("Pilots", "To try it out.")
    said = [events_of(row).get().pgh_context.metadata for row in (group, root, team)]
    assert {each["reason"] for each in said} == {WHY}
    assert {each["user"] for each in said} == {User.objects.get(is_site_admin=True).pk}


def test_what_is_sent_unchanged_changes_nothing(team: Body, client_of_administrator: Client) -> None:
    client = client_of_administrator
    sent = {name: value.replace("\n", "\r\n") for name, value in form_at(client).items()}
    answer = client.post(ADDRESS, sent, follow=True)
    assert "Nothing was changed" in answer.content.decode()
    assert not events_of(team).exists()


def test_what_another_changed_meanwhile_is_shown_and_what_was_typed_is_kept(
    team: Body, group: WorkingGroup, client_of_administrator: Client
) -> None:
    client = client_of_administrator
    sent = form_at(client) | {f"name-{team.pk}": "Trials", "timezone": "America/Denver"}
    Body.objects.filter(pk=team.pk).update(name="Experiments", purpose="Theirs.")
    answer = client.post(ADDRESS, sent)
    words = words_of(answer)
    assert "Someone else changed these settings meanwhile" in words
    assert "it is now “Experiments”. You wrote “Trials”, which would replace it." in words
    assert "it is now “Theirs.”." in words
    team.refresh_from_db()
    group.refresh_from_db()
    assert (team.name, group.timezone) == ("Experiments", "America/New_York")
    form = answer.context["form"]
    again = {name: form[name].value() for name in form.fields}
    assert (again[f"name-{team.pk}"], again["timezone"], again["reason"]) == ("Trials", "America/Denver", WHY)
    client.post(ADDRESS, again)
    team.refresh_from_db()
    group.refresh_from_db()
    assert (team.name, team.purpose, group.timezone) == ("Trials", "Theirs.", "America/Denver")


@pytest.mark.parametrize("seen", ["", "nonsense", "[]", '{"timezone": 3}', "9" * 5000, "[" * 100_000])
def test_a_form_without_its_marks_saves_nothing(team: Body, client_of_administrator: Client, seen: str) -> None:
    sent = form_at(client_of_administrator) | {"seen": seen, f"name-{team.pk}": "Trials"}
    assert client_of_administrator.post(ADDRESS, sent).status_code == 200
    team.refresh_from_db()
    assert team.name == "Pilots"


def test_a_team_that_came_meanwhile_is_shown_before_anything_is_saved(
    team: Body, group: WorkingGroup, client_of_administrator: Client
) -> None:
    client = client_of_administrator
    sent = form_at(client) | {"timezone": "America/Denver"}
    factories.team(group, name="Latecomers")
    answer = client.post(ADDRESS, sent)
    words = words_of(answer)
    assert "Someone else changed" in words
    assert "it is now “Latecomers”." in words
    group.refresh_from_db()
    assert group.timezone == "America/New_York"


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("name", "x" * 201), ("acronym", "x" * 21), ("timezone", "Mars/Base"), ("reason", " ")],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    team: Body, group: WorkingGroup, client_of_administrator: Client, field: str, value: str
) -> None:
    name = f"{field}-{team.pk}" if field in selectors.FIELDS_OF_BODY else field
    sent = form_at(client_of_administrator) | {f"purpose-{team.pk}": "Typed.", name: value}
    answer = client_of_administrator.post(ADDRESS, sent)
    assert list(answer.context["form"].errors) == [name]
    assert re.search(r"There is a problem.*Typed\.", answer.content.decode(), re.DOTALL)
    team.refresh_from_db()
    assert team.purpose == "First line.\nSecond line."


@pytest.mark.parametrize("role", [Role.CHAIR, Role.LEAD, Role.MEMBER])
def test_no_role_of_the_group_changes_its_settings(group: WorkingGroup, signed_in: SignIn, role: str) -> None:
    client = signed_in(factories.member(factories.root(group), role=role))
    assert client.get(ADDRESS).status_code == client.post(ADDRESS, {}).status_code == 403
    assert ADDRESS not in client.get("/groups/ecom/").content.decode()


def test_the_page_is_reached_from_the_group_and_the_navigation(
    group: WorkingGroup, client_of_administrator: Client
) -> None:
    factories.root(group)
    page = client_of_administrator.get("/groups/ecom/").content.decode()
    main = page.partition('id="main-content"')[2]
    assert f'href="{ADDRESS}"' in main
    assert f'href="{ADDRESS}"' in page.replace(main, "")


def test_loading_the_file_again_leaves_alone_what_was_changed(at_start: datetime, tmp_path: Path) -> None:
    load(EXAMPLE)
    group = WorkingGroup.objects.get()
    body = Body.objects.get(kind=Body.Kind.WORKING_GROUP)
    before = selectors.values_of(group, selectors.bodies_set(group.body_set.all()))
    name = selectors.name_of(body, "name")
    services.change(
        by=factories.person(is_site_admin=True),
        group=group,
        values=before | {name: "Trade Online", "timezone": "America/Chicago"},
        seen=selectors.marks_of(before),
        reason=WHY,
    )
    load(EXAMPLE)
    load(edited(tmp_path, ("First draft of the diagrams", "First sketch of the diagrams")))
    body.refresh_from_db()
    group.refresh_from_db()
    assert (body.name, group.timezone) == ("Trade Online", "America/Chicago")
    load(edited(tmp_path, ("timezone: America/New_York", "timezone: America/Denver")))
    group.refresh_from_db()
    assert group.timezone == "America/Denver"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_the_same_moment_one_is_told() -> None:
    group = factories.group("ecom")
    factories.root(group)
    before = selectors.values_of(group, selectors.bodies_set(group.body_set.all()))
    seen, both = selectors.marks_of(before), threading.Barrier(2)
    people = [factories.person(is_site_admin=True) for _ in range(2)]
    outcomes: list[str] = []

    def save(by: User, zone: str) -> None:
        try:
            both.wait(10)
            services.change(by=by, group=group, values=before | {"timezone": zone}, seen=seen, reason=WHY)
            outcomes.append("saved")
        except services.ChangedMeanwhile as refusal:
            outcomes.append(f"told of {refusal}")
        finally:
            connections.close_all()

    zones = ("America/Denver", "America/Chicago")
    threads = [threading.Thread(target=save, args=each) for each in zip(people, zones, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(outcomes) == ["saved", "told of timezone"]
