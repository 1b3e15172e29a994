"""What can hang on a clause, and on which clauses something hangs. What a person sees starts from that person."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from django.db.models import F, Q, QuerySet

from documents.library.selectors import documents_visible_to
from documents.statement.models import ClauseLink, ClauseText, StatementOfWork
from milestones.meetings.selectors import meetings_visible_to
from milestones.work.models import StrategyGoal
from milestones.work.selectors import deliverables_visible_to, milestones_visible_to
from teams.accounts.models import User
from teams.bodies.models import Body, WorkingGroup
from teams.bodies.selectors import groups_entered_by

from .versions import texts_in_force_visible_to

# By what things of a sort are looked for, and in which order they stand.
CALLED: Final = {"deliverable": "title", "milestone": "title", "document": "title", "meeting": "title", "goal": "text"}


def things_visible_to(person: User, group: WorkingGroup, day: date, sort: str) -> QuerySet[Any]:
    """What of one sort (see `models.TARGETS`) in the group the person may see, with its body at hand if it has one."""
    if sort == "goal":
        goals = StrategyGoal.objects.filter(strategy__group=group, strategy__group__in=groups_entered_by(person, day))
        return goals.select_related("strategy__group").order_by("strategy", "number")
    found: dict[str, QuerySet[Any]] = {
        "deliverable": deliverables_visible_to(person, day).select_related("body__group"),
        "milestone": milestones_visible_to(person, day).select_related("body", "group"),
        "document": documents_visible_to(person, day),
        "meeting": meetings_visible_to(person, day).select_related("body"),
    }
    return found[sort].filter(group=group).order_by(CALLED[sort], "pk")


def thing_called(person: User, group: WorkingGroup, day: date, sort: str, key: str) -> Any | None:
    """The one of that sort which the key names (a goal has none: its number in the database); None where none does."""
    field = "pk" if sort == "goal" else "key"
    if sort not in CALLED or (field == "pk" and not (key.isascii() and key.isdigit() and len(key) < 19)):
        return None
    return things_visible_to(person, group, day, sort).filter(**{field: key}).first()


def things_saying(things: QuerySet[Any], sort: str, words: str) -> QuerySet[Any]:
    """Those that have each of the words in their title, in any order and without regard to case."""
    for word in words.split():
        things = things.filter(**{f"{CALLED[sort]}__icontains": word})
    return things


def body_of(thing: Any, statement: StatementOfWork) -> Body:
    """The body whose work it is; where it is no single body's, the one whose statement of work it is."""
    return getattr(thing, "body", None) or statement.body


def clauses_in_force(person: User, statement: StatementOfWork, day: date) -> list[ClauseText]:
    """The clauses of the version of the statement in force on `day`, in their order: one query."""
    texts = texts_in_force_visible_to(person, day).filter(version__statement=statement)
    return list(texts.select_related("clause", "version__statement__group").order_by("position"))


def links_of_thing(sort: str, thing: Any, statement: StatementOfWork, day: date) -> list[ClauseLink]:
    """The links of a thing to clauses of the version in force, each with its clause's `number` and `heading` there.

    One query; that the person may see the thing is asked before.
    """
    in_force = Q(clause__texts__version__in_force__contains=day)
    links = ClauseLink.objects.filter(in_force, **{sort: thing}, clause__statement=statement)
    return list(
        links.annotate(number=F("clause__texts__number"), heading=F("clause__texts__heading"))
        .select_related("clause")
        .order_by("clause__texts__position")
    )
