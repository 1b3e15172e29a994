"""`script/server`: the whole portal under one terminal.

Starts an embedded PostgreSQL and Valkey where DATABASE_URL and REDIS_URL name none, brings the database and
the static files up to date, loads the group's file on the first start, and runs web server, worker and beat
until Ctrl-C. Everything it keeps lies in `.run/`.
"""

import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from . import CannotStart, assets, variables
from .postgres import Postgres
from .runfolder import RunFolder, write_private
from .supervisor import Program, ServiceDied, StepFailed, StopAsked, Supervisor
from .valkey import Valkey

ROOT: Final = Path(__file__).resolve().parents[2]
EXAMPLE_GROUP: Final = "ecomwg/examples/ecomwg.yaml"
ALIVE_SECONDS: Final = 60  # for the web server to answer at all
READY_SECONDS: Final = 60  # for every part to report itself ready; beat ticks at its own pace


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    """Run until stopped; returns the exit code: 0 when asked to stop, 1 when something was in the way."""
    if len(sys.argv) > 1:
        say(f"{(__doc__ or '').strip()}\n\nSettings come from the environment; .env.example lists them.")
        return 0 if sys.argv[1] in {"-h", "--help"} else 2
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a start in the background inherits it as ignored
    try:
        run = RunFolder(ROOT / ".run")
        run.claim()
        if left := run.stop_leftovers():
            say(f"An earlier start was killed; stopped what it left: {', '.join(left)}.")
        environment = environment_of(run, os.environ)
        listener = listen(environment)
    except CannotStart as reason:
        say(f"script/server: {reason}")
        return 1
    except KeyboardInterrupt:
        return 130
    with listener:
        return _run(run, environment, listener)


def _run(run: RunFolder, environment: dict[str, str], listener: socket.socket) -> int:
    code = 1
    with Supervisor(cwd=ROOT, environment=environment, record=run.record) as supervisor:
        try:
            _bring_up(supervisor, run, listener)
            supervisor.watch()
        except StopAsked:
            say("\nStopping...")
            code = 0
        except (CannotStart, ServiceDied) as reason:
            say(f"\nscript/server: {reason}\nThe logs lie in {_short(run.path / 'logs')}/. Stopping...")
        finally:
            run.withdraw()
    say("Stopped.")
    run.release()
    return code


def _bring_up(supervisor: Supervisor, run: RunFolder, listener: socket.socket) -> None:
    """From nothing to a portal that answers. Raises CannotStart, ServiceDied or StopAsked."""
    began = time.monotonic()
    environment = supervisor.environment
    _do(supervisor, run, "assets", "Fetching and collecting the web assets", unless=assets.is_collected(ROOT))
    home = run.path
    if not variables.value(environment, "DATABASE_URL"):
        postgres = Postgres(run.path, run.log("postgres"))
        supervisor.serve(postgres)
        environment["DATABASE_URL"] = postgres.url
        home = postgres.home
    if not variables.value(environment, "REDIS_URL"):
        valkey = Valkey(run.path / "valkey", run.log("valkey"))
        supervisor.serve(valkey)
        environment["REDIS_URL"] = valkey.url
    _do(supervisor, run, "migrate", "Bringing the database up to date", "migrate", "--noinput")
    if group := variables.value(environment, "GROUP_FILE"):
        _do(
            supervisor,
            run,
            "load_group",
            f"Loading the group of {group}",
            "load_group",
            group,
            "--first-start",
        )
    mark = _static_mark(environment)
    stamp = run.path / "static.stamp"
    if not (stamp.is_file() and stamp.read_text() == mark and _manifest(environment).is_file()):
        stamp.unlink(missing_ok=True)
        _do(
            supervisor,
            run,
            "collectstatic",
            "Building the static files",
            "collectstatic",
            "--noinput",
            "--clear",
        )
        write_private(stamp, mark)
    for program in _programs(run, environment, listener):
        supervisor.launch(program)
    run.publish(variables.given(environment, ROOT / ".env.example"))
    accounts = ""
    if variables.is_on(environment, "DEMONSTRATION", default=False):
        _do(
            supervisor,
            run,
            "demonstration_accounts",
            "Reading the accounts",
            "demonstration_accounts",
            fresh=True,
        )
        accounts = run.log("demonstration_accounts").read_text().strip()
    _await(supervisor, environment, listener)
    say(_greeting(environment, run, home, accounts, time.monotonic() - began))


def environment_of(run: RunFolder, given: Mapping[str, str]) -> dict[str, str]:
    """The variables of every part: those given, and in a demonstration our own for those that are not.

    Raises CannotStart when one that a portal in use needs is missing, or one is wrong.
    """
    environment = dict(given)
    environment.setdefault("DJANGO_SETTINGS_MODULE", "ecomwg.settings")
    environment["PYTHONUNBUFFERED"] = "1"
    port = variables.number(environment, "PORT", default=8000, lowest=1, highest=65535)
    if variables.is_on(environment, "DEMONSTRATION", default=True):
        ours = {
            "DEMONSTRATION": "on",
            "SITE_URL": f"http://127.0.0.1:{port}",
            "GROUP_FILE": EXAMPLE_GROUP,
        }
        if variables.value(environment, "SECRET_KEY") is None:
            ours["SECRET_KEY"] = run.secret_key()
        for name, setting in ours.items():
            if variables.value(environment, name) is None:
                environment[name] = setting
    else:
        variables.require(environment)
    for name, folder in (("MEDIA_ROOT", "media"), ("STATIC_ROOT", "static")):
        if variables.value(environment, name) is None:
            environment[name] = str(run.path / folder)
    return environment


def listen(environment: Mapping[str, str]) -> socket.socket:
    """Take the web server's port before anything else, and keep it over restarts of the web server.

    Raises CannotStart when it is not to be had.
    """
    host = variables.value(environment, "HOST") or "127.0.0.1"
    port = variables.number(environment, "PORT", default=8000, lowest=1, highest=65535)
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as reason:
        raise CannotStart(f"HOST is {host!r}, which is no address of this machine: {reason}.") from reason
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except PermissionError as reason:
        listener.close()
        raise CannotStart(f"This account may not listen on port {port}: choose another, as PORT=8000.") from reason
    except OSError as reason:
        listener.close()
        raise CannotStart(
            f"Port {port} of {host} is in use or not to be had ({reason.strerror}): stop the program that "
            f"listens there, or choose another port, as in: PORT={port % 65535 + 1} script/server"
        ) from reason
    return listener


def _do(
    supervisor: Supervisor,
    run: RunFolder,
    name: str,
    what: str,
    *command: str,
    unless: bool = False,
    fresh: bool = False,
) -> None:
    """One step of the start: a command of manage.py, or (none given) the collection of assets."""
    if unless:
        return
    log = run.log(name)
    if fresh:
        log.write_text("")
    arguments = ("manage.py", *command) if command else ("-m", "ecomwg.embedded.assets")
    say(f"{what}...")
    try:
        supervisor.step([sys.executable, *arguments], log=log)
    except StepFailed as reason:
        raise CannotStart(f"{what} failed:\n{reason}") from reason


def _programs(run: RunFolder, environment: dict[str, str], listener: socket.socket) -> list[Program]:
    """The portal's own processes, in the order in which they start; they stop in the opposite order."""
    workers = variables.number(environment, "WEB_WORKERS", default=2, lowest=1, highest=256)
    threads = variables.number(environment, "WEB_THREADS", default=4, lowest=1, highest=256)
    level = variables.value(environment, "LOG_LEVEL") or "INFO"
    celery = [sys.executable, "-m", "celery", "-A", "ecomwg"]
    return [
        Program(
            name="worker",
            command=[*celery, "worker", "-c", "2", "-l", level, "--without-mingle", "--without-gossip"],
            log=run.log("worker"),
            grace=20,
        ),
        Program(  # a process of its own: a beat inside the worker outlives a worker that crashed
            name="beat",
            command=[*celery, "beat", "-S", "ecomwg.beat:Scheduler", "--pidfile=", "-l", level],
            log=run.log("beat"),
            grace=5,
        ),
        Program(
            name="web",
            command=[
                *(sys.executable, "-m", "gunicorn", "--no-control-socket", "ecomwg.wsgi"),
                *("-w", str(workers), "-k", "gthread", "--threads", str(threads), "--graceful-timeout", "8"),
                *("-b", f"fd://{listener.fileno()}", "--log-level", level.lower()),
            ],
            log=run.log("web"),
            grace=10,
            keep_open=(listener.fileno(),),
        ),
    ]


# --- static files ---


def _manifest(environment: dict[str, str]) -> Path:
    return Path(environment["STATIC_ROOT"]) / "staticfiles.json"


def _static_mark(environment: dict[str, str]) -> str:
    """Changes whenever building the static files again would give something else."""
    mark = hashlib.sha256(environment["STATIC_ROOT"].encode())
    for file in (ROOT / "ecomwg" / "settings.py", Path(sys.prefix) / "portal-lock"):
        mark.update(file.read_bytes() if file.is_file() else b"-")
    for folder in (ROOT / "static", ROOT / assets.FOLDER):
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            state = file.stat()
            mark.update(f"{file.relative_to(ROOT)} {state.st_size} {state.st_mtime_ns}\n".encode())
    return mark.hexdigest()


# --- is it up? ---


def _await(supervisor: Supervisor, environment: dict[str, str], listener: socket.socket) -> None:
    """Wait until the web server answers and every part is ready; say so when a part is not in time."""
    end = time.monotonic() + ALIVE_SECONDS
    while (answer := _ask(environment, listener, "/healthz"))[0] != 200:
        supervisor.look_after()
        if time.monotonic() > end:
            raise CannotStart(f"The web server does not answer as it should: /healthz says {answer[0]} {answer[1]}")
        supervisor.pause(0.1)
    end = time.monotonic() + READY_SECONDS
    while (answer := _ask(environment, listener, "/readyz"))[0] != 200:
        supervisor.look_after()
        if time.monotonic() > end:
            say(f"Not every part is ready yet; /readyz says {answer[0]} {answer[1]}")
            return
        supervisor.pause(0.1)


def _ask(environment: dict[str, str], listener: socket.socket, path: str) -> tuple[int, str]:
    """Status and start of the body; status 0 with the reason when there is no answer."""
    host, port = listener.getsockname()[:2]
    here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared with, not bound to)
    site = urlsplit(environment["SITE_URL"])
    headers = {"Host": site.netloc, "X-Forwarded-Proto": site.scheme}
    link = http.client.HTTPConnection(here, port, timeout=2)
    try:
        link.request("GET", path, headers=headers)
        answer = link.getresponse()
        return answer.status, answer.read(500).decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as reason:
        return 0, str(reason) or type(reason).__name__
    finally:
        link.close()


def _short(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def _greeting(environment: dict[str, str], run: RunFolder, home: Path, accounts: str, seconds: float) -> str:
    site = (variables.value(environment, "SITE_URL") or "").rstrip("/")
    lines = ["", f"The portal runs (started in {seconds:.0f} s):", "", f"    {site}/", ""]
    if accounts:
        lines += ["Demonstration accounts:", "", *(f"    {line}" for line in accounts.splitlines()), ""]
        lines += [f"Mail it sent    {site}/mailbox/"]
    lines += [f"Logs            {_short(run.path / 'logs')}/"]
    if home != run.path:
        lines += [f"Database        {home}/ (PostgreSQL's account cannot enter {run.path})"]
    lines += ["Commands        python3 manage.py COMMAND, in a second terminal", "Stop            Ctrl-C", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
