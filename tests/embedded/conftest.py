"""Folders for servers of our own, beside those that the whole test run uses."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def home() -> Iterator[Path]:
    """An empty folder that PostgreSQL's account can reach too (pytest's own folders are closed to it)."""
    folder = Path(tempfile.mkdtemp(prefix="portal-embedded-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)
