"""script/server as a person meets it: started, used, spoken to from a second terminal, killed and stopped."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ecomwg.embedded import variables
from ecomwg.embedded.processes import free_port, started_at

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("ecomwg", "documents", "milestones", "teams", "templates", "static", ".assets")
FILES = ("manage.py", ".env.example", ".npmrc", "package.json", "package-lock.json")
AT_MOST = 240  # seconds, on a machine that does much else


class Portal:
    """A checkout of its own, with `.run/` beside, and the server that runs from it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for part in PARTS:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
        for file in FILES:
            shutil.copy(ROOT / file, root / file)
        self.port = free_port()
        names = variables.names(ROOT / ".env.example")
        mine = {name for name in names for name in (name, f"{name}_FILE")} | {"DJANGO_SETTINGS_MODULE"}
        self.environment = {key: value for key, value in os.environ.items() if key not in mine}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self.root / "terminal").open("wb") as terminal:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ecomwg.embedded.server"],
                cwd=self.root,
                env={**self.environment, "PORT": str(self.port)},
                stdout=terminal,
                stderr=subprocess.STDOUT,
            )

    def printed(self) -> str:
        return (self.root / "terminal").read_text(encoding="utf-8")

    def wait_until(self, happened: Callable[[], bool]) -> None:
        assert self.process is not None
        end = time.monotonic() + AT_MOST
        while not happened():
            assert self.process.poll() is None, self.printed()
            assert time.monotonic() < end, self.printed()
            time.sleep(0.1)

    def wait_until_it_runs(self) -> None:
        self.wait_until(lambda: re.search(r"^Stop +Ctrl-C$", self.printed(), re.MULTILINE) is not None)

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=self.root, env=self.environment, capture_output=True, text=True, check=False)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def processes(self) -> list[int]:
        rows = (self.root / ".run" / "processes").read_text().splitlines()
        return [int(row.partition(" ")[0]) for row in rows]

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(90)


@pytest.fixture
def portal(home: Path) -> Iterator[Portal]:
    portal = Portal(home)
    yield portal
    if portal.process is not None and portal.process.poll() is None:
        portal.stop()


def test_the_whole_portal_from_the_first_start_to_the_last_stop(portal: Portal) -> None:
    portal.start()
    portal.wait_until_it_runs()
    assert f"http://127.0.0.1:{portal.port}/" in portal.printed()
    assert "chair@example.test" in portal.printed()
    status, page = portal.get("/accounts/login/")
    assert status == 200
    styles = re.search(r'href="(/static/[^"]*\.css)"', page)
    assert styles is not None
    assert portal.get(styles[1])[0] == 200
    portal.wait_until(lambda: '"status": "ok"' in portal.get("/readyz")[1])  # worker and beat do their work

    second = portal.manage("showmigrations", "--plan")
    assert second.returncode == 0, second.stderr
    assert "[X]" in second.stdout

    first_processes = portal.processes()
    assert portal.process is not None
    portal.process.kill()  # and no goodbye to anybody
    portal.process.wait()
    assert "not running" in portal.manage("showmigrations").stderr

    portal.start()
    portal.wait_until_it_runs()
    assert "Building the static files" not in portal.printed()
    assert not any(started_at(pid) for pid in first_processes)
    processes = portal.processes()
    assert len(processes) == 5

    assert portal.stop() == 0
    assert not any(started_at(pid) for pid in processes)
    assert portal.printed().endswith("Stopping...\nStopped.\n")
    assert "not running" in portal.manage("showmigrations").stderr
