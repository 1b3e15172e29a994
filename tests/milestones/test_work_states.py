"""From planned to accepted: who may do what with a milestone, in which state, and what stands on the record."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import date, datetime

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.test import Client

from milestones.work import services
from milestones.work.models import Deliverable, Milestone, State
from milestones.work.selectors import waiting_on
from milestones.work.selectors.rights import derived_state
from teams.accounts.models import User
from teams.bodies.models import Body, Membership, Role, WorkingGroup
from teams.bodies.permissions import standings
from teams.clock import selectors as clock
from tests import factories as make
from tests.pages import words_of

SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    return make.group("ecom")


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1", name="Standards and Process")


@pytest.fixture
def owed(team: Body) -> Deliverable:
    return make.deliverable(team, title="Process diagrams")


@pytest.fixture
def owner(team: Body) -> User:
    return make.member(team, make.person(name="Alba Ruiz"))


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Lea Lind"), role=Role.LEAD)


@pytest.fixture
def chair(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Cleo Hart"), role=Role.CHAIR)


@pytest.fixture
def reviewer(group: WorkingGroup) -> User:
    return make.member(make.root(group), make.person(name="Rae Vu", government=True), role=Role.REVIEWER)


@pytest.fixture
def draft(owed: Deliverable, owner: User) -> Milestone:
    return make.milestone(owed, owner, key="draft", title="First draft")


def again(milestone: Milestone) -> Milestone:
    return Milestone.objects.get(pk=milestone.pk)


def test_the_whole_way(draft: Milestone, owner: User, reviewer: User, owed: Deliverable) -> None:
    services.start(by=owner, owed=draft)
    services.hand_in(by=owner, owed=draft, done="Drawn for air and sea.", evidence="https://example.test/draft")
    services.send_back(by=reviewer, owed=draft, reason="Rail is missing.")
    assert again(draft).state == State.RETURNED
    services.hand_in(by=owner, owed=draft, done="Drawn for all.")
    services.accept(by=reviewer, owed=draft)
    found = again(draft)
    assert (found.state, str(found.accepted), found.done) == (State.ACCEPTED, "July 20, 2018", "Drawn for all.")
    owed.refresh_from_db()
    assert (owed.state, str(owed.accepted)) == (State.ACCEPTED, "July 20, 2018")
    services.reopen(by=reviewer, owed=draft, reason="CBP asked for more.")
    owed.refresh_from_db()
    assert (again(draft).state, again(draft).accepted, owed.state) == (State.UNDER_WAY, None, State.UNDER_WAY)


def test_who_may_do_what(
    draft: Milestone, team: Body, owner: User, lead: User, chair: User, reviewer: User, group: WorkingGroup
) -> None:
    member, outsider = make.member(team), make.person()
    lead_elsewhere = make.member(make.team(group), role=Role.LEAD)
    administrator = make.person(is_site_admin=True)

    def can(by: User, act: Callable[..., object], **said: object) -> bool:
        with transaction.atomic():
            try:
                act(by=by, owed=again(draft), **said)
            except services.NotYours:
                return False
            finally:
                transaction.set_rollback(True)
        return True

    everyone = [owner, lead, chair, reviewer, member, lead_elsewhere, administrator, outsider]
    assert [can(each, services.start) for each in everyone] == [True, True, True, *[False] * 5]
    assert [can(each, services.hand_in, done="x") for each in everyone] == [True, True, True, *[False] * 5]
    assert [can(each, services.propose_drop, reason="x") for each in everyone] == [
        *(False, True, True, False, False, False, True, False)
    ]
    assert [can(each, services.drop, reason="x") for each in everyone] == [
        *(False, False, True, False, False, False, True, False)
    ]
    services.hand_in(by=owner, owed=draft, done="x")
    assert [can(each, services.accept) for each in everyone] == [*(False, False, True, True), *[False] * 4]
    assert [can(each, services.send_back, reason="x") for each in everyone] == [
        *(False, False, True, True),
        *[False] * 4,
    ]


def test_nobody_accepts_what_they_own_or_handed_in(draft: Milestone, owner: User, chair: User, reviewer: User) -> None:
    services.hand_in(by=chair, owed=draft, done="Done for Alba.")
    with pytest.raises(services.NotYours, match="nobody accepts what they own"):
        services.accept(by=chair, owed=draft)
    services.accept(by=reviewer, owed=draft)
    Milestone.objects.filter(pk=draft.pk).update(state=State.HANDED_IN, accepted=None, owner=reviewer)
    with pytest.raises(services.NotYours):
        services.accept(by=reviewer, owed=draft)


@pytest.mark.parametrize(
    ("act", "said", "refused"),
    [
        (services.hand_in, {"done": " "}, "Say what was done."),
        (services.take_back, {"reason": "x"}, "It is planned now"),
        (services.move_due, {}, "Say why it needs another date."),
    ],
)
def test_clear_refusals(
    draft: Milestone, owner: User, act: Callable[..., object], said: dict[str, object], refused: str
) -> None:
    named = (
        {"milestone": draft, "due": make.day("2018-08"), "reason": ""} if act is services.move_due else {"owed": draft}
    )
    with pytest.raises(services.Refused, match=refused):
        act(by=owner, **named, **said)
    assert again(draft).edit_revision == 1


def test_evidence_that_is_asked_for_is_given(draft: Milestone, owner: User) -> None:
    Milestone.objects.filter(pk=draft.pk).update(evidence_asked="The diagrams as PDF")
    with pytest.raises(services.Refused, match="Asked for is: The diagrams as PDF"):
        services.hand_in(by=owner, owed=draft, done="Drawn.")
    services.hand_in(by=owner, owed=draft, done="Drawn.", evidence="In the library.")


def test_accepted_on_a_day_since_it_was_handed_in(draft: Milestone, owner: User, chair: User) -> None:
    services.hand_in(by=owner, owed=draft, done="Drawn.")
    with pytest.raises(services.Refused, match="day to come"):
        services.accept(by=chair, owed=draft, on=date(2018, 7, 21))
    with pytest.raises(services.Refused, match="only after that day"):
        services.accept(by=chair, owed=draft, on=date(2018, 7, 19))
    services.accept(by=chair, owed=draft, on=date(2018, 7, 20))


def test_the_lead_proposes_to_drop_and_the_chair_decides(draft: Milestone, lead: User, chair: User) -> None:
    services.propose_drop(by=lead, owed=draft, reason="CBP does it itself.")
    with pytest.raises(services.Refused, match="proposed already"):
        services.propose_drop(by=lead, owed=draft, reason="Once more.")
    services.keep(by=chair, owed=draft, reason="We still need it.")
    with pytest.raises(services.Refused, match="Nobody proposes"):
        services.keep(by=chair, owed=draft, reason="x")
    services.propose_drop(by=lead, owed=draft, reason="Really.")
    services.drop(by=chair, owed=draft, reason="Agreed.")
    found = again(draft)
    assert (found.state, found.drop_asked_by, found.drop_asked_because) == (State.DROPPED, None, "")
    services.take_up(by=chair, owed=draft, reason="Asked for again.")
    assert again(draft).state == State.PLANNED


def test_with_a_deliverable_go_its_open_milestones(
    owed: Deliverable, draft: Milestone, owner: User, chair: User
) -> None:
    done = make.milestone(owed, owner, state=State.ACCEPTED, accepted=make.day("2018-07-01"))
    services.drop(by=chair, owed=owed, reason="Not needed.")
    assert [again(draft).state, again(done).state] == [State.DROPPED, State.ACCEPTED]
    with pytest.raises(services.Refused, match="deliverable was dropped"):
        services.take_up(by=chair, owed=draft, reason="x")
    services.take_up(by=chair, owed=owed, reason="Needed.")
    owed.refresh_from_db()
    assert owed.state == State.ACCEPTED, "what counts of it is accepted"


def test_a_deliverable_without_milestones_goes_the_same_way(owed: Deliverable, lead: User, reviewer: User) -> None:
    services.start(by=lead, owed=owed)
    services.hand_in(by=lead, owed=owed, done="Written.")
    services.accept(by=reviewer, owed=owed)
    owed.refresh_from_db()
    assert owed.state == State.ACCEPTED


def test_the_state_of_a_deliverable_with_milestones_comes_from_theirs(
    owed: Deliverable, draft: Milestone, lead: User
) -> None:
    with pytest.raises(services.Refused, match="its state comes from theirs"):
        services.hand_in(by=lead, owed=owed, done="x")


@pytest.mark.parametrize(
    ("states", "derived"),
    [
        ([], None),
        (["dropped"], None),
        (["planned", "dropped"], "planned"),
        (["planned", "accepted"], "under_way"),
        (["returned"], "under_way"),
        (["handed_in", "accepted"], "handed_in"),
        (["accepted", "accepted", "dropped"], "accepted"),
    ],
)
def test_derived(states: list[str], derived: str | None) -> None:
    on = make.day("2018-07-01")
    found = derived_state((state, on if state == "accepted" else None) for state in states)
    assert (found and found[0]) == derived


def test_a_stand_in_acts_and_both_names_are_recorded(
    draft: Milestone, owner: User, team: Body, chair: User, signed_in: SignIn, group: WorkingGroup
) -> None:
    jordan = make.member(team, make.person(name="Jordan Lee"))
    make.absence(owner, jordan, group)
    client = signed_in(jordan)
    client.post(draft.get_absolute_url(), {"change": "hand_in", "revision": "1", "done": "Drawn."})
    assert again(draft).state == State.HANDED_IN
    assert "Jordan Lee, standing in for Alba Ruiz" in words_of(client.get(draft.get_absolute_url()))
    lent = make.member(team, make.person(name="Kim Park"))
    make.absence(chair, lent, group, Membership.objects.get(person=chair))
    client = signed_in(lent)
    client.post(draft.get_absolute_url(), {"change": "return", "revision": "2", "reason": "Rail is missing."})
    text = words_of(client.get(draft.get_absolute_url()))
    assert "Kim Park, standing in for Cleo Hart" in text
    assert "Why: Rail is missing." in text


def test_two_tabs_the_second_is_told_and_keeps_what_was_typed(
    draft: Milestone, owner: User, lead: User, signed_in: SignIn
) -> None:
    services.hand_in(by=lead, owed=draft, done="Done by the lead.", seen=1)
    answer = signed_in(owner).post(
        draft.get_absolute_url(), {"change": "hand_in", "revision": "1", "done": "My own long words."}
    )
    text = words_of(answer)
    assert "It was changed after you opened the page, so nothing was done." in text
    assert "(Lea Lind)" in text
    assert "What was done: My own long words." in text.replace("  ", " ")
    assert again(draft).done == "Done by the lead."


def test_two_tabs_and_the_form_is_still_offered(draft: Milestone, owner: User, lead: User, signed_in: SignIn) -> None:
    services.start(by=lead, owed=draft, seen=1)
    client = signed_in(owner)
    answer = client.post(draft.get_absolute_url(), {"change": "hand_in", "revision": "1", "done": "My words."})
    assert "My words.</textarea>" in answer.content.decode()
    assert 'name="revision" value="2"' in answer.content.decode()
    client.post(draft.get_absolute_url(), {"change": "hand_in", "revision": "2", "done": "My words."})
    assert again(draft).done == "My words."


def test_a_second_press_changes_nothing_and_complains_of_nothing(
    draft: Milestone, owner: User, signed_in: SignIn
) -> None:
    client = signed_in(owner)
    for _ in range(2):
        answer = client.post(draft.get_absolute_url(), {"change": "hand_in", "revision": "1", "done": "Drawn."})
        assert answer.status_code == 302
    assert again(draft).edit_revision == 2


@pytest.mark.parametrize(
    ("who", "offered"),
    [
        ("owner", "Hand in Start It is not mine… Need more time…"),
        ("lead", "Hand in Start Propose to drop it… Need more time…"),
        ("chair", "Hand in Start Drop it… Need more time…"),
        ("reviewer", ""),
        ("member", ""),
    ],
)
def test_the_page_offers_what_the_reader_may_do(
    draft: Milestone, team: Body, signed_in: SignIn, request: pytest.FixtureRequest, who: str, offered: str
) -> None:
    person: User = make.member(team) if who == "member" else request.getfixturevalue(who)
    answer = signed_in(person).get(draft.get_absolute_url())
    found = [offer.words.button for offer in answer.context["answering"].offers]
    if answer.context["move"]:
        found.append("Need more time…")
    assert " ".join(found) == offered
    assert ("What you can do" in words_of(answer)) == bool(offered)


def test_what_is_sent_in_the_name_of_another_is_refused(draft: Milestone, team: Body, signed_in: SignIn) -> None:
    client = signed_in(make.member(team))
    answer = client.post(draft.get_absolute_url(), {"change": "hand_in", "revision": "1", "done": "x"})
    assert answer.status_code == 403
    assert again(draft).state == State.PLANNED


def test_an_outsider_finds_nothing(draft: Milestone, signed_in: SignIn) -> None:
    stranger = make.member(make.team(make.group("other")), role=Role.CHAIR)
    answer = signed_in(stranger).post(draft.get_absolute_url(), {"change": "drop", "revision": "1", "reason": "x"})
    assert answer.status_code == 404


def test_what_is_handed_in_waits_on_who_accepts_and_no_more_on_the_owner(
    draft: Milestone, owner: User, chair: User, reviewer: User, lead: User
) -> None:
    def waits_on(person: User) -> list[Milestone]:
        return list(waiting_on(person, clock.today(), standings(person, clock.today()).values()))

    assert [bool(waits_on(each)) for each in (owner, chair, reviewer, lead)] == [True, False, False, False]
    services.hand_in(by=owner, owed=draft, done="Drawn.")
    assert [bool(waits_on(each)) for each in (owner, chair, reviewer, lead)] == [False, True, True, False]
    services.accept(by=reviewer, owed=draft)
    assert not any(waits_on(each) for each in (owner, chair, reviewer, lead))


def test_a_proposal_to_drop_waits_on_who_decides(draft: Milestone, lead: User, chair: User, signed_in: SignIn) -> None:
    services.propose_drop(by=lead, owed=draft, reason="CBP does it itself.")
    administrator = make.person(is_site_admin=True)
    today = clock.today()
    assert list(waiting_on(administrator, today, standings(administrator, today).values())) == [draft]
    text = words_of(signed_in(chair).get("/"))
    assert "First draft" in text
    assert "Lea Lind proposes to drop it: CBP does it itself." in text


def test_the_database_refuses_half_a_record(draft: Milestone) -> None:
    for half in ({"handed_in_at": clock.now()}, {"drop_asked_because": "x"}, {"state": State.ACCEPTED}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Milestone.objects.filter(pk=draft.pk).update(**half)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_wins(settings: object) -> None:
    group = make.group("ecom")
    team = make.team(group)
    owner = make.member(team)
    milestone = make.milestone(make.deliverable(team), owner)
    others = [make.member(make.root(group), role=Role.CHAIR) for _ in range(2)]
    services.hand_in(by=owner, owed=milestone, done="Drawn.")
    seen = again(milestone).edit_revision
    came = threading.Barrier(2)
    outcomes: list[str] = []

    def decide(by: User, act: Callable[..., object], **said: object) -> None:
        came.wait()
        try:
            act(by=by, owed=milestone, seen=seen, **said)
            outcomes.append("done")
        except services.ChangedMeanwhile:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [
        threading.Thread(target=decide, args=(others[0], services.accept)),
        threading.Thread(target=decide, args=(others[1], services.send_back), kwargs={"reason": "Not yet."}),
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(outcomes) == ["done", "told"]
    assert again(milestone).edit_revision == seen + 1
