"""`script/faults`: does harm to a portal while it sends reminders, and says what became of each of them.

It starts a PostgreSQL, a Valkey and a mail server of its own, lets a real worker and a real beat sweep and send the
reminders of milestones whose owners live in every time zone, and kills, empties, freezes and restarts under them. It
ends with 1 when a mail was lost, came twice, was not owed, or is recorded otherwise than it went.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from .ground import Ground
from .trials import TRIALS, Figures, Size, Trial

# How often each harm is done where nothing else is asked for; over how many seeds.
USUAL: Final = {
    "killed": (100, 3),
    "killed-unasked": (100, 3),
    "emptied": (20, 1),
    "frozen": (5, 1),
    "restarted": (20, 1),
    "three-beats": (10, 1),
    "beat-away": (1, 1),
}
# As the suite does it: the same, few, and not waiting half a minute for a silent broker.
SHORT: Final = {
    "killed": (3, 1),
    "killed-unasked": (2, 1),
    "emptied": (2, 1),
    "frozen": (1, 1),
    "restarted": (2, 1),
    "three-beats": (1, 1),
    "beat-away": (1, 1),
}
SHORT_REMINDERS: Final = 60
SHORT_SOCKET_TIMEOUT: Final = 2

COLUMNS: Final = (
    ("trial", "trial"),
    ("seed", "seed"),
    ("times", "times"),
    ("owed", "owed"),
    ("arrived", "arrived"),
    ("lost", "lost"),
    ("twice", "twice"),
    ("not_owed", "not owed"),
    ("misrecorded", "misrecorded"),
    ("skipped", "skipped"),
    ("uncertain", "uncertain"),
    ("of_which_arrived", "arrived of these"),
    ("unsettled", "unsettled"),
    ("handing_over", "in hand"),
    ("lag", "next mail s"),
    ("settled_in", "settled s"),
    ("took", "took s"),
)


def options(arguments: list[str]) -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="script/faults", description=(__doc__ or "").partition("\n\n")[2])
    parser.add_argument("trials", nargs="*", metavar="TRIAL", help=f"of {', '.join(TRIALS)}; all where none is named")
    parser.add_argument("--seed", type=int, default=1, help="the first seed (1)")
    parser.add_argument("--seeds", type=int, help="how many seeds (killed: 3, others: 1)")
    parser.add_argument("--reminders", type=int, help="how many are owed in each trial (3000)")
    parser.add_argument("--times", type=int, help="how often harm is done (killed: 100, emptied and restarted: 20, …)")
    parser.add_argument("--frozen", type=float, help="how many seconds the broker is silent (40)")
    parser.add_argument("--short", action="store_true", help="as the suite does it, with few of everything")
    parser.add_argument("--tables-of", metavar="URL", help="copy them from this database instead of migrating")
    parser.add_argument("--figures", type=Path, help="write them to this file too, as JSON")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.trials) - set(TRIALS):
        parser.error(f"no such trial: {', '.join(sorted(unknown))}")
    return asked


def main(arguments: list[str]) -> int:
    """Returns the exit code: 0 only when every trial came out clean."""
    asked = options(arguments)
    home = Path(tempfile.mkdtemp(prefix="portal-faults-"))
    home.chmod(0o711)
    ground = Ground(home, seed=asked.seed, socket_timeout=SHORT_SOCKET_TIMEOUT if asked.short else 0)
    figures: list[Figures] = []
    try:
        with ground.standing():
            os.environ.update(ground.environment(), LOG_LEVEL="WARNING")
            _set_up(ground, asked.tables_of)
            for number, (name, seed) in enumerate(_plan(asked)):
                figures.append(_run(ground, name, number=number, seed=seed, asked=asked))
    finally:
        print(_table(figures))
        if asked.figures:
            asked.figures.write_text(json.dumps([dataclasses.asdict(each) for each in figures], indent=1))
        clean = bool(figures) and all(each.is_clean for each in figures)
        if clean:
            shutil.rmtree(home, ignore_errors=True)
        else:
            print(f"The logs lie in {home}.")
    return 0 if clean else 1


def _set_up(ground: Ground, tables_of: str | None) -> None:
    import django
    from django.core.management import call_command

    django.setup()
    if tables_of:
        ground.copy_tables(tables_of)
    else:
        call_command("migrate", verbosity=0)


def _plan(asked: argparse.Namespace) -> list[tuple[str, int]]:
    usual = SHORT if asked.short else USUAL
    return [
        (name, asked.seed + number)
        for name in asked.trials or TRIALS
        for number in range(asked.seeds or usual[name][1])
    ]


def _run(ground: Ground, name: str, *, number: int, seed: int, asked: argparse.Namespace) -> Figures:
    usual = SHORT if asked.short else USUAL
    size = Size(
        reminders=asked.reminders or (SHORT_REMINDERS if asked.short else 3000),
        times=asked.times or usual[name][0],
        frozen=asked.frozen or (2 * SHORT_SOCKET_TIMEOUT if asked.short else 40.0),
        is_patient=not asked.short,
    )
    trial = Trial(ground, name, number=number, seed=seed, size=size)
    TRIALS[name](trial)
    found = trial.reckon()
    print(
        f"{name}, seed {seed}: {found.arrived} of {found.owed} arrived, {found.lost} lost,"
        f" {found.twice} twice, {found.uncertain} uncertain, {found.took:.0f} s",
        *found.remarks,
        flush=True,
    )
    return found


def _table(figures: list[Figures]) -> str:
    rows = [[title for _, title in COLUMNS]]
    for each in figures:
        values = [getattr(each, name) for name, _ in COLUMNS]
        rows.append([f"{value:.1f}" if isinstance(value, float) else str(value) for value in values])
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + " --- |" * len(COLUMNS))
    machine = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    return "\n".join((machine, *lines))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
