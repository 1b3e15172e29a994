"""A call for consensus goes to who stands in for the person asked."""

from __future__ import annotations

import pytest

from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.bodies.absences import services as absences
from teams.bodies.models import Membership, Role, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories as make
from tests.documents.calls.calling import SUBJECT, Propose, answer, at, move_clock, reminded

pytestmark = pytest.mark.django_db


@pytest.fixture
def jordan(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Jordan", email="jordan@example.test"))


def test_it_goes_to_the_stand_in_to_whom_the_role_is_lent(
    propose: Propose, chair: User, jordan: User, group: WorkingGroup
) -> None:
    make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    proposal = propose()
    notice = Notice.objects.get()
    assert (notice.recipient, notice.owed_to) == (jordan, chair)
    notices.send_due()
    mail = MailboxMessage.objects.get()
    assert mail.recipients == "jordan@example.test"
    assert mail.subject == f"Please agree or object by Friday, August 3: {SUBJECT} (for Cleo)"
    assert "You stand in for Cleo, who is asked as the chair, until August 3, 2018." in mail.text
    assert "Cleo, who is away; you stand in" in mail.html
    move_clock("2018-07-27 09:00")
    assert reminded() == [("before:7", "Jordan")]
    answer(jordan, proposal, Role.CHAIR)
    move_clock("2018-08-06 09:00")
    assert reminded() == [("before:7", "Jordan")]


def test_it_stays_with_who_is_asked_where_the_role_does_not_pass(
    propose: Propose, chair: User, jordan: User, group: WorkingGroup
) -> None:
    make.absence(chair, jordan, group)
    propose()
    notice = Notice.objects.get()
    assert notice.recipient == chair
    assert notice.why == "You are asked as the chair, and Jordan, your stand-in, doesn't have that role."


def test_it_stays_with_who_is_asked_where_the_stand_in_is_away_too(
    propose: Propose, chair: User, jordan: User, member: User, group: WorkingGroup
) -> None:
    make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    make.absence(jordan, member, group)
    propose()
    notice = Notice.objects.get()
    assert notice.recipient == chair
    assert notice.why == "You are asked as the chair, and Jordan, your stand-in, is away too."


def test_a_reviewers_role_passes_to_the_government_alone(
    propose: Propose, reviewer: User, jordan: User, group: WorkingGroup
) -> None:
    make.absence(reviewer, jordan, group, Membership.objects.get(person=reviewer))
    propose()
    assert Notice.objects.get().recipient == reviewer


def test_it_goes_on_to_the_stand_in_when_an_absence_has_begun_and_back_when_it_has_ended(
    propose: Propose, chair: User, jordan: User, group: WorkingGroup
) -> None:
    propose()
    absence = make.absence(chair, jordan, group, Membership.objects.get(person=chair))
    for _ in range(2):
        notices.send_due()
    assert MailboxMessage.objects.get().recipients == "jordan@example.test"
    clocks.set_clock(to=at("2018-07-27 09:00"))
    reminders.sweep()
    absences.end(by=chair, absence=absence, revision=1)
    for _ in range(2):
        notices.send_due()
    assert reminded() == [("before:7", "Cleo")]
