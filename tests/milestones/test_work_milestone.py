"""A milestone's page: what exactly, by whom, by when, its state, what it hangs on, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.statement.models import ClauseText
from milestones.meetings.models import Preparation
from milestones.work import services
from milestones.work.models import Deliverable, Dependency, Milestone, State
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.clock import selectors as clock
from teams.notices.models import Notice
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
    return make.member(team, make.person(name="Alba Ruiz", organization=make.organization(name="Brokers LLC")))


@pytest.fixture
def draft(owed: Deliverable, owner: User) -> Milestone:
    return make.milestone(owed, owner, key="draft", title="First draft")


@pytest.fixture
def read(owner: User, signed_in: SignIn) -> Callable[[Milestone], str]:
    """The words of a milestone's page as the owner reads it."""
    client = signed_in(owner)

    def words(milestone: Milestone) -> str:
        answer = client.get(milestone.get_absolute_url())
        assert answer.status_code == 200
        return words_of(answer)

    return words


def change(milestone: Milestone, **fields: object) -> None:
    """Change fields without any rule in between."""
    Milestone.objects.filter(pk=milestone.pk).update(**fields)


def test_the_facts(draft: Milestone, read: Callable[[Milestone], str]) -> None:
    text = read(draft)
    assert "First draft ○ Planned A step towards “Process diagrams”." in text
    assert "Due Friday, July 27, 2018 (7 days left)" in text
    assert "Adopted plan Not moved since it was adopted or added" in text
    assert "Owner Alba Ruiz, Brokers LLC" in text
    assert "Team Team 1: Standards and Process" in text


def test_a_month_is_said_to_count_until_its_last_day(draft: Milestone, read: Callable[[Milestone], str]) -> None:
    change(draft, due=make.day("2018-07"), baseline_due=make.day("2018-07"))
    text = read(draft)
    assert "Due July 2018 (11 days left) No day is known: it counts until the last one, Tuesday, July 31, 2018." in text


@pytest.mark.parametrize(
    ("baseline", "said"),
    [
        ("2018-07-20", "Fri, Jul 20, 2018: it is due 7 days later now"),
        ("2018-08", "August 2018: it is due earlier now"),
    ],
)
def test_the_slip_is_measured_against_the_adopted_plan(
    draft: Milestone, read: Callable[[Milestone], str], baseline: str, said: str
) -> None:
    change(draft, baseline_due=make.day(baseline))
    assert f"Adopted plan {said}" in read(draft)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (State.PLANNED, "Alba Ruiz, who does it and hands it in."),
        (State.UNDER_WAY, "Alba Ruiz, who does it and hands it in."),
        (State.HANDED_IN, "CBP’s reviewer or the chair, who accepts it or sends it back."),
        (State.RETURNED, "Alba Ruiz, who sees what is missing and hands it in again."),
        (State.ACCEPTED, "Nobody: it was accepted on July 19, 2018."),
        (State.DROPPED, "Nobody: it was dropped."),
    ],
)
def test_who_acts_next(draft: Milestone, read: Callable[[Milestone], str], state: State, said: str) -> None:
    change(draft, state=state, accepted=make.day("2018-07-19") if state == State.ACCEPTED else None)
    text = read(draft)
    assert f"Who acts next {said}" in text
    assert ("(7 days left)" in text.partition("Adopted plan")[0]) == (state not in (State.ACCEPTED, State.DROPPED))


def test_a_late_milestone_says_so_at_once(draft: Milestone, read: Callable[[Milestone], str]) -> None:
    change(draft, due=make.day("2018-07-13"))
    assert "First draft ▲ Late" in read(draft)
    assert "Due Friday, July 13, 2018 (7 days late)" in read(draft)


def test_what_it_follows_and_what_follows_it(
    owed: Deliverable, owner: User, draft: Milestone, read: Callable[[Milestone], str]
) -> None:
    scope = make.milestone(
        owed, owner, title="Scope", due=make.day("2018-06-29"), state=State.ACCEPTED, accepted=make.day("2018-06-27")
    )
    review = make.milestone(owed, owner, title="Review", due=make.day("2018-08-24"))
    Dependency.objects.create(milestone=draft, after=scope)
    Dependency.objects.create(milestone=review, after=draft)
    text = read(draft)
    assert "It follows Scope ● Accepted Fri, Jun 29, 2018 Alba Ruiz It is followed by Review ○ Planned" in text
    assert "Nothing: it can be done at once." in read(scope)
    assert "Nothing waits for it." in read(review)


def test_the_risk_is_said_with_its_reason(
    owed: Deliverable, owner: User, draft: Milestone, read: Callable[[Milestone], str]
) -> None:
    late = make.milestone(owed, owner, title="Scope", due=make.day("2018-07-13"))
    Dependency.objects.create(milestone=draft, after=late)
    assert "At risk. Waits for “Scope”, which is late: it was due on July 13, 2018." in read(draft)


def test_its_thread_from_the_clause_down(draft: Milestone, owner: User, signed_in: SignIn) -> None:
    (version,) = make.statement(make.root(draft.group), ("2.0", "2018-06", [("5.1", "Diagrams", "")]))
    text = ClauseText.objects.get(version=version)
    assert draft.deliverable is not None
    text.clause.deliverables.add(draft.deliverable)
    answer = signed_in(owner).get(draft.get_absolute_url())
    assert (
        "Clause of the statement of work 5.1 Diagrams Deliverable Process diagrams Fri, Sep 14, 2018 (8 weeks left) "
        "○ Planned Milestone First draft" in words_of(answer)
    )
    assert f'href="{text.get_absolute_url()}"' in answer.content.decode()


def test_what_prepares_a_meeting_names_it(draft: Milestone, read: Callable[[Milestone], str]) -> None:
    change(draft, deliverable=None, due=make.day("2018-09-18"))
    meeting = make.meeting(draft.group, title="Quarterly meeting", starts=make.day("2018-10-03"))
    Preparation.objects.create(meeting=meeting, milestone=draft, days_before=15)
    text = read(draft)
    assert "To prepare “Quarterly meeting”." in text
    assert "15 days before Quarterly meeting" in text
    assert "Meeting Quarterly meeting October 3, 2018 Milestone First draft" in text


def test_history_in_words_the_newest_first(draft: Milestone, owner: User, read: Callable[[Milestone], str]) -> None:
    ben = make.person(name="Ben Osei")
    with pghistory.context(user=ben.pk, at=clock.now().isoformat()):
        services.set_due(milestone=draft, due=make.day("2018-08"), reason="The tool came late.")
    change(draft, state=State.ACCEPTED, accepted=make.day("2018-07-20"))
    change(draft, title="Final draft", owner=ben)
    draft.refresh_from_db()
    text = read(draft).partition("What happened")[2].partition("Reminders")[0]
    assert text.index(
        "Renamed from “First draft” to “Final draft”. Owner changed from Alba Ruiz to Ben Osei."
    ) < text.index("State changed from Planned to Accepted (July 20, 2018).")
    assert "Due date changed from July 27, 2018 to August 2018. Fri, Jul 20, 2018, 12:00 p.m. , Ben Osei" in text
    assert "Added: due July 27, 2018, owned by Alba Ruiz. Fri, Jul 20, 2018" in text


def test_history_names_every_kind_of_change(
    draft: Milestone, owed: Deliverable, read: Callable[[Milestone], str]
) -> None:
    change(draft, baseline_due=make.day("2018-07-01"))
    change(draft, state=State.ACCEPTED, accepted=make.day("2018-07-02"))
    change(draft, accepted=make.day("2018-07-03"))
    change(draft, deliverable=None)
    change(draft, body=make.team(draft.group, number=7))
    change(draft, due_revision=5)
    text = read(draft).partition("What happened")[2].partition("Reminders")[0]
    assert "Date in the adopted plan changed from July 27, 2018 to July 1, 2018." in text
    assert "Date of acceptance changed from July 2, 2018 to July 3, 2018." in text
    assert "Moved from “Process diagrams” to no deliverable." in text
    assert "Moved from Team 1 to Team 7." in text
    assert text.count("Fri, Jul 20, 2018") == 6, "a revision alone is no change"


def notice(milestone: Milestone, to: User, **fields: object) -> Notice:
    known: dict[str, object] = {
        "kind": "milestone_due",
        "rule": "before:7",
        "subject_key": f"milestone:{milestone.pk}",
        "recipient": to,
        "owed_to": to,
        "scope": "ecom",
        "why": f"{to.name} owns it",
        "due_at": clock.now(),
        "created_at": clock.now(),
    }
    return Notice.objects.create(**{**known, **fields})


def test_reminders_about_it(draft: Milestone, owner: User, team: Body, signed_in: SignIn) -> None:
    notice(draft, owner, state=Notice.State.SKIPPED, remark="It was accepted before.")
    other = make.milestone(make.deliverable(team), owner)
    notice(other, owner, why="Of another milestone")
    notice(draft, make.member(team, make.person(name="Ben Osei")))
    lead = signed_in(make.member(team, role=Role.LEAD))
    text = words_of(lead.get(draft.get_absolute_url())).partition("Reminders")[2]
    assert "Alba Ruiz Alba Ruiz owns it Skipped It was accepted before." in text
    assert "Ben Osei Ben Osei owns it Waiting" in text
    assert "Of another milestone" not in text


def test_who_may_not_read_the_ledger_sees_reminders_to_themselves_alone(
    draft: Milestone, owner: User, team: Body, read: Callable[[Milestone], str]
) -> None:
    notice(draft, owner)
    notice(draft, make.member(team, make.person(name="Ben Osei")))
    text = read(draft).partition("Reminders to you")[2]
    assert "Alba Ruiz owns it" in text
    assert "Ben Osei" not in text


def test_samples_are_marked(draft: Milestone, read: Callable[[Milestone], str]) -> None:
    change(draft, source="illustrative")
    assert "First draft ○ Planned Sample" in read(draft)


def test_only_those_of_the_group_find_it(draft: Milestone, owner: User, signed_in: SignIn) -> None:
    elsewhere = make.milestone(make.deliverable(make.team(make.group("other"))), owner, key="theirs")
    client = signed_in(owner)
    assert client.get("/groups/ecom/milestones/theirs/").status_code == 404
    assert client.get("/groups/ecom/milestones/nothing/").status_code == 404
    stranger = signed_in(make.member(elsewhere.body))
    assert stranger.get(draft.get_absolute_url()).status_code == 404


def test_the_number_of_queries_does_not_grow(draft: Milestone, owner: User, signed_in: SignIn) -> None:
    client, ben = signed_in(make.person(is_site_admin=True)), make.person()
    make.statement(make.root(draft.group), ("2.0", "2018-06", [(str(n), "Clause", "") for n in range(1, 11)]))
    texts = list(ClauseText.objects.all())
    assert draft.deliverable is not None
    deliverable = draft.deliverable

    def more(start: int, end: int) -> None:
        for n in range(start, end):
            texts[n].clause.deliverables.add(deliverable)
            Dependency.objects.create(milestone=draft, after=make.milestone(deliverable, owner))
            Dependency.objects.create(milestone=make.milestone(deliverable, ben), after=draft)
            notice(draft, owner, rule=f"before:{n}")
            with pghistory.context(user=ben.pk, at=clock.now().isoformat()):
                change(draft, title=f"Title {n}", owner=ben if n % 2 else owner)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(draft.get_absolute_url()).status_code == 200
        return len(captured)

    client.get("/")  # notes the visit
    more(0, 1)
    one = queries()
    more(1, 10)
    assert queries() == one
    assert one <= 12
