"""The folder `.run/`: what a running portal keeps on this machine between starts, and tells other commands.

lock          held by the one script/server of this checkout; the kernel lets go of it when that ends
environment   the settings of the portal that runs now, for manage.py in a second terminal
processes     what that portal started, so that the next start can stop what a killed one left
secret_key    made once, for a demonstration
logs/         one file a program
pgdata/, valkey/, media/, static/   what their names say
"""

import fcntl
import os
import secrets
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO, Final

from . import CannotStart
from .processes import kill_group, started_at

SECRET_LENGTH: Final = 50
LOG_LIMIT: Final = 5_000_000  # bytes; a longer log is put aside at the next start


def write_private(path: Path, text: str) -> None:
    """Write a file that only this account can read, whole or not at all."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


class RunFolder:
    """`.run/` for the script/server that holds it."""

    def __init__(self, path: Path) -> None:
        """Make the folder if need be. Raises CannotStart when it belongs to somebody else."""
        self.path = path
        self._held: BinaryIO | None = None
        self._started: dict[str, tuple[int, str]] = {}
        try:
            path.mkdir(exist_ok=True)
            if os.geteuid() == 0:  # the account that PostgreSQL runs as goes through it, and sees no list
                path.chmod(0o711 if path.stat().st_uid == 0 else path.stat().st_mode | 0o011)
            else:
                path.chmod(0o700)
            for folder in ("logs", "media"):
                (path / folder).mkdir(mode=0o700, exist_ok=True)
            foreign = [part.name for part in (path, *path.iterdir()) if not os.access(part, os.W_OK)]
        except PermissionError:
            foreign = [path.name]
        foreign = [name for name in foreign if name != "pgdata"]
        if foreign:
            raise CannotStart(
                f"{path} belongs to another account of this machine ({', '.join(sorted(foreign))}): start as "
                f"that account, or move the folder away."
            )

    # --- one at a time ---

    def claim(self) -> None:
        """Hold the folder until this process ends. Raises CannotStart when another script/server holds it."""
        file = (self.path / "lock").open("a+b")
        end = time.monotonic() + 1  # manage.py holds it for an instant when it looks whether the portal runs
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    file.seek(0)
                    who = file.read().decode().strip() or "unknown"
                    file.close()
                    raise CannotStart(
                        f"The portal already runs from this checkout (process {who}): use that one, or "
                        f"stop it by Ctrl-C where it was started."
                    ) from None
                time.sleep(0.05)
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        self._held = file

    def release(self) -> None:
        """Let go of the folder."""
        if self._held is not None:
            self._held.close()
            self._held = None

    # --- what is kept ---

    def log(self, name: str) -> Path:
        """The log file of that name; a long one of earlier starts is put aside as `.1` first."""
        path = self.path / "logs" / f"{name}.log"
        if path.exists() and path.stat().st_size > LOG_LIMIT:
            path.replace(path.with_suffix(".log.1"))
        path.touch(mode=0o600)
        return path

    def secret_key(self) -> str:
        """The demonstration's own secret, the same at every start; a damaged one is made anew."""
        path = self.path / "secret_key"
        secret = path.read_text().strip() if path.is_file() else ""
        if len(secret) < SECRET_LENGTH:
            secret = secrets.token_urlsafe(SECRET_LENGTH)
            write_private(path, secret)
        return secret

    def publish(self, environment: Mapping[str, str]) -> None:
        """Leave these settings to manage.py in other terminals, while this process lives."""
        lines = ["# The settings of the portal that runs now; written by script/server, gone when it stops."]
        lines += [f"{key}={value}" for key, value in sorted(environment.items()) if "\n" not in value]
        write_private(self.path / "environment", "\n".join(lines) + "\n")

    def withdraw(self) -> None:
        """Take the settings back: the portal stops."""
        (self.path / "environment").unlink(missing_ok=True)

    # --- what was started ---

    def record(self, name: str, pid: int | None) -> None:
        """Note that the program `name` runs as process `pid` now, or (None) that it ended."""
        if pid is None:
            self._started.pop(name, None)
        elif mark := started_at(pid):
            self._started[name] = (pid, mark)
        rows = (f"{pid} {mark} {name}" for name, (pid, mark) in self._started.items())
        write_private(self.path / "processes", "".join(f"{row}\n" for row in rows))

    def stop_leftovers(self, grace: float = 15) -> list[str]:
        """Stop what an earlier, killed script/server started and what still runs; returns the names.

        A process is known by its number and the time it started, so that no stranger is met.
        """
        path = self.path / "processes"
        left: list[tuple[str, int, str]] = []
        for line in path.read_text(errors="replace").splitlines() if path.is_file() else []:
            number, _, rest = line.partition(" ")
            mark, _, name = rest.rpartition(" ")
            if number.isdigit() and mark and started_at(int(number)) == mark:
                left.append((name, int(number), mark))
        for _name, pid, _mark in left:
            os.kill(pid, signal.SIGTERM)
        end = time.monotonic() + grace
        while any(started_at(pid) == mark for _name, pid, mark in left) and time.monotonic() < end:
            time.sleep(0.05)
        for _name, pid, mark in left:
            if started_at(pid) == mark:
                kill_group(pid)
        path.unlink(missing_ok=True)
        self.withdraw()
        return [name for name, _pid, _mark in left]


def running_environment(path: Path) -> dict[str, str] | None:
    """The settings of the portal that runs from the folder `path`; None when none runs.

    The lock tells, not the file: a killed portal leaves its file behind. Raises PermissionError when the
    portal runs as another account.
    """
    try:
        with (path / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        pass
    else:
        return None
    try:
        lines = (path / "environment").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:  # it is starting, or stopping
        return None
    pairs = (line.partition("=") for line in lines if not line.startswith("#"))
    return {key: value for key, equals, value in pairs if equals}
