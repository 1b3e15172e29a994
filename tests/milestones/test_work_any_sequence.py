"""Whatever people do with the work, in whatever order: nothing leaves the rules, and the record is whole.

The rules stand here a second time, as tables of their own, so that a mistake in the services' tables is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from milestones.work import services
from milestones.work.models import Deliverable, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Membership, Role
from tests import factories as make

PEOPLE = [
    *("owner", "member", "observer", "lead", "lead elsewhere", "chair", "reviewer", "administrator"),
    *("stand-in of the owner", "stand-in of the lead", "stand-in of the chair", "outsider", "former member"),
]
DOES = {"owner", "lead", "chair", "stand-in of the owner", "stand-in of the lead", "stand-in of the chair"}
PLANS = {"lead", "chair", "administrator", "stand-in of the lead", "stand-in of the chair"}
JUDGES = {"chair", "reviewer", "stand-in of the chair"}
DROPS = {"chair", "administrator", "stand-in of the chair"}
OWNS = {"owner", "stand-in of the owner"}

# For each service: who may, from which states, and to which.
RULES: dict[str, tuple[set[str], set[str], str | None]] = {
    "start": (DOES, {"planned", "returned"}, "under_way"),
    "hand_in": (DOES, {"planned", "under_way", "returned"}, "handed_in"),
    "take_back": (DOES, {"handed_in"}, "under_way"),
    "accept": (JUDGES, {"handed_in"}, "accepted"),
    "send_back": (JUDGES, {"handed_in"}, "returned"),
    "reopen": (JUDGES, {"accepted"}, "under_way"),
    "propose_drop": (PLANS, {"planned", "under_way", "handed_in", "returned"}, None),
    "keep": (DROPS, {"planned", "under_way", "handed_in", "returned"}, None),
    "drop": (DROPS, {"planned", "under_way", "handed_in", "returned"}, "dropped"),
    "take_up": (DROPS, {"dropped"}, "planned"),
    "disclaim": (OWNS, {"planned", "under_way", "returned"}, None),
    "let_stay": (PLANS, {"planned", "under_way", "returned"}, None),
    "move_due": (PLANS | OWNS, {"planned", "under_way", "handed_in", "returned"}, None),
    "change_owner": (PLANS, {"planned", "under_way", "handed_in", "returned"}, None),
    "change_milestone": (PLANS, set(State.values), None),
}
# A deliverable without milestones goes the same way, but is given to somebody else as its title is changed; and nobody
# says of it that it isn't theirs.
RULES_OF_DELIVERABLE = {
    **RULES,
    "change_owner": (PLANS, set(State.values), None),
    "disclaim": (OWNS, set(), None),
    "let_stay": (PLANS, set(), None),
}
NEED_A_REASON = {
    *("take_back", "send_back", "reopen", "propose_drop", "keep", "drop", "take_up", "move_due"),
    *("disclaim", "let_stay"),
}


@dataclass
class World:
    """The people; a deliverable, its two milestones and one without any; and what each of these three should be."""

    people: dict[str, User]
    owed: Deliverable
    things: list[Milestone | Deliverable]
    states: list[str] = field(default_factory=lambda: ["planned"] * 3)
    revisions: list[int] = field(default_factory=lambda: [1] * 3)
    owners: list[str] = field(default_factory=lambda: ["owner"] * 3)
    handed_in_by: list[str] = field(default_factory=lambda: [""] * 3)
    asked: list[bool] = field(default_factory=lambda: [False] * 3)
    disclaimed: list[bool] = field(default_factory=lambda: [False] * 3)
    moves: list[int] = field(default_factory=lambda: [0] * 3)
    changes: list[list[tuple[str, str]]] = field(default_factory=lambda: [[], [], []])


def world() -> World:
    """Everybody once, and a stand-in for three of them."""
    group = make.group("ecom")
    team, root = make.team(group), make.root(group)
    people = {
        "owner": make.member(team),
        "member": make.member(team),
        "observer": make.member(team, role=Role.OBSERVER),
        "lead": make.member(team, role=Role.LEAD),
        "lead elsewhere": make.member(make.team(group), role=Role.LEAD),
        "chair": make.member(root, role=Role.CHAIR),
        "reviewer": make.member(root, make.person(government=True), role=Role.REVIEWER),
        "administrator": make.person(is_site_admin=True),
        "outsider": make.member(make.team(make.group("other")), role=Role.CHAIR),
        "former member": make.member(team, role=Role.LEAD, ended=make.day("2018-07-20")),
    }
    for lender in ("owner", "lead", "chair"):
        people[f"stand-in of the {lender}"] = make.member(team, role=Role.OBSERVER)
        lent = Membership.objects.filter(person=people[lender])
        make.absence(people[lender], people[f"stand-in of the {lender}"], group, *lent)
    owed = make.deliverable(team)
    milestones = [make.milestone(owed, people["owner"]) for _ in range(2)]
    return World(people, owed, [*milestones, make.deliverable(team, owner=people["owner"])])


def rules(world: World, index: int) -> dict[str, tuple[set[str], set[str], str | None]]:
    """Those for what stands there."""
    return RULES if isinstance(world.things[index], Milestone) else RULES_OF_DELIVERABLE


def as_it_is(thing: Milestone | Deliverable) -> Milestone | Deliverable:
    """Its row."""
    return type(thing)._default_manager.get(pk=thing.pk)


def needs_a_reason(call: str, thing: Milestone | Deliverable) -> bool:
    """Whether something has to be said with it."""
    return call in NEED_A_REASON | {"hand_in"} or (call == "change_owner" and isinstance(thing, Milestone))


def given_to(call: str, world: World, index: int, says: str, number: int) -> dict[str, Any]:
    """What the service is called with, beside who calls."""
    thing = world.things[index]
    if isinstance(thing, Deliverable) and call in ("change_owner", "change_milestone"):
        said = {"title": f"Title {number}", "kind": thing.kind, "strategy_goal": None}
        owner = ("owner" if number % 2 else "lead") if call == "change_owner" else world.owners[index]
        return {"deliverable": thing, **said, "owner": world.people[owner]}
    if call == "move_due":
        noun = "milestone" if isinstance(thing, Milestone) else "deliverable"
        return {noun: thing, "due": make.day(f"2018-{8 + number % 5:02}-{1 + number % 28:02}"), "reason": says}
    if call == "change_owner":
        return {"milestone": thing, "to": world.people["owner" if number % 2 else "lead"], "reason": says}
    if call == "change_milestone":
        return {"milestone": thing, "title": f"Title {number}", "evidence_asked": ""}
    if call == "hand_in":
        return {"owed": thing, "done": says}
    return {"owed": thing, **({"reason": says} if call in NEED_A_REASON else {})}


def may(world: World, who: str, call: str, index: int) -> bool:
    """What the rules above say of the person, whatever the state."""
    who_may = set(rules(world, index)[call][0])
    owner = world.owners[index]
    if call in ("start", "hand_in", "take_back", "move_due", "disclaim") and owner != "owner":
        who_may -= OWNS
    if call == "disclaim" and owner != "owner":
        # The other owner is the lead, whose stand-in owns in their stead.
        who_may |= {"lead", "stand-in of the lead"}
    if call == "accept":
        who_may -= {owner, world.handed_in_by[index]}
    return who in who_may


def step(world: World, who: str, call: str, index: int, says: str, stale: bool, number: int) -> None:
    """Call it, and compare what came of it with the rules."""
    seen = world.revisions[index] - (1 if stale else 0)
    state = world.states[index]
    given = given_to(call, world, index, says, number)
    before = as_it_is(world.things[index])
    of_deliverable = {
        "move_due": "move_deliverable_due",
        **dict.fromkeys(("change_owner", "change_milestone"), "change_deliverable"),
    }
    name = of_deliverable.get(call, call) if isinstance(before, Deliverable) else call
    service: Callable[..., Any] = getattr(services, name)
    fits = state in rules(world, index)[call][1]
    fits &= not (call == "propose_drop" and world.asked[index])
    fits &= not (call == "keep" and not world.asked[index])
    fits &= not (call == "disclaim" and world.disclaimed[index])
    fits &= not (call == "let_stay" and not world.disclaimed[index])
    fits &= bool(says.strip()) or not needs_a_reason(call, before)
    fits &= not (call == "move_due" and given["due"] == before.due)
    new_owner = ("owner" if number % 2 else "lead") if call == "change_owner" else ""
    fits &= new_owner != world.owners[index] or isinstance(before, Deliverable)
    expected = "told" if stale else "not theirs" if not may(world, who, call, index) else "done" if fits else "refused"
    try:
        with transaction.atomic():
            service(by=world.people[who], seen=seen, **given)
        outcome = "done"
    except services.NotYours:
        outcome = "not theirs"
    except services.ChangedMeanwhile:
        outcome = "told"
    except services.Refused:
        outcome = "refused"
    assert outcome == expected, (who, call, state)
    if outcome != "done":
        assert as_it_is(before).edit_revision == world.revisions[index]
        return
    world.revisions[index] += 1
    world.states[index] = RULES[call][2] or state
    world.changes[index].append((who, says if needs_a_reason(call, before) and call != "hand_in" else ""))
    world.moves[index] += call == "move_due"
    world.owners[index] = new_owner or world.owners[index]
    if call == "hand_in":
        world.handed_in_by[index] = who
    if call == "propose_drop":
        world.asked[index] = True
    if call == "disclaim":
        world.disclaimed[index] = True
    if call in ("let_stay", "change_owner") or RULES[call][2] is not None:
        world.disclaimed[index] = False
    if call == "keep" or world.states[index] in ("accepted", "dropped"):
        world.asked[index] = False


LENDER = {f"stand-in of the {each}": each for each in ("owner", "lead", "chair")}


def check(world: World) -> None:
    """That the rows are what the rules say, and that the record tells of each change: whose, for whom, and why."""
    rows = [as_it_is(each) for each in world.things]
    assert [row.owner for row in rows] == [world.people[each] for each in world.owners]
    assert [row.state for row in rows] == world.states
    assert [row.due_revision - 1 for row in rows] == world.moves == [row.slips.count() for row in rows]
    for row, changes, asked, disclaimed in zip(rows, world.changes, world.asked, world.disclaimed, strict=True):
        assert (row.accepted is not None) == (row.state == State.ACCEPTED)
        if row.accepted and row.handed_in_at:
            assert row.accepted.first >= row.handed_in_at.date()
        assert bool(row.drop_asked_by_id) == asked
        assert bool(getattr(row, "disclaimed_by_id", None)) == disclaimed
        events = row.pgh_event_model.objects.filter(pgh_obj_id=row.pk).order_by("pgh_id")  # type: ignore[union-attr]
        recorded = [event.pgh_context.metadata for event in events if event.pgh_label == "update"]
        assert len(recorded) == len(changes)
        for said, (who, why) in zip(recorded, changes, strict=True):
            assert said["user"] == world.people[who].pk
            assert (said.get("reason") or "") == " ".join(why.split())
            lender = said.get("stands_in_for")
            assert lender == (world.people[LENDER[who]].pk if who in LENDER else None)
    world.owed.refresh_from_db()
    counted = {state for state in world.states[:2] if state != "dropped"}
    if counted:
        derived = (
            *(["accepted"] if counted == {"accepted"} else []),
            *(["handed_in"] if counted <= {"accepted", "handed_in"} else []),
            *(["planned"] if counted == {"planned"} else []),
            "under_way",
        )[0]
        assert world.owed.state == derived


# Most people who try may do it, so that long ways are gone; and once in a while nobody says why, or is too late.
CALLS = st.tuples(
    st.one_of(st.sampled_from(PEOPLE), st.sampled_from(["owner", "chair", "chair", "reviewer", "lead"])),
    st.one_of(st.sampled_from(sorted(RULES)), st.sampled_from(["start", "hand_in", "accept", "send_back"])),
    st.integers(0, 2),
    st.sampled_from(["Because it is so.", "Because it is so.", "It has to be.", "  "]),
    st.sampled_from([False] * 9 + [True]),
    st.integers(0, 200),
)


@pytest.mark.django_db
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=st.lists(CALLS, min_size=20, max_size=30))
def test_no_sequence_of_calls_leaves_the_rules(at_start: datetime, calls: list[tuple[Any, ...]]) -> None:
    with transaction.atomic():
        made = world()
        for call in calls:
            step(made, *call)
        check(made)
        transaction.set_rollback(True)
