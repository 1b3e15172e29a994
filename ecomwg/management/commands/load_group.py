"""`manage.py load_group FILE`: reads a group's file into the portal (docs/group-file.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from ecomwg.demonstration import add_second_administrator
from ecomwg.loading.complaints import FileRefused
from ecomwg.loading.load import Outcome, load, read_file
from teams.bodies.models import WorkingGroup
from teams.clock import selectors as clock
from teams.reasons import made_by

NAMES = {"workstreams": "work streams", "goals": "strategy goals", "versions": "statement versions"}


class Command(BaseCommand):
    """Loads a group's file: all of it or, when it has faults, nothing."""

    help = "Read a group's file into the portal. Loading the same file again changes nothing."
    requires_system_checks = []  # pages have no part in it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="the file, in the format of docs/group-file.md")
        parser.add_argument("--check", action="store_true", help="say what is wrong or would change; write nothing")
        parser.add_argument("--first-start", action="store_true", help="do nothing where the group is there already")
        parser.add_argument("--quiet", action="store_true", help="print nothing unless the file is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            if options["first_start"] and (slug := _slug_in_portal(path)):
                _complete_demonstration()
                self.stdout.write(f"The group {slug} is there already; {path.name} was not loaded again.")
                return
            outcome = self._load(path, is_check=options["check"], is_quiet=options["quiet"])
        except FileRefused as refused:
            for line in refused.lines():
                self.stderr.write(line)
            count = len(refused.complaints)
            raise CommandError(f"{count} error{'s' if count != 1 else ''}; nothing was loaded") from None
        if not options["check"]:
            _complete_demonstration()
        if not options["quiet"]:
            self._report(path, outcome, is_check=options["check"])

    def _load(self, path: Path, *, is_check: bool, is_quiet: bool) -> Outcome:
        with tqdm(desc=path.name, unit=" items", disable=True if is_quiet else None) as bar:

            def start(total: int) -> None:
                bar.reset(total)

            def step() -> None:
                bar.update()

            return load(path, is_check=is_check, on_total=start, step=step)

    def _report(self, path: Path, outcome: Outcome, *, is_check: bool) -> None:
        if is_check:
            self.stdout.write(f"{path.name}: nothing to complain about.")
        self.stdout.write(f"{'':24}{'new':>8}{'changed':>9}{'unchanged':>11}{'kept':>6}")
        total = outcome.total
        for section, count in [*outcome.counts.items(), ("in all", total)]:
            name = NAMES.get(section, section)
            self.stdout.write(f"{name:24}{count.new:8}{count.changed:9}{count.unchanged:11}{count.kept:6}")
        for place in outcome.kept:
            self.stdout.write(f"Kept, though the file no longer names it: {place}")
        did = "Would load" if is_check else "Loaded"
        self.stdout.write(f"{did} the group {outcome.slug}: {total.new} new and {total.changed} changed items.")


@transaction.atomic
def _complete_demonstration() -> None:
    """What one administrator proposes another adopts: the demonstration has a second one, whatever its file says."""
    if settings.DEMONSTRATION:
        with made_by("command load_group", at=clock.now(), note="for adoption by two"):
            add_second_administrator()


def _slug_in_portal(path: Path) -> str:
    """The slug of the file's group where the portal has that group, else nothing."""
    file, _ = read_file(path)
    slug = file.working_group.key if file.working_group else ""
    return slug if WorkingGroup.objects.filter(slug=slug).exists() else ""
