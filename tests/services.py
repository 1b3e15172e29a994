"""A pytest plugin: PostgreSQL and Valkey for the tests, on free ports and in a temporary folder.

Loaded by `-p tests.services` (pyproject.toml), since pytest-django reads the settings before any conftest.py.
DATABASE_URL and REDIS_URL win where they are set. The workers of pytest-xdist inherit both from the process
that started them: pytest-django gives each a database of its own, and here each gets its own Redis database
and its own folder for uploads.
"""

import atexit
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

import pytest

from ecomwg.embedded.postgres import Postgres
from ecomwg.embedded.valkey import DATABASES, Valkey

# Set for the workers by the process that started the services.
HOME: Final = "PORTAL_TEST_HOME"
BROKER: Final = "PORTAL_TEST_BROKER"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--whole`: run what the suite runs in a short form at its full length."""
    parser.addoption("--whole", action="store_true", help="run races and random searches at their full length")


def _provide() -> None:
    home = Path(tempfile.mkdtemp(prefix="portal-tests-"))
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    home.chmod(0o711)  # the account that PostgreSQL runs as, when root runs the tests, goes through it
    os.environ[HOME] = str(home)
    if not (os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE")):
        postgres = Postgres(home, home / "postgres.log", durable=False)
        atexit.register(postgres.stop)
        postgres.start()
        os.environ["DATABASE_URL"] = postgres.url
    if not (os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE")):
        valkey = Valkey(home / "valkey", home / "valkey.log", durable=False)
        atexit.register(valkey.stop)
        valkey.start()
        os.environ["REDIS_URL"] = os.environ[BROKER] = valkey.url


def _set_up(worker: str) -> None:
    """The settings of this process; `worker` is the name of pytest-xdist (gw0, gw1, ...) or empty."""
    number = int(worker.removeprefix("gw")) + 1 if worker else 0
    if number >= DATABASES:
        raise RuntimeError(f"The tests' Valkey has {DATABASES} databases: use at most {DATABASES - 1} workers.")
    if broker := os.environ.get(BROKER):
        os.environ["REDIS_URL"] = f"{broker.rpartition('/')[0]}/{number}"
    files = Path(os.environ[HOME]) / f"files{number}"
    os.environ["MEDIA_ROOT"] = str(files / "media")
    os.environ["STATIC_ROOT"] = str(files / "static")
    for folder in ("media", "static"):
        (files / folder).mkdir(parents=True, exist_ok=True)
    os.environ["DEMONSTRATION"] = "on"
    os.environ["SITE_URL"] = "http://testserver"
    os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0" * 50)
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # the ORM beside playwright's synchronous interface


if HOME not in os.environ:
    _provide()
_set_up(os.environ.get("PYTEST_XDIST_WORKER", ""))
