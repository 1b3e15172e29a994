"""Starts workers fast: a process that has read the portal's code once, and forks one worker for each line it is given.

`python -m tests.faults.starter`: a line of standard input is the path of a log; the answer is the number of the new
process, which leads a group of its own and runs `celery worker` as in use. It has no connection that a fork could
share, and a worker's own children are forked by Celery as ever.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
from typing import Final

import django
from django.core.checks import run_checks

PR_SET_PDEATHSIG: Final = 1  # prctl(2)
WORKER: Final = ["worker", "-c", "2", "-l", "INFO", "--without-mingle", "--without-gossip"]
READ_BEFORE: Final = (
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "kombu.transport.redis",
)


def main() -> None:
    """Until standard input ends."""
    django.setup()
    from ecomwg.celery import app

    app.finalize(auto=True)
    app.loader.import_default_modules()
    run_checks()  # which reads every page's code; Celery's own run of them at a worker's start is cheap from then on
    for name in READ_BEFORE:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    libc = ctypes.CDLL(None)
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(line.strip(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        app.worker_main(WORKER)
        os._exit(0)


if __name__ == "__main__":
    main()
