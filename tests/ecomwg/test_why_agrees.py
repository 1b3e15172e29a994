"""For every page inside a group and everybody: the explanation agrees with what a real request of theirs gets."""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from documents.library.models import Document
from ecomwg.why.answers import explained
from ecomwg.why.objects import KINDS, Asking, Page, explanation_of, page_of_group
from milestones.meetings.models import Meeting
from milestones.reminders import services as reminders
from milestones.work.models import Milestone
from milestones.work.progress_notes import services as progress
from teams.accounts.access import access_of, methods_of
from teams.accounts.models import User
from teams.bodies.models import Body, Role, WorkingGroup
from teams.bodies.permissions import standings
from teams.clock import selectors as clock
from teams.notices import services as notices
from tests import factories, world
from tests.pages import words_of
from tests.test_access import INSIDE, addresses, ours

# Pages inside a group with an object that have no explanation of their own: the frame of a mail, which stands on the
# page of its notice, the explanation itself, the files of a version or a draft, and the steps of the work on a draft,
# which stand on the page of the draft or the proposal; so do those of
# a milestone, a deliverable and a team.
STEPS = ("clause", "comment", "resolve", "edit", "move", "split", "merge", "remove", "add", "settings", "import")
NOT_ASKED_ABOUT = {
    *("why", "reminders:notice_mail", "statement:export_version", "statement:export_draft"),
    *("statement:export_compared", "work:move_milestone", "work:change_milestone"),
    *("work:add_milestone", "work:add_deliverable", "meetings:add_action"),
    *(f"statement:draft_{step}" for step in STEPS),
    *(f"statement:{step}" for step in ("impact", "propose", "take_position", "change_proposal", "adopt")),
    *(f"statement:{step}" for step in ("clause_links", "remove_link", "thing")),
}
# Actions that administrators are allowed.
INSIDE_FOR_ALL = {"READ_GROUP", "READ_LEDGER", "KEEP_MEMBERSHIPS", "INVITE", "RECERTIFY_ACCESS", "WRITE_NOTES"}


@pytest.fixture(autouse=True)
def _silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refusals are what is asked for here: they are not written to the log one by one."""
    monkeypatch.setattr(logging.getLogger("django.request"), "disabled", True)


@pytest.fixture
def group(db: None, settings: Any) -> WorkingGroup:
    """The example with due mail, invitations, a round, a government-only document and a draft meeting."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    world.load_example()
    reminders.sweep(now=clock.now())
    notices.send_due()
    world.open_invitation()
    world.round_of_recertification()
    world.proposal()
    world.absence()
    found = WorkingGroup.objects.get(slug="ecom")
    inside = factories.document(found, key="for-government", access=Document.Access.GOVERNMENT)
    factories.consultation(inside, key="of-government")
    factories.meeting(found, key="a-draft", state=Meeting.State.DRAFT)
    world.remarks()
    team = Body.objects.get(group=found, key="team-1")
    factories.note(team, by=world.who("reviewer"), key="note-for-government", government=True)
    world.progress_note()
    progress.draft_progress(
        by=world.who("lead"), body=team, month=date(2018, 6, 1), text="Not yet.", key="draft-of-progress"
    )
    progress.publish_progress(
        by=(reviewer := world.who("reviewer")),
        note=progress.draft_progress(
            by=reviewer,
            body=team,
            month=date(2018, 6, 1),
            text="Ours.",
            is_government_only=True,
            key="progress-government",
        ),
        seen=1,
    )
    return found


def people(group: WorkingGroup) -> list[User]:
    """Everyone of the example, somebody for every role in a team and in the group, and those outside."""
    team = Body.objects.get(group=group, key="team-1")
    for role in Role.values:
        for body in (team, factories.root(group)):
            factories.member(body, factories.person(government=role == Role.OBSERVER), role=role)
    factories.member(team, ended=factories.day("2018-07-20"))
    factories.member(team, started=factories.day("2018-07-21"))
    factories.member(team, factories.person(is_active=False), role=Role.CHAIR)
    factories.person(government=True)
    factories.person(is_site_admin=True)
    return list(User.objects.order_by("pk"))


def rows(group: WorkingGroup, by: User, *, most: int) -> Iterator[Page]:
    """Pages of up to `most` objects of each kind, those that some may not see among them; and each page without one."""
    standing = standings(by, clock.today())["ecom"]
    asking = Asking(by, standing, list(Body.objects.filter(group=group).select_related("group")))
    hidden = {
        "for-government",
        "of-government",
        "a-draft",
        "note-for-government",
        "draft-of-progress",
        "progress-government",
    }
    for kind in KINDS.values():
        found = list(kind.seen_by(asking).order_by("-pk"))
        first = [row for row in found if getattr(row, "key", "") in hidden]
        assert found, kind.label
        for row in [*first, *(row for row in found if row not in first)][: most + len(first)]:
            yield Page(kind, row, kind.title(row), kind.address(group, str(getattr(row, kind.field))))
    for name, (kwargs, _) in INSIDE.items():
        if set(kwargs) == {"group"} and "GET" in (methods_of(resolve(reverse(name, kwargs=kwargs))) or ()):
            page = page_of_group(group, name.replace(":", "-"))
            assert page is not None, name
            yield page


def test_the_explanation_agrees_with_every_request(
    group: WorkingGroup, client: Client, request: pytest.FixtureRequest
) -> None:
    everyone = people(group)
    bodies = list(Body.objects.filter(group=group).select_related("group"))
    by = factories.person(is_site_admin=True, government=True)
    pages = list(rows(group, by, most=1_000 if request.config.getoption("--whole") else 1))
    wrong, asked, seen = [], 0, 0
    for person in everyone:
        client.logout()
        if person.is_active:
            client.force_login(person)
        for page in pages:
            answer = explained(person, page, group, bodies, clock.today())
            opens = client.get(page.address).status_code == 200
            asked += 1
            seen += opens
            if answer.sees != opens:
                wrong.append(f"{person} ({person.email}), {page.address}: said {answer.sees}, was {opens}")
            assert answer.rules
            if answer.sees and not person.is_site_admin:
                assert answer.memberships, (str(person), page.address)
    print(f"\n{asked} explanations compared with requests, {seen} of which were answered")
    assert wrong == []
    assert 0 < seen < asked


def test_every_page_of_an_object_is_explained() -> None:
    with_object = {name for name, (kwargs, _) in INSIDE.items() if len(kwargs) > 1}
    read = {name for name in with_object if "GET" in getattr(ours()[name].callback, "methods", ("GET",))}
    assert read - NOT_ASKED_ABOUT == {kind.view for kind in KINDS.values()}


def test_every_page_inside_a_group_leads_there(group: WorkingGroup, client: Client) -> None:
    client.force_login(world.who("administrator"))
    led = 0
    for name, address in addresses().items():
        asked = RequestFactory().get(address)
        asked.resolver_match = resolve(address)
        to = explanation_of(asked)
        assert bool(to) == (name not in NOT_ASKED_ABOUT), name
        if to and access_of(resolve(address)) in INSIDE_FOR_ALL:
            assert client.get(to).status_code == 200, name
            answer = client.get(address)
            if "text/html" in answer["Content-Type"]:
                assert f'href="{to}"' in answer.content.decode(), name
            led += 1
    assert led > 15


def said(client: Client, page: str, person: User) -> str:
    """What the page of the explanation says of a person."""
    return words_of(client.get(f"/groups/ecom/why/{page}/", {"person": person.pk}))


def test_the_rule_names_the_roles_and_the_membership(group: WorkingGroup, client: Client) -> None:
    client.force_login(world.who("administrator"))
    membership = Body.objects.get(group=group, key="team-2").memberships.all()[0]
    chair, lead, member = world.who("chair"), world.who("lead"), world.who("member")
    answer = said(client, f"membership/{membership.pk}", chair)
    assert f"{chair.name} sees it" in answer
    assert "Only these may add, change and end memberships: administrators, chairs" in answer
    assert "Chair of ECOM" in answer
    assert "holds none of these roles" in said(client, f"membership/{membership.pk}", lead)
    assert "Only these may read the reminder ledger: administrators, chairs, leads, CBP reviewers" in said(
        client, "page/reminders-ledger", member
    )
    assert "may read the group's pages" in said(client, "version/1.0", member)
    assert f"{member.name} sees it" in said(client, "page/papers-developments", member)


def test_a_chair_of_a_team_is_told_whose_memberships_are_not_theirs(group: WorkingGroup, client: Client) -> None:
    client.force_login(world.who("administrator"))
    chair = factories.member(Body.objects.get(group=group, key="team-1"), role=Role.CHAIR)
    other = Body.objects.get(group=group, key="team-2").memberships.all()[0]
    answer = said(client, f"membership/{other.pk}", chair)
    assert f"{chair.name} does not see it" in answer
    assert "belongs to Team 2, in which no role of the person counts for this" in answer


@pytest.mark.parametrize(
    "page",
    [
        "page/nothing",
        "page/why",
        "page/admin-index",
        "page/home",
        "page/work-milestone",
        "page/--",
        "nothing/x",
        "membership/x",
        "membership/99999999999999999999",
        "membership/0",
        "version/9.9",
        "version/%00",
        "document/nothing",
        "team/ecom",
    ],
)
def test_what_is_not_there_is_not_explained(group: WorkingGroup, client: Client, page: str) -> None:
    client.force_login(world.who("administrator"))
    assert client.get(f"/groups/ecom/why/{page}/").status_code == 404


def test_no_explanation_takes_more_than_twelve_queries(group: WorkingGroup, client: Client) -> None:
    administrator = world.who("administrator")
    client.force_login(administrator)
    client.get("/")
    counts = {}
    milestone = Milestone.objects.filter(group=group)[0]
    pages = ["page/bodies-group", f"milestone/{milestone.key}", "document/for-government", "term/team-1"]
    membership = Body.objects.get(group=group, key="team-2").memberships.all()[0]
    for page in [*pages, f"membership/{membership.pk}", f"invitation/{world.open_invitation().pk}"]:
        for person in (administrator, world.who("chair"), world.who("member"), factories.person()):
            with CaptureQueriesContext(connection) as queries:
                client.get(f"/groups/ecom/why/{page}/", {"person": person.pk})
            counts[page, person.name] = len(queries)
    assert {asked: count for asked, count in counts.items() if count > 12} == {}


def test_the_page_of_an_object_leads_to_what_changed_there(group: WorkingGroup, client: Client) -> None:
    by = factories.person(is_site_admin=True, government=True)
    client.force_login(by)
    told = set()
    for page in rows(group, by, most=1):
        if page.kind is None or not page.kind.changes:
            continue
        links = re.findall(r'href="([^"]+)">What changed here', client.get(page.address).content.decode())
        assert len(links) == 1, page.address
        words = words_of(client.get(html.unescape(links[0])))
        noun = page.kind.changes
        assert f"{noun[0].upper()}{noun[1:]} added" in words, (links, words[:400])
        assert "so everything is shown" not in words
        told.add(noun)
    assert told == {kind.changes for kind in KINDS.values() if kind.changes}
