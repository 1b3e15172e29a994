"""The ground of a trial: a PostgreSQL, a Valkey and a mail server of its own, and a portal's worker and beats on them.

Everything listens on free ports of 127.0.0.1 and is ended by its pid. PostgreSQL keeps what it commits, as in use.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psycopg
import redis

from ecomwg.embedded.postgres import Postgres, programs
from ecomwg.embedded.processes import free_port, kill_group
from ecomwg.embedded.valkey import Valkey

from .mailserver import MailServer

if TYPE_CHECKING:
    from teams.accounts.models import User
    from teams.bodies.models import WorkingGroup

ROOT: Final = Path(__file__).resolve().parents[2]
EIGHT: Final = time_of_day(8)


class Waited(Exception):
    """Something did not come about in the time that it was given."""


def wait_until(holds: Callable[[], bool], what: str, seconds: float, *, each: float = 0.1) -> float:
    """Look each so many seconds; returns how long it took. Raises Waited."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() > began + seconds:
            raise Waited(f"waited {seconds:.0f} s in vain for {what}")
        time.sleep(each)
    return time.monotonic() - began


def _wait_until_gone(group: int) -> None:
    """Until no process of the group is left. Raises Waited."""

    def is_gone() -> bool:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        return False

    wait_until(is_gone, f"the end of process group {group}", 30, each=0.01)


def _end(group: int) -> None:
    """Ask its leader to end, and kill all of it when that takes long."""
    with suppress(ProcessLookupError):
        os.kill(group, signal.SIGTERM)
    with suppress(Waited):
        _wait_until_gone(group)
    kill_group(group)
    _wait_until_gone(group)


class _Starter:
    """A process that starts workers and beats (tests/faults/starter.py)."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.starter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def start(self, what: str, log: Path) -> int:
        """Start that, writing to the log; returns its process number, which is its group's too."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{what} {log}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        """It ends when nothing more can come."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


class Ground:
    """Where a trial runs. Django must be set up by the environment that `environment` gives before anything is owed."""

    def __init__(self, home: Path, *, seed: int, socket_timeout: int = 0) -> None:
        """`socket_timeout` (seconds) is how long the portal waits for a silent broker; 0 as in use."""
        self.home = home
        self.postgres = Postgres(home, home / "postgres.log", port=free_port())
        self.valkey = Valkey(home / "valkey", home / "valkey.log", port=free_port())
        self.mail = MailServer(seed)
        self.worker: int | None = None
        self.beats: list[int] = []
        self._starting: _Starter | None = None
        self._socket_timeout = socket_timeout
        self._people: list[User] = []

    @contextmanager
    def standing(self) -> Iterator[Ground]:
        """Services run within the block, and at its end nothing does."""
        try:
            self.postgres.start()
            with psycopg.connect(self.postgres.url, autocommit=True) as connection:
                # So that a start after an immediate stop takes no seconds for thousands of files one by one.
                connection.execute("ALTER SYSTEM SET recovery_init_sync_method = 'syncfs'")
            self.valkey.start()
            self.mail.start()
            self._starting = _Starter(self.environment())  # reads the code while the tables are made
            yield self
        finally:
            self.end_worker()
            self.end_beats()
            if self._starting is not None:
                self._starting.end()
            self.mail.stop()
            self.freeze_broker(False)
            self.valkey.stop()
            self.postgres.stop()

    def copy_tables(self, url: str) -> None:
        """Give the database the tables of another, with what is in them: seconds, where migrations take a minute."""
        dump = subprocess.run(
            [programs() / "pg_dump", "--no-owner", "--no-privileges", url], stdout=subprocess.PIPE, check=True
        )
        load: list[str | Path] = [
            programs() / "psql",
            "--quiet",
            "--single-transaction",
            "--set=ON_ERROR_STOP=1",
            "--output=/dev/null",
            self.postgres.url,
        ]
        subprocess.run(load, input=dump.stdout, check=True)

    def environment(self) -> dict[str, str]:
        """What a process of the portal needs to work here."""
        return {
            **os.environ,
            "DATABASE_URL": self.postgres.url,
            "REDIS_URL": self.valkey.url,
            "DJANGO_SETTINGS_MODULE": "tests.faults.settings",
            "DEMONSTRATION": "on",
            "SECRET_KEY": "only-for-trials-" + "0" * 50,
            "SITE_URL": "http://portal.example",
            "TICK_SECONDS": "1",
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(self.mail.port),
            "FAULTS_SOCKET_TIMEOUT": str(self._socket_timeout),
        }

    # --- the portal's processes ---

    def start_worker(self, *, asked: bool = True) -> None:
        """Start a worker as in use, whose mail server can be asked or not."""
        self.worker = self._start("worker" if asked else "unasked", "worker.log")

    def kill_worker(self) -> None:
        """SIGKILL to all of its processes at once."""
        assert self.worker is not None
        kill_group(self.worker)
        _wait_until_gone(self.worker)
        self.worker = None

    def end_worker(self) -> None:
        """Ask it to end, and kill it when it doesn't."""
        if self.worker is not None:
            _end(self.worker)
            self.worker = None

    def start_beat(self, number: int = 0) -> None:
        """Start a beat as in use, but for a tick a second."""
        self.beats.append(self._start("beat", f"beat{number}.log"))

    def end_beats(self) -> None:
        """Stop every beat."""
        while self.beats:
            _end(self.beats.pop())

    def _start(self, what: str, log: str) -> int:
        assert self._starting is not None
        return self._starting.start(what, self.home / log)

    # --- faults ---

    def empty_broker(self) -> None:
        """FLUSHALL."""
        with redis.Redis.from_url(self.valkey.url) as broker:
            broker.flushall()

    def freeze_broker(self, frozen: bool = True) -> None:
        """SIGSTOP: it takes connections and says nothing. Or let it go on."""
        if self.valkey.process is not None:
            self.valkey.process.send_signal(signal.SIGSTOP if frozen else signal.SIGCONT)

    def restart_database(self) -> None:
        """An immediate stop (SIGQUIT: no session is ended in order, and the start recovers), and a start."""
        from django.db import connection

        connection.close()
        assert self.postgres.process is not None
        self.postgres.process.send_signal(signal.SIGQUIT)
        self.postgres.process.wait(30)
        self.postgres.start()

    def run_out_leases(self) -> None:
        """As if so long had passed that every lease ran out. Only while no worker lives: nothing else would differ."""
        from teams.clock import selectors as clock
        from teams.notices.models import Notice

        assert self.worker is None
        self.mail.wait_until_quiet()
        Notice.objects.filter(state=Notice.State.SENDING).update(lease_ends_at=clock.real_now())

    # --- what is owed ---

    def set_clock(self, to: datetime) -> None:
        """The portal's clock; it runs on from there."""
        from teams.clock import services

        services.set_clock(to=to)

    def owe(
        self, number: int, *, reminded_on: date, slug: str, rules: tuple[int, ...] = (-1,)
    ) -> tuple[WorkingGroup, dict[int, tuple[str, datetime]]]:
        """A group with so many milestones, whose owners in every zone are reminded by the last of `rules` on that day.

        Rules are days after the due date. Returns the group and, for each milestone, the address of its owner and the
        instant that the mail is owed at, reckoned here by Python's zoneinfo and not by the portal.
        """
        from milestones.reminders.models import ReminderRule
        from milestones.work.models import Milestone
        from teams.bodies.models import Membership
        from teams.dates import ApproximateDate
        from tests import factories

        group = factories.group(slug)
        team = factories.team(group)
        deliverable = factories.deliverable(team)
        people = self._people or self._make_people()
        Membership.objects.bulk_create(Membership(body=team, person=person, role="member") for person in people)
        ReminderRule.objects.bulk_create(ReminderRule(group=group, days_after=days) for days in rules)
        due = ApproximateDate.day(reminded_on - timedelta(days=rules[-1]))
        made = Milestone.objects.bulk_create(
            Milestone(
                group=group,
                key=f"{slug}-{n}",
                body=team,
                deliverable=deliverable,
                title=f"Milestone {n} of {slug}",
                owner=people[n % len(people)],
                due=due,
                baseline_due=due,
            )
            for n in range(number)
        )
        return group, {
            each.pk: (
                each.owner.email,
                datetime.combine(reminded_on, EIGHT, zoneinfo.ZoneInfo(each.owner.timezone)),
            )
            for each in made
        }

    def _make_people(self) -> list[User]:
        """One in each time zone that is a place's."""
        from teams.accounts.models import User

        zones = sorted(name for name in zoneinfo.available_timezones() if "/" in name)
        self._people = User.objects.bulk_create(
            User(email=f"owner{n}@example.test", name=f"Owner {n}", timezone=zone, password="!")
            for n, zone in enumerate(zones)
        )
        return self._people
