"""Who does it and in whose right: every service that a person calls asks here, on the row as it is now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

from django.db.models import QuerySet

from milestones.work.models import REASON_AT_MOST, Deliverable, Milestone, State
from milestones.work.selectors.rights import InRight, Verb, derived_state, fits, in_right_of, right_to
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.permissions import Action, Standing, standings
from teams.clock import selectors as clock
from teams.reasons import because, done_by, standing_in_for

from .refusals import ChangedMeanwhile, NotYours, Refused

Thing = TypeVar("Thing", bound=Milestone | Deliverable)


def standing_of(by: User, group: WorkingGroup) -> Standing:
    """What the person is in the group today: one query. Raises NotYours for an outsider."""
    standing = standings(by, clock.today()).get(group.slug) if by.is_active else None
    if standing is None:
        raise NotYours("it belongs to another group")
    return standing


def locked(thing: Thing, seen: int | None = None) -> Thing:
    """The row as it is now, and its deliverable, locked until the transaction ends.

    The deliverable comes first, so that two changes below one deliverable wait for each other, and its state is drawn
    from what both left. Raises ChangedMeanwhile where its revision is not the one `seen` (None: any).
    """
    if isinstance(thing, Milestone) and thing.deliverable_id is not None:
        Deliverable.objects.select_for_update(no_key=True).get(pk=thing.deliverable_id)
    rows = type(thing)._default_manager.select_for_update(of=("self",), no_key=True)  # noqa: SLF001
    found = cast(Thing, rows.select_related("group", "body__group").get(pk=thing.pk))
    if seen is not None and found.edit_revision != seen:
        raise ChangedMeanwhile("It was changed after you opened the page.", found)
    return found


def check(by: User, verb: Verb, found: Milestone | Deliverable) -> InRight:
    """In whose right the person does it. Raises NotYours, and Refused where the state doesn't allow it."""
    right = right_to(standing_of(by, found.group), by.pk, verb, found)
    if right is None:
        if verb == Verb.ACCEPT and right_to(standing_of(by, found.group), by.pk, Verb.RETURN, found):
            raise NotYours("nobody accepts what they own or handed in themselves")
        raise NotYours("neither your role nor owning it allows you to do that")
    if not fits(verb, found):
        if verb == Verb.PROPOSE_DROP and found.drop_asked_by_id:
            raise Refused("It is proposed already to drop it.")
        if verb == Verb.DISCLAIM and isinstance(found, Milestone) and found.disclaimed_by_id:
            raise Refused("It was said already that it is not its owner’s.")
        if verb == Verb.LET_STAY and found.is_open:
            raise Refused("Nobody says any more that it is not its owner’s.")
        if verb == Verb.KEEP and found.is_open:
            raise Refused("Nobody proposes to drop it any more.")
        raise Refused(f"It is {found.get_state_display().lower()} now, so that can’t be done.")
    return right


def check_planning(by: User, body: Body | Milestone | Deliverable) -> InRight:
    """In whose right the person plans what the body owes. Raises NotYours."""
    owed = body if not isinstance(body, Body) else Deliverable(group=body.group, body=body)
    right = in_right_of(standing_of(by, owed.group), Action.PLAN_WORK, owed)
    if right is None:
        raise NotYours("your role does not allow you to plan what this body owes")
    return right


@contextmanager
def recorded(by: User, right: InRight, reason: str = "") -> Iterator[None]:
    """Record the changes made inside as the person's: with the reason, and for whom they stand in."""
    with because(reason, by=by) if reason else done_by(by), standing_in_for(right.stands_in_for):
        yield


def reason_of(text: str, ask: str = "Say why.") -> str:
    """The reason as it is kept. Raises Refused for none, and for one that is too long."""
    reason = " ".join(text.split())
    if not reason:
        raise Refused(ask)
    if len(reason) > REASON_AT_MOST:
        raise Refused(f"Say it in at most {REASON_AT_MOST} characters; a note has room for more.")
    return reason


def derived_from(deliverable: Deliverable) -> QuerySet[Milestone]:
    """The milestones that its state comes from."""
    return Milestone.objects.filter(deliverable=deliverable).exclude(state=State.DROPPED)


def derive(deliverables: Iterable[int | None]) -> int:
    """Draw the states of deliverables (by their keys in the database) from those of their milestones.

    Returns how many changed. What was dropped stays dropped; without a milestone that counts the state stays as it is.
    """
    wanted = sorted({pk for pk in deliverables if pk is not None})
    rows = Deliverable.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    open_or_accepted = list(rows.exclude(state=State.DROPPED))
    states = defaultdict(list)
    below = Milestone.objects.filter(deliverable__in=wanted).values_list("deliverable", "state", "accepted")
    for pk, state, accepted in below:
        states[pk].append((state, accepted))
    changed = 0
    for deliverable in open_or_accepted:
        found = derived_state(states[deliverable.pk])
        if found is None or found == (deliverable.state, deliverable.accepted):
            continue
        deliverable.state, deliverable.accepted = found
        deliverable.edit_revision += 1
        deliverable.save(update_fields=["state", "accepted", "edit_revision"])
        changed += 1
    return changed
