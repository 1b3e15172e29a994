"""`.run/`: one portal at a time, settings for a second terminal, and what a killed start left."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from ecomwg.embedded import CannotStart
from ecomwg.embedded.processes import spawn, started_at
from ecomwg.embedded.runfolder import RunFolder, running_environment


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / ".run")


def test_a_second_portal_in_the_same_folder_is_refused_until_the_first_ends(run: RunFolder) -> None:
    run.claim()
    second = RunFolder(run.path)
    with pytest.raises(CannotStart, match="already runs from this checkout"):
        second.claim()
    run.release()
    second.claim()


def test_a_killed_portal_does_not_hold_the_folder(run: RunFolder) -> None:
    holder = (
        "import sys, time; from pathlib import Path; from ecomwg.embedded.runfolder import RunFolder;"
        f"RunFolder(Path({str(run.path)!r})).claim(); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", holder], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    process.kill()
    process.communicate()
    run.claim()


def test_settings_are_read_while_the_portal_runs_and_only_then(run: RunFolder) -> None:
    run.claim()
    assert running_environment(run.path) is None
    run.publish({"SITE_URL": "http://127.0.0.1:8000", "SECRET_KEY": "a=b c"})
    assert running_environment(run.path) == {"SITE_URL": "http://127.0.0.1:8000", "SECRET_KEY": "a=b c"}
    assert (run.path / "environment").stat().st_mode & 0o077 == 0
    run.release()  # as when it is killed: the file stays
    assert (run.path / "environment").exists()
    assert running_environment(run.path) is None


def test_settings_are_gone_after_a_clean_stop(run: RunFolder) -> None:
    run.claim()
    run.publish({"SITE_URL": "http://127.0.0.1:8000"})
    run.withdraw()
    assert running_environment(run.path) is None


def test_the_secret_is_made_once(run: RunFolder) -> None:
    secret = run.secret_key()
    assert len(secret) >= 50
    assert RunFolder(run.path).secret_key() == secret
    assert (run.path / "secret_key").stat().st_mode & 0o077 == 0


def test_half_a_secret_is_made_anew(run: RunFolder) -> None:
    (run.path / "secret_key").write_text("short")
    assert len(run.secret_key()) >= 50


def test_what_a_killed_start_left_is_stopped_by_the_next(run: RunFolder) -> None:
    with run.log("sleeper").open("ab") as log:
        left = spawn(["sleep", "60"], log=log, cwd=run.path)
    run.record("sleeper", left.pid)
    run.publish({"SITE_URL": "http://127.0.0.1:8000"})
    assert RunFolder(run.path).stop_leftovers() == ["sleeper"]
    assert left.wait(10) != 0
    assert not (run.path / "environment").exists()


def test_a_stranger_with_a_recorded_number_is_left_alone(run: RunFolder) -> None:
    with run.log("stranger").open("ab") as log:
        stranger = spawn(["sleep", "60"], log=log, cwd=run.path)
    mark = started_at(stranger.pid)
    (run.path / "processes").write_text(f"{stranger.pid} another-{mark} worker\nhalf a li")
    try:
        assert RunFolder(run.path).stop_leftovers() == []
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_program_that_ended_is_not_recorded_any_more(run: RunFolder) -> None:
    with run.log("sleeper").open("ab") as log:
        process = spawn(["sleep", "60"], log=log, cwd=run.path)
    run.record("sleeper", process.pid)
    run.record("sleeper", None)
    assert (run.path / "processes").read_text() == ""
    process.kill()
    process.wait()


def test_a_log_that_grew_long_is_put_aside(run: RunFolder) -> None:
    log = run.log("web")
    log.write_bytes(b"x" * 5_000_001)
    assert run.log("web").stat().st_size == 0
    assert log.with_suffix(".log.1").stat().st_size == 5_000_001


def test_a_process_is_told_from_a_later_one_with_its_number() -> None:
    first = subprocess.Popen(["sleep", "60"])
    mark = started_at(first.pid)
    time.sleep(0.05)
    second = subprocess.Popen(["sleep", "60"])
    try:
        assert mark is not None
        assert started_at(first.pid) == mark
        assert started_at(second.pid) not in {None, mark}
    finally:
        for process in (first, second):
            process.kill()
            process.wait()
    assert started_at(first.pid) is None
