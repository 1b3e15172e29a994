"""Invitations: how people come in, once, by the mail's link alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from teams.accounts.models import User
from teams.bodies.invitations import links, selectors, services
from teams.bodies.models import Body, Invitation, Membership, Role, WorkingGroup
from teams.clock import services as clock
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories
from tests.conftest import START
from tests.pages import words_of

pytestmark = pytest.mark.django_db

NEW = "newcomer@example.test"
LINK = re.compile(r"https?://[^\s\"<]+/invitations/[\w-]+/")
FORM = {"name": "Newcomer", "password": "a harbor with seven cranes", "again": "a harbor with seven cranes"}


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    """The demonstration's mailbox, at noon of July 20, 2018."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"


@pytest.fixture
def group() -> WorkingGroup:
    return factories.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return factories.team(group)


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return factories.member(factories.root(group), role=Role.CHAIR)


def invited(body: Body, by: User, **fields: object) -> Invitation:
    return services.invite(
        **{"by": by, "body": body, "role": Role.MEMBER, "email": NEW, "name": "New One", **fields}  # type: ignore[arg-type]
    )


def path_of(invitation: Invitation) -> str:
    return f"/invitations/{links.token_of(invitation.nonce)}/"


def later(**passed: int) -> None:
    clock.set_clock(to=START + timedelta(**passed))


# --- From the form to the home page ---


def test_from_the_form_by_the_mail_to_the_home_page(
    team: Body, chair: User, signed_in: Callable[[User], Client]
) -> None:
    client = signed_in(chair)
    form = {"email": NEW.upper(), "name": "New One", "body": team.key, "role": "lead"}
    answer = client.post("/groups/ecom/invitations/new/", form, follow=True)
    assert NEW in words_of(answer)
    assert notices.send_due() == 1
    mail = MailboxMessage.objects.get()
    assert mail.recipients == NEW
    found = LINK.search(mail.text)
    assert found is not None
    assert found[0] in mail.html

    visitor = Client()
    path = "/" + found[0].split("/", 3)[3]
    page = visitor.get(path)
    assert page.status_code == 200
    assert "as Lead" in words_of(page)
    answer = visitor.post(path, FORM, follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    person = User.objects.get(email=NEW)
    assert answer.wsgi_request.user == person
    assert (person.name, person.affiliation, person.timezone) == ("Newcomer", "trade", "America/New_York")
    assert person.check_password(FORM["password"])
    assert EmailAddress.objects.get(user=person).verified
    membership = Membership.objects.get(person=person)
    assert (membership.body, membership.role, str(membership.started), membership.ended) == (
        team,
        "lead",
        "July 20, 2018",
        None,
    )
    again = Client().post("/accounts/login/", {"login": NEW, "password": FORM["password"]})
    assert (again.status_code, again["Location"]) == (302, "/")


def test_asking_for_the_page_changes_nothing(team: Body, chair: User) -> None:
    invitation = invited(team, chair)
    for _ in range(3):
        assert Client().get(path_of(invitation)).status_code == 200
        assert Client().head(path_of(invitation)).status_code == 200
    invitation.refresh_from_db()
    assert invitation.state_at(START) == Invitation.State.OPEN
    assert not User.objects.filter(email=NEW).exists()


def test_neither_database_nor_outbox_keeps_the_link(team: Body, chair: User) -> None:
    invitation = invited(team, chair)
    notices.send_due()
    token = links.token_of(invitation.nonce)
    assert token in MailboxMessage.objects.get().text
    kept = Notice.objects.get(rule="asked")
    assert token not in kept.text + kept.html
    assert "…" in kept.text
    assert all(token not in str(value) for value in Invitation.objects.values().get().values())


def test_the_link_needs_the_secret_key(team: Body, chair: User, settings: Settings) -> None:
    invitation = invited(team, chair)
    settings.SECRET_KEY = "another key, as after a change of it or on another portal"
    assert Client().get(path_of(invitation)).status_code == 404
    assert notices.send_due() == 0
    assert "secret key was changed" in Notice.objects.get(rule="asked").remark


# --- What is refused ---


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"password": "short", "again": "short"}, "at least 15 characters"),
        ({"again": "a harbor with eight cranes"}, "not the same password"),
        ({"password": "newcomer@example.test", "again": "newcomer@example.test"}, "too similar"),
        ({"name": ""}, "required"),
    ],
)
def test_a_form_that_is_not_right_keeps_the_invitation(
    team: Body, chair: User, change: dict[str, str], complaint: str
) -> None:
    invitation = invited(team, chair)
    answer = Client().post(path_of(invitation), FORM | change)
    assert answer.status_code == 200
    assert complaint in words_of(answer)
    invitation.refresh_from_db()
    assert invitation.accepted_at is None
    assert not User.objects.filter(email=NEW).exists()


def used(invitation: Invitation) -> None:
    services.accept(token=links.token_of(invitation.nonce), name="One", password=FORM["password"])


def revoked(invitation: Invitation) -> None:
    services.revoke(by=invitation.invited_by, invitation=invitation)


def expired(invitation: Invitation) -> None:
    later(days=14, minutes=1)


@pytest.mark.parametrize(("ended", "words"), [(used, "works once"), (revoked, "taken back"), (expired, "expired")])
def test_a_link_that_ended_says_what_to_do_and_tells_a_stranger_nothing(
    team: Body, chair: User, ended: Callable[[Invitation], None], words: str
) -> None:
    invitation = invited(team, chair)
    ended(invitation)
    before = User.objects.count(), Membership.objects.count()
    for answer in (Client().get(path_of(invitation)), Client().post(path_of(invitation), FORM)):
        assert answer.status_code == 410
        page = words_of(answer)
        assert words in page
        assert not any(secret in page for secret in (NEW, "New One", team.name, chair.name, "ecom"))
    assert (User.objects.count(), Membership.objects.count()) == before
    with pytest.raises(services.NotOpen):
        used(invitation)


def test_an_unknown_link_is_answered_like_one_that_a_newer_mail_replaced(team: Body, chair: User) -> None:
    invitation = invited(team, chair)
    before = path_of(invitation)
    newer = services.resend(by=chair, invitation=invitation)
    pages = [Client().get(path) for path in (before, "/invitations/nothing/", path_of(newer))]
    assert [page.status_code for page in pages] == [404, 404, 200]
    assert words_of(pages[0]) == words_of(pages[1])


def test_sending_again_renews_an_expired_one_and_stops_the_mail_before(team: Body, chair: User) -> None:
    invitation = invited(team, chair)
    services.resend(by=chair, invitation=invitation)
    assert notices.send_due() == 1
    assert Notice.objects.get(revision=1, rule="asked").remark == "It was sent again since, with another link."
    later(days=20)
    renewed = services.resend(by=chair, invitation=invitation)
    assert notices.send_due() == 1
    assert Client().get(path_of(renewed)).status_code == 200


def test_a_revoked_one_is_not_mailed_and_not_sent_again(team: Body, chair: User) -> None:
    invitation = invited(team, chair)
    services.revoke(by=chair, invitation=invitation)
    assert notices.send_due() == 0
    assert Notice.objects.get(rule="asked").remark == "It was revoked."
    for refused in (services.resend, services.revoke):
        with pytest.raises(services.NotOpen):
            refused(by=chair, invitation=invitation)


def test_one_open_invitation_of_an_address_to_a_role_in_a_body(team: Body, chair: User) -> None:
    first = invited(team, chair)
    with pytest.raises(services.AlreadyInvited):
        invited(team, chair, email="NewComer@Example.test")
    invited(team, chair, role=Role.LEAD)
    invited(factories.team(team.group), chair)
    services.revoke(by=chair, invitation=first)
    invited(team, chair)
    with pytest.raises(IntegrityError, match="invitation_open_once"), transaction.atomic():
        Invitation.objects.filter(pk=first.pk).update(revoked_at=None)


def test_who_holds_the_role_is_not_invited_to_it(team: Body, chair: User) -> None:
    holder = factories.member(team)
    with pytest.raises(services.AlreadyHeld):
        invited(team, chair, email=holder.email)
    factories.member(team, former := factories.person(), ended=factories.day("2018-07-20"))
    invited(team, chair, email=former.email)


def test_a_chair_of_the_trade_cannot_vouch_for_the_government(team: Body, chair: User) -> None:
    with pytest.raises(services.MayNotVouch):
        invited(team, chair, affiliation="government")
    administrator = factories.person(is_site_admin=True)
    invitation = invited(team, administrator, affiliation="government")
    used(invitation)
    assert User.objects.get(email=NEW).is_government


# --- People who have an account ---


def test_someone_with_an_account_signs_in_and_joins(
    team: Body, chair: User, signed_in: Callable[[User], Client]
) -> None:
    person = factories.person(email=NEW, name="Known")
    invitation = invited(team, chair, affiliation="trade", name="Other name")
    page = Client().get(path_of(invitation))
    assert f'href="/accounts/login/?next={path_of(invitation)}"' in page.content.decode()
    assert Client().post(path_of(invitation), FORM).status_code == 200
    assert not Membership.objects.filter(person=person).exists()

    answer = signed_in(person).post(path_of(invitation), follow=True)
    assert answer.redirect_chain[-1][0] == "/"
    person.refresh_from_db()
    assert (person.name, person.check_password(factories.PASSWORD)) == ("Known", True)
    assert Membership.objects.get(person=person).body == team


def test_someone_else_who_is_signed_in_cannot_take_it(
    team: Body, chair: User, signed_in: Callable[[User], Client]
) -> None:
    invitation = invited(team, chair)
    other = factories.person()
    client = signed_in(other)
    for answer in (client.get(path_of(invitation)), client.post(path_of(invitation), FORM)):
        assert "for another address" in words_of(answer)
        assert NEW not in words_of(answer)
    with pytest.raises(services.ForAnotherAddress):
        services.accept(token=links.token_of(invitation.nonce), by=other)
    assert not Membership.objects.filter(person=other).exists()


def test_someone_of_a_group_file_without_a_password_sets_one(team: Body, chair: User) -> None:
    person = factories.person(email=NEW, name="From the file", password=None)
    invitation = invited(team, chair)
    Client().post(path_of(invitation), {**FORM, "name": "Another"}, follow=True)
    person.refresh_from_db()
    assert (person.name, person.check_password(FORM["password"])) == ("From the file", True)
    assert Membership.objects.get(person=person).body == team


def test_a_closed_account_is_not_opened_by_an_invitation(team: Body, chair: User) -> None:
    person = factories.person(email=NEW, is_active=False)
    invitation = invited(team, chair)
    assert "was closed" in words_of(Client().post(path_of(invitation), FORM))
    with pytest.raises(services.AccountClosed):
        used(invitation)
    assert not Membership.objects.filter(person=person).exists()


def test_a_role_that_began_and_ended_today_goes_on(team: Body, chair: User) -> None:
    today = factories.day("2018-07-20")
    person = factories.member(team, factories.person(email=NEW), started=today, ended=today)
    services.accept(token=links.token_of(invited(team, chair).nonce), by=person)
    assert Membership.objects.get(person=person).ended is None


# --- The pages of those who invite ---


def test_a_chair_of_one_team_invites_to_that_team_alone(
    team: Body, chair: User, signed_in: Callable[[User], Client]
) -> None:
    other = factories.team(team.group)
    of_other = invited(other, chair)
    of_team = invited(team, chair)
    client = signed_in(factories.member(team, role=Role.CHAIR))
    listed = client.get("/groups/ecom/invitations/").content.decode()
    assert of_team.get_absolute_url() in listed
    assert of_other.get_absolute_url() not in listed
    assert client.get(of_other.get_absolute_url()).status_code == 404
    form = {"email": "x@example.test", "name": "X", "body": other.key, "role": "member"}
    assert "not one of the available choices" in words_of(client.post("/groups/ecom/invitations/new/", form))
    assert Invitation.objects.count() == 2


def test_the_form_offers_no_closed_body_and_no_government_to_the_trade(
    team: Body, chair: User, signed_in: Callable[[User], Client]
) -> None:
    closed = factories.team(team.group)
    closed.states.create(state="closed", started=factories.day("2018-06"))
    client = signed_in(chair)
    page = client.get("/groups/ecom/invitations/new/").content.decode()
    assert f'value="{team.key}"' in page
    assert f'value="{closed.key}"' not in page
    assert "government" not in page.partition('id="main-content"')[2].lower()
    form = {"email": NEW, "name": "X", "body": team.key, "role": "member", "affiliation": "government"}
    client.post("/groups/ecom/invitations/new/", form)
    assert Invitation.objects.get().affiliation == "trade"


def test_inviting_does_not_tell_whether_an_address_has_an_account(
    team: Body, chair: User, signed_in: Callable[[User], Client]
) -> None:
    stranger = factories.person()
    closed = factories.person(is_active=False)
    client = signed_in(chair)
    for email in (stranger.email, closed.email, NEW):
        form = {"email": email, "name": "X", "body": team.key, "role": "member"}
        answer = client.post("/groups/ecom/invitations/new/", form, follow=True)
        assert f"The invitation to {email} is on its way." in words_of(answer)


def test_sending_again_and_revoking_on_the_page(team: Body, chair: User, signed_in: Callable[[User], Client]) -> None:
    invitation = invited(team, chair)
    client = signed_in(chair)
    address = invitation.get_absolute_url()
    assert "Send it again" in words_of(client.get(address))
    assert f"Sent again to {NEW}" in words_of(client.post(address, {"resend": ""}, follow=True))
    answer = client.post(address, {"revoke": ""}, follow=True)
    assert "is revoked" in words_of(answer)
    assert "Send it again" not in words_of(answer)
    assert "Someone was quicker" in words_of(client.post(address, {"resend": ""}, follow=True))


def test_the_list_is_narrowed_by_words_and_state(team: Body, chair: User, signed_in: Callable[[User], Client]) -> None:
    revoked(invited(team, chair, name="Withdrawn", email="withdrawn@example.test"))
    used(invited(team, chair, name="Inside", email="inside@example.test"))
    later(days=1)
    invited(team, chair, name="Pending", email="pending@example.test")
    later(days=14, hours=1)
    invited(team, chair, name="Fresh", email="fresh@example.test")
    late = invited(team, chair, name="Late", email="late@example.test")
    Invitation.objects.filter(pk=late.pk).update(expires_at=START)
    client = signed_in(chair)
    names = {"Withdrawn": "revoked", "Inside": "accepted", "Pending": "open", "Fresh": "open", "Late": "expired"}

    def shown(query: str) -> set[str]:
        words = words_of(client.get(f"/groups/ecom/invitations/{query}"))
        return {name for name in names if name in words}

    assert shown("") == set(names)
    for state in Invitation.State.values:
        assert shown(f"?state={state}") == {name for name, its in names.items() if its == state}
    assert shown("?q=FRESH@") == {"Fresh"}
    assert "can’t be “odd”" in words_of(client.get("/groups/ecom/invitations/?state=odd"))


def test_the_list_costs_the_same_whatever_its_length(
    team: Body,
    chair: User,
    signed_in: Callable[[User], Client],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    client = signed_in(chair)
    client.get("/")
    for number in range(12):
        invited(team, chair, email=f"n{number}@example.test")
        if number in (0, 11):
            with django_assert_max_num_queries(12):
                client.get("/groups/ecom/invitations/")
    assert len(selectors.mails_of(Invitation.objects.all())) == 12


def test_an_invitation_is_on_the_record(team: Body, chair: User, signed_in: Callable[[User], Client]) -> None:
    form = {"email": NEW, "name": "New One", "body": team.key, "role": "member"}
    signed_in(chair).post("/groups/ecom/invitations/new/", form)
    invitation = Invitation.objects.get()
    Client().post(path_of(invitation), FORM)
    events = list(Invitation.pgh_event_model.objects.order_by("pgh_id"))  # type: ignore[attr-defined]
    assert [event.pgh_label for event in events] == ["insert", "update"]
    assert events[0].pgh_context.metadata["user"] == chair.pk
    assert not hasattr(events[0], "token_hash")
