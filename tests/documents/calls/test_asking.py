"""Who is asked to agree to a proposed version is told at once."""

from __future__ import annotations

import pytest

from documents.statement import services
from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories as make
from tests.documents.calls.calling import SUBJECT, Propose, SignIn, move_clock, owed, reminded
from tests.pages import words_of

pytestmark = pytest.mark.django_db


def test_each_who_is_asked_gets_a_mail_at_once(propose: Propose, chair: User, reviewer: User, member: User) -> None:
    proposal = propose()
    assert sorted(owed()) == [("proposal_asked", "asked", "Cleo"), ("proposal_asked", "asked", "Ray")]
    assert reminders.sweep() == 0
    assert notices.send_due() == 2
    mail = MailboxMessage.objects.get(recipients="cleo@example.test")
    assert mail.subject == f"Please agree or object by Friday, August 3: {SUBJECT}"
    for part in (mail.text, mail.html):
        assert "Friday, August 3, 2018 (2 weeks left)" in part
        assert f"https://portal.example{proposal.get_absolute_url()}" in part
        assert "September 15, 2018" in part
        assert "Ada on July 20, 2018" in part
        assert "You are asked as the chair." in part
    assert "Maps of each <step>." in mail.text
    assert "Maps of each &lt;step&gt;." in mail.html
    assert "You are asked as CBP's reviewer." in MailboxMessage.objects.get(recipients="ray@example.test").text


def test_it_is_written_with_the_proposal_or_not_at_all(propose: Propose, chair: User) -> None:
    with pytest.raises(services.Refused):
        propose(closes_on="2018-07-19")
    assert not Notice.objects.exists()


def test_nobody_is_asked_whose_account_is_closed(propose: Propose, chair: User, reviewer: User) -> None:
    User.objects.filter(pk=chair.pk).update(is_active=False)
    propose()
    assert [name for *_, name in owed()] == ["Ray"]


def test_who_becomes_chair_later_is_asked_then(
    propose: Propose, reviewer: User, group: WorkingGroup, signed_in: SignIn
) -> None:
    propose()
    late = make.person(name="Late")
    make.member(make.root(group), late, role=Role.CHAIR, started=make.day("2018-07-30"))
    forecast = words_of(signed_in(make.person(is_site_admin=True)).get("/groups/ecom/ledger/forecast/"))
    assert "Late You are asked as the chair." in forecast
    move_clock("2018-07-30 07:59")
    assert "Late" not in [name for *_, name in owed()]
    move_clock("2018-07-30 08:00")
    assert [row for row in owed() if row[2] == "Late"] == [("proposal_asked", "asked", "Late")]
    move_clock("2018-08-03 09:00")
    assert [rule for rule, name in reminded() if name == "Late"] == ["on_the_day"]


def test_who_holds_both_roles_is_asked_once(propose: Propose, reviewer: User, group: WorkingGroup) -> None:
    make.member(make.root(group), reviewer, role=Role.CHAIR)
    propose()
    assert len(owed()) == 1
    move_clock("2018-07-27 09:00")
    assert reminded() == [("before:7", "Ray")]
