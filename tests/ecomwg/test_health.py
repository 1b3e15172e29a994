"""What supervisors and load balancers are told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from ecomwg.embedded.processes import free_port
from milestones.reminders import services as reminders
from milestones.reminders.models import Sweep
from teams.clock import selectors as clock

pytestmark = pytest.mark.django_db


def test_the_process_answers_without_a_database(client: Client, django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "process": "ok"})


def test_it_answers_whatever_host_was_asked_for(client: Client) -> None:
    assert client.get("/healthz", headers={"host": "10.1.2.3"}).status_code == 200


def test_ready_after_a_sweep(client: Client) -> None:
    reminders.sweep(now=clock.now())
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
        "beat": "ok",
        "mail": "ok",
    }


def test_beat_that_never_ticked_is_said(client: Client) -> None:
    assert client.get("/readyz").json()["beat"] == "never ticked"


def test_beat_that_fell_silent_is_said(client: Client) -> None:
    reminders.sweep(now=clock.now())
    Sweep.objects.update(swept_at=clock.real_now() - timedelta(minutes=10))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["beat"].startswith("silent for 60")


def test_without_the_broker_it_is_degraded_not_down(client: Client, settings: Settings) -> None:
    settings.REDIS_URL = f"redis://127.0.0.1:{free_port()}/0"
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"], answer.json()["broker"]) == (200, "degraded", "unavailable")


def test_a_migration_that_was_not_run_makes_it_unready(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'papers'")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["migrations"]) == (503, "pending")


def test_no_answer_says_which_versions_run(client: Client) -> None:
    for path in ("/healthz", "/readyz"):
        answer = client.get(path)
        assert not {"django", "postgresql", "gunicorn"} & set(answer.content.decode().lower().split())
        assert answer["Cache-Control"] == "no-store"
