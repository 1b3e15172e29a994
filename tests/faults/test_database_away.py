"""The database goes away and comes back under a running web server: clear answers, and no restart of ours."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from ecomwg.embedded.postgres import Postgres
from ecomwg.embedded.processes import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds, for what takes one or two on an idle machine


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    """A database of this test's own, on a port that it keeps."""
    home = Path(tempfile.mkdtemp(prefix="portal-away-"))
    home.chmod(0o711)
    server = Postgres(home, home / "postgres.log", durable=False, port=free_port())
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def site(postgres: Postgres) -> Iterator[str]:
    """The portal, served from that database."""
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": postgres.url, "SITE_URL": f"http://127.0.0.1:{port}"}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True)
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"], cwd=ROOT, env=environment, check=True
    )
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "ecomwg.wsgi", "-w", "1", "-k", "gthread"]
    server = subprocess.Popen(
        [*command, "--threads", "4", "-b", f"127.0.0.1:{port}"], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL
    )
    yield f"http://127.0.0.1:{port}"
    server.terminate()
    server.wait(20)


def get(address: str) -> tuple[int, str, str]:
    """Status, Retry-After and content; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own server
            return answer.status, "", answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("Retry-After", ""), error.read().decode()
    except OSError:
        return 0, "", ""


def wait_for(address: str, status: int) -> None:
    """Until the address answers with the status, or the test fails."""
    ends = time.monotonic() + PATIENCE
    while (got := get(address)[0]) != status:
        assert time.monotonic() < ends, f"{address} still answers {got}"
        time.sleep(0.2)


def test_pages_say_so_and_come_back_by_themselves(postgres: Postgres, site: str) -> None:
    page = f"{site}/accounts/login/"
    wait_for(page, 200)

    postgres.stop()
    status, retry, content = get(page)
    assert (status, retry) == (503, "10")
    assert "Traceback" not in content
    assert "home page" in content
    assert get(f"{site}/healthz")[0] == 200
    assert get(f"{site}/readyz")[0] == 503

    postgres.start()
    wait_for(f"{site}/readyz", 200)
    wait_for(page, 200)
