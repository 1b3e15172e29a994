"""Reminders of deliverables that have no open milestones, and the slips of their dates."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from milestones.reminders import services as reminders
from milestones.reminders.deliverables import owed
from milestones.work import services as work
from milestones.work.models import Deliverable, DeliverableSlip, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories as make
from tests.pages import words_of

from .conftest import at

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def deliverable(team: Body, owner: User, settings: Settings) -> Deliverable:
    """Owed by the owner's team, whose lead they are, on July 27, 2018."""
    settings.SITE_URL = "https://portal.example"
    return make.deliverable(team, title="Process maps", key="maps", due=make.day("2018-07-27"))


def move_clock(text: str) -> None:
    """Set the clock, look for what is due, and send it."""
    clocks.set_clock(to=at(text))
    reminders.sweep()
    notices.send_due()


def sent() -> list[tuple[str, str]]:
    """Rule and recipient of every reminder of a deliverable that went, the oldest first."""
    found = Notice.objects.filter(kind=owed.KIND, state=Notice.State.SENT).select_related("recipient")
    return [(each.rule, each.recipient.name) for each in found.order_by("due_at", "id") if each.recipient]


def test_the_lead_is_reminded_by_the_groups_rules(deliverable: Deliverable, owner: User, team: Body) -> None:
    make.member(team)
    for day in ("2018-07-20", "2018-07-26", "2018-07-27", "2018-07-30"):
        move_clock(f"{day} 12:30")
    assert sent() == [(rule, "Lead One") for rule in ("before:7", "before:1", "on_the_day", "after:3")]
    subjects = list(MailboxMessage.objects.order_by("pk").values_list("subject", flat=True))
    assert subjects[0] == "Due Friday, July 27: Process maps"
    assert subjects[-1] == "Late since July 27: Process maps"
    mail = MailboxMessage.objects.latest("pk")
    assert "https://portal.example/groups/ecom/deliverables/maps/" in mail.text
    assert "You are reminded as the lead of Team 1; the group's rule reminds 3 days after it was due." in mail.text
    assert "Process maps, with no open milestone" in mail.html


def test_its_owner_is_reminded_instead_of_the_lead_while_they_belong_to_the_group(
    deliverable: Deliverable, owner: User, team: Body
) -> None:
    theirs = make.member(team, make.person(name="Olga Owner"))
    make.member(team, theirs, role=Role.OBSERVER)
    Deliverable.objects.filter(pk=deliverable.pk).update(owner=theirs)
    move_clock("2018-07-20 12:30")
    assert sent() == [("before:7", "Olga Owner")]
    assert "You are reminded as its owner; the group's rule" in MailboxMessage.objects.latest("pk").text
    Membership.objects.filter(person=theirs).update(ended=make.day("2018-07-21"))
    move_clock("2018-07-26 12:30")
    assert sent()[1:] == [("before:1", "Lead One")]


def test_the_owners_stand_in_gets_it_though_they_lead_the_team(
    deliverable: Deliverable, owner: User, team: Body
) -> None:
    theirs = make.member(team, make.person(name="Olga Owner"))
    make.absence(theirs, owner, team.group)
    Deliverable.objects.filter(pk=deliverable.pk).update(owner=theirs)
    move_clock("2018-07-26 12:30")
    assert sent() == [("before:1", "Lead One")]


def test_one_with_open_milestones_leaves_it_to_them(deliverable: Deliverable, owner: User) -> None:
    milestone = make.milestone(deliverable, owner, due=make.day("2018-12-01"))
    move_clock("2018-07-26 09:00")
    assert sent() == []
    Milestone.objects.filter(pk=milestone.pk).update(state=State.DROPPED)
    move_clock("2018-07-26 09:01")
    assert sent() == [("before:1", "Lead One")]


@pytest.mark.parametrize(
    ("what", "remark"),
    [
        ("handed in", "It was handed in."),
        ("dropped", "It was dropped."),
        ("moved", "Its date was moved to August 3, 2018."),
        ("milestone", "It has open milestones now, which are reminded of instead."),
        ("no lead", "It doesn't concern the person any more."),
    ],
)
def test_what_holds_no_more_is_skipped_in_sight(deliverable: Deliverable, owner: User, what: str, remark: str) -> None:
    clocks.set_clock(to=at("2018-07-26 09:00"))
    reminders.sweep()
    match what:
        case "handed in":
            work.hand_in(by=owner, owed=deliverable, done="Drawn.")
        case "dropped":
            work.drop_deliverable(deliverable=deliverable)
        case "moved":
            work.move_deliverable_due(
                by=owner, deliverable=deliverable, due=make.day("2018-08-03"), reason="A carrier asked."
            )
        case "milestone":
            make.milestone(deliverable, owner, due=make.day("2018-12-01"))
        case "no lead":
            Membership.objects.filter(person=owner).update(role=Role.MEMBER)
    notices.send_due()
    notice = Notice.objects.get(kind=owed.KIND)
    assert (notice.state, notice.remark) == (Notice.State.SKIPPED, remark)


def test_without_a_lead_the_chair_is_reminded(deliverable: Deliverable, owner: User, group: WorkingGroup) -> None:
    make.member(make.root(group), make.person(name="Cleo"), role=Role.CHAIR)
    Membership.objects.filter(person=owner).update(ended=make.day("2018-07-21"))
    move_clock("2018-07-26 09:00")
    assert sent() == [("before:1", "Cleo")]
    assert "You are reminded as the chair; the group's rule" in MailboxMessage.objects.get().text


def test_it_goes_to_who_stands_in(deliverable: Deliverable, owner: User, group: WorkingGroup, team: Body) -> None:
    stand_in = make.member(team, make.person(name="Jo"))
    make.absence(owner, stand_in, group)
    move_clock("2018-07-26 09:00")
    assert sent() == [("before:1", "Jo")]
    assert MailboxMessage.objects.get().subject.endswith("Process maps (for Lead One)")


def test_the_forecast_names_it(deliverable: Deliverable, owner: User, signed_in: SignIn) -> None:
    words = words_of(signed_in(owner).get("/groups/ecom/ledger/forecast/"))
    assert words.count("You are reminded as the lead of Team 1") == 4
    assert "Process maps" in words


def test_a_new_date_is_a_slip_with_its_reason_and_counts_anew(
    deliverable: Deliverable, owner: User, signed_in: SignIn
) -> None:
    move_clock("2018-07-26 09:00")
    milestone = make.milestone(deliverable, owner, due=make.day("2018-07-27"))
    work.move_deliverable_due(by=owner, deliverable=deliverable, due=make.day("2018-08-03"), reason="A carrier asked.")
    slip = DeliverableSlip.objects.get()
    assert (slip.revision, slip.by, slip.in_words) == (2, owner, "7 days later")
    page = words_of(signed_in(owner).get("/groups/ecom/deliverables/maps/"))
    assert "Adopted plan Fri, Jul 27, 2018: it is due 7 days later now Moved 1 time" in page
    assert "July 27, 2018 → August 3, 2018, 7 days later. “A carrier asked.”" in page
    milestone.delete()
    Deliverable.objects.update(state=State.PLANNED, accepted=None)
    move_clock("2018-08-02 09:00")
    assert sent() == [("before:1", "Lead One"), ("before:1", "Lead One")]
    with pytest.raises(DatabaseError), transaction.atomic():
        DeliverableSlip.objects.update(reason="Nobody asked.")


def test_the_sweep_takes_as_many_queries_whatever_is_owed(team: Body, owner: User) -> None:
    def queries(number: int) -> int:
        for _ in range(number):
            make.deliverable(team, due=make.day("2018-07-27"))
        Notice.objects.all().delete()
        with CaptureQueriesContext(connection) as seen:
            reminders.sweep(now=at("2018-07-26 09:00"))
            notices.compose(list(Notice.objects.all()), at("2018-07-26 09:00"))
        return len(seen)

    reminders.sweep()
    one = queries(1)
    assert queries(5) == one
    assert Notice.objects.filter(kind=owed.KIND).count() == 6
