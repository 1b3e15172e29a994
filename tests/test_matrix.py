"""Every route, for everyone, by every method: each gets what the table and the route say, and nothing else.

What is expected is worked out from the table of permissions, from where each person holds a role, and from the methods
that the view declares; none of it comes from an answer. `pytest tests/test_matrix.py -s` prints the number of cells.
"""

from __future__ import annotations

import logging
import random
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, resolve, reverse

from documents.consultations.models import Consultation
from documents.library.models import Document
from documents.statement.models import Clause, Draft, DraftComment, Proposal
from ecomwg.embedded.processes import free_port
from milestones.meetings.models import Meeting
from milestones.reminders import services as reminders
from milestones.reminders.models import ReminderRule
from milestones.work.models import Deliverable, Milestone, Note
from milestones.work.selectors.by_mail import Act, answers_of
from teams.accounts.access import ADMINISTRATORS, PUBLIC, SIGNED_IN, access_of, methods_of
from teams.accounts.models import User
from teams.bodies.invitations.links import token_of
from teams.bodies.models import Absence, AccessRound, Body, Invitation, Membership, Role, WorkingGroup
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, CONCERNS_A_BODY, Action
from teams.clock import selectors as clock
from teams.notices import services as notices
from teams.notices.choices.links import link_of
from teams.notices.models import MailboxMessage, Notice
from tests import factories, identity_provider, world
from tests.test_access import INSIDE, OUTSIDE_OF_GROUPS, addresses, ours, routes

METHODS = ("GET", "POST", "PUT", "DELETE", "HEAD")
PERMISSIONS = Path(__file__).resolve().parents[1] / "docs" / "permissions.md"

# The outcomes.
OPENED, OWN, SIGN_IN = "opened", "answered by the package", "sent to sign in"
REFUSED, NOT_FOUND, NO_METHOD = "refused (403)", "no such page (404)", "no such method (405)"


@dataclass(frozen=True)
class Visitor:
    """Someone who asks: the person, and the roles with the key of the body in which each is held."""

    person: User | None
    held: frozenset[tuple[str, str]] = frozenset()
    is_administrator: bool = False

    @property
    def is_inside(self) -> bool:
        """Whether the group is open at all."""
        return bool(self.held) or self.is_administrator

    def may(self, action: Action, body: str) -> bool:
        """What the table says of the visitor; `body` is the key of the body that the address is about."""
        if self.is_administrator:
            return ADMINISTRATOR in ALLOWED[action]
        counts = {body, "ecom"} if action in CONCERNS_A_BODY and body else {held_in for held_in, _ in self.held}
        return any(role in ALLOWED[action] and held_in in counts for held_in, role in self.held)


@dataclass(frozen=True)
class Row:
    """One address: what it is about, from whom it is hidden though they may enter the group, and who only reads it."""

    name: str
    address: str
    body: str = ""
    hidden_from: frozenset[str] = frozenset()
    read_only_for: frozenset[str] = frozenset()
    mailed_to: str = ""  # whom alone it opens to, beside who is not signed in


# What the addresses of a body-wise action are about, where it is not the whole group.
BODY_OF = {
    "bodies:invitation": "team-1",
    "bodies:membership": "team-2",
    "bodies:new_term": "team-1",
    "statement:remove_link": "team-1",
    "work:add_deliverable": "team-1",
    "work:add_milestone": "team-1",
    "work:change_milestone": "team-1",
    "work:write_milestone_note": "team-1",
    "work:write_deliverable_note": "team-1",
    "work:write_team_note": "team-1",
    "work:write_progress_note": "team-1",
}
TRADE = frozenset({"chair", "stand-in of the chair", "lead", "member", "member of another team"})
# Whom a POST is refused although the view lets them in: a comment is resolved by its author or an administrator.
NOT_THEIRS = {
    "statement:draft_resolve": frozenset(
        {"reviewer", "chair", "stand-in of the chair", "lead", "member of another team"}
    ),
    # Everyone reads under which clauses a document stands.
    "statement:thing": frozenset({"reviewer", "partner agency", "lead", "member", "member of another team"}),
}
# Open for everyone, and without an answer of the identity provider they end at the sign-in page.
END_AT_SIGN_IN = {"identities:sign_in", "identities:answer"}
NO_DRAFTS = frozenset({"reviewer", "partner agency", "member", "member of another team"})
# The absence in the example is the lead's: they change it, and whoever keeps their memberships by a role of their own.
READ_ONLY_FOR = {
    "bodies:absence": frozenset(
        {"member", "member of another team", "reviewer", "partner agency", "stand-in of the chair"}
    ),
    # The milestone is the lead's, for whom the member stands in: they move its date, and whoever plans for the team.
    "work:move_milestone": frozenset({"member of another team", "reviewer", "partner agency"}),
}
EVERYONE = frozenset({*world.PEOPLE, "stand-in of the chair"})


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are what is asked for here: they are not written to the log one by one."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.fixture
def example(db: None, settings: Any) -> datetime:
    """The example and a second group, with the mail that is due, a government-only document and a draft meeting."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    settings.IDENTITY_PROVIDER = identity_provider.provider_of(f"http://127.0.0.1:{free_port()}")  # which is away
    world.load_example()
    reminders.sweep(now=clock.now())
    notices.send_due()
    world.open_invitation()
    world.round_of_recertification()
    world.load_second_group()
    reminders.sweep(now=clock.now())
    group = WorkingGroup.objects.get(slug="ecom")
    factories.document(group, key="for-government", access=Document.Access.GOVERNMENT)
    factories.meeting(group, key="a-draft", state=Meeting.State.DRAFT)
    factories.document(WorkingGroup.objects.get(slug="trusted"), key="of-another-group")
    team = Body.objects.get(group=group, key="team-1")
    factories.note(team, by=world.who("reviewer"), key="note-for-government", government=True)
    factories.note(Body.objects.get(group__slug="trusted", key="team-1"), key="note-of-another-group")
    return clock.now()


def visitors() -> dict[str, Visitor]:
    """The eleven who ask."""
    found = {
        "anonymous": Visitor(None),
        "outsider": Visitor(factories.member(factories.root(factories.group("other")), role=Role.CHAIR)),
        "former member": Visitor(
            factories.member(Body.objects.get(group__slug="ecom", key="team-1"), ended=factories.day("2018-07-20"))
        ),
    }
    chair = Membership.objects.get(person=world.who("chair"), role=Role.CHAIR)
    stand_in = factories.member(Body.objects.get(group__slug="ecom", key="team-3"), role=Role.OBSERVER)
    factories.absence(chair.person, stand_in, chair.body.group, chair)
    lent = frozenset({("team-3", Role.OBSERVER.value), (chair.body.key, chair.role)})
    found["stand-in of the chair"] = Visitor(stand_in, lent)
    for role in world.PEOPLE:
        person = world.who(role)
        held = person.memberships.filter(body__group__slug="ecom").values_list("body__key", "role")
        found[role] = Visitor(person, frozenset(held), person.is_site_admin)
    return found


def rows() -> Iterator[Row]:
    """Every route of ours, with an object that exists, and objects that are hidden, foreign or not there at all."""
    for name, address in addresses().items():
        yield Row(name, address, BODY_OF.get(name, ""), read_only_for=READ_ONLY_FOR.get(name, frozenset()))
    known = {
        "pk": MailboxMessage.objects.values_list("pk", flat=True)[0],
        "token": token_of(world.open_invitation().nonce),
        "person": world.who("member").pk,
        "session": world.session_of_member().pk,
        "link": link_of(world.who("member").pk, ["milestone_due"]).split("/")[-2],
    }
    listed = Milestone.objects.get(key="maps-parties")  # the member's
    answer = answers_of(listed, listed.owner_id, clock.today())[Act.DONE]
    yield Row("by_mail:answer", reverse("by_mail:answer", args=[answer]), mailed_to="member")
    for name in sorted(OUTSIDE_OF_GROUPS - {"by_mail:answer"}):
        yield Row(name, reverse(name, kwargs={each: known[each] for each in ours()[name].pattern.converters}))
    group = {"group": "ecom"}
    document, meeting = "library:document", "meetings:meeting"
    yield Row(document, reverse(document, kwargs={**group, "key": "for-government"}), hidden_from=TRADE)
    note = "work:note"
    yield Row(note, reverse(note, kwargs={**group, "key": "note-for-government"}), hidden_from=TRADE)
    yield Row(meeting, reverse(meeting, kwargs={**group, "key": "a-draft"}), hidden_from=NO_DRAFTS)
    for key in ("of-another-group", "nothing"):
        yield Row(document, reverse(document, kwargs={**group, "key": key}), hidden_from=EVERYONE)


def expected(row: Row, who: str, visitor: Visitor, method: str) -> str:
    """The outcome that the cell should have."""
    match = resolve(row.address)
    access, methods = access_of(match), methods_of(match)
    assert methods is not None
    if method not in methods:
        return NO_METHOD
    if row.mailed_to and visitor.person is not None:
        return OPENED if who == row.mailed_to else REFUSED
    if access == PUBLIC:
        return SIGN_IN if row.name in END_AT_SIGN_IN and visitor.person is None else OPENED
    if visitor.person is None:
        return SIGN_IN
    if access == SIGNED_IN:
        return OPENED
    if access == ADMINISTRATORS:
        return OPENED if visitor.is_administrator else NOT_FOUND
    if not visitor.is_inside:
        return NOT_FOUND
    assert access is not None
    if not visitor.may(Action[access], row.body):
        return REFUSED
    if method == "POST" and who in NOT_THEIRS.get(row.name, frozenset()):
        return REFUSED
    if who in row.hidden_from:
        return NOT_FOUND
    return REFUSED if method == "POST" and who in row.read_only_for else OPENED


def outcome(answer: Any) -> str:
    """What an answer of ours says, in the words of this test."""
    status: int = answer.status_code
    if status == 302 and answer["Location"].startswith("/accounts/login/"):
        return SIGN_IN
    return {200: OPENED, 302: OPENED, 403: REFUSED, 404: NOT_FOUND, 405: NO_METHOD}.get(status, f"answers {status}")


def ask(client: Client, address: str, method: str) -> Any:
    """One request; whatever it changed is taken back, and the session is the same as before."""
    cookies = client.cookies.output()
    with transaction.atomic():
        answer = client.generic(method, address)
        transaction.set_rollback(True)
    if client.cookies.output() != cookies:
        client.cookies.clear()
        client.cookies.load(cookies.replace("Set-Cookie: ", ""))
    return answer


def test_each_cell_has_the_outcome_it_should(example: datetime, client: Client) -> None:
    outcomes: Counter[str] = Counter()
    wrong = []
    asked = list(rows())
    assert {row.name for row in asked} == set(ours())
    for who, visitor in visitors().items():
        client.logout()
        if visitor.person is not None:
            client.force_login(visitor.person)
        for row in asked:
            for method in METHODS:
                should, did = expected(row, who, visitor, method), outcome(ask(client, row.address, method))
                outcomes[did] += 1
                if should != did:
                    wrong.append(f"{who}: {method} {row.address}: {did}, should be {should}")
    print(
        f"\n{outcomes.total()} cells of our routes: " + ", ".join(f"{n} {what}" for what, n in outcomes.most_common())
    )
    assert wrong == []
    assert all(outcomes[each] for each in (OPENED, SIGN_IN, REFUSED, NOT_FOUND, NO_METHOD))
    stated = re.search(r"asks ([\d,]+) cells", PERMISSIONS.read_text(encoding="utf-8"))
    assert stated is not None
    assert outcomes.total() >= int(stated.group(1).replace(",", ""))


def package_routes() -> list[str]:
    """Addresses of other packages' pages that need no object, but those at which a page of ours stands instead."""
    found = []
    own = {pattern.callback for pattern in ours().values()}
    for name in dict(routes()):
        if name not in ours():
            with suppress(NoReverseMatch):
                found.append(reverse(name))
    instead = [address for address in found if resolve(address).func in own]
    assert instead == [reverse("change_password")]
    return [address for address in found if address not in instead]


def of_package(answer: Any) -> str:
    """The same of an answer of another package's page, which knows its own methods."""
    status: int = answer.status_code
    if status == 302 and answer["Location"].startswith("/accounts/login/?next="):
        return SIGN_IN
    return NOT_FOUND if status == 404 else OWN if status < 500 else f"answers {status}"


def test_pages_of_packages_open_for_whom_they_must(example: datetime, client: Client) -> None:
    cells, wrong = 0, []
    client.raise_request_exception = False
    for who, visitor in visitors().items():
        client.logout()
        if visitor.person is not None:
            client.force_login(visitor.person)
        for address in package_routes():
            access = access_of(resolve(address))
            for method in METHODS:
                did = of_package(ask(client, address, method))
                if access == PUBLIC:
                    fits = did != NOT_FOUND
                elif visitor.person is None:
                    fits = did == SIGN_IN
                elif access == SIGNED_IN or visitor.is_administrator:
                    fits = did != SIGN_IN
                else:
                    fits = did == NOT_FOUND
                cells += 1
                if not fits or did.startswith("answers"):
                    wrong.append(f"{who}: {method} {address}: {did}")
    print(f"\n{cells} cells of other packages' pages")
    assert wrong == []
    assert cells > 1000


def foreign_addresses(drawn: random.Random, group: str, other: str) -> Iterator[str]:
    """Endless addresses of objects that are not `group`'s: another group's, and such as nobody has.

    Half are asked for in the other group's pages, half in one's own with the other's keys.
    """
    by_kind = [(name, kwargs) for name, (kwargs, _) in sorted(INSIDE.items()) if len(kwargs) == 2]
    keys = {slug: _keys_of(slug) for slug in (group, other)}
    strange = sorted(keys[other] - keys[group])
    own, foreign = _numbers_of(group), sorted(_numbers_of(other))
    while True:
        name, kwargs = drawn.choice(by_kind)
        parameter = next(each for each in kwargs if each != "group")
        where = drawn.choice([group, other])
        if isinstance(kwargs[parameter], int):
            value: object = drawn.choice([*foreign, drawn.randrange(10**6, 2**31)])
            if value in own and where == group:
                continue
        elif parameter == "number":
            value = f"{drawn.randrange(3, 100)}.{drawn.randrange(100)}"
        elif where == other:
            value = drawn.choice(sorted(keys[other]))
        else:
            value = drawn.choice([drawn.choice(strange), f"x{drawn.randrange(10**9)}"])
        yield reverse(name, kwargs={"group": where, parameter: value})


def _keys_of(slug: str) -> set[str]:
    """The keys of everything of a group that has a page or is part of one."""
    owned: list[Any] = [Body, Consultation, Deliverable, Document, Meeting, Milestone, Note]
    return {
        key for model in owned for key in model._default_manager.filter(group__slug=slug).values_list("key", flat=True)
    }


def _numbers_of(slug: str) -> set[int]:
    """The numbers in the database of what a group's pages know by number."""
    asked = [
        Notice.objects.filter(scope=slug),
        Membership.objects.filter(body__group__slug=slug),
        Invitation.objects.filter(body__group__slug=slug),
        AccessRound.objects.filter(group__slug=slug),
        Draft.objects.filter(statement__group__slug=slug),
        Absence.objects.filter(group__slug=slug),
        ReminderRule.objects.filter(group__slug=slug),
        Proposal.objects.filter(draft__statement__group__slug=slug),
        DraftComment.objects.filter(draft__statement__group__slug=slug),
        Clause.objects.filter(statement__group__slug=slug),
    ]
    return {pk for rows in asked for pk in rows.values_list("pk", flat=True)}


@pytest.mark.parametrize(("group", "other", "role"), [("ecom", "trusted", "chair"), ("ecom", "trusted", "member")])
def test_no_random_object_of_another_group_is_answered(
    example: datetime, client: Client, request: pytest.FixtureRequest, group: str, other: str, role: str
) -> None:
    asked = 10_000 if request.config.getoption("--whole") else 250
    drawn = random.Random(20_180_720)
    client.force_login(world.who(role))
    answered = []
    found = foreign_addresses(drawn, group, other)
    for _ in range(asked):
        address = next(found)
        method = drawn.choice(("GET", "GET", "GET", "HEAD"))
        if client.generic(method, address).status_code not in (403, 404, 405):
            answered.append(f"{method} {address}")
    print(f"\n{asked} objects of others asked for as {role}: {len(answered)} answered")
    assert answered == []
