"""What the items of a file must be to each other. Each rule looks at what could be read, and complains."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TypeAlias

from teams.bodies.models import Body
from teams.dates import ApproximateDate

from .complaints import closest, did_you_mean
from .entries import membership_key, preparation_key
from .items import I, Item
from .sections import (
    BodyItem,
    DeliverableItem,
    GroupFile,
    MeetingItem,
    MembershipItem,
    ParentItem,
    StateItem,
    StatementItem,
)

SLUG_LENGTH = 50

# What an item of each list is called.
NOUNS = {
    "bodies": "body",
    "organizations": "organization",
    "people": "person",
    "workstreams": "work stream",
    "meetings": "meeting",
    "deliverables": "deliverable",
    "milestones": "milestone",
    "documents": "document",
}


def check(file: GroupFile) -> None:
    """Complain about everything that doesn't fit together."""
    _references(file)
    _working_group(file)
    for body in file.bodies:
        _body(body)
    _tree(file.bodies)
    _each_once(file.organizations, "name", lambda item: item.name and item.name.lower(), "organization has this name")
    _each_once(file.people, "email", lambda item: item.email and item.email.lower(), "person has this address")
    for membership in file.memberships:
        _holds(membership)
    _each_once(file.memberships, "person", membership_key, "membership says the same")
    if file.statement_of_work:
        _versions(file.statement_of_work)
    for meeting in file.meetings:
        _meeting(meeting, meeting.timezone or file.timezone)
    _preparations(file)
    for deliverable in file.deliverables:
        _clause(deliverable, file)
        _goal(deliverable, file)
    _circles({item.key: (item, item.after) for item in file.milestones if item.key}, "after")
    for consultation in file.consultations:
        if not consultation.unread & {"opens", "closes"} and consultation.closes < consultation.opens:
            consultation.complain("closes", f"closes {consultation.closes} before it opens, {consultation.opens}")
    for development in file.developments:
        if development.until and "on" not in development.unread and is_after(development.on, development.until):
            until, on = development.until.isoformat(), development.on.isoformat()
            development.complain("until", f"{until} is before {on}, when it starts")


# --- References ------------------------------------------------------------------------------------------------------
def _references(file: GroupFile) -> None:
    keys = {section: {item.key for item in getattr(file, section) if item.key} for section in NOUNS}
    for item in file.within():
        for kind, key in item.references():
            if file.unread.intersection(kind.sections):
                continue  # the list as a whole was complained about
            found = [section for section in kind.sections if key in keys[section]]
            if not found:
                known = sorted(set().union(*(keys[section] for section in kind.sections)))
                nouns = _either([NOUNS[section] for section in kind.sections])
                key.spot.complain(f"no {nouns} has the key {key!r}{did_you_mean(closest(key, known))}")
            elif len(found) > 1:
                lists = " and in ".join(found)
                key.spot.complain(f"{key!r} is a key in {lists}: give one of them another key")


def _either(words: list[str]) -> str:
    return " or ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _clause(item: DeliverableItem, file: GroupFile) -> None:
    statement = file.statement_of_work
    if not item.clause or "statement_of_work" in file.unread or (statement and "versions" in statement.unread):
        return
    versions = statement.versions if statement else ()
    if not versions:
        item.complain("clause", f"there is no statement of work with a clause {item.clause!r} in this file")
        return
    numbers = [clause.number for clause in versions[-1].clauses if clause.number]
    if item.clause not in numbers and "clauses" not in versions[-1].unread:
        suggestion = did_you_mean(closest(item.clause, numbers))
        item.complain("clause", f"version {versions[-1].version} has no clause {item.clause!r}{suggestion}")


def _goal(item: DeliverableItem, file: GroupFile) -> None:
    if item.strategy_goal is None or "strategy" in file.unread or (file.strategy and "goals" in file.strategy.unread):
        return
    numbers = [goal.number for goal in file.strategy.goals] if file.strategy else []
    if item.strategy_goal not in numbers:
        there = f"there are {', '.join(map(str, numbers))}" if numbers else "there are no goals in this file"
        item.complain("strategy_goal", f"the strategy has no goal {item.strategy_goal}; {there}")


def _each_once(items: Iterable[I], field: str, word: Callable[[I], str | None], what: str) -> None:
    first: dict[str, int] = {}
    for item in items:
        said = word(item)
        if not said:
            continue
        if said in first:
            item.complain(field, f"another {what}, in line {first[said]}")
        else:
            first[said] = item.lines.get(field, item.spot.line)


# --- Bodies ----------------------------------------------------------------------------------------------------------
def _working_group(file: GroupFile) -> None:
    groups = [body for body in file.bodies if body.kind == Body.Kind.WORKING_GROUP]
    if not groups and "bodies" not in file.unread and not any("kind" in body.unread for body in file.bodies):
        file.complain("bodies", "none of the bodies is of the kind working_group; a file is that of one working group")
    for body in groups[1:]:
        body.complain("kind", f"there is a working group already, {groups[0].key!r}; a file is that of one")
    if groups and groups[0].key and len(groups[0].key) > SLUG_LENGTH:
        groups[0].complain("key", f"has {len(groups[0].key)} characters; {SLUG_LENGTH} is the most for a working group")


def _body(body: BodyItem) -> None:
    if body.formed_as_written and body.formed is None and "formed" not in body.unread:
        body.complain("formed_as_written", "needs `formed`, the date that these words stand for")
    for parent in body.parents:
        _holds(parent)
    _each_once(body.parents, "of", _parent_key, "parent says the same")
    _each_once(body.states, "from", _state_key, "state starts then")


def _parent_key(item: ParentItem) -> str:
    if item.unread & {"of", "from"}:
        return ""
    return f"{item.of} {item.from_.isoformat() if item.from_ else ''}"


def _state_key(item: StateItem) -> str:
    return "" if "from" in item.unread else item.from_.isoformat()


Graph: TypeAlias = dict[str, tuple[Item, tuple[str, ...]]]


def _tree(bodies: Iterable[BodyItem]) -> None:
    graph: Graph = {body.key: (body, tuple(parent.of for parent in body.parents)) for body in bodies if body.key}
    in_circles = _circles(graph, "parents")
    groups = {body.key for body in bodies if body.kind in (Body.Kind.WORKING_GROUP, None)}
    for body in bodies:
        if body.kind != Body.Kind.TEAM or not body.key or "parents" in body.unread:
            continue
        above = _above(body.key, graph)
        if groups and above <= graph.keys() and not above & groups and not above & in_circles:
            body.complain("parents", "no way leads from this team up to the working group")


def _above(key: str, graph: Graph) -> set[str]:
    """The keys of every body above one, of any date; with those that no body has."""
    found: set[str] = set()
    ahead = {key}
    while ahead:
        above = {parent for below in ahead if below in graph for parent in graph[below][1]}
        ahead = above - found
        found |= above
    return found


def _circles(graph: Graph, field: str) -> set[str]:
    """Complain once about each circle of items that name one another in `field`; returns the keys in circles."""
    left = {key: [to for to in names if to in graph] for key, (_, names) in graph.items()}
    in_circles: set[str] = set()
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            graph[circle[0]][0].complain(field, f"this goes round in a circle: {' → '.join(circle)}")
            in_circles.update(circle)
            left = {key: [to for to in names if to not in circle] for key, names in left.items() if key not in circle}
        else:
            return in_circles


# --- Dates -----------------------------------------------------------------------------------------------------------
def is_after(later: ApproximateDate, earlier: ApproximateDate) -> bool:
    """Whether one date comes after another as the tables sort them: by the first day, then by the last."""
    return (later.first, later.last) > (earlier.first, earlier.last)


def _holds(item: ParentItem | MembershipItem) -> None:
    if item.from_ and item.to and item.to.first <= item.from_.first:
        item.complain(
            "to",
            f"{item.to.isoformat()} is not after {item.from_.isoformat()}, when it starts; `to` is the first day on "
            "which it no longer holds",
        )


def _versions(statement: StatementItem) -> None:
    dated = [version for version in statement.versions if "adopted" not in version.unread]
    for before, version in pairwise(dated):
        if not is_after(version.adopted, before.adopted):
            version.complain(
                "adopted",
                f"{version.adopted.isoformat()} is not after {before.adopted.isoformat()}, when version "
                f"{before.version} was adopted; the first version comes first",
            )


# --- Meetings --------------------------------------------------------------------------------------------------------
def _meeting(meeting: MeetingItem, zone: str) -> None:
    if meeting.body and meeting.forum:
        meeting.complain("forum", "a meeting is that of a body or that of a forum; this one has both")
    elif not meeting.unread & {"body", "forum"} and not (meeting.body or meeting.forum):
        meeting.complain("body", "a meeting is that of a body or that of a forum; this one has neither")
    starts, ends = meeting.starts, meeting.ends
    for name, moment in (("starts", starts), ("ends", ends)):
        if zone and moment and not moment.is_on_the_clock(zone):
            meeting.complain(name, f"there is no {moment.time:%H:%M} on this day in {zone}: the clock is set forward")
    if "starts" in meeting.unread or ends is None:
        return
    if ends.time and not starts.time:
        meeting.complain("ends", "has a time of day, and `starts` has none")
    elif is_after(starts.date, ends.date):
        meeting.complain("ends", f"{ends.isoformat()} is before {starts.isoformat()}, when it starts")
    elif starts.time and ends.time and starts.date == ends.date and ends.time <= starts.time:
        meeting.complain("ends", f"{ends.isoformat()} is not after {starts.isoformat()}, when it starts")


def _preparations(file: GroupFile) -> None:
    taken = {item.key: f"milestones/{item.key}" for item in file.milestones if item.key}
    for meeting in file.meetings:
        for preparation in meeting.prepare:
            key = preparation_key(meeting, preparation)
            if not key:
                continue
            if key in taken:
                preparation.complain("title", f"becomes a milestone of the key {key!r}, which {taken[key]} has already")
            else:
                taken[key] = preparation.spot.place
