"""The environment variables that set up the portal, as script/server reads them and passes them on.

Each may also be given as NAME_FILE, the path of a file that holds the value (the way of container secrets).
`.env.example` is the list of them all.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from . import CannotStart

# Without these nobody can be served; a demonstration makes its own.
REQUIRED: Final = ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SITE_URL")


def value(environment: Mapping[str, str], name: str) -> str | None:
    """The value of that variable, from NAME_FILE if that is given; None when neither is, or it is empty.

    Raises CannotStart when the named file cannot be read.
    """
    if file := environment.get(f"{name}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip() or None
        except OSError as reason:
            raise CannotStart(f"{name}_FILE names {file}, which cannot be read: {reason.strerror}.") from reason
    return environment.get(name, "").strip() or None


def is_on(environment: Mapping[str, str], name: str, *, default: bool) -> bool:
    """Is that variable a yes? Raises CannotStart when it is neither a yes nor a no."""
    said = value(environment, name)
    if said is None:
        return default
    if said.lower() in {"1", "on", "true", "yes", "y", "t", "ok"}:
        return True
    if said.lower() in {"0", "off", "false", "no", "n", "f"}:
        return False
    raise CannotStart(f"{name} is {said!r}; it must be on or off.")


def number(environment: Mapping[str, str], name: str, *, default: int, lowest: int, highest: int) -> int:
    """That variable as a whole number. Raises CannotStart when it is none, or out of bounds."""
    said = value(environment, name)
    if said is None:
        return default
    if not said.isdecimal() or not lowest <= int(said) <= highest:
        raise CannotStart(f"{name} is {said!r}; it must be a whole number from {lowest} to {highest}.")
    return int(said)


def names(example: Path) -> list[str]:
    """The variables that the file `.env.example` lists, set or commented out."""
    return re.findall(r"^#?([A-Z][A-Z0-9_]*)=", example.read_text(encoding="utf-8"), flags=re.MULTILINE)


def given(environment: Mapping[str, str], example: Path) -> dict[str, str]:
    """Those of the portal's variables that are set, by value or by file; paths of files made absolute."""
    found: dict[str, str] = {}
    for name in names(example):
        if environment.get(name):
            found[name] = environment[name]
        if file := environment.get(f"{name}_FILE"):
            found[f"{name}_FILE"] = os.path.abspath(file)  # noqa: PTH100 (links are kept as they are)
    return found


def require(environment: Mapping[str, str]) -> None:
    """Raise CannotStart with the names of the variables that a portal in use cannot do without."""
    missing = [name for name in REQUIRED if value(environment, name) is None]
    if missing:
        raise CannotStart(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set, and DEMONSTRATION is off: "
            f"a portal in use brings no services or secrets of its own. .env.example says what each is for."
        )
