"""Recertification: everybody's access gone through, kept or ended with a reason, signed off, and on the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from teams.accounts.models import User
from teams.bodies.models import AccessDecision, AccessRound, Membership, Role, WorkingGroup
from teams.bodies.recertification import services
from teams.clock import selectors as clock
from tests import factories
from tests.pages import words_of

TODAY = date(2018, 7, 20)
PAGES = "/groups/ecom/recertification/"
SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def administrator(group: WorkingGroup) -> User:
    return factories.person(is_site_admin=True, name="Ada Min")


def decision(of: AccessRound, person: User) -> AccessDecision:
    return of.decisions.get(membership__person=person)


def choose(by: User, of: AccessRound, **choices: tuple[User, str]) -> None:
    """Decide for each person: `Left="end"` and the like, the keyword being the reason."""
    services.decide(
        by=by, of=of, choices={decision(of, who).pk: (choice, reason) for reason, (who, choice) in choices.items()}
    )


def test_a_round_holds_what_is_held_today(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    held = factories.member(team, factories.person(seen_at=clock.now()))
    factories.member(team, ended=factories.day("2018-07-20"))
    factories.member(team, started=factories.day("2018-08-01"))
    factories.member(factories.root(factories.group("other")))
    begun = services.start(by=administrator, group=group)
    assert [each.membership.person for each in begun.decisions.all()] == [held]
    assert decision(begun, held).seen_at == held.seen_at


def test_one_round_is_open_at_a_time(group: WorkingGroup, administrator: User) -> None:
    first = services.start(by=administrator, group=group)
    with pytest.raises(services.AlreadyOpen):
        services.start(by=administrator, group=group)
    services.start(by=administrator, group=factories.group("other"))
    services.sign_off(by=administrator, of=first)
    services.start(by=administrator, group=group)
    assert AccessRound.objects.filter(group=group).count() == 2


def test_what_is_ended_ends_with_the_signature_and_no_sooner(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    kept, ended = factories.member(team), factories.member(team)
    begun = services.start(by=administrator, group=group)
    choose(administrator, begun, kept_on=(kept, "keep"), left_the_company=(ended, "end"))
    assert ended.memberships.get().holds_on(TODAY)
    services.sign_off(by=administrator, of=begun)
    assert not ended.memberships.get().holds_on(TODAY)
    assert kept.memberships.get().ended is None
    events = Membership.pgh_event_model.objects.filter(pgh_obj_id=ended.memberships.get().pk)  # type: ignore[attr-defined]
    context = events.latest("pgh_id").pgh_context.metadata
    assert (context["user"], context["reason"]) == (administrator.pk, "left_the_company")


def test_a_round_with_something_undecided_is_not_signed_off(group: WorkingGroup, administrator: User) -> None:
    team = factories.team(group)
    decided = factories.member(team)
    factories.member(team)
    begun = services.start(by=administrator, group=group)
    choose(administrator, begun, gone=(decided, "end"))
    with pytest.raises(services.Undecided) as refused:
        services.sign_off(by=administrator, of=begun)
    assert refused.value.number == 1
    assert decided.memberships.get().ended is None


def test_a_signed_round_stays_as_it_is(group: WorkingGroup, administrator: User) -> None:
    person = factories.member(factories.team(group))
    begun = services.start(by=administrator, group=group)
    choose(administrator, begun, stays=(person, "keep"))
    services.sign_off(by=administrator, of=begun)
    with pytest.raises(services.SignedOff):
        choose(administrator, begun, gone=(person, "end"))
    with pytest.raises(services.SignedOff):
        services.sign_off(by=administrator, of=begun)
    assert decision(begun, person).choice == "keep"


def test_a_membership_that_ended_meanwhile_is_left_alone(group: WorkingGroup, administrator: User) -> None:
    person = factories.member(factories.team(group))
    begun = services.start(by=administrator, group=group)
    choose(administrator, begun, gone=(person, "end"))
    Membership.objects.filter(person=person).update(ended=factories.day("2018-07-01"))
    services.sign_off(by=administrator, of=begun)
    assert person.memberships.get().ended == factories.day("2018-07-01")


def test_a_decision_can_be_taken_back_and_another_rounds_is_left_alone(
    group: WorkingGroup, administrator: User
) -> None:
    person = factories.member(factories.team(group))
    stranger = factories.member(factories.root(factories.group("other")))
    begun = services.start(by=administrator, group=group)
    other = services.start(by=administrator, group=WorkingGroup.objects.get(slug="other"))
    choose(administrator, begun, gone=(person, "end"))
    choose(administrator, begun, whatever=(person, ""))
    services.decide(by=administrator, of=begun, choices={decision(other, stranger).pk: ("end", "gone")})
    for found in (decision(begun, person), decision(other, stranger)):
        assert (found.choice, found.reason, found.decided_by) == ("", "", None)


def test_the_database_itself_asks_for_a_reason(group: WorkingGroup, administrator: User) -> None:
    person = factories.member(factories.team(group))
    found = decision(services.start(by=administrator, group=group), person)
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessDecision.objects.filter(pk=found.pk).update(choice="end", decided_by=administrator)


# --- Pages -----------------------------------------------------------------------------------------------------------
def test_a_round_from_start_to_signature(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    team = factories.team(group)
    kept = factories.member(team, factories.person(name="Kit Kept"))
    ended = factories.member(team, factories.person(name="Eve Ended"), role=Role.LEAD)
    client = signed_in(administrator)
    assert "No round was held yet" in words_of(client.get(PAGES))
    page = client.post(PAGES)["Location"]
    begun = AccessRound.objects.get()
    first = words_of(client.get(page))
    assert "0 of 2 memberships are decided" in first
    assert "Eve Ended" in first
    ending, keeping = decision(begun, ended).pk, decision(begun, kept).pk
    given = {f"choice-{keeping}": "keep", f"choice-{ending}": "end", "save": "yes"}
    refused = words_of(client.post(page, given))
    assert "Say why it ends." in refused
    assert "0 of 2" in refused
    assert client.post(page, {**given, f"reason-{ending}": "Left."}).status_code == 302
    assert "2 of 2 memberships are decided" in words_of(client.get(page))
    signing = {f"choice-{keeping}": "keep", f"choice-{ending}": "end", f"reason-{ending}": "Left.", "sign": "yes"}
    assert client.post(page, signing).status_code == 302
    record = words_of(client.get(page))
    assert "Signed off by Ada Min on July 20, 2018. 1 of 2 memberships ended." in record
    assert "End, Ada Min Left." in record
    assert "Save" not in record
    client.post(page, {f"choice-{keeping}": "end", f"reason-{keeping}": "Late.", "save": "yes"})
    assert decision(begun, kept).choice == "keep"
    assert signed_in(ended).get("/groups/ecom/").status_code == 404


def test_signing_with_something_undecided_says_how_many(
    group: WorkingGroup, administrator: User, signed_in: SignIn
) -> None:
    factories.member(factories.team(group))
    client = signed_in(administrator)
    page = client.post(PAGES)["Location"]
    said = words_of(client.post(page, {"sign": "yes"}, follow=True))
    assert "1 of the memberships are not decided yet" in said
    assert AccessRound.objects.get().signed_off_at is None


def test_a_second_start_is_refused_in_words(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    client = signed_in(administrator)
    client.post(PAGES)
    assert "There is an open round" in words_of(client.post(PAGES, follow=True))
    assert "Start a round" not in words_of(client.get(PAGES))


def test_only_administrators_go_through_access(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    begun = services.start(by=administrator, group=group)
    for role in Role.values:
        client = signed_in(factories.member(factories.root(group), role=role))
        for page in (PAGES, f"{PAGES}{begun.pk}/"):
            assert client.get(page).status_code == 403, role
            assert client.post(page, {"sign": "yes"}).status_code == 403, role
    assert AccessRound.objects.get().signed_off_at is None


def test_another_groups_round_is_not_found(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    theirs = services.start(by=administrator, group=factories.group("other"))
    assert signed_in(administrator).get(f"{PAGES}{theirs.pk}/").status_code == 404


def test_queries_do_not_grow_with_the_memberships(group: WorkingGroup, administrator: User, signed_in: SignIn) -> None:
    client = signed_in(administrator)
    client.get("/")
    counts = []
    for people in (1, 9):
        for _ in range(people):
            factories.member(factories.team(group), factories.person(organization=factories.organization()))
        begun = services.start(by=administrator, group=group)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"{PAGES}{begun.pk}/").status_code == 200
        counts.append(len(queries))
        services.decide(by=administrator, of=begun, choices={each.pk: ("keep", "") for each in begun.decisions.all()})
        services.sign_off(by=administrator, of=begun)
    assert counts[0] == counts[1] <= 12
