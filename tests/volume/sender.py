"""A sender in a process of its own: `python -m tests.volume.sender SECONDS` sends what is due and says how fast."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django
from django.db import connection

from tests.volume.memory import watched


def main(seconds: float) -> dict[str, float]:
    """What the worker's task does, for so long."""
    django.setup()
    from teams.notices import services

    statements = 0

    def count(execute: Callable[..., Any], *asked: Any) -> Any:
        nonlocal statements
        statements += 1
        return execute(*asked)

    began, cpu = time.monotonic(), time.process_time()
    with connection.execute_wrapper(count), watched(os.getpid()) as memory:
        sent = services.send_due(seconds=seconds)
    took = time.monotonic() - began
    return {
        "sent": sent,
        "statements": statements,
        "seconds": took,
        "cpu": time.process_time() - cpu,
        "peak": memory.peak[os.getpid()],
    }


if __name__ == "__main__":
    print(json.dumps(main(float(sys.argv[1]))))
