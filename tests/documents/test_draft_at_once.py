"""Two hundred changes of one draft by many people at once: each is in it, or was put to the person as a conflict."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from documents.statement import services
from documents.statement.models import Draft, DraftClause
from teams.accounts.models import User
from teams.clock import services as clock
from tests import factories as make
from tests.conftest import START

pytestmark = pytest.mark.django_db(transaction=True)

PEOPLE, EACH, PLACES = 20, 10, 40


def test_two_hundred_at_once_lose_nothing() -> None:
    clock.set_clock(to=START)
    group = make.group("ecom")
    people = [make.person(is_site_admin=True) for _ in range(PEOPLE)]
    text = " ".join(f"place{n} stays;" for n in range(PLACES))
    (version,) = make.statement(make.root(group), ("1.0", "2017", [("1", "One", text), ("2", "Two", text)]))
    draft = services.start_draft(by=people[0], statement=version.statement, title="At once")
    rows = list(draft.clauses.order_by("pk"))
    start = Barrier(PEOPLE)

    def work(number: int) -> tuple[list[tuple[int, str]], int]:
        """Ten changes by one person, all made on the page as it was first opened; those in it, and how many clashed."""
        options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        merged, clashes = [], 0
        try:
            connection.ensure_connection()
            start.wait(30)
            for each in range(EACH):
                row = rows[each % 2]
                word = f"by{number}in{each}"
                # Some want the same place, most another one.
                place = f"place{(number * 7 + each) % PLACES}"
                try:
                    services.edit_clause(
                        by=people[number],
                        clause=row,
                        heading=row.heading,
                        text=text.replace(f"{place} stays;", f"{place} {word};"),
                        seen_revision=1,
                    )
                except services.Conflict as conflict:
                    clashes += any(word in getattr(part, "mine", "") for part in conflict.text)
                else:
                    merged.append((row.pk, word))
        finally:
            connection.close()
        return merged, clashes

    with ThreadPoolExecutor(PEOPLE) as threads:
        done = list(threads.map(work, range(PEOPLE)))
    merged = [each for found, _ in done for each in found]
    clashes = sum(count for _, count in done)
    assert len(merged) + clashes == PEOPLE * EACH
    assert clashes > 0
    assert len(merged) > PLACES // 2
    now = dict(DraftClause.objects.filter(draft=draft).values_list("pk", "text"))
    lost = [(row, word) for row, word in merged if f"{word};" not in now[row]]
    assert lost == []
    assert sum(DraftClause.objects.values_list("revision", flat=True)) - 2 == len(merged)
    assert Draft.objects.get().is_open
    assert User.objects.count() == PEOPLE
