"""What was adopted never changes: not by SQL, not as the portal's role; one version is in force on any day."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.types.range import DateRange

from documents.statement.models import ClauseText, StatementOfWork, StatementVersion
from documents.statement.services import Placed, Wording, record
from teams.bodies.models import WorkingGroup
from teams.dates import ApproximateDate
from tests import factories as make

pytestmark = pytest.mark.django_db

CLAUSES = [("1", "Background", "Why."), ("2", "Purpose", "What for.")]
VERSIONS, TEXTS = "statement_statementversion", "statement_clausetext"

ATTEMPTS = [
    f"UPDATE {VERSIONS} SET number = '9.9'",  # noqa: S608
    f"UPDATE {VERSIONS} SET summary = 'another'",  # noqa: S608
    f"UPDATE {VERSIONS} SET adopted = daterange('2001-01-01', '2001-01-02')",  # noqa: S608
    f"UPDATE {VERSIONS} SET is_sealed = false",  # noqa: S608
    f"UPDATE {VERSIONS} SET source = 'paper'",  # noqa: S608
    f"UPDATE {VERSIONS} SET in_force = daterange('2001-01-01', NULL) WHERE number = '2.0'",  # noqa: S608
    f"UPDATE {VERSIONS} SET in_force = daterange(lower(in_force), upper(in_force) + 1) WHERE number = '1.0'",  # noqa: S608
    f"UPDATE {VERSIONS} SET in_force = daterange(lower(in_force), NULL) WHERE number = '1.0'",  # noqa: S608
    f"DELETE FROM {VERSIONS}",  # noqa: S608
    f"TRUNCATE {VERSIONS} CASCADE",
    f"UPDATE {TEXTS} SET text = 'another'",  # noqa: S608
    f"UPDATE {TEXTS} SET number = number || '.1'",  # noqa: S608
    f"UPDATE {TEXTS} SET version_id = (SELECT max(id) FROM {VERSIONS}), position = 90, number = '90'",  # noqa: S608
    f"DELETE FROM {TEXTS} WHERE number = '1'",  # noqa: S608
    f"INSERT INTO {TEXTS} (version_id, clause_id, position, number, heading, text) "  # noqa: S608
    f"SELECT version_id, clause_id, 99, '99', heading, text FROM {TEXTS} LIMIT 1",
    f"TRUNCATE {TEXTS}",
]
SWITCHES = ["", "SET LOCAL pgtrigger.ignore = '{*}'", "SET LOCAL session_replication_role = replica"]


@pytest.fixture
def group() -> WorkingGroup:
    made = make.group("ecom")
    make.statement(make.root(made), ("1.0", "2017", CLAUSES), ("2.0", "2018-06", CLAUSES))
    return made


@pytest.fixture(params=["owner", "application"])
def acting(request: pytest.FixtureRequest, group: WorkingGroup) -> Callable[[], AbstractContextManager[None]]:
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
            try:
                yield
            finally:
                if not connection.needs_rollback:
                    cursor.execute("RESET SESSION AUTHORIZATION")

    return as_application


def contents() -> list[object]:
    return [list(StatementVersion.objects.order_by("pk").values()), list(ClauseText.objects.order_by("pk").values())]


def carry_out(attempt: str, acting: Callable[[], AbstractContextManager[None]], switch: str) -> None:
    with acting(), connection.cursor() as cursor:
        if switch:
            cursor.execute(switch)
        cursor.execute(attempt)


@pytest.mark.parametrize("switch", SWITCHES)
@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_no_statement_changes_what_was_adopted(
    acting: Callable[[], AbstractContextManager[None]], switch: str, attempt: str
) -> None:
    before = contents()
    with pytest.raises(DatabaseError):
        carry_out(attempt, acting, switch)
    assert contents() == before


def test_a_version_is_written_whole_or_not_at_all(group: WorkingGroup) -> None:
    statement = group.statements.get()
    StatementVersion.objects.filter(number="2.0").update(in_force=DateRange(date(2018, 6, 1), date(2019, 1, 1)))
    StatementVersion.objects.create(
        statement=statement,
        number="3.0",
        adopted=ApproximateDate.day(date(2019, 1, 1)),
        in_force=DateRange(date(2019, 1, 1), None),
    )
    with (
        pytest.raises(IntegrityError, match=r"version 3\.0 of the statement of work is not whole"),
        connection.cursor() as cursor,
    ):
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_two_versions_are_never_in_force_on_one_day(group: WorkingGroup) -> None:
    with pytest.raises(IntegrityError, match="statement_one_version_in_force"), transaction.atomic():
        StatementVersion.objects.create(
            statement=group.statements.get(),
            number="3.0",
            adopted=ApproximateDate.day(date(2019, 1, 1)),
            in_force=DateRange(date(2019, 1, 1), None),
        )


def test_a_version_is_in_force_until_the_next_one_is(group: WorkingGroup) -> None:
    first, second = StatementVersion.objects.order_by("in_force")
    assert first.in_force == DateRange(date(2017, 1, 1), date(2018, 6, 1))
    assert second.in_force == DateRange(date(2018, 6, 1), None)


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_from_the_first_day_on_there_is_one_on_any_day(offsets: list[int]) -> None:
    with transaction.atomic():
        statement = StatementOfWork.objects.create(group=(of := make.group()), body=make.root(of))
        clause = statement.clauses.create()
        days = [date(2018, 7, 1) + timedelta(offset) for offset in offsets]
        recorded: list[date] = []
        for number, day in enumerate(days, 1):
            wanted = {
                "statement": statement,
                "number": str(number),
                "adopted": ApproximateDate.day(day),
                "in_force_from": day,
                "clauses": [Placed(clause.pk, Wording("1", "Only"))],
                "source": "portal",
            }
            if recorded and day <= recorded[-1]:
                with pytest.raises(ValueError, match="is in force from"):
                    record(**wanted)  # type: ignore[arg-type]
            else:
                record(**wanted)  # type: ignore[arg-type]
                recorded.append(day)
        for offset in range(-45, 46):
            day = date(2018, 7, 1) + timedelta(offset)
            in_force = statement.versions.filter(in_force__contains=day).count()
            assert in_force == (1 if day >= recorded[0] else 0)
        transaction.set_rollback(True)
