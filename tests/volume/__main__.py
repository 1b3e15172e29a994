"""`script/volume`: queues 1,000, 10,000 and 100,000 reminders at once, sends some of them, and says what that takes.

It starts a PostgreSQL and a mail server of its own, makes fifty groups of a hundred people each, and lets milestones be
late, five reminders each. For every number it sweeps once, which writes all of them, and once more, which finds nothing
to do, as most of beat's ticks do; then a sender of its own sends for some seconds. All of it is thrown away at the end.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from ecomwg.embedded.postgres import Postgres
from ecomwg.embedded.processes import free_port
from tests.faults.mailserver import MailServer

from .memory import watched

ROOT: Final = Path(__file__).resolve().parents[2]
NUMBERS: Final = (1_000, 10_000, 100_000)
GROUPS: Final = 50
PEOPLE: Final = 100

COLUMNS: Final = (
    "notices",
    "milestones",
    "statements",
    "seconds",
    "process MiB",
    "PostgreSQL MiB",
    "on disk MiB",
    "swept again s",
    "sent",
    "a second",
    "statements each",
    "sender’s CPU ms each",
    "sender MiB",
)


def options(arguments: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="script/volume", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("numbers", nargs="*", type=int, help="of reminders, rising (1000 10000 100000)")
    parser.add_argument("--groups", type=int, default=GROUPS, help=f"how many ({GROUPS})")
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"how many in each ({PEOPLE})")
    parser.add_argument("--everything", action="store_true", help="let each group have other things to remind of too")
    parser.add_argument("--send", type=float, default=20.0, metavar="SECONDS", help="how long it sends each time (20)")
    asked = parser.parse_args(arguments)
    asked.numbers = asked.numbers or list(NUMBERS)
    if asked.numbers != sorted(set(asked.numbers)) or any(number % 5 for number in asked.numbers):
        parser.error("numbers rise, and five reminders belong to a milestone")
    return asked


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 when everything that was due was queued."""
    asked = options(arguments)
    home = Path(tempfile.mkdtemp(prefix="portal-volume-"))
    home.chmod(0o711)
    postgres = Postgres(home, home / "postgres.log", port=free_port())
    mail = MailServer(longest_pause=0)
    try:
        postgres.start()
        mail.start()
        os.environ.update(environment(postgres, mail))
        rows = _measure(asked)
    finally:
        mail.stop()
        postgres.stop()
        shutil.rmtree(home, ignore_errors=True)
    print(_table(rows))
    return 0


def environment(postgres: Postgres, mail: MailServer) -> dict[str, str]:
    """What a process of the portal needs to work here."""
    return {
        "DATABASE_URL": postgres.url,
        "REDIS_URL": "redis://127.0.0.1:1/0",  # nobody asks it
        "DJANGO_SETTINGS_MODULE": "ecomwg.settings",
        "DEMONSTRATION": "on",  # for its clock
        "SECRET_KEY": "only-for-measuring-" + "0" * 50,
        "SITE_URL": "http://portal.example",
        "EMAIL_HOST": "127.0.0.1",
        "EMAIL_PORT": str(mail.port),
        "LOG_LEVEL": "WARNING",
    }


def _measure(asked: argparse.Namespace) -> list[dict[str, Any]]:
    import django
    from django.core.management import call_command

    django.setup()
    from milestones.reminders import services
    from teams.clock.services import set_clock

    from . import crowd

    call_command("migrate", verbosity=0)
    groups = crowd.groups(asked.groups, people=asked.people)
    if asked.everything:
        crowd.everything_else(groups)
    services.sweep(now=crowd.NOW)  # the first of all has a row to make
    rows = []
    for before, number in itertools.pairwise([0, *asked.numbers]):
        crowd.milestones(groups, (number - before) // crowd.EACH, since=before // crowd.EACH)
        _forget_notices()
        rows.append({"notices": number, "milestones": number // crowd.EACH, **_sweep(crowd.EACH)})
        set_clock(to=crowd.NOW)
        rows[-1] |= _send(asked.send)
        print(rows[-1], file=sys.stderr, flush=True)
    return rows


def _forget_notices() -> None:
    """Start anew, with statistics and visibility as autovacuum would have them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notices_notice CASCADE")
        cursor.execute("VACUUM ANALYZE")


def _sweep(each: int) -> dict[str, float]:
    """Sweep twice, on a connection of its own, so that the memory of PostgreSQL's process is this sweep's."""
    from django.db import connection

    from milestones.reminders import services
    from milestones.work.models import Milestone

    from . import crowd

    connection.close()
    connection.ensure_connection()
    statements = 0

    def count(execute: Callable[..., Any], *asked: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*asked)

    server, here, spilled = connection.connection.info.backend_pid, os.getpid(), _spilled()
    with connection.execute_wrapper(count), watched(server, here) as memory:
        began = time.monotonic()
        queued = services.sweep(now=crowd.NOW)
        took = time.monotonic() - began
    due = each * Milestone.objects.count()
    if queued is None or queued < due:
        raise SystemExit(f"{due} reminders were due, and {queued} were queued")
    began = time.monotonic()
    again = services.sweep(now=crowd.NOW)
    if again:
        raise SystemExit(f"the second sweep queued {again} more")
    return {
        "statements": statements,
        "seconds": took,
        "process MiB": memory.peak[here] - memory.before[here],
        "PostgreSQL MiB": memory.peak[server],
        "on disk MiB": (_spilled() - spilled) / 2**20,
        "swept again s": time.monotonic() - began,
    }


def _spilled() -> int:
    """Bytes that PostgreSQL put into temporary files for want of memory, so far."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()")
        return int(cursor.fetchone()[0])


def _send(seconds: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.volume.sender", str(seconds)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(done.stdout)
    sent = found["sent"] or 1
    return {
        "sent": found["sent"],
        "a second": found["sent"] / found["seconds"],
        "statements each": found["statements"] / sent,
        "sender’s CPU ms each": 1000 * found["cpu"] / sent,
        "sender MiB": found["peak"],
    }


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [list(COLUMNS)]
    lines += [
        [f"{row[name]:,.1f}" if isinstance(row[name], float) else f"{row[name]:,}" for name in COLUMNS] for row in rows
    ]
    written = ["| " + " | ".join(line) + " |" for line in lines]
    written.insert(1, "|" + " --- |" * len(COLUMNS))
    machine = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    return "\n".join((machine, *written))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
