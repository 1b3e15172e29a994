"""Everybody is told once what came of a proposal."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.statement import selectors, services
from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.bodies.models import Membership, Role, WorkingGroup
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories as make
from tests.documents.calls.calling import SUBJECT, Propose, answer, at, owed, remark_of

pytestmark = pytest.mark.django_db


def test_everybody_in_the_group_is_told_once_that_it_was_adopted(
    propose: Propose,
    chair: User,
    reviewer: User,
    member: User,
    admin: User,
    other_admin: User,
    group: WorkingGroup,
) -> None:
    make.member(make.root(make.group("other")))
    left = make.member(make.root(group), ended=make.day("2018-07-01"))
    make.member(make.root(group), member)  # two roles, one mail
    proposal = propose()
    answer(chair, proposal, Role.CHAIR)
    answer(reviewer, proposal, Role.REVIEWER)
    version = services.adopt(by=other_admin, proposal=proposal)
    told = [name for kind, rule, name in owed() if (kind, rule) == ("proposal_ended", "adopted")]
    assert sorted(told) == ["Ada", "Cleo", "Mel", "Ray"]
    assert left.name not in told
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients="mel@example.test")
    assert mail.subject == f"Adopted: {SUBJECT}"
    for part in (mail.text, mail.html):
        assert "Otto on July 20, 2018" in part
        assert "September 15, 2018" in part
        assert f"https://portal.example{version.get_absolute_url()}" in part
        assert "You belong to the group, and the proposal was adopted." in part


def test_everybody_is_told_that_it_was_withdrawn_and_why(
    propose: Propose, chair: User, member: User, admin: User
) -> None:
    proposal = propose()
    services.withdraw(by=admin, proposal=proposal, reason="One <more> change.")
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients="mel@example.test")
    assert mail.subject == f"Withdrawn: {SUBJECT}"
    assert "Why: One <more> change." in mail.text
    assert "One &lt;more&gt; change." in mail.html
    assert f"https://portal.example{proposal.get_absolute_url()}" in mail.text
    assert reminders.sweep() == 0


def test_who_has_left_since_is_not_told(propose: Propose, chair: User, member: User, admin: User) -> None:
    services.withdraw(by=admin, proposal=propose(), reason="One more change.")
    Membership.objects.filter(person=member).update(ended=make.day("2018-07-20"))
    assert remark_of(selectors.OUTCOME, member) == "The person has left the group."


def test_outcomes_take_as_many_queries_for_any_number(propose: Propose, group: WorkingGroup, admin: User) -> None:
    for _ in range(8):
        make.member(make.root(group))
    services.withdraw(by=admin, proposal=propose(), reason="One more change.")
    batch = list(Notice.objects.filter(kind=selectors.OUTCOME))
    assert len(batch) == 9
    counts = []
    for part in (batch[:1], batch):
        with CaptureQueriesContext(connection) as queries:
            notices.compose(part, at("2018-07-20 12:00"))
        counts.append(len(queries))
    assert counts[0] == counts[1]
