"""Starts workers and beats fast: a process that has read the portal's code once, and forks for each line it is given.

`python -m tests.faults.starter`: a line of standard input is what to start (`worker`, `beat`, or `unasked`: a worker
whose mail server can't be asked) and the path of a log; the answer is the number of the new process. That leads a group
of its own and runs `celery worker` or `celery beat` as in use. It has no connection that a fork could share, and a
worker's own children are forked by Celery as ever.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import signal
import sys
from typing import Final

import django
from django.conf import settings
from django.core.checks import run_checks

# prctl(2)
PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36
WORKER: Final = ["worker", "-c", "2", "-l", "INFO", "--without-mingle", "--without-gossip"]
BEAT: Final = ["beat", "-S", "ecomwg.beat:Scheduler", "--pidfile="]
READ_BEFORE: Final = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "ecomwg.beat",
    "kombu.transport.redis",
)


def main() -> None:
    """Until standard input ends."""
    django.setup()
    from ecomwg.celery import app
    from tests.faults.settings import EMAIL_BACKEND_IN_USE

    app.finalize(auto=True)
    app.loader.import_default_modules()
    run_checks()  # which reads every page's code; Celery's own run of them at a worker's start is cheap from then on
    for name in READ_BEFORE:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    libc = ctypes.CDLL(None)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)  # a killed worker's children are gone at once, not when process 1 looks
    for line in sys.stdin:
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        what, path = line.split()
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        if what == "unasked":
            settings.EMAIL_BACKEND = EMAIL_BACKEND_IN_USE
        app.start(BEAT if what == "beat" else WORKER)
        os._exit(0)


if __name__ == "__main__":
    main()
