"""What follows an invitation: a reminder before it ends, and to who invited what became of it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.test import Client
from pytest_django import Settings

from teams.accounts.models import User
from teams.bodies.invitations import links, selectors, services
from teams.bodies.models import Body, Invitation, Role
from teams.clock import services as clock
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice, Way
from tests import factories
from tests.conftest import START

pytestmark = pytest.mark.django_db

NEW = "newcomer@example.test"
LINK = re.compile(r"https?://[^\s\"<]+(/invitations/[\w-]+/)")
FORM = {"name": "New One", "password": "a harbor with seven cranes", "again": "a harbor with seven cranes"}


@pytest.fixture(autouse=True)
def outset(at_start: datetime, settings: Settings) -> None:
    """The demonstration's mailbox, at noon of July 20, 2018."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"


@pytest.fixture
def team() -> Body:
    return factories.team(factories.group("ecom"), number=1)


@pytest.fixture
def chair(team: Body) -> User:
    """Who invites, and wants to hear of it at once."""
    person = factories.member(factories.root(team.group), factories.person(email="chair@example.test"), role=Role.CHAIR)
    notices.choose(by=person, ways={selectors.OUTCOME: Way.AT_ONCE}, quiet_hours=None, working_days=range(1, 8))
    return person


@pytest.fixture
def invitation(team: Body, chair: User) -> Invitation:
    made = services.invite(by=chair, body=team, role=Role.MEMBER, email=NEW, name="New One")
    notices.send_due()
    return made


def after(**passed: int) -> list[str]:
    """Set the clock so long, and some minutes, after the outset; the subjects of the mails that go then."""
    clock.set_clock(to=START + timedelta(**passed) + timedelta(minutes=5))
    known = set(MailboxMessage.objects.values_list("pk", flat=True))
    notices.send_due()
    return list(MailboxMessage.objects.exclude(pk__in=known).values_list("subject", flat=True))


def accept(invitation: Invitation) -> None:
    services.accept(token=links.token_of(invitation.nonce), name="New One", password="a harbor with seven cranes")


def test_who_has_not_accepted_is_reminded_once_with_a_link_that_works(invitation: Invitation, client: Client) -> None:
    assert after(days=11, hours=23) == []
    assert after(days=12) == ["Invitation to the Ecom Working Group ends on Friday, August 3"]
    assert after(days=13) == []
    mail = MailboxMessage.objects.latest("pk")
    assert mail.recipients == NEW
    assert "nobody has accepted this invitation yet" in mail.text
    assert "This invitation ends on Friday, August 3" in mail.html
    link = LINK.search(mail.text)
    assert link
    assert link[0] not in Notice.objects.get(rule=selectors.REMINDED).text
    assert client.post(link[1], FORM).status_code == 302
    assert User.objects.filter(email=NEW).exists()


def test_who_invited_is_told_that_it_was_accepted(invitation: Invitation) -> None:
    accept(invitation)
    assert after(days=0) == ["New One accepted the invitation"]
    mail = MailboxMessage.objects.latest("pk")
    assert mail.recipients == "chair@example.test"
    assert invitation.get_absolute_url() in mail.text
    assert after(days=12) == []
    assert after(days=15) == []
    remarks = set(Notice.objects.filter(state=Notice.State.SKIPPED).values_list("rule", "remark"))
    assert ("ran_out", "It was accepted.") in remarks


def test_who_invited_is_told_that_it_ran_out(invitation: Invitation) -> None:
    after(days=12)
    assert after(days=14) == ["New One did not accept the invitation in time"]
    assert "You can send it again" in MailboxMessage.objects.latest("pk").text


def test_what_is_revoked_tells_nobody(invitation: Invitation, chair: User) -> None:
    services.revoke(by=chair, invitation=invitation)
    assert after(days=12) == []
    assert after(days=14) == []


def test_sent_again_it_is_counted_anew(invitation: Invitation, chair: User) -> None:
    clock.set_clock(to=START + timedelta(days=10))
    services.resend(by=chair, invitation=invitation)
    assert len(after(days=10)) == 1
    assert after(days=12) == []
    assert after(days=14) == []
    assert after(days=22) == ["Invitation to the Ecom Working Group ends on Monday, August 13"]
    assert after(days=24) == ["New One did not accept the invitation in time"]


def test_the_outcome_comes_in_a_digest_unless_chosen_otherwise(team: Body) -> None:
    admin = factories.person(is_site_admin=True)
    made = services.invite(by=admin, body=team, role=Role.MEMBER, email=NEW, name="New One")
    notices.send_due()
    accept(made)
    assert after(days=0) == []
    (subject,) = after(days=1)
    assert "New One accepted the invitation" in MailboxMessage.objects.get(subject=subject).text
