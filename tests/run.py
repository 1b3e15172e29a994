"""`script/test` and `script/lint`: every check and test, each step with its name, result and time.

script/test                  all of it; pytest's own summary comes last
script/test tests/teams -k x only pytest, with these arguments
script/lint                  only the checks that need no services
"""

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from ecomwg.embedded import CannotStart, assets, chromium

ROOT: Final = Path(__file__).resolve().parents[1]
BIN: Final = Path(sys.executable).parent

# A portal in use, for the checks that read the settings. Nothing is connected to.
IN_USE: Final = {
    "DJANGO_SETTINGS_MODULE": "tests.settings_for_checks",
    "DEMONSTRATION": "off",
    "SECRET_KEY": "q8Zr2mVx0Lw7Ny5Tb1Kc9Hd4Gf6Js3Pa-Ue_Xi8Ro2Wt7Yv5Mu3Bk6",
    "SITE_URL": "https://portal.example",
    "DATABASE_URL": "postgres://portal:portal@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_HOST": "smtp.example",
    "MFA_KEYS": "bm90LWEtc2VjcmV0LWJ1dC10aGlydHktdHdvLWJ5dGU=",
    "DEFAULT_FROM_EMAIL": "portal@portal.example",
}
# What docker-compose.yml does not go without.
COMPOSE: Final = {"POSTGRES_PASSWORD": "letters", "REDIS_PASSWORD": "letters"}


class Step(NamedTuple):
    """One check: its name, its command, and what its environment has beside ours."""

    name: str
    command: list[str]
    environment: Mapping[str, str]


def checks() -> list[Step]:
    """The steps of script/lint, in order."""
    manage = [sys.executable, "manage.py"]
    # makemigrations compares with the migrations on disk; that it cannot ask a database as well is no matter.
    no_database = {"PYTHONWARNINGS": "ignore:Got an error checking a consistent migration history:RuntimeWarning"}
    steps = [
        Step("style", [str(BIN / "ruff"), "check"], {}),
        Step("format", [str(BIN / "ruff"), "format", "--check"], {}),
        Step("templates", [str(BIN / "djlint"), "templates", "--lint", "--quiet"], {}),
        Step("import contracts", [str(BIN / "lint-imports")], IN_USE),
        Step("types", [str(BIN / "mypy")], IN_USE),
        Step("settings", [*manage, "check", "--deploy", "--fail-level", "WARNING"], IN_USE),
        Step("migrations", [*manage, "makemigrations", "--check", "--dry-run"], {**IN_USE, **no_database}),
    ]
    if _has_compose():
        steps.append(Step("containers", ["docker", "compose", "config", "--quiet"], COMPOSE))
    return steps


def _has_compose() -> bool:
    try:
        return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def run_checks() -> list[str]:
    """Run all of them, also after one failed; returns the names of those that failed."""
    failed = []
    for step in checks():
        began = time.monotonic()
        done = subprocess.run(
            step.command,
            cwd=ROOT,
            env={**os.environ, **step.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            failed.append(step.name)
            print(done.stdout.rstrip())
        word = "FAILED" if done.returncode else "ok"
        print(f"{step.name:<18} {word:<7} {time.monotonic() - began:5.1f} s", flush=True)
    return failed


def prepare() -> None:
    """What tests need beside Python packages: web assets and a browser. Raises CannotStart."""
    began = time.monotonic()
    assets.ensure(ROOT, dev=True)
    browser = chromium.ensure()
    print(f"{'assets, browser':<18} {'ok':<7} {time.monotonic() - began:5.1f} s   {browser}", flush=True)


def run_pytest(arguments: list[str]) -> int:
    """Returns pytest's exit code."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 only when every step passed."""
    if arguments == ["--lint"]:
        return 1 if run_checks() else 0
    try:
        if arguments:
            prepare()
            return run_pytest(arguments)
        failed = run_checks()
        prepare()
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 1
    tests = run_pytest(["-n", "2"])
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else tests


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
