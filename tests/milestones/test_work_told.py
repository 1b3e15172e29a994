"""Who is told by mail, at once, of what others did with the work; and when that is no longer so."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from pytest_django import Settings

from milestones.reminders.sources import subjects_of
from milestones.work import services
from milestones.work.models import Deliverable, Milestone
from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import Choice, MailboxMessage, Notice, Way
from tests import factories as make
from tests import outbox

SITE = "https://portal.example"


@pytest.fixture
def group(at_start: datetime, settings: Settings) -> WorkingGroup:
    settings.EMAIL_BACKEND = outbox.MAILBOX
    settings.SITE_URL = SITE
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, name="Standards and Process")


@pytest.fixture
def people(group: WorkingGroup, team: Body) -> dict[str, User]:
    root = make.root(group)
    return {
        "owner": make.member(team, make.person(name="Alba Ruiz", email="owner@example.test")),
        "lead": make.member(team, make.person(name="Lea Lind", email="lead@example.test"), role=Role.LEAD),
        "chair": make.member(root, make.person(name="Cleo Hart", email="chair@example.test"), role=Role.CHAIR),
        "reviewer": make.member(
            root, make.person(name="Rae Vu", email="reviewer@example.test", government=True), role=Role.REVIEWER
        ),
        "member": make.member(team, make.person(name="Ben Osei", email="member@example.test")),
        "lead elsewhere": make.member(make.team(group), role=Role.LEAD),
        "administrator": make.person(is_site_admin=True),
    }


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team, title="Process diagrams")


@pytest.fixture
def draft(owed: Deliverable, people: dict[str, User]) -> Milestone:
    return make.milestone(owed, people["owner"], key="draft", title="First draft")


def mails() -> set[tuple[str, str]]:
    """What arrived: to whom, and the start of the subject."""
    notices.send_due()
    rows = MailboxMessage.objects.values_list("recipients", "subject")
    return {(to.partition("@")[0], subject.partition(": First draft")[0]) for to, subject in rows}


def test_what_is_handed_in_is_told_to_whom_it_waits_on(draft: Milestone, people: dict[str, User]) -> None:
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.\n- All four.", evidence="https://example.test/d")
    handed_in = "Handed in: please accept or return"
    assert mails() == {("chair", handed_in), ("reviewer", handed_in)}
    mail = MailboxMessage.objects.get(recipients="reviewer@example.test")
    for line in (
        "Handed in: please accept or return: First draft",
        "Owner: Alba Ruiz",
        "Due: Friday, July 27, 2018",
        "By: Alba Ruiz",
        "When: Friday, July 20, 2018, 12:00 EDT",
        "What was done: Drawn.",
        "What shows it: https://example.test/d",
        f"{SITE}/groups/ecom/milestones/draft/",
        "Why you get this mail: You accept or return what Team 1 hands in, as CBP’s reviewer.",
    ):
        assert line in mail.text.splitlines()
    thread = f"<milestone-{draft.pk}@portal.example>"
    for header in (f"References: {thread}", f"In-Reply-To: {thread}", "Thread-Topic: First draft"):
        assert header in mail.headers.splitlines()
    assert "List-Unsubscribe:" in mail.headers


def test_the_hour_is_the_readers_and_washingtons(draft: Milestone, people: dict[str, User]) -> None:
    User.objects.filter(pk=people["reviewer"].pk).update(timezone="Asia/Tokyo")
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    mails()
    mail = MailboxMessage.objects.get(recipients="reviewer@example.test")
    assert "When: Saturday, July 21, 2018, 01:00 JST (12:00 on Friday in Washington)" in mail.text


def test_a_chair_who_owns_it_is_not_asked_to_accept_it(draft: Milestone, people: dict[str, User]) -> None:
    Milestone.objects.filter(pk=draft.pk).update(owner=people["chair"])
    services.hand_in(by=people["lead"], owed=draft, done="Drawn.")
    assert {to for to, _ in mails()} == {"reviewer"}


def test_what_is_returned_is_told_to_its_owner_with_what_is_missing(draft: Milestone, people: dict[str, User]) -> None:
    services.hand_in(by=people["lead"], owed=draft, done="Drawn.")
    notices.send_due()
    MailboxMessage.objects.all().delete()
    services.send_back(by=people["reviewer"], owed=draft, reason="The post is missing.")
    assert mails() == {("owner", "Returned to you")}
    assert "What is missing: The post is missing." in MailboxMessage.objects.get().text


def test_what_is_accepted_is_told_in_the_digest_to_owner_and_lead(draft: Milestone, people: dict[str, User]) -> None:
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    services.accept(by=people["chair"], owed=draft)
    assert mails() == set()
    clocks.set_clock(to=clock.now() + timedelta(days=1))
    notices.send_due()
    digests = {mail.recipients: mail.text for mail in MailboxMessage.objects.all()}
    assert set(digests) == {"owner@example.test", "lead@example.test"}
    assert all("Accepted: First draft" in text and "By Cleo Hart." in text for text in digests.values())


def test_a_new_owner_is_told(draft: Milestone, people: dict[str, User]) -> None:
    services.change_owner(by=people["lead"], milestone=draft, to=people["member"], reason="Alba has no time.")
    assert mails() == {("member", "Yours now")}
    assert "Why: Alba has no time." in MailboxMessage.objects.get().text
    services.change_owner(by=people["lead"], milestone=draft, to=people["lead"], reason="Mine.")
    assert mails() == {("member", "Yours now")}


def test_who_owns_a_deliverable_is_told_like_who_owns_a_milestone(owed: Deliverable, people: dict[str, User]) -> None:
    for title in ("Process maps", "Process diagrams"):
        services.change_deliverable(
            by=people["lead"],
            deliverable=owed,
            title=title,
            kind=owed.kind,
            strategy_goal=None,
            owner=people["owner"],
        )
    services.move_deliverable_due(by=people["lead"], deliverable=owed, due=make.day("2018-10-01"), reason="Late.")
    services.hand_in(by=people["lead"], owed=owed, done="Drawn.")
    services.send_back(by=people["reviewer"], owed=owed, reason="The post is missing.")
    notices.send_due()
    got = MailboxMessage.objects.filter(recipients="owner@example.test").order_by("pk")
    heads = ("Yours now", "Due date moved", "Returned to you")
    assert [mail.subject for mail in got] == [f"{head}: Process diagrams" for head in heads]
    assert "You own this deliverable now." in got[0].text
    assert "Due date changed from September 14, 2018 to October 1, 2018" in got[1].text
    assert f"{SITE}{owed.page}" in got[2].text


def test_a_date_that_a_deliverables_owner_moves_is_told_to_the_lead(owed: Deliverable, people: dict[str, User]) -> None:
    Deliverable.objects.filter(pk=owed.pk).update(owner=people["owner"])
    services.move_deliverable_due(by=people["owner"], deliverable=owed, due=make.day("2018-10-01"), reason="Late.")
    assert mails() == {("lead", "Due date moved: Process diagrams")}
    assert "Owner: Alba Ruiz" in MailboxMessage.objects.get().text


def test_a_proposal_to_drop_is_told_to_the_chair(draft: Milestone, owed: Deliverable, people: dict[str, User]) -> None:
    services.propose_drop(by=people["lead"], owed=draft, reason="CBP does it.")
    assert mails() == {("chair", "To decide, drop or keep")}
    assert "Why it is to be dropped: CBP does it." in MailboxMessage.objects.get().text
    services.propose_drop(by=people["lead"], owed=owed, reason="All of it.")
    mails()
    assert "To decide, drop or keep: Process diagrams" in MailboxMessage.objects.values_list("subject", flat=True)
    known = subjects_of(owed.group)
    for notice in Notice.objects.all():
        assert known[notice.subject_key].title in ("First draft", "Process diagrams")
    assert known[f"deliverable:{owed.pk}"].url == f"/groups/ecom/deliverables/{owed.key}/"


def test_a_date_that_an_owner_moves_is_told_to_the_lead_and_one_of_the_leads_to_the_owner(
    draft: Milestone, people: dict[str, User]
) -> None:
    services.move_due(by=people["owner"], milestone=draft, due=make.day("2018-08-03"), reason="Holidays.")
    assert mails() == {("lead", "Due date moved")}
    assert "What changed: Due date changed from July 27, 2018 to August 3, 2018." in MailboxMessage.objects.get().text
    MailboxMessage.objects.all().delete()
    services.move_due(by=people["lead"], milestone=draft, due=make.day("2018-08-10"), reason="Holidays.")
    assert mails() == {("owner", "Due date moved")}


def test_where_a_team_has_no_lead_the_chair_answers_for_it(draft: Milestone, people: dict[str, User]) -> None:
    Membership.objects.filter(person=people["lead"]).update(ended=make.day("2018-07-19"))
    services.disclaim(by=people["owner"], owed=draft, reason="Not mine.")
    assert mails() == {("chair", "Not theirs, says its owner")}


def test_a_lead_who_says_that_it_is_not_theirs_is_heard_by_the_chair(draft: Milestone, people: dict[str, User]) -> None:
    Milestone.objects.filter(pk=draft.pk).update(owner=people["lead"])
    services.disclaim(by=people["lead"], owed=draft, reason="Not mine.")
    assert mails() == {("chair", "Not theirs, says its owner")}


def test_each_press_is_told_once(draft: Milestone, people: dict[str, User]) -> None:
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    with pytest.raises(services.Refused):
        services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    assert Notice.objects.filter(kind="work_handed_in").count() == 2


@pytest.mark.parametrize(
    ("what", "remark"),
    [
        ("taken back", "It is under way now, so that this is over."),
        ("accepted", "It is accepted now, so that this is over."),
        ("handed in anew", "A later mail about the same takes its place."),
        ("left", "It does not concern this person any more"),
    ],
)
def test_what_is_no_longer_so_is_skipped_in_sight(
    draft: Milestone, people: dict[str, User], what: str, remark: str
) -> None:
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    if what == "accepted":
        services.accept(by=people["chair"], owed=draft)
    elif what == "left":
        Membership.objects.filter(person=people["reviewer"]).update(ended=make.day("2018-07-19"))
    else:
        services.take_back(by=people["owner"], owed=draft, reason="More.")
    if what == "handed in anew":
        services.hand_in(by=people["owner"], owed=draft, done="Drawn anew.")
    notices.send_due()
    skipped = Notice.objects.filter(recipient=people["reviewer"], kind="work_handed_in").earliest("pk")
    assert skipped.state == Notice.State.SKIPPED
    assert skipped.remark.startswith(remark)
    assert MailboxMessage.objects.filter(recipients="reviewer@example.test").count() == (what == "handed in anew")


def test_a_stand_in_is_told_what_an_owner_is(draft: Milestone, people: dict[str, User], group: WorkingGroup) -> None:
    make.absence(people["owner"], people["member"], group)
    services.hand_in(by=people["lead"], owed=draft, done="Drawn.")
    services.send_back(by=people["chair"], owed=draft, reason="More.")
    notices.send_due()
    mail = MailboxMessage.objects.get(recipients="member@example.test")
    assert mail.subject == "Returned to you: First draft (for Alba Ruiz)"
    assert "You stand in for Alba Ruiz until August 3, 2018. You own this milestone, for them." in mail.text


@pytest.mark.parametrize("lends", [True, False])
def test_what_goes_by_a_role_goes_to_the_stand_in_who_has_the_role(
    draft: Milestone, people: dict[str, User], group: WorkingGroup, lends: bool
) -> None:
    roles = Membership.objects.filter(person=people["chair"]) if lends else []
    make.absence(people["chair"], people["member"], group, *roles)
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    assert {to for to, _ in mails()} == {"reviewer", "member" if lends else "chair"}


def test_an_absence_that_ended_before_it_goes_gives_it_back(
    draft: Milestone, people: dict[str, User], group: WorkingGroup
) -> None:
    absence = make.absence(people["owner"], people["member"], group)
    services.hand_in(by=people["lead"], owed=draft, done="Drawn.")
    services.send_back(by=people["chair"], owed=draft, reason="More.")
    absence.returned_on = clock.today()
    absence.save()
    for _ in range(2):
        notices.send_due()
    assert (
        MailboxMessage.objects.filter(subject="Returned to you: First draft").get().recipients == "owner@example.test"
    )


def test_a_stand_in_who_handed_it_in_is_not_asked_to_accept_it(
    draft: Milestone, people: dict[str, User], group: WorkingGroup
) -> None:
    make.absence(people["chair"], people["owner"], group, *Membership.objects.filter(person=people["chair"]))
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    assert {to for to, _ in mails()} == {"reviewer", "chair"}


def test_what_is_switched_off_does_not_come(draft: Milestone, people: dict[str, User]) -> None:
    Choice.objects.create(person=people["reviewer"], kind="work_handed_in", way=Way.OFF)
    services.hand_in(by=people["owner"], owed=draft, done="Drawn.")
    assert {to for to, _ in mails()} == {"chair"}


def test_nobody_is_told_where_the_change_did_not_happen(draft: Milestone, people: dict[str, User]) -> None:
    with pytest.raises(services.NotYours):
        services.accept(by=people["member"], owed=draft)
    assert Notice.objects.count() == 0
