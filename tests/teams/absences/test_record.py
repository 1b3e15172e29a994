"""What is done in somebody’s stead stands in the history under both names."""

from __future__ import annotations

from typing import Any

import pghistory
from django.urls import reverse

from teams.accounts.models import User
from teams.bodies.models import Absence, Body, Invitation, Membership, Role
from tests import factories
from tests.conftest import START
from tests.pages import words_of
from tests.teams.absences.absent import SignIn, away, chair_of, form


def test_what_is_done_by_a_lent_role_stands_under_both_names(rosa: User, jordan: User, signed_in: SignIn) -> None:
    away(rosa, jordan)
    given = {"email": "new@example.test", "name": "New One", "body": "ecom", "role": "member"}
    assert signed_in(jordan).post("/groups/ecom/invitations/new/", given).status_code == 302
    assert context_of(Invitation.objects.get())["user"] == jordan.pk
    assert context_of(Invitation.objects.get())["stands_in_for"] == rosa.pk


def test_what_is_done_by_an_own_role_stands_under_ones_own_name(
    rosa: User, jordan: User, team: Body, signed_in: SignIn
) -> None:
    Membership.objects.filter(person=jordan).update(role=Role.CHAIR)
    away(rosa, jordan)
    client = signed_in(jordan)
    for body, email in ((team.key, "team@example.test"), ("ecom", "group@example.test")):
        given = {"email": email, "name": "New One", "body": body, "role": "member"}
        assert client.post("/groups/ecom/invitations/new/", given).status_code == 302
    own, lent = (context_of(Invitation.objects.get(email=f"{at}@example.test")) for at in ("team", "group"))
    assert own.get("stands_in_for") is None
    assert lent["stands_in_for"] == rosa.pk


def test_memberships_are_kept_under_both_names(rosa: User, jordan: User, team: Body, signed_in: SignIn) -> None:
    away(rosa, jordan)
    third = Membership.objects.get(person=factories.member(team))
    address = reverse("bodies:membership", args=["ecom", third.pk])
    sent = {"change": "end", "on": "2018-07-20", "reason": "Moved on"}
    assert signed_in(jordan).post(address, sent).status_code == 302
    context = context_of(third)
    assert (context["stands_in_for"], context["reason"]) == (rosa.pk, "Moved on")


def context_of(row: Any) -> dict[str, Any]:
    """The context of the last event of the row."""
    event = type(row).pgh_event_model.objects.filter(pgh_obj_id=row.pk).select_related("pgh_context").latest("pgh_id")
    return dict(event.pgh_context.metadata)


def test_the_activity_and_its_file_say_both_names(rosa: User, jordan: User, signed_in: SignIn) -> None:
    both = "Jordan Lee, standing in for Rosa Alvarez"
    with_context = {"user": jordan.pk, "stands_in_for": rosa.pk, "at": START.isoformat()}
    with pghistory.context(**with_context):
        factories.milestone(factories.deliverable(factories.root(chair_of(rosa).body.group)), key="first")
    client = signed_in(rosa)
    for page in ("/groups/ecom/activity/", "/groups/ecom/activity.csv", "/groups/ecom/milestones/first/"):
        assert both in client.get(page).content.decode(), page


def test_the_absence_itself_stands_in_the_activity(rosa: User, jordan: User, signed_in: SignIn) -> None:
    client = signed_in(rosa)
    client.post("/groups/ecom/absences/new/", form(rosa, jordan))
    absence = Absence.objects.get()
    client.post(absence.get_absolute_url(), {"what": "end", "revision": "1"})
    said = words_of(client.get("/groups/ecom/activity/"))
    assert "Absence added Rosa Alvarez" in said
    assert "Back on: from nothing to July 20, 2018" in said


def test_who_asks_why_the_stand_in_sees_it_is_told_the_absence(rosa: User, jordan: User, signed_in: SignIn) -> None:
    factories.meeting(chair_of(rosa).body.group, key="draft", state="draft")
    away(rosa, jordan)
    client = signed_in(factories.person(is_site_admin=True))
    for address in (["meeting", "draft"], ["page", "bodies-invitations"]):
        said = words_of(client.get(reverse("why", args=["ecom", *address]), {"person": jordan.pk}))
        assert "Jordan Lee sees it" in said
        assert "stands in for Rosa Alvarez, who is away until August 3, 2018" in said
        assert "Chair of Ecom Working Group" in said
