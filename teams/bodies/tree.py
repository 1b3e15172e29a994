"""The committee tree as a picture needs it: bodies under their parents of a date, and those that are still to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from .models import Body, BodyParent, BodyState
from .selectors import state_on


@dataclass(frozen=True, slots=True)
class Node:
    """A body in its place. `coming` is the link that will put it there later; None where it stands there today.

    A body that is to come while it stands elsewhere today is repeated: it is drawn without its branch.
    """

    body: Body
    state: BodyState | None
    coming: BodyParent | None = None
    is_repeated: bool = False
    children: list[Node] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        """How many columns a drawing of this branch needs."""
        return sum(child.leaves for child in self.children) or 1


def roots(bodies: Sequence[Body], today: date) -> list[Node]:
    """The tree on `today`, from bodies as `selectors.tree_of` gives them; asks the database nothing more.

    A body that gets a parent only later stands under it as coming, and its own branch with it unless it stands
    somewhere today already. A body without any parent, today or to come, is a root.
    """
    below: dict[int, list[tuple[Body, BodyParent]]] = {}
    to_come: dict[int, list[tuple[Body, BodyParent]]] = {}
    placed, awaited = set(), set()
    for body in bodies:
        for link in body.parents.all():
            if link.holds_on(today):
                below.setdefault(link.parent_id, []).append((body, link))
                placed.add(body.pk)
            elif is_to_come(link, today):
                to_come.setdefault(link.parent_id, []).append((body, link))
                awaited.add(body.pk)

    def node(body: Body, path: frozenset[int], coming: BodyParent | None = None) -> Node:
        path |= {body.pk}
        if coming is not None and body.pk in placed:
            return Node(body, state_on(body, today), coming, is_repeated=True)
        children = [node(child, path) for child, _ in below.get(body.pk, ()) if child.pk not in path]
        children += [node(child, path, link) for child, link in to_come.get(body.pk, ()) if child.pk not in path]
        return Node(body, state_on(body, today), coming, children=children)

    return [node(body, frozenset()) for body in bodies if body.pk not in placed | awaited]


def is_to_come(link: BodyParent, today: date) -> bool:
    """Whether the link holds only from a later date on."""
    return link.started is not None and link.started.first > today
