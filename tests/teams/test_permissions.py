"""The table of roles and actions: where a role counts, and that the document says what the portal asks."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from teams.accounts.models import User
from teams.bodies import permissions
from teams.bodies.management.commands import permissions_table
from teams.bodies.models import Body, BodyParent, Role
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, Action, Standing, standings
from tests import factories

TODAY = date(2018, 7, 20)
pytestmark = pytest.mark.django_db


@pytest.fixture
def concerns_a_body(monkeypatch: pytest.MonkeyPatch) -> Action:
    """An action for chairs and leads, taken as one that is done to a body."""
    monkeypatch.setattr(permissions, "CONCERNS_A_BODY", frozenset({Action.READ_DRAFT_MEETINGS}))
    monkeypatch.setitem(ALLOWED, Action.READ_DRAFT_MEETINGS, frozenset({ADMINISTRATOR, Role.CHAIR, Role.LEAD}))
    return Action.READ_DRAFT_MEETINGS


def standing(person: User, slug: str = "ecom", day: date = TODAY) -> Standing:
    return standings(person, day)[slug]


def test_a_role_in_the_group_counts_in_its_teams(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    team = factories.team(group)
    chair = standing(factories.member(factories.root(group), role=Role.CHAIR))
    assert chair.may(concerns_a_body, factories.root(group))
    assert chair.may(concerns_a_body, team)


def test_a_role_in_a_team_counts_in_that_team_alone(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    mine, other = factories.team(group), factories.team(group)
    lead = standing(factories.member(mine, role=Role.LEAD))
    assert lead.may(concerns_a_body, mine)
    assert lead.may(concerns_a_body)
    assert not lead.may(concerns_a_body, other)
    assert not lead.may(concerns_a_body, factories.root(group))


def test_a_role_counts_through_several_bodies(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    committee = Body.objects.create(group=group, key="coac", kind=Body.Kind.COMMITTEE, name="Committee")
    BodyParent.objects.create(body=factories.root(group), parent=committee)
    team = factories.team(group)
    assert standing(factories.member(committee, role=Role.CHAIR)).may(concerns_a_body, team)
    assert not standing(factories.member(committee)).may(concerns_a_body, team)


def test_a_role_counts_while_the_body_reports_there(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    team = factories.team(group)
    chair = factories.member(factories.root(group), role=Role.CHAIR)
    BodyParent.objects.filter(body=team).update(ended=factories.day("2018-08-01"))
    assert standing(chair, day=date(2018, 7, 31)).may(concerns_a_body, team)
    assert not standing(chair, day=date(2018, 8, 1)).may(concerns_a_body, team)


def test_bodies_that_report_to_one_another_are_gone_round_once(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    team = factories.team(group)
    BodyParent.objects.create(body=factories.root(group), parent=team)
    lead = standing(factories.member(factories.team(group), role=Role.LEAD))
    assert not lead.may(concerns_a_body, team)


def test_an_administrator_may_in_every_body_of_the_group_and_in_no_other_groups(concerns_a_body: Action) -> None:
    group, other = factories.group("ecom"), factories.group("other")
    administrator = standing(factories.person(is_site_admin=True))
    assert administrator.may(concerns_a_body, factories.team(group))
    assert not administrator.may(concerns_a_body, factories.root(other))


def test_a_chair_has_no_right_in_another_groups_body(concerns_a_body: Action) -> None:
    chair = standing(factories.member(factories.root(factories.group("ecom")), role=Role.CHAIR))
    assert not chair.may(concerns_a_body, factories.root(factories.group("other")))


def test_an_action_of_the_group_goes_by_a_role_in_any_of_its_bodies() -> None:
    group = factories.group("ecom")
    lead = standing(factories.member(factories.team(group), role=Role.LEAD))
    assert lead.may(Action.READ_LEDGER)
    assert not standing(factories.member(factories.team(group))).may(Action.READ_LEDGER)


def test_roles_of_two_bodies_are_kept_apart(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    led, joined = factories.team(group), factories.team(group)
    person = factories.member(joined, factories.member(led, role=Role.LEAD))
    assert standing(person).may(concerns_a_body, led)
    assert not standing(person).may(concerns_a_body, joined)


def test_asking_for_many_bodies_takes_one_query(concerns_a_body: Action) -> None:
    group = factories.group("ecom")
    teams = [factories.team(group) for _ in range(10)]
    chair = standing(factories.member(factories.root(group), role=Role.CHAIR))
    with CaptureQueriesContext(connection) as queries:
        assert all(chair.may(concerns_a_body, team) for team in teams)
    assert len(queries) == 1


def test_the_document_holds_the_table_as_it_is() -> None:
    written = permissions_table.FILE.read_text(encoding="utf-8")
    _, _, rest = written.partition(permissions_table.BEGINS)
    shown, _, _ = rest.partition(permissions_table.ENDS)
    assert shown.strip() == permissions_table.table(), "run: manage.py permissions_table --write"


def test_a_table_that_is_out_of_date_is_written_anew(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    file = permissions_table.FILE.__class__(str(tmp_path)) / "permissions.md"
    file.write_text(f"Before\n{permissions_table.BEGINS}\nThe table of last year.\n{permissions_table.ENDS}\nAfter\n")
    monkeypatch.setattr(permissions_table, "FILE", file)
    call_command("permissions_table", "--write")
    written = file.read_text()
    assert "last year" not in written
    assert permissions_table.table() in written
    assert written.startswith("Before\n")
    assert written.endswith("\nAfter\n")


def test_the_table_has_a_line_for_each_action_and_a_column_for_each_role() -> None:
    lines = permissions_table.table().splitlines()
    assert len(lines) == 2 + len(Action)
    assert all(line.count("|") == 4 + len(Role) for line in lines)
    ledger = next(line for line in lines if line.startswith(f"| {Action.READ_LEDGER.value} "))
    assert ledger.endswith("| yes | yes | yes | – | – | – | yes |")
