"""The embedded PostgreSQL: made once, kept, and brought back from every half state."""

import contextlib
import os
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ecomwg.embedded import CannotStart
from ecomwg.embedded.postgres import Postgres


@contextlib.contextmanager
def running(home: Path) -> Iterator[Postgres]:
    postgres = Postgres(home, home / "postgres.log", durable=False)
    try:
        postgres.start()
        yield postgres
    finally:
        postgres.stop()


def execute(postgres: Postgres, statement: str) -> None:
    with psycopg.connect(postgres.url) as connection:
        connection.execute(statement.encode())


def ask(postgres: Postgres, question: str) -> object:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def remember_a_number(home: Path) -> None:
    with running(home) as postgres:
        execute(postgres, "CREATE TABLE remembered AS SELECT 42 AS number")


def test_data_is_kept_from_one_start_to_the_next(home: Path) -> None:
    remember_a_number(home)
    with running(home) as postgres:
        assert ask(postgres, "SELECT number FROM remembered") == 42


def test_the_cluster_speaks_unicode_and_keeps_time_in_utc(home: Path) -> None:
    with running(home) as postgres:
        assert ask(postgres, "SELECT lower('ÉÇÑ')") == "éçñ"
        assert ask(postgres, "SHOW timezone") == "UTC"


def test_nobody_gets_in_without_the_password(home: Path) -> None:
    with running(home) as postgres:
        without = postgres.url.replace(f":{(home / 'pgdata/portal_password').read_text()}@", ":guess@")
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(without)


def test_a_half_made_cluster_is_made_anew(home: Path) -> None:
    (home / "pgdata.new").mkdir()
    (home / "pgdata.new" / "PG_VERSION").write_text("18")
    (home / "password.new").write_text("hal")
    with running(home) as postgres:
        assert ask(postgres, "SELECT current_database()") == "portal"
    assert not (home / "pgdata.new").exists()
    assert not (home / "password.new").exists()


def test_a_killed_server_recovers_at_the_next_start(home: Path) -> None:
    remember_a_number(home)
    with running(home) as killed:
        assert killed.process is not None
        killed.process.send_signal(signal.SIGKILL)  # not reaped: its number still counts as in use
        with running(home) as postgres:
            assert ask(postgres, "SELECT number FROM remembered") == 42


def test_a_server_that_outlived_its_portal_is_replaced(home: Path) -> None:
    remember_a_number(home)
    with running(home) as outlived, running(home) as postgres:
        assert outlived.process is not None
        assert outlived.process.wait(10) == 0
        assert ask(postgres, "SELECT number FROM remembered") == 42


@pytest.mark.parametrize("text", ["PID\n/elsewhere\n1\n5432\n", "", "half a li"])
def test_a_stale_process_mark_is_no_obstacle(home: Path, text: str) -> None:
    """PID stands for a process that lives and is no PostgreSQL: this one."""
    remember_a_number(home)
    (home / "pgdata" / "postmaster.pid").write_text(text.replace("PID", str(os.getpid())))
    with running(home) as postgres:
        assert ask(postgres, "SELECT number FROM remembered") == 42


def test_another_major_version_is_named(home: Path) -> None:
    (home / "pgdata").mkdir()
    (home / "pgdata" / "PG_VERSION").write_text("12\n")
    with pytest.raises(CannotStart, match="made by PostgreSQL 12, and this portal brings PostgreSQL 18"):
        Postgres(home, home / "postgres.log").start()


def test_a_damaged_cluster_is_named_and_left_alone(home: Path) -> None:
    remember_a_number(home)
    (home / "pgdata" / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(CannotStart, match="damaged: global/pg_control missing or empty"):
        Postgres(home, home / "postgres.log").start()
    assert (home / "pgdata" / "PG_VERSION").exists()


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"cannot have port {port}"):
            Postgres(home, home / "postgres.log", durable=False, port=port).start()


def test_a_folder_that_only_root_can_enter_is_left_for_another(home: Path) -> None:
    """Root's PostgreSQL runs as another account; nobody's folders are opened to it. Others stay where they are."""
    closed = home / "closed"
    closed.mkdir(mode=0o700)
    postgres = Postgres(closed / "run", home / "postgres.log", durable=False)
    try:
        postgres.start()
        assert ask(postgres, "SELECT 1") == 1
        if os.geteuid() == 0:
            assert postgres.home.parent == Path("/var/lib")
        else:
            assert postgres.home == closed / "run"
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        postgres.stop()
        shutil.rmtree(postgres.home)
