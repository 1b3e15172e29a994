"""An account is closed by an administrator: at once, whole, and on the record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from ecomwg.people import selectors, services
from milestones.reminders import services as reminders
from milestones.reminders.models import ReminderRule
from milestones.work.models import Deliverable, Milestone
from milestones.work.services import NotInTheGroup
from teams.accounts.models import User
from teams.accounts.services import OwnAccount, confirm_address
from teams.bodies.invitations import services as invitations
from teams.bodies.models import Body, Invitation, Membership, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.notices import services as notices
from teams.notices.models import Notice
from tests import factories, outbox
from tests.conftest import START
from tests.pages import words_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    """The demonstration's mailbox, at noon of July 20, 2018."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"


@pytest.fixture
def administrator() -> User:
    return factories.person(is_site_admin=True, name="Administrator")


@pytest.fixture
def group() -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group)


@pytest.fixture
def leaver(team: Body) -> User:
    person = factories.member(team, factories.person(name="Leaver"))
    confirm_address(person=person)
    return person


@pytest.fixture
def heir(team: Body) -> User:
    return factories.member(team, factories.person(name="Heir"), role=Role.LEAD)


def close(by: User, person: User, heirs: dict[Milestone | Deliverable, User] | None = None) -> None:
    services.close_account(by=by, person=person, heirs=heirs or {}, reason="Left the company")


def owned(team: Body, owner: User, **fields: object) -> Milestone:
    return factories.milestone(factories.deliverable(team), owner, **fields)


def gets_in(person: User) -> bool:
    """Whether the person can sign in by the form."""
    visitor = Client()
    visitor.post("/accounts/login/", {"login": person.email, "password": factories.PASSWORD})
    return visitor.get("/").status_code == 200


def again(client: Client) -> None:
    """Give the password once more, as a POST to these pages asks."""
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})


# --- What ends ---


def test_every_session_ends_at_once(leaver: User, administrator: User, signed_in: Callable[[User], Client]) -> None:
    windows = [Client() for _ in range(3)]
    for window in windows:
        window.force_login(leaver)
        assert window.get("/").status_code == 200
    other = signed_in(administrator)
    assert "Sessions 3 open" in words_of(other.get(f"/people/{leaver.pk}/"))
    close(administrator, leaver)
    assert [window.get("/").status_code for window in windows] == [302, 302, 302]
    assert "Sessions None" in words_of(other.get(f"/people/{leaver.pk}/"))
    assert Session.objects.count() == 1


def test_nobody_gets_in_any_more(leaver: User, administrator: User) -> None:
    assert gets_in(leaver)
    close(administrator, leaver)
    assert not gets_in(leaver)


def test_roles_end_today_and_those_to_come_never_begin(leaver: User, team: Body, administrator: User) -> None:
    factories.member(factories.team(team.group), leaver, started=factories.day("2018-09-01"))
    factories.member(factories.team(team.group), leaver, ended=factories.day("2018-12-01"))
    past = factories.team(team.group)
    factories.member(past, leaver, ended=factories.day("2018-03-01"))
    close(administrator, leaver)
    today = clock.today()
    held = list(Membership.objects.filter(person=leaver))
    assert not any(membership.holds_on(today + timedelta(days=days)) for membership in held for days in (0, 1, 60, 999))
    assert str(Membership.objects.get(person=leaver, body=past).ended) == "March 1, 2018"
    assert str(Membership.objects.get(person=leaver, body=team).ended) == "July 20, 2018"


def test_open_invitations_that_they_sent_are_revoked_and_the_page_says_so(
    leaver: User, heir: User, team: Body, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    def sent(by: User, name: str) -> Invitation:
        return invitations.invite(by=by, body=team, role=Role.MEMBER, email=f"{name.lower()}@new.test", name=name)

    theirs, revoked, others = sent(leaver, "Ida"), sent(leaver, "Rob"), sent(heir, "Oli")
    accepted = sent(leaver, "Acc")
    factories.person(email="acc@new.test")
    Invitation.objects.filter(pk=accepted.pk).update(
        accepted_at=clock.now(), accepted_by=User.objects.get(email="acc@new.test")
    )
    invitations.revoke(by=heir, invitation=revoked)
    before = dict(Invitation.objects.values_list("pk", "revoked_at"))
    page = words_of(signed_in(administrator).get(f"/people/{leaver.pk}/"))
    assert "Open invitations sent 1" in page
    assert "The open invitations that they sent are revoked" in page
    close(administrator, leaver)
    theirs.refresh_from_db()
    assert theirs.state_at(clock.now()) == Invitation.State.REVOKED
    after = dict(Invitation.objects.values_list("pk", "revoked_at"))
    assert {pk for pk in after if after[pk] != before[pk]} == {theirs.pk}
    event = Invitation.pgh_event_model.objects.filter(pgh_obj_id=theirs.pk).latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["reason"] == "Left the company"
    notices.send_due()
    assert dict(Notice.objects.values_list("address", "state"))["ida@new.test"] == "skipped"
    assert others.state_at(clock.now()) == Invitation.State.OPEN
    page = words_of(signed_in(administrator).get(f"/people/{leaver.pk}/"))
    assert "Open invitations sent None" in page


def test_open_milestones_go_to_whom_was_named_and_done_ones_stay(
    leaver: User, heir: User, team: Body, administrator: User
) -> None:
    first, second = owned(team, leaver), owned(team, leaver, state="returned")
    done = owned(team, leaver, state="accepted", accepted=factories.day("2018-06-01"))
    other = factories.member(team)
    close(administrator, leaver, {first: heir, second: other})
    owners = dict(Milestone.objects.values_list("pk", "owner"))
    assert owners == {first.pk: heir.pk, second.pk: other.pk, done.pk: leaver.pk}


def test_open_deliverables_go_to_whom_was_named_too(
    leaver: User, heir: User, team: Body, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    owed = factories.deliverable(team, owner=leaver)
    dropped = factories.deliverable(team, owner=leaver, state="dropped")
    with pytest.raises(services.CommitmentsChanged):
        close(administrator, leaver)
    client = signed_in(administrator)
    again(client)
    address = f"/people/{leaver.pk}/"
    assert "They own 1 open deliverable." in words_of(client.get(address))
    client.post(address, {f"deliverable_{owed.pk}": heir.pk, "reason": "Left the company"})
    owed.refresh_from_db()
    dropped.refresh_from_db()
    leaver.refresh_from_db()
    assert (owed.owner, dropped.owner, leaver.is_active) == (heir, leaver, False)


def test_mail_that_waits_does_not_go_and_the_heir_is_reminded(
    leaver: User, heir: User, team: Body, administrator: User
) -> None:
    ReminderRule.objects.create(group=team.group, days_after=-7)
    milestone = owned(team, leaver)
    reminders.sweep(now=clock.now())
    assert Notice.objects.get().recipient == leaver
    close(administrator, leaver, {milestone: heir})
    reminders.sweep(now=clock.now())
    notices.send_due()
    assert dict(Notice.objects.values_list("recipient", "state")) == {leaver.pk: "skipped", heir.pk: "sent"}
    assert Notice.objects.get(recipient=leaver).remark == "The person's account is closed."


def test_it_is_on_the_record_with_its_reason(
    leaver: User, heir: User, team: Body, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    milestone = owned(team, leaver)
    client = signed_in(administrator)
    again(client)
    form = {f"milestone_{milestone.pk}": heir.pk, "reason": "Left the company"}
    assert "is closed" in words_of(client.post(f"/people/{leaver.pk}/", form, follow=True))
    changed: tuple[Any, ...] = (leaver, milestone, leaver.memberships.get())
    for row in changed:
        context = type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk).latest("pgh_id").pgh_context.metadata
        assert (context["user"], context["reason"]) == (administrator.pk, "Left the company")


# --- What is refused, whole ---


def unchanged(leaver: User, milestone: Milestone) -> bool:
    milestone.refresh_from_db()
    leaver.refresh_from_db()
    return leaver.is_active and milestone.owner == leaver and leaver.memberships.get().ended is None


def test_each_open_milestone_needs_a_new_owner(leaver: User, heir: User, team: Body, administrator: User) -> None:
    milestone = owned(team, leaver)
    new = owned(team, leaver)
    with pytest.raises(services.CommitmentsChanged):
        close(administrator, leaver, {milestone: heir})
    assert unchanged(leaver, milestone)
    assert unchanged(leaver, new)


@pytest.mark.parametrize("who", ["outsider", "former member", "closed", "the person"])
def test_a_new_owner_belongs_to_the_group(who: str, leaver: User, team: Body, administrator: User) -> None:
    people = {
        "outsider": factories.member(factories.root(factories.group("other"))),
        "former member": factories.member(team, ended=factories.day("2018-07-20")),
        "closed": factories.member(team, factories.person(is_active=False)),
    }
    milestone = owned(team, leaver)
    offered = selectors.heirs([milestone], instead_of=leaver, by=administrator, today=clock.today())
    assert people.get(who, leaver) not in offered[milestone]
    if who != "the person":
        with pytest.raises(NotInTheGroup):
            close(administrator, leaver, {milestone: people[who]})
        assert unchanged(leaver, milestone)


def test_leads_of_the_body_are_offered_first_and_the_administrator_last(
    leaver: User, team: Body, administrator: User
) -> None:
    member, lead = factories.member(team, factories.person(name="A")), factories.person(name="Z")
    factories.member(team, lead, role=Role.LEAD)
    milestone = owned(team, leaver)
    offered = selectors.heirs([milestone], instead_of=leaver, by=administrator, today=clock.today())
    assert offered == {milestone: [lead, member, administrator]}


def test_nobody_closes_their_own_account(administrator: User, signed_in: Callable[[User], Client]) -> None:
    with pytest.raises(OwnAccount):
        close(administrator, administrator)
    client = signed_in(administrator)
    again(client)
    answer = client.post(f"/people/{administrator.pk}/", {"reason": "Enough"})
    assert "your own account" in words_of(answer)
    administrator.refresh_from_db()
    assert administrator.is_active


# --- The pages ---


def test_closing_asks_for_the_password_and_then_goes_on(
    leaver: User, heir: User, team: Body, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    milestone = owned(team, leaver, title="Draft of the map")
    client = signed_in(administrator)
    address = f"/people/{leaver.pk}/"
    page = words_of(client.get(address))
    assert all(part in page for part in ("Draft of the map", "Heir", f"Member, {team}", "Close the account"))
    form = {f"milestone_{milestone.pk}": heir.pk, "reason": "Left the company"}
    answer = client.post(address, form)
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert unchanged(leaver, milestone)
    wrong = client.post(answer["Location"], {"password": "not the password"})
    assert wrong.status_code == 200
    assert unchanged(leaver, milestone)
    answer = client.post(answer["Location"], {"password": factories.PASSWORD, "next": address}, follow=True)
    assert "The account of Leaver is closed." in words_of(answer)
    leaver.refresh_from_db()
    assert not leaver.is_active


def test_what_is_missing_is_said(
    leaver: User, team: Body, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    milestone = owned(team, leaver)
    client = signed_in(administrator)
    again(client)
    answer = words_of(client.post(f"/people/{leaver.pk}/", {f"milestone_{milestone.pk}": ""}))
    assert "There are 2 problems" in answer
    assert unchanged(leaver, milestone)


def test_an_account_is_opened_again_without_its_roles(
    leaver: User, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    close(administrator, leaver)
    client = signed_in(administrator)
    again(client)
    answer = client.post(f"/people/{leaver.pk}/", {"reason": "A mistake"}, follow=True)
    assert "is open again" in words_of(answer)
    assert gets_in(leaver)
    visitor = Client()
    visitor.force_login(User.objects.get(pk=leaver.pk))
    assert visitor.get("/groups/ecom/").status_code == 404


def test_the_list_is_narrowed(
    leaver: User, heir: User, administrator: User, signed_in: Callable[[User], Client]
) -> None:
    close(administrator, leaver)
    client = signed_in(administrator)

    def shown(query: str) -> set[str]:
        words = words_of(client.get(f"/people/{query}"))
        return {name for name in ("Leaver", "Heir") if name in words}

    assert shown("") == {"Leaver", "Heir"}
    assert shown("?state=closed") == {"Leaver"}
    assert shown("?state=open") == {"Heir"}
    assert shown(f"?q={heir.email}") == {"Heir"}
    assert "can’t be “odd”" in words_of(client.get("/people/?state=odd"))


def test_the_pages_cost_the_same_whatever_their_length(
    leaver: User,
    heir: User,
    team: Body,
    administrator: User,
    signed_in: Callable[[User], Client],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(administrator)
    client.get("/")
    for _ in range(10):
        owned(team, leaver)
        factories.member(factories.team(team.group), leaver)
        for address in ("/people/", f"/people/{leaver.pk}/"):
            with django_assert_max_num_queries(12):
                assert client.get(address).status_code == 200


def test_notices_to_a_closed_account_are_skipped(leaver: User, administrator: User) -> None:
    with outbox.kind():
        outbox.owe(leaver, now=START)
        close(administrator, leaver)
        assert notices.send_due() == 0
    assert outbox.states() == ["skipped"]
