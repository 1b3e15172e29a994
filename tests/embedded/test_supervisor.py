"""What keeps the portal's programs running, and what stops them."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ecomwg.embedded.processes import spawn, started_at, stop
from ecomwg.embedded.supervisor import Program, ServiceDied, StepFailed, StopAsked, Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = ["sleep", "60"]


class Sleeper:
    """Stands for an embedded service."""

    name = "postgres"

    def __init__(self, folder: Path) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self._folder = folder

    def start(self) -> None:
        with (self._folder / "service.log").open("ab") as log:
            self.process = spawn(SLEEP, log=log, cwd=self._folder)

    def stop(self) -> None:
        if self.process is not None:
            stop(self.process, grace=5)


class Stage:
    """A supervisor in a folder, and what it recorded and said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[tuple[str, int | None]] = []
        self.said: list[str] = []
        self.supervisor = Supervisor(
            cwd=folder,
            environment=os.environ,
            record=lambda name, pid: self.records.append((name, pid)),
            say=self.said.append,
        )

    def program(self, name: str, command: list[str] = SLEEP, *, grace: float = 5) -> Program:
        return Program(name, command, self.folder / f"{name}.log", grace)

    def look_after_until(self, happened: Callable[[], bool]) -> None:
        end = time.monotonic() + 20
        while not happened():
            assert time.monotonic() < end, "it did not happen in time"
            self.supervisor.look_after()
            self.supervisor.pause(0.05)


def gone(processes: list[int]) -> bool:
    """Have all of them ended? A process that was killed may take a moment."""
    end = time.monotonic() + 10
    while any(started_at(pid) for pid in processes) and time.monotonic() < end:
        time.sleep(0.05)
    return not any(started_at(pid) for pid in processes)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def test_a_program_that_dies_is_started_again(stage: Stage) -> None:
    with stage.supervisor as supervisor:
        program = stage.program("worker")
        supervisor.launch(program)
        first = program.process
        assert first is not None
        first.kill()
        stage.look_after_until(lambda: program.process not in (None, first))
        assert program.process is not None
        assert program.process.poll() is None
    assert "worker has ended by itself (by SIGKILL) and starts again in 1 s" in stage.said[0]


def test_each_new_death_waits_longer(stage: Stage) -> None:
    with stage.supervisor as supervisor:
        supervisor.launch(stage.program("web", ["false"]))
        stage.look_after_until(lambda: len(stage.said) == 2)
    assert "(exit code 1) and starts again in 1 s" in stage.said[0]
    assert "(exit code 1) and starts again in 2 s" in stage.said[1]


def test_all_are_stopped_the_last_first(stage: Stage) -> None:
    with stage.supervisor as supervisor:
        supervisor.serve(Sleeper(stage.folder))
        for name in ("worker", "beat", "web"):
            supervisor.launch(stage.program(name))
        started = [pid for _name, pid in stage.records if pid is not None]
        assert len(started) == 4
    assert [name for name, pid in stage.records if pid is None] == ["web", "beat", "worker", "postgres"]
    assert gone(started)


def test_the_death_of_a_service_is_named_and_ends_it_all(stage: Stage) -> None:
    service = Sleeper(stage.folder)
    with stage.supervisor as supervisor:
        supervisor.serve(service)
        assert service.process is not None
        service.process.kill()
        with pytest.raises(ServiceDied, match=r"postgres .* \(by SIGKILL\)"):
            supervisor.watch()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_it_to_stop(stage: Stage, number: signal.Signals) -> None:
    with stage.supervisor as supervisor:
        supervisor.launch(stage.program("web"))
        os.kill(os.getpid(), number)
        with pytest.raises(StopAsked):
            supervisor.watch()


def test_a_program_that_does_not_end_is_killed_with_what_it_started(stage: Stage) -> None:
    stubborn = "trap '' TERM; sleep 60 & echo $! > child; wait; wait; wait"
    with stage.supervisor as supervisor:
        supervisor.launch(stage.program("worker", ["sh", "-c", stubborn], grace=0.3))
        child = stage.folder / "child"
        stage.look_after_until(lambda: child.exists() and child.read_text().endswith("\n"))
    assert "worker did not end when asked and was killed" in stage.said[-1]
    assert gone([int(child.read_text())])


def test_a_second_interrupt_does_not_wait(stage: Stage) -> None:
    slow = "trap 'sleep 20; : > ended; exit' TERM; : > ready; while :; do sleep 0.1; done"
    with stage.supervisor as supervisor:
        supervisor.launch(stage.program("worker", ["sh", "-c", slow], grace=60))
        stage.look_after_until((stage.folder / "ready").exists)
        second = ["sh", "-c", f"sleep 0.5; kill -INT {os.getpid()}"]
        interrupt = spawn(second, log=subprocess.DEVNULL, cwd=stage.folder)
    interrupt.wait()
    assert not (stage.folder / "ended").exists()
    assert "was killed" in stage.said[-1]


def test_a_step_that_fails_says_what_it_said(stage: Stage) -> None:
    log = stage.folder / "migrate.log"
    log.write_text("of an earlier start\n")
    with stage.supervisor as supervisor, pytest.raises(StepFailed, match=r"\Ano such table\Z"):
        supervisor.step(["sh", "-c", "echo no such table; exit 3"], log=log)


def test_a_step_is_given_up_when_asked_to_stop(stage: Stage) -> None:
    with stage.supervisor as supervisor, pytest.raises(StopAsked):
        supervisor.step(["sh", "-c", f"kill -TERM {os.getpid()}; sleep 60"], log=stage.folder / "step.log")


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's death signal is Linux's own")
def test_nothing_outlives_a_killed_supervisor(tmp_path: Path) -> None:
    script = textwrap.dedent(
        f"""
        import os
        from pathlib import Path
        from ecomwg.embedded.supervisor import Program, Supervisor

        folder = Path({str(tmp_path)!r})
        with Supervisor(cwd=folder, environment=os.environ, record=lambda name, pid: None) as supervisor:
            for name in ("web", "worker"):
                program = Program(name, ["sleep", "60"], folder / "log", 5)
                supervisor.launch(program)
                print(program.process.pid, flush=True)
            supervisor.watch()
        """
    )
    supervisor = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert supervisor.stdout is not None
    children = [int(supervisor.stdout.readline()) for _ in range(2)]
    assert all(started_at(pid) for pid in children)
    supervisor.kill()
    supervisor.communicate()
    assert gone(children)
