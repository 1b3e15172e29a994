"""manage.py: which Python it runs in, and whose settings it takes."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ecomwg.embedded.runfolder import RunFolder

SCRIPT = Path(__file__).resolve().parents[2] / "manage.py"


@pytest.fixture
def manage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """manage.py of a checkout in which nothing runs, in a shell in which nothing is set."""
    spec = importlib.util.spec_from_file_location("manage", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "ROOT", tmp_path)
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "SITE_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)
    return module


@pytest.fixture
def portal(tmp_path: Path) -> RunFolder:
    """A portal that runs from that checkout."""
    run = RunFolder(tmp_path / ".run")
    run.claim()
    run.publish({"DATABASE_URL": "postgres://of-the-portal", "SITE_URL": "http://of-the-portal"})
    return run


@pytest.mark.usefixtures("portal")
def test_a_command_reaches_the_portal_that_runs(manage: ModuleType) -> None:
    manage.find_services(["set_clock", "2018-07-26"])
    assert os.environ["DATABASE_URL"] == "postgres://of-the-portal"
    assert os.environ["SITE_URL"] == "http://of-the-portal"


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize("name", ["SITE_URL", "SITE_URL_FILE"])
def test_what_is_set_already_is_kept(manage: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "mine")
    manage.find_services(["check"])
    assert os.environ["DATABASE_URL"] == "postgres://of-the-portal"
    assert os.environ[name] == "mine"
    assert "of-the-portal" not in os.environ.get("SITE_URL", "")


@pytest.mark.usefixtures("portal")
@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_URL_FILE"])
def test_nothing_is_taken_where_a_database_is_named(
    manage: ModuleType, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "mine")
    manage.find_services(["check"])
    assert "SITE_URL" not in os.environ


def test_that_nothing_runs_is_said_in_a_sentence(manage: ModuleType) -> None:
    with pytest.raises(SystemExit, match="services are not running: start script/server"):
        manage.find_services(["set_clock", "2018-07-26"])


def test_the_settings_of_a_killed_portal_are_not_taken(manage: ModuleType, portal: RunFolder) -> None:
    portal.release()
    with pytest.raises(SystemExit, match="services are not running"):
        manage.find_services(["check"])


def test_help_needs_no_services(manage: ModuleType) -> None:
    for arguments in ([], ["help"], ["--version"]):
        manage.find_services(arguments)


def test_another_python_runs_it_again_in_the_checkouts_own(tmp_path: Path) -> None:
    """The stand-in for .venv's Python only says that it was called, and with what."""
    (tmp_path / "manage.py").write_text(SCRIPT.read_text())
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "ran again:" "$@"\n')
    python.chmod(0o755)
    outside = str(Path(getattr(sys, "_base_executable", sys.executable)))
    command = [outside, str(tmp_path / "manage.py"), "check"]
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.stdout == f"ran again: {tmp_path / 'manage.py'} check\n"
    here = subprocess.run(
        command, capture_output=True, text=True, check=False, env={**os.environ, "PORTAL_NO_VENV": "1"}
    )
    assert "ran again" not in here.stdout
