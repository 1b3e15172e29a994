"""Loading again: the same file changes nothing, a changed one changes what it says anew and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pghistory.models
import pytest
from allauth.account.models import EmailAddress
from django.db import connection, connections

from documents.consultations.models import Consultation
from documents.papers.models import Commitment, Development
from documents.statement.models import Clause
from ecomwg.loading.load import Outcome, load
from milestones.meetings.models import Meeting, Preparation
from milestones.reminders.models import ReminderRule
from milestones.work import services as work
from milestones.work.models import Deliverable, Dependency, Milestone, State, StrategyGoal
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, BodyParent, BodyState, LoadedItem, Membership, WorkingGroup
from teams.clock import selectors as clock
from teams.clock.models import ClockSetting
from teams.dates import ApproximateDate

from .files import EXAMPLE, counts, edited, faults, line_of, loaded_counts

pytestmark = pytest.mark.django_db

DRAFT = "title: First draft of the diagrams, due: 2018-07-27, owner: lead-1"


def day(text: str) -> ApproximateDate:
    """A date as a file writes it."""
    return ApproximateDate.parse(text)


def changes(outcome: Outcome) -> dict[str, tuple[int, int, int]]:
    """Of each list in which something happened: how many items are new, changed, kept."""
    found = {name: (count.new, count.changed, count.kept) for name, count in outcome.counts.items()}
    return {name: numbers for name, numbers in found.items() if any(numbers)}


def test_the_same_file_twice_adds_no_row_anywhere() -> None:
    load(EXAMPLE)
    once = counts()
    outcome = load(EXAMPLE)
    assert counts() == once
    assert changes(outcome) == {}
    assert outcome.total.unchanged == LoadedItem.objects.count() > 0


def test_a_file_written_otherwise_that_says_the_same_changes_nothing(tmp_path: Path) -> None:
    load(EXAMPLE)
    once = counts()
    said_otherwise = edited(
        tmp_path,
        ("due: 2018-07-27, owner: lead-1", "owner: 'lead-1', due: \"2018-07-27\""),
        ("format: 1", "# a remark\n\nformat: 1"),
    )
    assert changes(load(said_otherwise)) == {}
    assert counts() == once


def test_a_changed_item_is_updated_and_only_it(tmp_path: Path) -> None:
    load(EXAMPLE)
    before = {row["key"]: row for row in Milestone.objects.values()}
    events = loaded_counts()["work_milestoneevent"]
    outcome = load(edited(tmp_path, ("title: First draft of the diagrams", "title: First sketch of the diagrams")))
    assert changes(outcome) == {"milestones": (0, 1, 0)}
    before["diagrams-draft"]["title"] = "First sketch of the diagrams"
    assert {row["key"]: row for row in Milestone.objects.values()} == before
    assert loaded_counts()["work_milestoneevent"] == events + 1


def test_what_people_changed_in_the_portal_stays(tmp_path: Path) -> None:
    load(EXAMPLE)
    draft = Milestone.objects.get(key="diagrams-draft")
    work.set_due(milestone=draft, due=day("2018-08-10"), reason="More time.")
    Milestone.objects.filter(pk=draft.pk).update(state=State.UNDER_WAY)
    load(EXAMPLE)
    load(edited(tmp_path, ("title: First draft of the diagrams", "title: First sketch of the diagrams")))
    draft.refresh_from_db()
    assert (draft.title, draft.due, draft.state) == ("First sketch of the diagrams", day("2018-08-10"), "under_way")


def test_a_new_due_date_is_another_revision_and_the_plan_as_adopted_stays(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, (DRAFT, DRAFT.replace("2018-07-27", "2018-08"))))
    draft = Milestone.objects.get(key="diagrams-draft")
    assert (draft.due, draft.due_revision, draft.baseline_due) == (day("2018-08"), 2, day("2018-07-27"))


def test_done_accepts_a_milestone_and_taking_it_away_opens_it_again(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, (DRAFT, f"{DRAFT}, done: 2018-07-19")))
    draft = Milestone.objects.get(key="diagrams-draft")
    assert (draft.state, draft.accepted) == (State.ACCEPTED, day("2018-07-19"))
    load(EXAMPLE)
    draft.refresh_from_db()
    assert (draft.state, draft.accepted) == (State.PLANNED, None)


def test_an_item_that_vanished_from_the_file_is_kept_and_named(tmp_path: Path) -> None:
    load(EXAMPLE)
    path = edited(tmp_path, ("  - {key: interagency, by: cbp", "  # - {key: interagency, by: cbp"))
    outcome = load(path)
    assert outcome.kept == ["commitments/interagency"]
    assert changes(outcome) == {"commitments": (0, 0, 1)}
    assert Commitment.objects.filter(key="interagency").exists()


def test_an_item_removed_in_the_portal_stays_removed(tmp_path: Path) -> None:
    load(EXAMPLE)
    Commitment.objects.get(key="interagency").delete()
    once = counts()
    assert changes(load(EXAMPLE)) == {}
    assert counts() == once


def test_an_item_removed_in_the_portal_comes_back_when_the_file_says_something_new_of_it(tmp_path: Path) -> None:
    load(EXAMPLE)
    Commitment.objects.get(key="interagency").delete()
    load(edited(tmp_path, ("Carry out the E-Commerce Strategy", "Go on with the E-Commerce Strategy")))
    assert Commitment.objects.get(key="interagency").text.startswith("Go on with the E-Commerce Strategy")


def test_nothing_new_can_refer_to_what_was_removed(tmp_path: Path) -> None:
    load(EXAMPLE)
    Milestone.objects.get(key="enf-issues").delete()
    path = edited(
        tmp_path, ("title: First draft of the diagrams", "after: [enf-issues], title: First draft of the diagrams")
    )
    assert faults(path) == [
        f"group.yaml:{line_of('after: [enf-issues], title', path)}: milestones/diagrams-draft/after[1]: the milestone "
        "'enf-issues' was removed in the portal"
    ]


def test_a_key_that_the_portal_has_given_is_taken(tmp_path: Path) -> None:
    load(EXAMPLE)
    of = Deliverable.objects.get(key="maps")
    owner = User.objects.get(email="lead1@example.test")
    Milestone.objects.create(
        group=of.group, body=of.body, deliverable=of, key="maps-final", title="Final maps", owner=owner,
        due=day("2018-11"), baseline_due=day("2018-11"),
    )  # fmt: skip
    line = "  - {key: maps-final, deliverable: maps, title: Final, due: 2018-11, owner: lead-1, source: illustrative}\n"
    path = edited(tmp_path, ("documents:\n", f"{line}documents:\n"))
    assert faults(path) == [
        f"group.yaml:{line_of('maps-final', path)}: milestones/maps-final/key: the key 'maps-final' is taken in the "
        "portal already"
    ]


def test_what_hangs_on_an_item_follows_the_file(tmp_path: Path) -> None:
    load(EXAMPLE)
    path = edited(
        tmp_path,
        ("facilitation, from: 2018-10-03}]\n    states", "facilitation, from: 2018-10-04}]\n    states"),
        ("{state: active, from: 2018-06}]", "{state: hiatus, from: 2018-06}]"),
        ("agenda: [International trade standards, Small business", "agenda: [Small business"),
        ("after: [maps-parties, diagrams-review]", "after: [maps-parties]"),
        ("with: [dhs, coac, pga]", "with: [dhs, ecom]"),
        ("attended_by: [cbp], outcome: The United", "attended_by: [cbp, dhs], outcome: The United"),
    )  # fmt: skip
    load(path)
    ecom = Body.objects.get(key="ecom")
    assert [(link.parent.key, str(link.started)) for link in BodyParent.objects.filter(body=ecom)] == [
        ("trade-modernization", "2017"),
        ("next-generation-facilitation", "October 4, 2018"),
    ]
    assert [state.state for state in BodyState.objects.filter(body=ecom)] == ["active", "hiatus", "hiatus"]
    assert [item.title for item in Meeting.objects.get(key="ecom-2018-06").agenda.all()] == [
        "Small business education outreach",
        "Data exchange",
        "Compliance enforcement",
        "How e-commerce changes CBP processing",
    ]
    assert [link.after.key for link in Dependency.objects.filter(milestone__key="maps-draft")] == ["maps-parties"]
    more = Commitment.objects.get(key="more-comments")
    assert [row.key for row in more.with_organizations.all()] == ["dhs"]
    assert [row.key for row in more.with_bodies.all()] == ["ecom"]
    assert {row.key for row in Meeting.objects.get(key="wgec-2018-04").attended_by.all()} == {"cbp", "dhs"}


def test_what_prepares_a_meeting_moves_with_it(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("starts: 2018-10-03, place", "starts: 2018-10-10, place")))
    notice = Milestone.objects.get(key="coac-2018-10-publish-notice-of-the-meeting")
    assert (notice.due, notice.due_revision, notice.baseline_due) == (day("2018-09-25"), 2, day("2018-09-18"))
    assert Preparation.objects.get(milestone=notice).days_before == 15


def test_a_deliverables_new_date_is_a_slip(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("strategy_goal: 2, due: 2018-09-14", "strategy_goal: 2, due: 2018-09-28")))
    diagrams = Deliverable.objects.get(key="diagrams")
    assert (diagrams.due, diagrams.due_revision) == (day("2018-09-28"), 2)
    slip = diagrams.slips.get()
    assert (slip.days, slip.signed, slip.reason) == (14, "the group’s file", "The group’s file gives another date.")


def test_a_deliverable_is_given_an_owner_and_left_without_one_again(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("strategy_goal: 2, due: 2018-09-14", "strategy_goal: 2, owner: lead-1, due: 2018-09-14")))
    assert Deliverable.objects.get(key="diagrams").owner == Milestone.objects.get(key="diagrams-scope").owner
    load(EXAMPLE)
    assert Deliverable.objects.get(key="diagrams").owner is None


def test_what_is_moved_or_cancelled_is_noted_so_that_it_is_told(tmp_path: Path) -> None:
    call = 'ends: "2018-08-14T14:30", timezone: America/New_York, place: Conference call, state:'
    load(EXAMPLE)
    load(
        edited(
            tmp_path,
            ("starts: 2018-10-03, place", "starts: 2018-10-10, place"),
            (f"{call} planned", f"{call} cancelled"),
            ("closes: 2018-08-31", "closes: 2018-09-07"),
            ("timezone: America/New_York", "timezone: Europe/Paris"),
        )
    )
    changed = Meeting.objects.filter(revision__gt=1).values_list("key", "last_change", "was")
    assert set(changed) == {
        ("coac-2018-10", "moved", "October 3, 2018, Washington DC"),
        ("ecom-2018-08", "cancelled", "August 14, 2018, 1:00 p.m. EDT, Conference call"),
    }
    consultation = Consultation.objects.get(key="package-comments")
    assert consultation.revision == 2
    assert consultation.dates_moved_at is not None


def test_a_preparation_counted_back_otherwise_stays_one(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("days_before: 15", "days_before: 20")))
    preparation = Preparation.objects.get(milestone__title="Publish notice of the meeting")
    assert (preparation.days_before, preparation.milestone.due) == (20, day("2018-09-13"))


def test_milestones_follow_their_deliverable_to_another_team(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("{key: diagrams, team: team-1", "{key: diagrams, team: team-2")))
    assert set(Milestone.objects.filter(deliverable__key="diagrams").values_list("body__key", flat=True)) == {"team-2"}
    assert set(Milestone.objects.filter(deliverable__key="maps").values_list("body__key", flat=True)) == {"team-1"}


def test_another_order_of_the_file_is_followed_without_touching_what_it_says(tmp_path: Path) -> None:
    load(EXAMPLE)
    development = Development.objects.get(key="formed")
    Development.objects.filter(pk=development.pk).update(text="Worded otherwise in the portal.")
    first = "  - {key: earlier, on: 2016, sections: [background], text: Something was before., source: illustrative}\n"
    load(edited(tmp_path, ("developments:\n", f"developments:\n{first}")))
    rows = Development.objects.order_by("position")
    assert [row.key for row in rows][:3] == ["earlier", "formed", "strategy-released"]
    assert [row.position for row in rows] == list(range(1, 13))
    assert Development.objects.get(key="formed").text == "Worded otherwise in the portal."


def test_another_address_of_a_person_is_their_only_one(tmp_path: Path) -> None:
    load(EXAMPLE)
    person = User.objects.get(email="small@example.test")
    load(edited(tmp_path, ("small@example.test", "smaller@example.test")))
    renamed = User.objects.get(email="smaller@example.test")
    assert renamed.pk == person.pk
    assert list(EmailAddress.objects.filter(user=renamed).values_list("email", "verified", "primary")) == [
        ("smaller@example.test", True, True)
    ]


def test_a_password_is_never_set_again(tmp_path: Path) -> None:
    load(EXAMPLE)
    person = User.objects.get(email="small@example.test")
    assert person.check_password("sample-harbor-2018")
    person.set_password("their own words")
    person.save()
    load(edited(tmp_path, ("name: Sample Small Business", "name: Sample Smaller Business")))
    person.refresh_from_db()
    assert person.name == "Sample Smaller Business"
    assert person.check_password("their own words")


def test_dates_and_zone_of_the_file_itself_are_followed(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(
        edited(
            tmp_path,
            ("as_of: 2018-07-20", "as_of: 2018-07-27"),
            ("timezone: America/New_York", "timezone: Europe/Paris"),
        )
    )
    group = WorkingGroup.objects.get()
    assert (group.as_of.isoformat(), group.timezone) == ("2018-07-27", "Europe/Paris")
    assert Meeting.objects.get(key="ecom-2018-06").timezone == "Europe/Paris"
    assert Meeting.objects.get(key="team-1-2018-08").timezone == "America/New_York"
    assert User.objects.get(email="lead1@example.test").timezone == "Europe/Paris"


def test_the_first_load_gives_the_rules_of_reminders_and_the_clock_once(tmp_path: Path) -> None:
    load(EXAMPLE)
    assert list(ReminderRule.objects.values_list("days_after", flat=True)) == [-7, -1, 0, 3, 7, 21]
    assert clock.now().isoformat()[:16] == "2018-07-20T16:00"
    ReminderRule.objects.filter(days_after=21).delete()
    setting = ClockSetting.objects.get().shown_at
    load(edited(tmp_path, ("as_of: 2018-07-20", "as_of: 2018-07-27")))
    assert not ReminderRule.objects.filter(days_after=21).exists()
    assert ClockSetting.objects.get().shown_at == setting


def test_a_check_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    before = counts()
    outcome = load(EXAMPLE, is_check=True)
    assert outcome.total.new > 90
    assert counts() == before


def test_every_item_is_a_step_of_the_progress_bar() -> None:
    totals: list[int] = []
    steps: list[None] = []
    outcome = load(EXAMPLE, on_total=totals.append, step=lambda: steps.append(None))
    assert totals == [len(steps)] == [outcome.total.new]


def test_the_history_says_which_file_brought_a_row() -> None:
    load(EXAMPLE)
    events: Any = pghistory.models.Events.objects
    event = events.tracks(Milestone.objects.get(key="diagrams-draft")).get()
    assert event.pgh_context["note"] == "loaded from ecomwg.yaml"
    assert event.pgh_context["at"].startswith("2018-07-20T16:00")


def test_goals_may_change_their_words_and_stay_themselves(tmp_path: Path) -> None:
    load(EXAMPLE)
    goal = StrategyGoal.objects.get(number=2)
    load(edited(tmp_path, ("Enhance and adapt affected operations", "Enhance and adapt all affected operations")))
    goal.refresh_from_db()
    assert goal.text == "Enhance and adapt all affected operations"
    assert goal.deliverables.count() == 2


def test_a_role_that_ends_stays_the_same_membership(tmp_path: Path) -> None:
    load(EXAMPLE)
    held = Membership.objects.get(person__email="partner@example.test")
    load(edited(tmp_path, ("role: observer, from: 2018-06", "role: observer, from: 2018-06, to: 2018-12-01")))
    held.refresh_from_db()
    assert held.ended == day("2018-12-01")
    assert Membership.objects.count() == 9


def test_a_deliverable_moves_to_another_clause(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ('clause: "5.2"', 'clause: "5.1"')))
    diagrams = Clause.objects.get(texts__number="5.1", texts__version__number="2.0")
    assert {row.key for row in diagrams.deliverables.all()} == {"diagrams", "maps"}
    assert not Clause.objects.get(texts__number="5.2").deliverables.exists()


def test_an_organization_changes_with_its_own_file(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("sector: online marketplace", "sector: marketplace")))
    assert Organization.objects.get(key="sample-market").sector == "marketplace"


@pytest.mark.django_db(transaction=True)
def test_two_loads_at_once_wait_for_one_another() -> None:
    failures: list[BaseException] = []

    def run() -> None:
        try:
            load(EXAMPLE)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert LoadedItem.objects.count() == 97
    assert Milestone.objects.count() == 15
    connection.close()
