"""What a meeting agreed on becomes a milestone, with a link back to the meeting."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from milestones.meetings import services
from milestones.meetings.models import ActionItem, Meeting
from milestones.reminders import services as reminders
from milestones.work import services as work
from milestones.work.models import Milestone
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.notices.models import Notice
from tests import factories as make
from tests.pages import words_of

pytestmark = pytest.mark.django_db
SignIn = Callable[[User], Client]


@pytest.fixture
def group(at_start: datetime) -> WorkingGroup:
    made = make.group("ecom")
    reminders.set_default_rules(group=made)
    return made


@pytest.fixture
def team(group: WorkingGroup) -> Body:
    return make.team(group, number=1, key="team-1", name="Standards")


@pytest.fixture
def lead(team: Body) -> User:
    return make.member(team, make.person(name="Lea Lead"), role=Role.LEAD)


@pytest.fixture
def owner(team: Body) -> User:
    return make.member(team, make.person(name="Olga Owner"))


@pytest.fixture
def meeting(team: Body) -> Meeting:
    return make.meeting(team.group, body=team, title="July call", starts=make.day("2018-07-19"), state="held")


def page_of(meeting: Meeting) -> str:
    return f"{meeting.get_absolute_url()}actions/new/"


def form_of(client: Client, meeting: Meeting, whose: User, **said: str) -> dict[str, str]:
    """What the form sends, with the token that its page made up."""
    page = client.get(page_of(meeting)).content.decode()
    found = re.search(r'name="token" value="([0-9a-f]{8})"', page)
    assert found
    filled = {"title": "Ask the carriers", "body": "team-1", "owner": str(whose.pk), "due": "2018-07-27"}
    return {"token": found[1], **filled, **said}


def test_a_lead_adds_an_action_item_that_both_pages_show(
    meeting: Meeting, lead: User, owner: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    assert page_of(meeting) in client.get(meeting.get_absolute_url()).content.decode()
    sent = form_of(client, meeting, owner)
    answer = client.post(page_of(meeting), sent, follow=True)
    assert "Ask the carriers Team 1" in words_of(answer)
    milestone = Milestone.objects.get()
    assert (milestone.owner, milestone.body, milestone.baseline_due) == (owner, meeting.body, make.day("2018-07-27"))
    page = words_of(client.get(milestone.get_absolute_url()))
    assert "Agreed on at “July call”." in page
    assert "Agreed on at the meeting July call" in page
    client.post(page_of(meeting), sent)
    assert Milestone.objects.count() == ActionItem.objects.count() == 1
    assert ActionItem.pgh_event_model.objects.get().pgh_context.metadata["user"] == lead.pk  # type: ignore[attr-defined]
    reminders.sweep()
    assert Notice.objects.get().recipient == owner


def test_a_member_reads_and_may_not_add(meeting: Meeting, owner: User, signed_in: SignIn) -> None:
    client = signed_in(owner)
    assert "Action items" not in words_of(client.get(meeting.get_absolute_url()))
    assert client.get(page_of(meeting)).status_code == 403
    assert signed_in(make.person()).get(page_of(meeting)).status_code == 404


def test_a_lead_adds_for_their_team_alone(meeting: Meeting, lead: User, owner: User, signed_in: SignIn) -> None:
    other = make.team(meeting.group, number=2, key="team-2")
    client = signed_in(lead)
    answer = client.post(page_of(meeting), form_of(client, meeting, owner, body="team-2"))
    assert answer.status_code == 200
    with pytest.raises(work.NotYours):
        services.add_action(
            by=lead, meeting=meeting, body=other, title="X", owner=owner, due=make.day("2018-08-01"), token="0" * 8
        )
    assert not Milestone.objects.exists()


def test_what_is_wrong_is_said_and_what_was_typed_stays(
    meeting: Meeting, lead: User, owner: User, signed_in: SignIn
) -> None:
    client = signed_in(lead)
    for wrong, said in [
        ({"due": "July"}, "is not a date"),
        ({"due": "2018-07-01"}, "That day has passed"),
        ({"due": "9999-01-01"}, "The plan goes from"),
        ({"owner": str(make.person().pk)}, "Select a valid choice"),
        ({"title": ""}, "required"),
    ]:
        answer = client.post(page_of(meeting), form_of(client, meeting, owner, **wrong))
        assert said in words_of(answer)
        if "title" not in wrong:
            assert "Ask the carriers" in answer.content.decode()
    assert not Milestone.objects.exists()


@pytest.mark.parametrize("state", ["draft", "cancelled"])
def test_a_draft_or_cancelled_meeting_agrees_on_nothing(
    meeting: Meeting, lead: User, owner: User, signed_in: SignIn, state: str
) -> None:
    client = signed_in(make.member(make.root(meeting.group), role=Role.CHAIR))
    sent = form_of(client, meeting, owner)
    Meeting.objects.update(state=state)
    assert "Add an action item" not in words_of(client.get(meeting.get_absolute_url()))
    assert client.post(page_of(meeting), sent).status_code == 302
    with pytest.raises(work.Refused, match=state):
        services.add_action(by=lead, meeting=meeting, body=meeting.body, title="X", owner=owner, due=None, token="0")  # type: ignore[arg-type]
    assert not Milestone.objects.exists()


def test_a_meeting_that_became_a_draft_is_not_named_on_the_milestone(
    meeting: Meeting, lead: User, owner: User, signed_in: SignIn
) -> None:
    made = services.add_action(
        by=lead,
        meeting=meeting,
        body=meeting.body,  # type: ignore[arg-type]
        title="Ask",
        owner=owner,
        due=make.day("2018-08-01"),
        token="0" * 8,
    )
    Meeting.objects.update(state="draft")
    assert "July call" not in words_of(signed_in(owner).get(made.get_absolute_url()))
