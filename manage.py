#!/usr/bin/env python3
"""Django's commands for this portal: `python3 manage.py COMMAND`, with any Python.

Run outside the environment that script/server made, it runs itself again inside. Without a DATABASE_URL it
speaks to the portal that runs from this checkout, whose settings lie in `.run/environment`.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent


def enter_environment() -> None:
    """Run again in .venv, unless this Python is in it already, or in another environment with Django.

    PORTAL_NO_VENV=1 turns that off.
    """
    folder = ROOT / ".venv"
    python = folder / "bin" / "python"
    if Path(sys.prefix).resolve() == folder.resolve() or os.environ.get("PORTAL_NO_VENV"):
        return
    if sys.prefix != sys.base_prefix and importlib.util.find_spec("django"):
        return
    if os.access(python, os.X_OK):
        os.execv(python, [str(python), *sys.argv])


def find_services(arguments: list[str]) -> None:
    """Take the settings that are not set from the portal that runs; end with a sentence when none does."""
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        return
    if arguments[:1] in ([], ["help"], ["version"]) or arguments[0].startswith("-"):
        return
    from ecomwg.embedded.runfolder import running_environment

    try:
        found = running_environment(ROOT / ".run")
    except PermissionError:
        sys.exit(f"The portal of {ROOT} runs as another account: use that one, or set DATABASE_URL.")
    if found is None:
        sys.exit(
            "The portal's services are not running: start script/server in another terminal, or set "
            "DATABASE_URL, REDIS_URL and what else .env.example calls required."
        )
    for name, value in found.items():
        plain = name.removesuffix("_FILE")
        if not {plain, f"{plain}_FILE"} & os.environ.keys():
            os.environ[name] = value


def main() -> None:
    """Run the command line."""
    enter_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecomwg.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError:
        sys.exit("Django is not installed here: run script/server once, which makes .venv.")
    find_services(sys.argv[1:])
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
