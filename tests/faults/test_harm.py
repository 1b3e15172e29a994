"""`script/faults` in a short form: whatever is killed, emptied, frozen or restarted, each reminder arrives once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.faults.__main__ import SHORT, SHORT_REMINDERS

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.django_db
def test_each_reminder_arrives_once_whatever_is_done_to_the_portal(tmp_path: Path) -> None:
    database = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format_map(connection.settings_dict)
    written = tmp_path / "figures.json"
    command = [sys.executable, "-m", "tests.faults", "--short", "--tables-of", database, "--figures", str(written)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr

    figures: dict[str, dict[str, Any]] = {each["trial"]: each for each in json.loads(written.read_text())}
    assert {name: each["times"] for name, each in figures.items()} == {
        name: times for name, (times, _) in SHORT.items()
    }
    for name, each in figures.items():
        doubtful = each["uncertain"] - each["of_which_arrived"]
        assert each["arrived"] + doubtful == each["owed"] == SHORT_REMINDERS, name
        assert (each["lost"], each["twice"], each["not_owed"], each["misrecorded"], each["unsettled"]) == (
            0,
            0,
            0,
            0,
            0,
        )
        if name not in ("killed-unasked", "restarted"):
            assert each["uncertain"] == 0, name
    # One kill of each found a sender whose mail was taken and who was not told: what was asked for, what is in doubt.
    assert figures["killed"]["handing_over"] >= 2
    assert figures["killed-unasked"]["of_which_arrived"] >= 1
    assert figures["beat-away"]["skipped"] == SHORT_REMINDERS
