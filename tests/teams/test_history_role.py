"""The portal runs as a role that owns nothing, and that role can't bend the history."""

# ruff: noqa: S608 - statements are put together from names that stand here

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from milestones.reminders import services as reminders
from milestones.work.models import Milestone
from teams.clock import selectors as clock
from teams.history import guards
from teams.history.models import HistoryDay
from teams.history.services import seal
from teams.history.verification import verify
from teams.notices import services as notices
from tests import factories as make
from tests import world

pytestmark = pytest.mark.django_db

# How many random attempts on the history; docs/operations.md says how to ask for more.
ATTEMPTS = int(os.environ.get("HISTORY_ATTEMPTS", "100"))


def run(statement: str) -> None:
    """Carry out a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def refusal(statement: str) -> str:
    """What PostgreSQL says of a statement; empty where it carried it out."""
    try:
        with transaction.atomic():
            run(statement)
    except DatabaseError as error:
        return str(error)
    return ""


@contextmanager
def running_as(role: str) -> Iterator[None]:
    """Everything is asked as this role, with its rights alone."""
    run(f"SET LOCAL SESSION AUTHORIZATION {role}")
    try:
        yield
    finally:
        run("RESET SESSION AUTHORIZATION")


@pytest.fixture
def role() -> str:
    """A role that the portal may run as; it is gone when the test is over."""
    run("CREATE ROLE portal_of_tests LOGIN")
    call_command("grant_application_role", "portal_of_tests", stdout=StringIO())
    return "portal_of_tests"


def contents() -> dict[str, str]:
    """All rows of every table of the history, in short."""
    found = {}
    with connection.cursor() as cursor:
        for table in guards.guarded_tables():
            cursor.execute(
                f"SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM \"{table}\" t"
            )
            row = cursor.fetchone()
            assert row is not None
            found[table] = row[0]
    return found


def test_the_portal_runs_as_it(role: str, client: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    with running_as(role):
        world.load_example()
        assert reminders.sweep(now=clock.now())
        notices.send_due()
        answer = client.post(
            "/accounts/login/", {"login": "chair@example.test", "password": settings.DEMONSTRATION_PASSWORD}
        )
        assert answer.status_code == 302
        for page in (
            "/",
            "/groups/ecom/",
            "/groups/ecom/plan/",
            reverse("reminders:ledger", args=["ecom"]),
            "/search/?q=framework",
        ):
            assert client.get(page).status_code == 200, page
        milestone = Milestone.objects.earliest("pk")
        milestone.title = "Renamed"
        milestone.save()
        assert client.post("/accounts/logout/").status_code == 302
        run("SET CONSTRAINTS ALL DEFERRED")  # as at the start of a transaction; the load has set them otherwise
        assert seal(now=datetime.now(UTC) + timedelta(days=2)) > 0
        assert verify(now=datetime.now(UTC) + timedelta(days=2)).findings == []
    events = Milestone.pgh_event_model.objects.filter(title="Renamed")  # type: ignore[attr-defined]
    assert (events.count(), HistoryDay.objects.exists()) == (1, True)


def test_random_attempts_on_the_history_are_all_refused(role: str) -> None:
    make.milestone(make.deliverable(make.team(make.group())))
    assert seal(now=datetime.now(UTC) + timedelta(days=2)) > 0
    before = contents()
    chance = random.Random(20180720)
    with running_as(role):
        statements = [_attempt(chance) for _ in range(ATTEMPTS)]
        carried_out = [statement for statement in statements if not refusal(statement)]
    assert carried_out == []
    assert contents() == before


def _attempt(chance: random.Random) -> str:
    table = chance.choice(sorted(guards.guarded_tables()))
    columns = {**{name: keys[1] for name, keys in guards.recorded_tables().items()}, "history_historyday": "hash"}
    column = columns.get(table, "hash")
    where = chance.choice(["", " WHERE true", " WHERE false", f" WHERE {column} IS NOT NULL"])
    return chance.choice(
        [
            f'UPDATE "{table}" SET "{column}" = "{column}"{where}',
            f'UPDATE "{table}" SET "{column}" = DEFAULT{where}',
            f'DELETE FROM "{table}"{where}',
            f'DELETE FROM ONLY "{table}"{where} RETURNING *',
            f'TRUNCATE "{table}"',
            f'TRUNCATE "{table}" RESTART IDENTITY CASCADE',
            f'WITH gone AS (DELETE FROM "{table}"{where} RETURNING 1) SELECT count(*) FROM gone',
        ]
    )


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE work_milestoneevent DISABLE TRIGGER ALL",
        "DROP TRIGGER history_append_only ON work_milestoneevent",
        "ALTER TABLE work_milestone DISABLE TRIGGER ALL",
        "DROP TABLE work_milestoneevent CASCADE",
        "SET LOCAL session_replication_role = replica",
        "CREATE OR REPLACE FUNCTION history_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
        "CREATE FUNCTION another() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE another (id int)",
        "CREATE TEMPORARY TABLE work_milestoneevent (id int)",
        "CREATE SCHEMA another",
        "CREATE TRIGGER mine BEFORE INSERT ON work_milestoneevent EXECUTE FUNCTION history_refuse()",
        "SET LOCAL ROLE portal",
        "DELETE FROM django_migrations",
        "TRUNCATE work_milestone CASCADE",
        "INSERT INTO pghistory_context (id, metadata, created_at, updated_at) "
        "VALUES (gen_random_uuid(), '{}', '2018-07-20', now())",
    ],
)
def test_it_has_no_way_around(role: str, statement: str) -> None:
    with running_as(role):
        assert refusal(statement) != ""


def test_it_adds_to_the_history_by_changing_rows(role: str) -> None:
    milestone = make.milestone(make.deliverable(make.team(make.group())))
    with running_as(role):
        assert refusal(f"UPDATE work_milestone SET title = 'By SQL' WHERE id = {milestone.pk}") == ""
    assert Milestone.pgh_event_model.objects.filter(title="By SQL").exists()  # type: ignore[attr-defined]


def test_granting_again_takes_away_what_was_granted_by_hand(role: str) -> None:
    run(f"GRANT ALL ON work_milestoneevent TO {role}; GRANT TRUNCATE ON work_milestoneevent TO PUBLIC")
    call_command("grant_application_role", role, stdout=StringIO())
    rights = "array['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']"
    held = "has_table_privilege(%s, 'work_milestoneevent', each)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT array_agg(each) FROM unnest({rights}) AS each WHERE {held}", [role])
        assert cursor.fetchone() == (["SELECT", "INSERT"],)


@pytest.mark.parametrize(
    ("making", "word"),
    [
        ("SELECT 1", "no role"),
        ("CREATE ROLE refused SUPERUSER", "is a superuser"),
        ("CREATE ROLE refused CREATEROLE", "may create roles"),
        ("CREATE ROLE refused CREATEDB", "may create databases"),
        ("CREATE ROLE refused; ALTER TABLE work_milestone OWNER TO refused", "owns tables"),
        ("CREATE ROLE owner_; CREATE ROLE refused IN ROLE owner_; ALTER TABLE cache OWNER TO owner_", "owns tables"),
    ],
)
def test_a_role_that_could_do_more_is_refused(making: str, word: str) -> None:
    run(making)
    with pytest.raises(CommandError, match=word):
        call_command("grant_application_role", "refused")


def test_only_the_owner_can_grant(role: str) -> None:
    run("CREATE ROLE second_role")
    with running_as(role), pytest.raises(CommandError, match="Only the owner"):
        call_command("grant_application_role", "second_role")
