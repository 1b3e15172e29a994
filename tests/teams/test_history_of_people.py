"""All activity of bodies and people: memberships, invitations, recertification, accounts; and what is gone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pghistory
import pghistory.models
import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from documents.library.models import Document
from milestones.meetings.models import Meeting
from milestones.work.models import Milestone
from teams.accounts import services as accounts
from teams.accounts.models import Identity, Organization, User
from teams.bodies.invitations import services as invitations
from teams.bodies.memberships import services as memberships
from teams.bodies.models import Absence, Body, LentRole, Membership, Role, WorkingGroup
from teams.bodies.permissions import Action, standings
from teams.bodies.recertification import services as recertification
from teams.clock import selectors as clock
from teams.history.feed import everyone, followed
from teams.viewing import services as viewing
from tests import factories as make
from tests.teams.test_history_activity import PAGE, sheet, text

SignIn = Callable[[User], Client]
ALLAUTH = "allauth.account.auth_backends.AuthenticationBackend"

# Tracked, and not told on the page: each with the reason.
NOT_FOLLOWED = {
    # How and when a person wants mail is nobody else's business; their own page of choices says it to them.
    "Choice": "private",
    "QuietTimes": "private",
    # They come and go with the version, whose adoption is told; by no page one by one.
    "ClauseText": "told by its version",
    # The milestone's own change says from which date to which, and why.
    "Slip": "told by its milestone",
    "DeliverableSlip": "told by its deliverable",
    # They would have to go by what their meeting was when they were written: a draft is not everybody's.
    "AgendaItem": "a meeting's draft",
    "Preparation": "a meeting's draft",
    "ActionItem": "told by its milestone",
    # Nothing in the portal changes them yet but a load of the group's file.
    "Strategy": "loaded alone",
    "StrategyGoal": "loaded alone",
    "WorkStream": "loaded alone",
}


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, key="team-1", number=1, name="Data")


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Cora Chair"), Role.CHAIR)


@pytest.fixture
def administrator(db: None) -> User:
    return make.person(name="Ann Admin", is_site_admin=True)


@pytest.fixture
def ben(team: Body) -> User:
    """Of the trade, in Team 1."""
    return make.member(team, make.person(name="Ben Okafor", email="ben@secret.test"))


def titles(person: User, query: str = "") -> set[str]:
    """What the file of all activity has for the person: kind, change and title."""
    client = Client()
    client.force_login(person, backend=ALLAUTH)
    return {f"{row['Kind']} {row['Change']}: {row['Title']}" for row in sheet(client, query)}


def words(person: User, query: str = "") -> str:
    """The page and the file as the person gets them."""
    client = Client()
    client.force_login(person, backend=ALLAUTH)
    return text(client, PAGE + query) + str(sheet(client, query))


def test_every_tracked_model_is_followed_or_left_out_on_purpose() -> None:
    tracked = {
        str(model.pgh_tracked_model and model.pgh_tracked_model.__name__)
        for model in apps.get_models()
        if issubclass(model, pghistory.models.Event) and model._meta.managed
    }
    told = {each.model.__name__ for each in followed()}
    assert tracked - told == set(NOT_FOLLOWED)
    assert told <= tracked
    assert len({each.noun for each in followed()}) == len(told)
    for each in followed():
        assert not (each.is_brief and (each.allowed is not everyone or each.within)), each.noun


def test_a_membership_begins_changes_and_ends(team: Body, ben: User, chair: User) -> None:
    held = Membership.objects.get(person=ben)
    of_team_1 = make.member(team, role=Role.CHAIR)
    of_team_2 = make.member(make.team(team.group, key="team-2"), role=Role.CHAIR)
    memberships.change_role(
        by=chair, membership=held, role=Role.LEAD, on=date(2018, 7, 20), reason="He knows the data."
    )
    assert {
        "membership added: Ben Okafor, Member of Team 1",
        "membership changed: Ben Okafor, Member of Team 1",
        "membership added: Ben Okafor, Lead of Team 1",
    } <= titles(ben)
    assert "Ended: from nothing to July 20, 2018" in words(ben)
    assert "Cora Chair" in words(ben)
    assert "He knows the data." not in words(ben)
    assert "He knows the data." not in words(of_team_2)
    assert "He knows the data." in words(of_team_1)
    assert "He knows the data." in words(chair)
    about_ben = {each for each in titles(ben, "?noun=membership&body=team-1") if "Ben Okafor" in each}
    assert titles(ben, f"?noun=membership&about={ben.pk}") == about_ben
    assert titles(ben, f"?about={chair.pk}") == {"membership added: Cora Chair, Chair of Ecom Working Group"}
    assert titles(ben, f"?noun=membership&key={held.pk}") == {
        "membership added: Ben Okafor, Member of Team 1",
        "membership changed: Ben Okafor, Member of Team 1",
    }


def test_what_has_ended_or_is_to_come_is_told_to_whom_it_is_about_and_who_keeps_it(
    team: Body, group: WorkingGroup, ben: User, chair: User, administrator: User
) -> None:
    """As on the pages: the group's page has those of today, the page of memberships all that one keeps."""
    lena, pia = make.person(name="Lena Later"), make.person(name="Pia Past")
    memberships.add(by=chair, body=team, person=lena, role=Role.LEAD, on=date(2018, 9, 1), reason="From September on.")
    make.member(team, lena, Role.OBSERVER).memberships.filter(role=Role.OBSERVER).update(ended=make.day("2018-07-01"))
    held = make.member(team, pia).memberships.get()
    Membership.objects.filter(pk=held.pk).update(ended=make.day("2018-07-01"))
    of_team_2 = make.member(make.team(group, key="team-2"), role=Role.CHAIR)
    for who in (chair, administrator, make.member(team, role=Role.CHAIR)):
        assert "membership added: Lena Later, Lead of Team 1" in titles(who)
        assert "membership changed: Pia Past, Member of Team 1" in titles(who)
    for who in (ben, of_team_2, make.member(team, make.person(government=True), Role.REVIEWER)):
        assert "Lena Later, Lead" not in words(who)
        assert "Pia Past, Member" not in words(who)


def test_who_is_to_join_is_not_among_the_people_to_choose(team: Body, ben: User, chair: User) -> None:
    lena = make.person(name="Lena Later")
    memberships.add(by=chair, body=team, person=lena, role=Role.LEAD, on=date(2018, 9, 1), reason="From September on.")
    assert "Lena Later" not in words(ben)
    assert "Lena Later" in words(chair)


def test_settings_absences_and_what_passes_to_a_stand_in(team: Body, group: WorkingGroup, ben: User) -> None:
    WorkingGroup.objects.filter(pk=group.pk).update(timezone="UTC")
    stand_in = make.member(team, make.person(name="Sid Stand-in"))
    absence = Absence.objects.create(
        person=ben, group=group, first_day=date(2018, 8, 1), last_day=date(2018, 8, 3), stand_in=stand_in
    )
    lent = LentRole.objects.create(absence=absence, membership=Membership.objects.get(person=ben))
    lent.delete()
    found = titles(stand_in)
    assert {
        "group changed: ECOM",
        "absence added: Ben Okafor",
        "role for a stand-in removed: Ben Okafor, Member of Team 1",
    } <= found
    assert "Timezone: from America/New_York to UTC" in words(stand_in, "?noun=group")


def test_bodies_and_their_states(team: Body, ben: User) -> None:
    team.states.create(state="hiatus", started=make.day("2018-07-20"))
    Body.objects.filter(pk=team.pk).update(purpose="Less data.")
    found = titles(ben, "?body=team-1")
    assert {"body added: Data", "body changed: Data", "state of a body added: Team 1: On hiatus"} <= found
    assert "line of report added: Team 1 to Ecom Working Group" in found


def test_invitations_are_told_to_those_who_invite_to_the_body(
    team: Body, group: WorkingGroup, ben: User, chair: User, administrator: User
) -> None:
    invitation = invitations.invite(by=chair, body=team, role=Role.MEMBER, email="new@secret.test", name="Ida New")
    invitations.revoke(by=chair, invitation=invitation)
    said = {
        "invitation added: Ida New, Member of Team 1",
        "invitation changed: Ida New, Member of Team 1",
    }
    of_team_1 = make.member(team, role=Role.CHAIR)
    of_team_2 = make.member(make.team(group, key="team-2"), role=Role.CHAIR)
    for who in (chair, administrator, of_team_1):
        assert said <= titles(who)
    for other in (ben, of_team_2, make.member(team, make.person(government=True), Role.REVIEWER)):
        assert "Ida New" not in words(other)
        assert "new@secret.test" not in words(other)


def test_an_account_is_told_to_its_owner_and_to_administrators_alone(
    team: Body, group: WorkingGroup, ben: User, chair: User, administrator: User
) -> None:
    with pghistory.context(user=administrator.pk):
        User.objects.filter(pk=ben.pk).update(email="ben@moved.test", affiliation="government")
        accounts.close_account(by=administrator, person=ben)
    said = words(administrator, "?noun=account")
    assert "Affiliation: from Trade to Government" in said
    assert "Is active: from yes to no" in said
    assert "E-mail address: from ben@secret.test to ben@moved.test" in said
    for other in (
        chair,
        make.member(team),
        make.member(team, role=Role.CHAIR),
        make.member(team, make.person(government=True), Role.REVIEWER),
    ):
        assert titles(other, "?noun=account") == {f"account added: {other.name}"}
        assert "@moved" not in words(other) + words(other, f"?about={ben.pk}")
    User.objects.filter(pk=ben.pk).update(is_active=True)
    ben.refresh_from_db()
    assert "E-mail address: from ben@secret.test to ben@moved.test" in words(ben, "?noun=account")


def test_an_administrators_own_account_is_told_to_administrators_alone(
    team: Body, ben: User, chair: User, administrator: User
) -> None:
    other = make.member(team, make.person(name="Olga Once"))
    User.objects.filter(pk=other.pk).update(is_site_admin=True)
    User.objects.filter(pk=other.pk).update(is_site_admin=False)
    User.objects.filter(pk=administrator.pk).update(name="Ann Renamed")
    assert "Administrator: from yes to no" in words(administrator, "?noun=account")
    assert "account changed: Ann Renamed" in titles(administrator)
    for who in (ben, chair):
        assert "Administrator: from" not in words(who)
        assert not [each for each in titles(who) if each.startswith("account") and who.name not in each]


def test_what_opens_an_account_is_told_to_its_owner_and_to_administrators_alone(
    team: Body, ben: User, chair: User, administrator: User
) -> None:
    now = clock.now()
    identity = Identity.objects.create(
        person=ben, issuer="https://login.test", subject="secret-subject", linked_at=now, used_at=now
    )
    factor = Authenticator.objects.create(user=ben, type=Authenticator.Type.TOTP, data={"secret": "secret-seed"})
    Authenticator.objects.filter(pk=factor.pk).update(last_used_at=now)
    identity.delete()
    factor.delete()
    told = {
        "linked identity removed: Ben Okafor at https://login.test",
        "second factor removed: Ben Okafor, authenticator app",
    }
    for who in (ben, administrator):
        found = {each for each in titles(who, f"?about={ben.pk}") if "identity" in each or "factor" in each}
        assert found == told
        assert "secret-" not in words(who)
    for other in (chair, make.member(team), make.member(team, make.person(government=True), Role.REVIEWER)):
        assert not [each for each in titles(other) if "identity" in each or "factor" in each]


def test_nobody_outside_the_group_is_told_of(team: Body, ben: User, chair: User, administrator: User) -> None:
    stranger = make.member(make.root(make.group("other")), make.person(name="Sue Stranger"))
    accounts.change_profile(by=stranger, name="Sue Renamed", timezone="UTC")
    for who in (ben, chair, administrator):
        assert "Sue" not in words(who)


def test_organizations_of_the_groups_people(team: Body, ben: User) -> None:
    ours, other = make.organization(name="Harbor Freight"), make.organization(name="Elsewhere")
    User.objects.filter(pk=ben.pk).update(organization=ours)
    Organization.objects.update(is_small_business=True)
    assert "organization changed: Harbor Freight" in titles(ben)
    assert "Is small business: from no to yes" in words(ben, "?noun=organization")
    assert other.name not in words(ben)


def test_rounds_are_told_to_administrators(team: Body, ben: User, chair: User, administrator: User) -> None:
    begun = recertification.start(by=administrator, group=team.group)
    choices = {each.pk: ("keep", "") for each in begun.decisions.all()}
    recertification.decide(by=administrator, of=begun, choices=choices)
    recertification.sign_off(by=administrator, of=begun)
    said = titles(administrator)
    assert "round of recertification changed: 2018-07-20" in said
    assert "decision on access changed: Ben Okafor in Team 1" in said
    assert "decision on access added: Ben Okafor in Team 1" in titles(administrator, f"?about={ben.pk}")
    for who in (ben, chair):
        assert not [each for each in titles(who) if "recertification" in each or "decision" in each]


# --- What is gone ---


def test_a_removal_is_told(team: Body, ben: User, chair: User) -> None:
    made = make.milestone(make.deliverable(team), title="Draft map", key="draft")
    with pghistory.context(user=chair.pk, at=clock.now().isoformat()):
        Milestone.objects.filter(pk=made.pk).delete()
        Membership.objects.filter(person=ben, body=team).update(role=Role.OBSERVER)
    assert "milestone removed: Draft map" in titles(ben)
    assert "Milestone removed Draft map" in words(ben)
    assert "milestone added: Draft map" not in titles(ben)
    assert "/milestones/draft/" not in words(ben)
    assert "milestone removed: Draft map" in titles(ben, "?noun=milestone&key=draft")


def test_what_was_closed_to_the_reader_is_gone_without_a_word(team: Body, ben: User, group: WorkingGroup) -> None:
    for title, access in (("Secret paper", Document.Access.GOVERNMENT), ("Open paper", Document.Access.GROUP)):
        make.document(group, title=title, access=access)
    make.consultation(Document.objects.get(title="Secret paper"), title="Secret question").delete()
    make.meeting(group, title="Secret draft", state=Meeting.State.DRAFT).delete()
    moved = make.document(group, title="Moved paper")
    Document.objects.filter(pk=moved.pk).update(access=Document.Access.GOVERNMENT)
    Document.objects.all().delete()
    assert "document removed: Open paper" in titles(ben)
    assert "Secret" not in words(ben)
    assert "Moved" not in words(ben)
    official = make.member(make.root(group), make.person(government=True), Role.LEAD)
    assert {"document removed: Secret paper", "document removed: Moved paper"} <= titles(official)
    assert "meeting removed: Secret draft" in titles(official)


def test_a_row_of_another_group_that_is_gone_is_not_told(team: Body, ben: User) -> None:
    other = make.group("other")
    make.document(other, title="Theirs").delete()
    assert "Theirs" not in words(ben)


def test_removals_are_told_of_those_kinds_alone_whose_last_word_says_who_may_know() -> None:
    assert {each.model.__name__ for each in followed() if each.tells_removals} == {
        "AccessDecision",
        "AccessRound",
        "Body",
        "BodyParent",
        "BodyState",
        "ClauseLink",
        "Consultation",
        "Deliverable",
        "Dependency",
        "Development",
        "Document",
        "Identity",
        "Invitation",
        "LentRole",
        "Meeting",
        "Membership",
        "Milestone",
        "SecondFactor",
    }


def test_what_only_the_rows_of_a_selector_kept_closed_is_gone_without_a_word(
    team: Body, ben: User, chair: User, administrator: User, group: WorkingGroup
) -> None:
    seen_as = viewing.start(by=administrator, group=group, body=team, role=Role.LEAD, affiliation="government")
    assert "view as a role added: Lead of Team 1 (government)" in titles(administrator)
    seen_as.delete()
    for who in (ben, chair, administrator):
        assert "Lead of Team 1 (government)" not in words(who)


# --- What it costs ---


def test_the_number_of_queries_is_bounded_for_everyone(
    team: Body,
    ben: User,
    chair: User,
    administrator: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    invitations.invite(by=chair, body=team, role=Role.MEMBER, email="new@secret.test", name="Ida New")
    recertification.start(by=administrator, group=team.group)
    for who in (ben, chair, administrator):
        client = Client()
        client.force_login(who, backend=ALLAUTH)
        client.get(PAGE)
        for query in ("", f"?about={ben.pk}", "?noun=membership", f"?person={chair.pk}&from=2018-07-01"):
            with django_assert_max_num_queries(12):
                assert client.get(PAGE + query).status_code == 200


def test_the_bodies_of_an_action_are_those_in_which_it_is_allowed(team: Body, chair: User, administrator: User) -> None:
    other = make.team(team.group, key="team-2")
    of_team = make.member(team, role=Role.CHAIR)
    bodies = {team, other, make.root(team.group)}
    for who in (chair, administrator, of_team, make.member(team)):
        standing: Any = standings(who, clock.today())["ecom"]
        allowed = standing.bodies_for(Action.INVITE)
        may = {body.pk for body in bodies if standing.may(Action.INVITE, body)}
        assert (allowed & {body.pk for body in bodies} if allowed is not None else {body.pk for body in bodies}) == may
