"""Starting a program so that it never outlives the portal, and stopping it with all that it started."""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

PR_SET_PDEATHSIG = 1  # prctl(2)

# Loaded here, because nothing may be loaded between fork and exec.
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


class Account(NamedTuple):
    """The account that a program runs as when root starts it."""

    uid: int
    gid: int


def spawn(
    command: Sequence[str | Path],
    *,
    log: BinaryIO | int,
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    account: Account | None = None,
    dies_by: signal.Signals = signal.SIGTERM,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start `command` in a session of its own, its output appended to `log`.

    A session of its own keeps the terminal's Ctrl-C away from it, so that the portal can stop its parts in
    order. On Linux the kernel sends it `dies_by` when this process ends, however that happens.
    """
    parent = os.getpid()

    def tie_to_parent() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(dies_by))
            if os.getppid() != parent:  # the parent ended before the line above
                os._exit(1)

    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=cwd,
        env=None if environment is None else dict(environment),
        start_new_session=True,
        preexec_fn=tie_to_parent,
        pass_fds=keep_open,
        user=None if account is None else account.uid,
        group=None if account is None else account.gid,
        extra_groups=None if account is None else [],
    )


def stop(
    process: subprocess.Popen[bytes],
    *,
    first: signal.Signals = signal.SIGTERM,
    grace: float,
    hurry: Callable[[], bool] = lambda: False,
) -> bool:
    """Ask a spawned program to end by `first`, and after `grace` seconds (or when in a `hurry`) kill it.

    What is left of its process group is killed in either case. Returns whether it ended when asked.
    """
    asked = process.poll() is None
    if asked:
        process.send_signal(first)
    end = time.monotonic() + grace
    while process.poll() is None and time.monotonic() < end and not hurry():
        time.sleep(0.02)
    ended = process.poll() is not None
    kill_group(process.pid)
    process.wait()
    return ended


def kill_group(leader: int) -> None:
    """Kill every process of the group that `leader` leads or led."""
    # Nobody may be left (macOS says EPERM of a group of which only the dead remain).
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def started_at(pid: int) -> str | None:
    """A mark that tells a process from a later one with the same number; None when it does not run."""
    if sys.platform == "linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] in "ZX" else fields[19]  # proc(5): field 22, in ticks since the machine started
    return _ps(pid, "lstart=")


def command_line(pid: int) -> str:
    """The command of a running process; empty when it does not run, or only waits to be reaped."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            return ""
    return _ps(pid, "command=") or ""


def _ps(pid: int, column: str) -> str | None:
    answer = subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip() or None


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def is_port_taken(port: int, host: str = "127.0.0.1") -> bool:
    """Does somebody listen on that port?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log file, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 8192))
            return "\n".join(file.read().decode(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""
