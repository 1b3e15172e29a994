"""The embedded Valkey: what it is told it keeps, and nobody talks to it without the password."""

import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from ecomwg.embedded import CannotStart
from ecomwg.embedded.valkey import Valkey


@contextlib.contextmanager
def running(home: Path) -> Iterator["redis.Redis"]:
    valkey = Valkey(home / "valkey", home / "valkey.log")
    try:
        valkey.start()
        with redis.Redis.from_url(valkey.url, decode_responses=True) as client:
            yield client
    finally:
        valkey.stop()


def test_what_was_written_is_there_after_a_restart(home: Path) -> None:
    with running(home) as client:
        client.rpush("queue", "task")
    with running(home) as client:
        assert client.lrange("queue", 0, -1) == ["task"]


def test_it_never_drops_what_waits_to_be_done(home: Path) -> None:
    with running(home) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_nobody_talks_to_it_without_the_password(home: Path) -> None:
    with running(home) as client:
        port = client.get_connection_kwargs()["port"]
        with redis.Redis(port=port, retry=Retry(NoBackoff(), 0)) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    assert (home / "valkey" / "valkey.conf").stat().st_mode & 0o077 == 0


def test_half_a_configuration_is_written_anew(home: Path) -> None:
    (home / "valkey").mkdir()
    (home / "valkey" / "valkey.conf").write_text("port 63")
    with running(home) as client:
        assert client.ping()


def test_a_log_of_writes_that_cannot_be_read_is_put_aside(home: Path) -> None:
    with running(home) as client:
        client.set("key", "value")
    written = next((home / "valkey" / "appendonlydir").glob("*.incr.aof"))
    written.write_bytes(b"*3\r\n$3\r\nSET\r\nthis is no length\r\n" + written.read_bytes())
    with running(home) as client:
        assert client.get("key") is None
    assert len(list((home / "valkey").glob("damaged-*"))) == 1


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(CannotStart, match=f"cannot have port {port}"):
            Valkey(home / "valkey", home / "valkey.log", port=port).start()
