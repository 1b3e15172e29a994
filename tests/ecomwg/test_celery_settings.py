"""How the worker and beat are set, and why: each of these was measured, or broke somebody's portal.

None of them makes a message arrive once; the outbox does that (docs/decisions/0005). They decide how fast work goes on
after a fault, and that no task runs for ever.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from ecomwg.celery import app
from ecomwg.embedded.valkey import Valkey
from teams.notices.services import sending

ROOT = Path(__file__).resolve().parents[2]
TRANSPORT = {f"broker_transport_options.{name}" for name in app.conf.broker_transport_options}

EXPECTED: dict[str, tuple[Any, str]] = {
    "task_acks_late": (True, "a task of a worker that is killed comes back; acknowledged early it is gone"),
    "task_reject_on_worker_lost": (True, "without it 60 kills of a pool's children lost 43 of 400 tasks, with it none"),
    "worker_prefetch_multiplier": (1, "a worker that hangs holds one task for each of its processes, not four"),
    "task_soft_time_limit": (120, "a task that hangs is told to end …"),
    "task_time_limit": (150, "… and killed if it doesn't"),
    "worker_soft_shutdown_timeout": (10, "a worker that is asked to end finishes the mail in its hand"),
    "visibility_timeout": (300, "workers read it here, the broker's client in the transport options"),
    "broker_connection_retry_on_startup": (True, "worker and beat may start before the broker"),
    "task_ignore_result": (True, "nobody asks for results: nothing to keep in the broker"),
    "result_backend": (None, "so its transport options, which would need the same timeout, are none"),
    "timezone": ("UTC", "beat skipped hours over changes of the clocks in local time"),
    "broker_transport_options.visibility_timeout": (300, "the shortest of all that share the broker wins"),
    "broker_transport_options.unacked_restore_interval": (5, "what a killed worker had is looked for each 5 s …"),
    "broker_transport_options.unacked_restore_throttle": (1, "… and at each look, not each tenth (100 s)"),
    "broker_transport_options.socket_timeout": (30, "a broker that says nothing is given up after half a minute"),
    "broker_transport_options.socket_connect_timeout": (10, "… and one that takes no connection after ten seconds"),
    "broker_transport_options.socket_keepalive": (True, "a peer that went without a word is noticed by the kernel"),
    "broker_transport_options.health_check_interval": (25, "an idle connection is tried before it is used"),
}


def value_of(name: str) -> Any:
    """What the application goes by."""
    first, _, second = name.partition(".")
    return app.conf[first][second] if second else app.conf[first]


@pytest.mark.parametrize(("name", "expected", "reason"), [(name, *pair) for name, pair in EXPECTED.items()])
def test_each_setting_is_what_was_measured(name: str, expected: Any, reason: str) -> None:
    assert value_of(name) == expected, reason


def test_no_transport_option_stands_without_its_reason() -> None:
    assert set(EXPECTED) >= TRANSPORT


def test_times_are_in_the_order_that_keeps_a_mail_with_one_sender() -> None:
    lease, visible = sending.HANDOVER_LEASE.total_seconds(), app.conf.visibility_timeout
    # A sender is dead before its mail is given to another, and before its task comes back.
    assert app.conf.task_soft_time_limit < app.conf.task_time_limit < lease < visible
    # A hand-over that the mail server leaves hanging ends before the task is told to.
    assert app.conf.task_soft_time_limit > settings.EMAIL_TIMEOUT


def test_a_tick_that_no_worker_takes_goes_away() -> None:
    """A broker that was away for a day does not hand out a day of ticks when it is back."""
    for name, entry in app.conf.beat_schedule.items():
        assert entry["options"]["expires"] <= 2 * entry["schedule"], name


def test_nothing_is_put_off_in_the_broker() -> None:
    """A task with an ETA beyond the visibility timeout runs again and again: dates wait in the database alone."""
    ours = [path for house in ("ecomwg", "documents", "milestones", "teams") for path in (ROOT / house).rglob("*.py")]
    assert [path.name for path in ours if re.search(r"\b(countdown|eta)=", path.read_text())] == []


def test_the_embedded_broker_refuses_rather_than_forgets_and_logs_its_writes(tmp_path: Path) -> None:
    lines = Valkey(tmp_path, tmp_path / "log")._write_settings().read_text().splitlines()
    assert {"maxmemory-policy noeviction", "appendonly yes"} <= set(lines)
