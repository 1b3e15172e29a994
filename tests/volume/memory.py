"""The memory that is a process's own, watched while something is done. Linux alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

EVERY: Final = 0.01  # seconds


def own(pid: int) -> float:
    """How much memory (MiB) a process has that it shares with no other: RssAnon of proc_pid_status(5)."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no memory of its own")


class Watched:
    """The highest that was seen of each process, and what it had before, in MiB."""

    def __init__(self, pids: Sequence[int]) -> None:
        self.before = {pid: own(pid) for pid in pids}
        self.peak = dict(self.before)

    def look(self) -> None:
        """Note what each has now."""
        for pid in self.peak:
            self.peak[pid] = max(self.peak[pid], own(pid))


@contextmanager
def watched(*pids: int) -> Iterator[Watched]:
    """Looks a hundred times a second within the block."""
    seen, over = Watched(pids), threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.look()
            time.sleep(EVERY)

    watching = threading.Thread(target=look)
    watching.start()
    try:
        yield seen
    finally:
        over.set()
        watching.join()
