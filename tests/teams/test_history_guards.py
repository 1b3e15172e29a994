"""The history is only added to, whoever asks."""

# ruff: noqa: S608 - statements are put together from names that stand here

from __future__ import annotations

import re
from typing import Any

import pghistory
import pghistory.models
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from milestones.work.models import Milestone
from teams.history import guards
from tests import factories as make

pytestmark = pytest.mark.django_db

Events = Any


def refused(statement: str) -> str:
    """What PostgreSQL says of a statement; empty where it carried it out."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return str(error)
    return ""


@pytest.fixture
def recorded() -> Milestone:
    """A milestone with two events, written in a context."""
    with pghistory.context(user=1):
        milestone = make.milestone(make.deliverable(make.team(make.group())))
        milestone.title = "Renamed"
        milestone.save()
    return milestone


def test_every_tracked_model_has_a_guarded_table() -> None:
    tracked = [model for model in apps.get_models() if hasattr(model, "pgh_event_model")]
    tables = {model.pgh_event_model._meta.db_table for model in tracked}
    assert len(tables) > 15
    assert tables < set(guards.recorded_tables())
    assert "pghistory_context" in guards.recorded_tables()


def test_no_table_of_the_history_lacks_its_guards() -> None:
    assert guards.unguarded_tables() == []


@pytest.mark.parametrize("table", ["work_milestoneevent", "pghistory_context", "history_historyday"])
def test_a_table_without_its_guard_is_found_and_guarded_by_the_next_migrate(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER {guards.APPEND_ONLY}')
    assert guards.unguarded_tables() == [table]
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER {guards.APPEND_ONLY} ON "{table}"')
    assert guards.unguarded_tables() == [table]
    call_command("migrate", "history", verbosity=0)
    assert guards.unguarded_tables() == []


@pytest.mark.parametrize("table", ["work_milestoneevent", "pghistory_context"])
@pytest.mark.parametrize(
    "change", ["DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE", "DELETE FROM {} WHERE false"]
)
def test_rows_are_never_taken_away(recorded: Milestone, table: str, change: str) -> None:
    assert "history is only added to" in refused(change.format(table))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE work_milestoneevent SET title = 'bent'",
        "UPDATE pghistory_context SET metadata = '{}'",
        "UPDATE work_milestoneevent SET title = 'bent' WHERE false",
    ],
)
def test_rows_are_never_changed(recorded: Milestone, change: str) -> None:
    assert "history is only added to: UPDATE" in refused(change)


@pytest.mark.parametrize(
    "switch", ["SET LOCAL session_replication_role = replica", "SET LOCAL pgtrigger.ignore = '{*}'"]
)
def test_no_setting_of_a_session_switches_the_guards_off(recorded: Milestone, switch: str) -> None:
    assert "history is only added to" in refused(f"{switch}; DELETE FROM work_milestoneevent")


def test_no_row_claims_another_time(recorded: Milestone) -> None:
    columns = [field.column for field in Milestone.pgh_event_model._meta.concrete_fields]  # type: ignore[attr-defined]
    others = ", ".join(f'"{name}"' for name in columns if name not in ("pgh_id", "pgh_created_at"))
    copy = f"INSERT INTO work_milestoneevent (pgh_created_at, {others}) SELECT {{}}, {others} FROM work_milestoneevent"
    assert "claims another time" in refused(copy.format("now() - interval '1 day'"))
    assert "claims another time" in refused(copy.format("now() + interval '1 day'"))
    assert refused(copy.format("now()")) == ""


def test_a_context_that_changes_on_the_way_becomes_a_second_one() -> None:
    milestone = make.milestone(make.deliverable(make.team(make.group())))
    events: Events = Milestone.pgh_event_model.objects  # type: ignore[attr-defined]
    with pghistory.context(step="one"):
        for title in ("A", "B"):
            Milestone.objects.filter(pk=milestone.pk).update(title=title)
        pghistory.context(step="two")
        for title in ("C", "D"):
            Milestone.objects.filter(pk=milestone.pk).update(title=title)
    steps = list(
        events.filter(pgh_label="update").order_by("pgh_id").values_list("title", "pgh_context__metadata__step")
    )
    assert steps == [("A", "one"), ("B", "one"), ("C", "two"), ("D", "two")]
    assert pghistory.models.Context.objects.count() == 2


def test_rows_of_the_portal_itself_can_still_be_changed_and_deleted(recorded: Milestone) -> None:
    deliverable = recorded.deliverable
    assert deliverable is not None
    recorded.delete()
    deliverable.delete()
    recorded.group.delete()
    events: Events = Milestone.pgh_event_model.objects  # type: ignore[attr-defined]
    labels = list(events.filter(pgh_obj_id__isnull=False).order_by("pgh_id").values_list("pgh_label", flat=True))
    assert labels == ["insert", "update", "delete"]


@pytest.mark.django_db(transaction=True)
def test_emptying_the_whole_database_is_refused_too() -> None:
    make.milestone(make.deliverable(make.team(make.group())))
    # Which table PostgreSQL comes to first is nobody's choice, so any of the guards may be the one that speaks.
    tables = ", ".join(
        f'"{table}"' for table in sorted(connection.introspection.django_table_names(only_existing=True))
    )
    assert re.search(r"TRUNCATE on \w+ is refused", refused(f"TRUNCATE {tables}"))
    assert Milestone.objects.count() == 1
