"""Whom a change of what is owed is told: who may act next by a role, who answers for the body, and who stands in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from django.utils import formats

from teams.bodies.models import Absence, Body, BodyParent, Membership, Role, WorkingGroup
from teams.bodies.permissions import ALLOWED, Action


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody who is to be told: whose mail it is, who gets it (they, or who stands in for them), and why."""

    owed_to: int
    recipient: int
    why: str


class People:
    """Who holds which role in the bodies of a group on a day, and who stands in for whom: four queries."""

    def __init__(self, group: WorkingGroup, day: date) -> None:
        self.held: dict[int, set[tuple[int, str]]] = defaultdict(set)
        memberships = Membership.objects.filter(Membership.holding(day), body__group=group, person__is_active=True)
        for person, body, role in memberships.values_list("person", "body", "role").order_by("pk"):
            self.held[person].add((body, role))
        self._parents: dict[int, set[int]] = defaultdict(set)
        links = BodyParent.objects.filter(BodyParent.holding(day), body__group=group)
        for body, parent in links.values_list("body_id", "parent_id"):
            self._parents[body].add(parent)
        absences = Absence.objects.filter(Absence.holding(day), group=group)
        self._away = {each.person_id: each for each in absences.select_related("person").prefetch_related("roles")}

    def may(self, action: Action, body: Body) -> dict[int, str]:
        """Who may do it to the body by a role of their own, with that role."""
        places = self._with_those_above(body.pk)
        found = {}
        for person, held in self.held.items():
            roles = sorted(role for held_in, role in held if held_in in places and role in ALLOWED[action])
            if roles:
                found[person] = roles[0]
        return found

    def answering_for(self, body: Body, but: set[int]) -> dict[int, str]:
        """The leads of the body itself, except `but`; where it has none, the chairs of it and of those above."""
        leads = {person: Role.LEAD.value for person, held in self.held.items() if (body.pk, Role.LEAD) in held}
        places = self._with_those_above(body.pk)
        chairs = {
            person: Role.CHAIR.value
            for person, held in self.held.items()
            if any(held_in in places and role == Role.CHAIR for held_in, role in held)
        }
        without = [{person: role for person, role in each.items() if person not in but} for each in (leads, chairs)]
        return without[0] or without[1]

    def told(self, person: int, why: str, *, but: set[int], role: str = "") -> Told:
        """Who gets what is the person's: their stand-in while they are away, unless that one is among `but`.

        What is told to somebody for a `role` passes only with the role; what is told to an owner passes by itself.
        """
        absence = self._away.get(person)
        if absence is None or not self._takes(absence, role) or absence.stand_in_id in but:
            return Told(person, person, f"{why}.")
        until = formats.date_format(absence.last_day, "F j, Y")
        return Told(person, absence.stand_in_id, f"You stand in for {absence.person} until {until}. {why}, for them.")

    def _takes(self, absence: Absence, role: str) -> bool:
        able = absence.stand_in_id in self.held and absence.stand_in_id not in self._away
        return able and (not role or any(each.role == role for each in absence.roles.all()))

    def _with_those_above(self, body: int) -> set[int]:
        found: set[int] = set()
        waiting = [body]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self._parents[one]
        return found
