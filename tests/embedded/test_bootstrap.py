"""script/bootstrap: when .venv is made, when it is brought up to date, and when it is left alone.

Installing is done by a stand-in for uv that only notes what it was asked for; that the locks can be installed
is shown by the very run of these tests.
"""

import importlib.machinery
import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "script" / "bootstrap"

UV = """#!/bin/sh
# uv pip install --quiet --python PYTHON --require-hashes -r requirements/LOCK.txt
for last; do :; done
basename "$last" .txt >> "$UV_NOTES"
if [ "$UV_DOES" = fail ]; then exit 2; fi
if [ "$UV_DOES" = die ]; then kill -KILL $PPID; exit 0; fi
sleep 0.3
"""


class Checkout:
    """A folder with locks, the script, and a stand-in for uv."""

    def __init__(self, root: Path) -> None:
        self.root = root / "checkout"
        (self.root / "script").mkdir(parents=True)
        shutil.copy(SCRIPT, self.root / "script" / "bootstrap")
        (self.root / "requirements").mkdir()
        for lock in ("deploy", "embedded", "dev"):
            self.write_lock(lock, "of today")
        self.notes = root / "notes"
        self.notes.touch()
        self.bin = root / "bin"
        self.bin.mkdir()
        (self.bin / "uv").write_text(UV)
        (self.bin / "uv").chmod(0o755)

    def write_lock(self, lock: str, text: str) -> None:
        (self.root / "requirements" / f"{lock}.txt").write_text(f"# {lock} {text}\n")

    def start(self, lock: str, does: str = "install") -> subprocess.Popen[str]:
        environment = {
            **os.environ,
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "UV_NOTES": str(self.notes),
            "UV_DOES": does,
        }
        environment.pop("PYTHON", None)
        command = [sys.executable, str(self.root / "script" / "bootstrap"), lock]
        return subprocess.Popen(
            [*command, "-c", "import sys; print(sys.prefix)"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, lock: str, does: str = "install") -> tuple[int, str, str]:
        process = self.start(lock, does)
        out, err = process.communicate(timeout=60)
        return process.returncode, out.strip(), err

    def installed(self) -> list[str]:
        return self.notes.read_text().split()


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_the_command_runs_in_an_environment_that_is_made_once(checkout: Checkout) -> None:
    for _start in range(2):
        assert checkout.run("embedded")[:2] == (0, str(checkout.root / ".venv"))
    assert checkout.installed() == ["embedded"]


def test_the_tests_environment_serves_the_server_and_not_the_other_way_round(checkout: Checkout) -> None:
    for lock in ("embedded", "dev", "embedded", "dev"):
        checkout.run(lock)
    assert checkout.installed() == ["embedded", "dev"]


def test_a_changed_lock_is_installed_in_full_measure(checkout: Checkout) -> None:
    checkout.run("dev")
    (checkout.root / ".venv" / "kept").touch()
    checkout.write_lock("dev", "of tomorrow")
    checkout.run("embedded")
    assert checkout.installed() == ["dev", "dev"]
    assert (checkout.root / ".venv" / "kept").exists()


def test_an_interrupted_installation_begins_anew(checkout: Checkout) -> None:
    checkout.run("embedded", does="die")
    (checkout.root / ".venv" / "half").touch()
    assert checkout.run("embedded")[0] == 0
    assert checkout.installed() == ["embedded", "embedded"]
    assert not (checkout.root / ".venv" / "half").exists()


def test_an_installation_that_fails_is_named_and_tried_again(checkout: Checkout) -> None:
    code, out, err = checkout.run("embedded", does="fail")
    assert (code, out) == (1, "")
    assert "could not be installed" in err
    assert checkout.run("embedded")[0] == 0


def test_an_environment_without_a_python_that_runs_is_made_anew(checkout: Checkout) -> None:
    checkout.run("embedded")
    python = checkout.root / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert checkout.run("embedded")[0] == 0
    assert checkout.installed() == ["embedded", "embedded"]


def test_two_at_once_install_once(checkout: Checkout) -> None:
    both = [checkout.start("embedded"), checkout.start("embedded")]
    for process in both:
        process.communicate(timeout=60)
    assert [process.returncode for process in both] == [0, 0]
    assert checkout.installed() == ["embedded"]


def load() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("bootstrap", str(SCRIPT))
    spec = importlib.util.spec_from_loader("bootstrap", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def test_an_older_python_is_refused_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert load().main(["embedded", "-c", "pass"]) == 1
    assert "The portal needs Python 3.11 or newer" in capsys.readouterr().err


def test_a_python_that_cannot_make_environments_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As on Debian without the package python3-venv."""
    bootstrap = load()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(bootstrap.Refused, match="apt-get install python3-venv"):
        bootstrap.Environment(tmp_path).make(None)


@pytest.mark.parametrize("command", ["server", "test", "lint"])
def test_the_commands_are_thin(command: str) -> None:
    script = SCRIPT.with_name(command)
    assert os.access(script, os.X_OK)
    lines = [line for line in script.read_text().splitlines() if not line.startswith("#")]
    assert len(lines) == 1
    assert lines[0].startswith('exec "${PYTHON:-python3}" "$(dirname "$0")/bootstrap" ')
