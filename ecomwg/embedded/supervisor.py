"""Keeps a handful of programs running under one terminal: starts, watches, restarts and stops them."""

import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Protocol, Self

from .processes import kill_group, spawn, stop

FIRST_DELAY = 1.0  # seconds before the first restart of a program that died
LONGEST_DELAY = 30.0
STEADY_AFTER = 60.0  # seconds after which a program counts as running well again


class StopAsked(Exception):
    """The person at the keyboard, or the machine, wants the portal to stop."""


class ServiceDied(Exception):
    """A service that nothing can go on without has ended by itself."""


class StepFailed(Exception):
    """A step of the start ended with an error; its output is the text."""


class Service(Protocol):
    """An embedded service: `start` returns when it answers, `stop` when it has ended."""

    name: str
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...

    def stop(self) -> None: ...


@dataclass
class Program:
    """A program of the portal's own, restarted when it dies."""

    name: str
    command: Sequence[str | Path]
    log: Path
    grace: float
    """Seconds that it is given to end when asked to."""
    keep_open: Sequence[int] = ()
    """File descriptors that it inherits."""
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    launched_at: float = field(default=0.0, init=False)
    delay: float = field(default=FIRST_DELAY, init=False)
    due_at: float | None = field(default=None, init=False)


class Supervisor:
    """To be used in a `with`: at its end everything that was started is stopped, the last first.

    Signals only set a mark, and every wait looks at it, so that nothing is ever half registered when the stop
    comes. SIGINT, SIGTERM and SIGHUP ask to stop; a SIGINT while stopping kills what has not ended yet.
    """

    def __init__(
        self,
        *,
        cwd: Path,
        environment: Mapping[str, str],
        record: Callable[[str, int | None], None],
        say: Callable[[str], None] = lambda text: print(text, flush=True),
    ) -> None:
        """`record` is told of each process number, and of its end (None); `say` gets what people read."""
        self.environment = dict(environment)
        self._cwd = cwd
        self._record = record
        self._say = say
        self._running: list[Service | Program] = []
        self._asked_to_stop = False
        self._stopping = False
        self._forced = False

    # --- signals ---

    def __enter__(self) -> Self:
        self._wake, wake = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake, False)
        self._wake_writer = wake
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self._earlier = {
            number: signal.signal(number, self._ask_to_stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        # So that the end of a child wakes a wait.
        self._earlier[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop_all()
        signal.set_wakeup_fd(-1)
        for number, handler in self._earlier.items():
            signal.signal(number, handler)
        os.close(self._wake)
        os.close(self._wake_writer)

    def _ask_to_stop(self, number: int, _frame: FrameType | None) -> None:
        if self._stopping and number == signal.SIGINT:
            self._forced = True
        self._asked_to_stop = True

    def pause(self, seconds: float | None) -> None:
        """Wait until something happens, at most `seconds`. Raises StopAsked."""
        if not self._asked_to_stop:
            select.select([self._wake], [], [], seconds)
            try:
                while os.read(self._wake, 512):
                    pass
            except BlockingIOError:
                pass
        if self._asked_to_stop:
            raise StopAsked

    # --- starting ---

    def step(self, command: Sequence[str | Path], *, log: Path) -> None:
        """Run a command of the start to its end. Raises StepFailed with what it said, or StopAsked."""
        began = log.stat().st_size if log.exists() else 0
        with log.open("ab") as file:
            process = spawn(command, log=file, cwd=self._cwd, environment=self.environment)
        try:
            while process.poll() is None:
                self.pause(5)
        finally:
            stop(process, grace=5)
        if process.returncode:
            with log.open("rb") as file:
                file.seek(began)
                said = file.read().decode(errors="replace").strip()
            raise StepFailed(said[-4000:] or f"exit code {process.returncode}")

    def serve(self, service: Service) -> None:
        """Start an embedded service. Raises CannotStart as the service does."""
        service.start()
        self._running.append(service)
        if service.process is not None:
            self._record(service.name, service.process.pid)
        self.pause(0)

    def launch(self, program: Program) -> None:
        """Start a program of the portal's own."""
        self._running.append(program)
        self._spawn(program)

    def _spawn(self, program: Program) -> None:
        with program.log.open("ab") as log:
            program.process = spawn(
                program.command,
                log=log,
                cwd=self._cwd,
                environment=self.environment,
                keep_open=program.keep_open,
            )
        program.launched_at = time.monotonic()
        program.due_at = None
        self._record(program.name, program.process.pid)

    # --- watching ---

    def look_after(self) -> float | None:
        """Restart what died and is due; returns the seconds until the next restart, if one is planned.

        Raises ServiceDied when an embedded service has ended.
        """
        for item in self._running:
            if item.process is None or item.process.poll() is None:
                continue
            if isinstance(item, Program):
                self._plan_restart(item)
            else:
                raise ServiceDied(f"{item.name} has ended by itself ({_ending(item.process.returncode)}).")
        due = [item for item in self._running if isinstance(item, Program) and item.due_at is not None]
        for program in due:
            if program.due_at is not None and program.due_at <= time.monotonic():
                self._spawn(program)
        waits = [program.due_at - time.monotonic() for program in due if program.due_at is not None]
        return max(0.05, min(waits)) if waits else None

    def watch(self) -> None:
        """Look after everything until StopAsked or ServiceDied is raised."""
        while True:
            self.pause(self.look_after())

    def _plan_restart(self, program: Program) -> None:
        if program.process is None or program.due_at is not None:
            return
        kill_group(program.process.pid)
        if time.monotonic() - program.launched_at > STEADY_AFTER:
            program.delay = FIRST_DELAY
        program.due_at = time.monotonic() + program.delay
        self._say(
            f"{program.name} has ended by itself ({_ending(program.process.returncode)}) and starts again in "
            f"{program.delay:.0f} s; see {program.log}"
        )
        program.process = None
        program.delay = min(program.delay * 2, LONGEST_DELAY)

    # --- stopping ---

    def _stop_all(self) -> None:
        self._stopping = True
        for item in reversed(self._running):
            if isinstance(item, Program):
                if item.process is not None and not stop(item.process, grace=item.grace, hurry=lambda: self._forced):
                    self._say(f"{item.name} did not end when asked and was killed; see {item.log}")
                item.process = None
            else:
                item.stop()
            self._record(item.name, None)
        self._running.clear()


def _ending(code: int) -> str:
    return f"by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
