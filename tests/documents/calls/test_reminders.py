"""Reminders of a call for consensus go by the group’s rules, at 08:00 of its zone."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from documents.statement import selectors, services
from documents.statement.models import DraftClause
from milestones.reminders import services as reminders
from teams.accounts.models import User
from teams.bodies.models import Role, WorkingGroup
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories as make
from tests.documents.calls.calling import SUBJECT, Propose, answer, at, move_clock, reminded

pytestmark = pytest.mark.django_db


def test_reminders_go_by_the_groups_rules_at_eight_in_its_time_zone(
    propose: Propose, chair: User, reviewer: User, group: WorkingGroup
) -> None:
    proposal = propose()
    move_clock("2018-07-27 07:59")
    assert reminded() == []
    move_clock("2018-07-27 08:00")
    assert reminded() == [("before:7", "Cleo"), ("before:7", "Ray")]
    mail = MailboxMessage.objects.filter(recipients="cleo@example.test").latest("pk")
    assert mail.subject == f"Your answer is asked by Friday, August 3: {SUBJECT}"
    assert "You are asked as the chair; the group's rule reminds 7 days before it is due." in mail.text
    answer(chair, proposal, Role.CHAIR)
    for day in ("2018-08-02", "2018-08-03", "2018-08-06", "2018-08-17", "2018-08-30"):
        move_clock(f"{day} 09:00")
    assert [rule for rule, name in reminded() if name == "Ray"] == [
        "before:7",
        "before:1",
        "on_the_day",
        "after:3",
    ]
    assert [rule for rule, name in reminded() if name == "Cleo"] == ["before:7"]
    subjects = MailboxMessage.objects.filter(recipients="ray@example.test").order_by("pk")
    assert [each.subject.removesuffix(f": {SUBJECT}") for each in subjects] == [
        "Please agree or object by Friday, August 3",
        "Your answer is asked by Friday, August 3",
        "Your answer is asked by Friday, August 3",
        "Your answer is asked today, August 3",
        "Your answer is late since August 3",
    ]


def test_eight_o_clock_is_the_groups_wherever_the_person_is(propose: Propose, chair: User, group: WorkingGroup) -> None:
    User.objects.filter(pk=chair.pk).update(timezone="Asia/Tokyo")
    WorkingGroup.objects.update(timezone="Pacific/Honolulu")
    propose()
    move_clock("2018-07-27 13:59")
    assert reminded() == []
    move_clock("2018-07-27 14:00")
    assert reminded() == [("before:7", "Cleo")]
    mail = MailboxMessage.objects.latest("pk")
    assert "Friday, August 3, 2018 (7 days left)" in mail.text
    assert "Days are counted on the date of the group, in Pacific/Honolulu." in mail.text


def test_what_was_due_before_the_proposal_is_not_reminded_of(propose: Propose, chair: User) -> None:
    propose(closes_on="2018-07-25")
    move_clock("2018-07-20 13:00")
    assert reminded() == []
    move_clock("2018-07-24 09:00")
    assert reminded() == [("before:1", "Cleo")]


def test_missed_ticks_are_caught_up_with_the_latest_alone(propose: Propose, chair: User) -> None:
    propose()
    move_clock("2018-08-04 12:00")
    assert reminded() == [("on_the_day", "Cleo")]
    assert reminders.sweep() == 0


def test_a_moved_closing_date_tells_at_once_and_is_counted_anew(propose: Propose, chair: User, admin: User) -> None:
    proposal = propose()
    move_clock("2018-08-02 09:00")
    services.extend(by=admin, proposal=proposal, closes_on=date(2018, 8, 10), effective_on=date(2018, 9, 15))
    notices.send_due()
    mail = MailboxMessage.objects.latest("pk")
    assert mail.subject == f"New dates: please agree or object by Friday, August 10: {SUBJECT}"
    move_clock("2018-08-03 07:00")
    assert reminded() == [("before:1", "Cleo")]
    move_clock("2018-08-03 09:00")
    assert reminded() == [("before:1", "Cleo"), ("before:7", "Cleo")]
    assert list(Notice.objects.order_by("id").values_list("rule", "revision")) == [
        ("asked", 1),
        ("before:1", 1),
        ("asked", 2),
        ("before:7", 2),
    ]


def test_the_sweep_takes_as_many_queries_whatever_is_proposed(admin: User) -> None:
    def queries(groups: int) -> int:
        for _ in range(groups):
            of = make.group()
            reminders.set_default_rules(group=of)
            (version,) = make.statement(make.root(of), ("1.0", "2018-03", [("1", "Maps", "Draw maps.")]))
            for _ in range(3):
                make.member(make.root(of), role=Role.CHAIR)
            draft = services.start_draft(by=admin, statement=version.statement, title="More")
            row = DraftClause.objects.get(draft=draft)
            services.edit_clause(by=admin, clause=row, heading="Maps", text="Other.", seen_revision=1)
            dates = {"closes_on": date(2018, 7, 21), "effective_on": date(2018, 8, 1)}
            services.propose(by=admin, draft=draft, number="2", summary="", **dates)
        with CaptureQueriesContext(connection) as seen:
            reminders.sweep(now=at("2018-07-21 09:00"))
        return len(seen)

    reminders.sweep()  # the first of all has a row to make
    one = queries(1)
    assert queries(5) == one
    assert Notice.objects.filter(kind=selectors.REMINDER).count() == 6 * 3
