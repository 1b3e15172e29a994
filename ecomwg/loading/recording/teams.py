"""Bodies, organizations, people and memberships."""

from __future__ import annotations

from typing import Any, cast

from django.contrib.auth.hashers import make_password

from ecomwg.loading.entries import Entry, Standing
from ecomwg.loading.sections import BodyItem, MembershipItem, OrganizationItem, PersonItem
from teams.accounts import services as accounts
from teams.accounts.models import User
from teams.bodies.models import BodyParent, BodyState
from teams.dates import ApproximateDate

from .recorder import Books, Recorder, hang


class Bodies(Recorder):
    """The committee tree."""

    section = "bodies"
    has_position = True

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(BodyItem, entry.item)
        formed = item.formed and ApproximateDate(item.formed.first, item.formed.last, item.formed_as_written)
        return {
            "kind": {"kind": item.kind},
            "name": {"name": item.name},
            "source": {"source": item.source},
            "number": {"number": item.number},
            "acronym": {"acronym": item.acronym},
            "purpose": {"purpose": item.purpose},
            "formed": {"formed": formed},
            "formed_as_written": {"formed": formed},
        }

    def attach(self, entries: list[Entry], books: Books) -> None:
        def parents(entry: Entry) -> list[BodyParent]:
            return [
                BodyParent(
                    body_id=entry.pk, parent_id=books.ids["bodies"][parent.of], started=parent.from_, ended=parent.to
                )
                for parent in cast(BodyItem, entry.item).parents
            ]

        def states(entry: Entry) -> list[BodyState]:
            return [
                BodyState(body_id=entry.pk, state=state.state, started=state.from_)
                for state in cast(BodyItem, entry.item).states
            ]

        hang(with_new(entries, "parents"), BodyParent, "body_id", parents, known_by=["parent_id", "started"])
        hang(with_new(entries, "states"), BodyState, "body_id", states, known_by=["started"])


class Organizations(Recorder):
    """Organizations, which all groups share: one that another group's file brought is taken as it is."""

    section = "organizations"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(OrganizationItem, entry.item)
        return {
            "name": {"name": item.name},
            "kind": {"kind": item.kind},
            "source": {"source": item.source},
            "acronym": {"acronym": item.acronym},
            "sector": {"sector": item.sector},
            "small_business": {"is_small_business": item.small_business},
        }

    def fresh(self, entry: Entry, books: Books) -> dict[str, Any]:
        return {"key": entry.key, "loaded_with": books.group.slug}


class People(Recorder):
    """People, whom all groups share: one that another group's file brought is taken as they are."""

    section = "people"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(PersonItem, entry.item)
        return {
            "name": {"name": item.name},
            "email": {"email": User.objects.normalize_email(item.email)},
            "affiliation": {"affiliation": item.affiliation},
            "source": {"source": item.source},
            "organization": {"organization_id": books.id_of("organizations", item.organization)},
            "timezone": {"timezone": entry.more["timezone"]},
            "site_admin": {"is_site_admin": item.site_admin},
        }

    def fresh(self, entry: Entry, books: Books) -> dict[str, Any]:
        return {"password": make_password(None), "loaded_with": books.group.slug}

    def attach(self, entries: list[Entry], books: Books) -> None:
        with_address = [entry.pk for entry in with_new(entries, "email")]
        for person in User.objects.filter(pk__in=with_address, loaded_with=books.group.slug):
            accounts.confirm_address(person=person)


class Memberships(Recorder):
    """Who belongs to which body, as what."""

    section = "memberships"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(MembershipItem, entry.item)
        return {
            "person": {"person_id": books.id_of("people", item.person)},
            "body": {"body_id": books.id_of("bodies", item.body)},
            "role": {"role": item.role},
            "from": {"started": item.from_},
            "to": {"ended": item.to},
            "source": {"source": entry.more["source"]},
        }


def with_new(entries: list[Entry], *names: str) -> list[Entry]:
    """Those of the entries that are new, or of which one of these fields says something new."""
    return [entry for entry in entries if entry.standing is Standing.NEW or not entry.changed.isdisjoint(names)]


BODIES, ORGANIZATIONS, PEOPLE, MEMBERSHIPS = Bodies(), Organizations(), People(), Memberships()
