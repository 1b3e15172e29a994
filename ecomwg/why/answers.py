"""The answer: whether a person sees a page, by which rules, and by which of their memberships."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils import formats

from documents.library.models import Document
from milestones.meetings.models import Meeting
from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, CONCERNS_A_BODY, Action, Standing, standings
from teams.remarks.models import Remark

from .objects import Asking, Page

_PLURALS: Final[dict[str, str]] = {
    ADMINISTRATOR: "administrators",
    **{role.value: f"{role.label}s" if role == Role.REVIEWER else f"{role.label.lower()}s" for role in Role},
}


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the person sees it; the rules that decide, in sentences; and the memberships that they go by."""

    sees: bool
    rules: list[str]
    memberships: list[Membership]


def explained(person: User, page: Page, group: WorkingGroup, bodies: Iterable[Body], day: date) -> Answer:
    """Why the person sees the page of the group on `day`, or doesn't.

    Whether they do is asked as a request of theirs is answered: the account, the standing, the table, and for an object
    the question that its page asks. At most four queries.
    """
    if not person.is_active:
        return Answer(False, ["The account is closed: nobody can sign in with it."], _ever(person, group))
    standing = standings(person, day).get(group.slug)
    if standing is None:
        ever = _ever(person, group)
        return Answer(False, [_outside(ever, day)], ever)
    action = page.action
    rules = [_rule(person, action)]
    # An administrator needs no membership for what administrators may do.
    held = [] if _is_by_standing(person, action) else [each for each in _ever(person, group) if each.holds_on(day)]
    if not standing.may(action):
        return Answer(False, [*rules, "The person holds none of these roles in this group."], held)
    known = list(bodies)
    rules += [*_rules_of_stand_in(standing, page, known), *_rules_of_object(person, page)]
    if not _is_shown(page, Asking(person, standing, known), action):
        if page.body is not None:
            rules.append(f"It belongs to {page.body.short_name}, in which no role of the person counts for this.")
        return Answer(False, rules, held)
    return Answer(True, rules, [each for each in held if standing.counts(each.role, each.body_id, action, page.body)])


def _is_shown(page: Page, asking: Asking, action: Action) -> bool:
    """Whether the object of the page is among those that the person sees there; a page without an object is."""
    if page.kind is None or page.row is None:
        return True
    if page.body is not None:
        return page.body in asking.bodies_where(action)
    return page.kind.seen_by(asking).filter(pk=page.row.pk).exists()


def _ever(person: User, group: WorkingGroup) -> list[Membership]:
    return list(Membership.objects.filter(person=person, body__group=group).select_related("body"))


def _is_by_standing(person: User, action: Action) -> bool:
    return person.is_site_admin and ADMINISTRATOR in ALLOWED[action]


def _rule(person: User, action: Action) -> str:
    if _is_by_standing(person, action):
        return (
            "Administrators of the portal enter every group."
            if action == Action.READ_GROUP
            else f"Administrators of the portal enter every group, and may {action.value}."
        )
    if action == Action.READ_GROUP:
        return f"Whoever holds a role in one of the group’s bodies may {action.value}."
    where = "in the body itself or in one above it" if action in CONCERNS_A_BODY else "anywhere in the group"
    return f"Only these may {action.value}: {_roles(action)}, by a role held {where}."


def _roles(action: Action) -> str:
    return ", ".join(name for role, name in _PLURALS.items() if role in ALLOWED[action])


def _rules_of_stand_in(standing: Standing, page: Page, bodies: Iterable[Body]) -> Iterator[str]:
    """What of other people's roles counts here, with the absence that lends them."""
    names = {body.pk: body.short_name for body in bodies}
    for each in standing.stands_in:
        roles = sorted(
            f"{Role(role).label} of {names[body]}"
            for body, role in each.roles
            if standing.counts(role, body, page.action, page.body)
        )
        if roles:
            until = formats.date_format(each.until, "F j, Y")
            yield (
                f"The person stands in for {each.name}, who is away until {until} (absence {each.absence}), and has "
                f"from them meanwhile: {', '.join(roles)}."
            )


def _rules_of_object(person: User, page: Page) -> list[str]:
    rules = []
    document = page.row if isinstance(page.row, Document) else getattr(page.row, "document", None)
    if isinstance(document, Document) and document.access == Document.Access.GOVERNMENT:
        works_for = "the government" if person.is_government else "the trade"
        rules.append(f"The document is shown to people of the government alone; this person works for {works_for}.")
    if isinstance(page.row, Remark) and page.row.is_government_only:
        works_for = "the government" if person.is_government else "the trade"
        rules.append(f"The {page.label} is marked as government-only; this person works for {works_for}.")
    if isinstance(page.row, Meeting) and page.row.state == Meeting.State.DRAFT:
        readers = ", ".join(sorted(ALLOWED[Action.READ_DRAFT_MEETINGS]))
        rules.append(f"The meeting is still a draft, which is shown to these roles alone: {readers}.")
    return rules


def _outside(ever: list[Membership], day: date) -> str:
    if any(membership.started and membership.started.first > day for membership in ever):
        return "The person’s membership in this group has not begun yet."
    if ever:
        return "Every membership of the person in this group has ended."
    return "The person never had a role in this group; to them it is as if it did not exist."
