"""The web assets of others that the pages load, fetched by npm and collected into `.assets/`.

package-lock.json names the packages with their hashes. Of the U.S. Web Design System only those files are
taken that its style sheet refers to, with a few pictures that pages use; no Node runs afterwards.

    python -m ecomwg.embedded.assets         what the pages need
    python -m ecomwg.embedded.assets --dev   and what their tests need, left in node_modules/
    python -m ecomwg.embedded.assets --installed   without npm: node_modules/ is there (container image)
"""

import contextlib
import fcntl
import hashlib
import posixpath
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from . import CannotStart
from .node import run_npm

ROOT: Final = Path(__file__).resolve().parents[2]
FOLDER: Final = ".assets"
STAMP: Final = ".portal-lock"

# What pages use beside the pictures that the style sheet itself refers to.
PICTURES: Final = ("img/sprite.svg", "img/us_flag_small.png", "img/icon-dot-gov.svg", "img/icon-https.svg")
SCRIPTS: Final = ("js/uswds.min.js", "js/uswds-init.min.js")
STYLES: Final = "css/uswds.min.css"

_SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/|//# sourceMappingURL=.*")
_OLD_FONT = re.compile(r",\s*url\([^)]*\.(?:woff|ttf)\)\s*format\([^)]*\)")  # every browser since 2016 reads woff2
_REFERENCE = re.compile(r"""url\(\s*["']?(?!data:|#)([^"')]+?)["']?\s*\)""")


def is_collected(root: Path) -> bool:
    """Does `.assets/` hold what package-lock.json and this module ask for?"""
    stamp = root / FOLDER / STAMP
    return stamp.is_file() and stamp.read_text() == _mark(root)


def ensure(root: Path, *, dev: bool = False) -> None:
    """Fetch and collect the assets unless that is done; with `dev` also keep the test tools in node_modules/.

    Two at once wait for each other. Raises CannotStart when npm is missing or fails, or when a package lacks
    a file that pages need.
    """
    with _alone(root):
        if not _is_installed(root, dev=dev) and (dev or not is_collected(root)):
            _install(root, dev=dev)
        if not is_collected(root):
            collect(root / "node_modules", root / FOLDER, mark=_mark(root))


def collect(packages: Path, target: Path, *, mark: str) -> None:
    """Copy what pages need from node_modules into `target`, all or nothing; `mark` is left there."""
    new = target.with_name(f"{target.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    _collect_uswds(packages / "@uswds" / "uswds", new / "uswds")
    htmx = packages / "htmx.org"
    _copy(htmx, "dist/htmx.min.js", new / "htmx" / "htmx.min.js")
    _copy(htmx, "LICENSE", new / "htmx" / "LICENSE")
    (new / STAMP).write_text(mark)
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    new.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def _collect_uswds(package: Path, target: Path) -> None:
    styles = _read(package, f"dist/{STYLES}")
    styles = _OLD_FONT.sub("", _SOURCE_MAP.sub("", styles))
    wanted = {posixpath.normpath(f"css/{path.split('?')[0].split('#')[0]}") for path in _REFERENCE.findall(styles)}
    for path in sorted(wanted | set(PICTURES)):
        _copy(package, f"dist/{path}", target / path)
    _write(target / STYLES, styles)
    for path in SCRIPTS:
        _write(target / path, _SOURCE_MAP.sub("", _read(package, f"dist/{path}")))
    _copy(package, "LICENSE.md", target / "LICENSE.md")


def _read(package: Path, path: str) -> str:
    try:
        return (package / path).read_text(encoding="utf-8")
    except FileNotFoundError as reason:
        raise CannotStart(f"The package {package.name} has no file {path}.") from reason


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _copy(package: Path, path: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copyfile(package / path, target)
    except FileNotFoundError as reason:
        raise CannotStart(f"The package {package.name} has no file {path}.") from reason


# --- node_modules ---


def _is_installed(root: Path, *, dev: bool) -> bool:
    stamp = root / "node_modules" / STAMP
    if not stamp.is_file():
        return False
    kind, _, mark = stamp.read_text().partition(" ")
    return mark == lock_mark(root) and (kind == "dev" or not dev)


def _install(root: Path, *, dev: bool) -> None:
    (root / "node_modules" / STAMP).unlink(missing_ok=True)
    run_npm(["ci", "--no-audit", "--no-fund", "--ignore-scripts", *(() if dev else ("--omit=dev",))], cwd=root)
    (root / "node_modules" / STAMP).write_text(f"{'dev' if dev else 'pages'} {lock_mark(root)}")


def lock_mark(root: Path) -> str:
    """Changes with package-lock.json."""
    return hashlib.sha256((root / "package-lock.json").read_bytes()).hexdigest()


def _mark(root: Path) -> str:
    return hashlib.sha256((root / "package-lock.json").read_bytes() + Path(__file__).read_bytes()).hexdigest()


@contextlib.contextmanager
def _alone(root: Path) -> Iterator[None]:
    folder = root / ".cache"
    folder.mkdir(exist_ok=True)
    with (folder / "assets.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """The command; returns its exit code."""
    options = sys.argv[1:]
    try:
        if "--installed" in options:
            collect(ROOT / "node_modules", ROOT / FOLDER, mark=_mark(ROOT))
        else:
            ensure(ROOT, dev="--dev" in options)
    except CannotStart as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
