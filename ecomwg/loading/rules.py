"""What the items of a file must be to each other."""

from __future__ import annotations

from .sections import GroupFile


def check(file: GroupFile) -> None:
    """Complain about everything that doesn't fit together."""
