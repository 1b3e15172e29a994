"""A round of recertification that was signed off never changes: not by SQL, not as the portal's role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from io import StringIO

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from teams.accounts.models import User
from teams.bodies.models import AccessDecision, AccessRound
from teams.bodies.recertification import services
from tests import factories as make

ROUNDS, DECISIONS = "bodies_accessround", "bodies_accessdecision"
SIGNED = f"SELECT id FROM {ROUNDS} WHERE signed_off_at IS NOT NULL"  # noqa: S608
OPEN = f"SELECT id FROM {ROUNDS} WHERE signed_off_at IS NULL"  # noqa: S608

ATTEMPTS = {
    f"UPDATE {ROUNDS} SET signed_off_at = NULL, signed_off_by_id = NULL WHERE id IN ({SIGNED})": "signed off and stays",  # noqa: S608
    f"UPDATE {ROUNDS} SET started_at = now() WHERE id IN ({SIGNED})": "signed off and stays",  # noqa: S608
    f"DELETE FROM {ROUNDS} WHERE id IN ({SIGNED})": "signed off and stays",  # noqa: S608
    f"TRUNCATE {ROUNDS} CASCADE": "",
    f"UPDATE {DECISIONS} SET choice = 'end', reason = 'x' WHERE round_id IN ({SIGNED})": "stay as they are: UPDATE",  # noqa: S608
    f"UPDATE {DECISIONS} SET round_id = ({OPEN}) WHERE round_id IN ({SIGNED})": "stay as they are: UPDATE",  # noqa: S608
    f"UPDATE {DECISIONS} SET round_id = ({SIGNED}) WHERE round_id IN ({OPEN})": "stay as they are: UPDATE",  # noqa: S608
    f"DELETE FROM {DECISIONS} WHERE round_id IN ({SIGNED})": "stay as they are: DELETE",  # noqa: S608
    f"INSERT INTO {DECISIONS} (round_id, membership_id, choice, reason) "  # noqa: S608
    f"SELECT ({SIGNED}), max(id), '', '' FROM bodies_membership": "stay as they are: INSERT",
    f"TRUNCATE {DECISIONS}": "",
}
# The portal's role may not set the second one; pgtrigger's own setting switches nothing off.
SWITCHES = ["", "SET LOCAL pgtrigger.ignore = '{*}'", "SET LOCAL session_replication_role = replica"]

Acting = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def administrator(at_start: datetime) -> User:
    return make.person(is_site_admin=True)


@pytest.fixture
def signed(administrator: User) -> AccessRound:
    """A round that was signed off; one that is open stands beside it, and a membership that is in neither."""
    group = make.group("ecom")
    make.member(make.team(group, key="first"))
    first = services.start(by=administrator, group=group)
    services.decide(by=administrator, of=first, choices={each.pk: ("keep", "") for each in first.decisions.all()})
    services.sign_off(by=administrator, of=first)
    make.member(make.team(group, key="second"))
    services.start(by=administrator, group=group)
    make.member(make.team(group, key="third"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as after a commit
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return first


@pytest.fixture(params=["owner", "application"])
def acting(request: pytest.FixtureRequest, signed: AccessRound) -> Acting:
    """Who asks the database: the owner of its tables, or the role that the portal runs as."""
    if request.param == "owner":
        return transaction.atomic
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE portal_of_tests LOGIN")
    call_command("grant_application_role", "portal_of_tests", stdout=StringIO())

    @contextmanager
    def as_application() -> Iterator[None]:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL SESSION AUTHORIZATION portal_of_tests")
            yield
            cursor.execute("RESET SESSION AUTHORIZATION")  # after an error the rollback does it

    return as_application


def contents() -> list[object]:
    return [list(AccessRound.objects.order_by("pk").values()), list(AccessDecision.objects.order_by("pk").values())]


def carry_out(attempt: str, acting: Acting, switch: str) -> None:
    with acting(), connection.cursor() as cursor:
        if switch:
            cursor.execute(switch)
        cursor.execute(attempt)


def test_no_statement_changes_what_was_signed_off(acting: Acting, request: pytest.FixtureRequest) -> None:
    before = contents()
    is_owner = "owner" in request.node.name
    for switch in SWITCHES:
        for attempt, said in ATTEMPTS.items():
            if is_owner or "replication" not in switch:
                # The application's role lacks the right to TRUNCATE; the owner has it, and meets the trigger.
                expected = said or ("is not emptied" if is_owner else "permission denied")
            else:
                expected = "permission denied to set parameter"
            with pytest.raises(DatabaseError, match=expected):
                carry_out(attempt, acting, switch)
            assert contents() == before, (switch, attempt)


def test_no_way_of_the_portal_changes_it(signed: AccessRound) -> None:
    before = contents()
    decision = signed.decisions.first()
    assert decision is not None
    ways: list[Callable[[], object]] = [
        signed.delete,
        signed.save,
        decision.delete,
        decision.save,
        decision.membership.delete,
        signed.group.delete,
        lambda: AccessRound.objects.filter(pk=signed.pk).update(started_at=signed.started_at),
        lambda: AccessDecision.objects.filter(pk=decision.pk).update(reason="another"),
    ]
    for way in ways:
        with pytest.raises(DatabaseError, match="signed off"), pgtrigger.ignore(), transaction.atomic():
            way()
        assert contents() == before


def test_an_open_round_is_worked_on_and_may_go(signed: AccessRound, administrator: User) -> None:
    begun = AccessRound.objects.get(signed_off_at=None)
    services.decide(by=administrator, of=begun, choices={each.pk: ("keep", "") for each in begun.decisions.all()})
    services.sign_off(by=administrator, of=begun)
    another = services.start(by=administrator, group=signed.group)
    another.delete()
    assert AccessRound.objects.count() == 2
