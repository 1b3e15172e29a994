"""Whatever is done to a draft by its services, in whatever order, it stays a tree, and its redline stays true."""

from __future__ import annotations

import contextlib
import random
from datetime import datetime

import pytest

from documents.statement import changes, selectors, services
from documents.statement.models import Clause, ClauseLink, Draft, DraftClause
from teams.accounts.models import User
from tests import factories as make
from tests.documents.test_redline import applied

WORDS = ["the", "group", "maps", "each", "step", "of", "the", "way", "and", "reports", "to", "CBP"]
OLD = [
    (number, f"Heading {number}", f"What {number} says of the group.")
    for number in ("1", "1.1", "1.2", "2", "2.1", "2.1.1", "2.2", "3", "4")
]


def phrase(drawn: random.Random) -> str:
    return " ".join(drawn.choices(WORDS, k=drawn.randrange(1, 8)))


def act(drawn: random.Random, by: User, draft: Draft) -> None:
    """One random change; what the rules refuse is refused."""
    rows = list(draft.clauses.order_by("pk"))
    row, other = drawn.choice(rows), drawn.choice(rows)
    what = drawn.choice(["edit", "edit", "add", "move", "move", "place", "split", "merge", "remove", "restore"])
    with contextlib.suppress(services.Refused):
        if what == "edit":
            seen = drawn.randrange(1, row.revision + 1)
            services.edit_clause(
                by=by, clause=row, heading=phrase(drawn), text=f"{row.text} {phrase(drawn)}", seen_revision=seen
            )
        elif what == "add":
            services.add_clause(by=by, draft=draft, heading=phrase(drawn), under=other, after=drawn.choice([row, None]))
        elif what == "move":
            direction: services.Direction = drawn.choice(["up", "down", "in", "out"])
            services.move_clause(by=by, clause=row, direction=direction)
        elif what == "place":
            services.place_clause(by=by, clause=row, under=other, after=drawn.choice([other, None]))
        elif what == "split":
            services.split_clause(
                by=by, clause=row, seen_revision=row.revision, kept=row.text[:9], heading="Part", text=row.text[9:]
            )
        elif what == "merge":
            services.merge_clause(by=by, clause=row, into=other)
        elif what == "remove":
            services.remove_clause(by=by, clause=row, with_those_under_it=drawn.random() < 0.3)
        else:
            services.restore_clause(by=by, clause=row)


def check_tree(draft: Draft) -> None:
    """Every clause that is there is numbered once, under one that is there, at its place, not too deep."""
    there = {row.pk: row for row in draft.clauses.filter(is_removed=False)}
    texts = selectors.clauses_of_draft(draft)
    assert sorted(text.row.pk for text in texts) == sorted(there)
    assert len({text.number for text in texts}) == len(texts)
    assert all(text.depth <= services.DEEPEST for text in texts)
    assert all(row.parent_id is None or row.parent_id in there for row in there.values())
    places = [(row.parent_id, row.position) for row in draft.clauses.all()]
    visible = [(row.parent_id, row.position) for row in there.values()]
    assert len(set(visible)) == len(visible), f"two clauses at one place: {places}"


def check_redline(draft: Draft) -> None:
    """Carried out on the old version it gives the draft, and as few clauses as can be are told as moved."""
    assert draft.based_on is not None
    old, new = list(draft.based_on.texts.order_by("position")), selectors.clauses_of_draft(draft)
    rows = selectors.rows_of(draft)
    found = changes.changes(old, new, selectors.origins_in(rows))
    before = {text.clause_id: text for text in old}
    after = []
    for change in found:
        was = before.get(change.clause_id)
        heading = applied(change.heading, was.heading if was else "")
        text = applied(change.text, was.text if was else "")
        if change.kind is not changes.Kind.REMOVED:
            after.append((change.clause_id, heading, text))
    assert after == [(text.clause_id, text.heading, text.text) for text in new]
    removed = {change.clause_id for change in found if change.kind is changes.Kind.REMOVED}
    assert removed == set(before) - {text.clause_id for text in new}
    stayed = [change.clause_id for change in found if change.clause_id in before and not change.is_moved]
    order = {text.clause_id: at for at, text in enumerate(old)}
    kept = [clause for clause in stayed if clause not in removed]
    assert len(changes.moved_clauses(old, new)) == sum(change.is_moved for change in found)
    assert changes.moved_clauses(new, new) == set()
    above: dict[str, list[int]] = {}
    numbers = {text.clause_id: text.number for text in new}
    for clause in kept:
        above.setdefault(numbers[clause].rpartition(".")[0], []).append(order[clause])
    assert all(places == sorted(places) for places in above.values()), "what has not moved is in its old order"


@pytest.mark.parametrize("seed", range(12))
def test_random_work_leaves_a_tree_and_a_true_redline(at_start: datetime, seed: int) -> None:
    drawn = random.Random(seed)
    group = make.group("ecom")
    by = make.person(is_site_admin=True)
    (version,) = make.statement(make.root(group), ("1.0", "2017", OLD))
    team = make.team(group)
    for text in version.texts.all():
        ClauseLink.objects.create(clause_id=text.clause_id, deliverable=make.deliverable(team))
    links = list(ClauseLink.objects.order_by("pk").values_list("pk", "clause_id", "deliverable_id"))
    draft = services.start_draft(by=by, statement=version.statement, title="Random")
    known = set(draft.clauses.values_list("clause_id", flat=True))
    for _ in range(25):
        act(drawn, by, draft)
        check_tree(draft)
        now = set(draft.clauses.values_list("clause_id", flat=True))
        assert known <= now, "no clause is lost: it is there or among the removed"
        known = now
    check_redline(draft)
    assert list(ClauseLink.objects.order_by("pk").values_list("pk", "clause_id", "deliverable_id")) == links
    assert Clause.objects.filter(statement=version.statement).count() == DraftClause.objects.filter(draft=draft).count()
    assert list(version.texts.order_by("position").values_list("number", "heading", "text")) == OLD
