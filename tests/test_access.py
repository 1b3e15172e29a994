"""Every address of the portal declares who may come, and each person gets from each address what the table says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

import pytest
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, resolve, reverse
from pytest_django import Settings

from documents.statement.models import StatementVersion
from milestones.reminders import services as reminders
from milestones.reminders.models import ReminderRule
from teams.accounts.access import ADMINISTRATORS, ALLAUTH_PUBLIC, PUBLIC, SIGNED_IN, methods_of
from teams.accounts.models import User
from teams.bodies.models import Body, Membership
from teams.bodies.permissions import ADMINISTRATOR, ALLOWED, Action
from teams.clock import selectors as clock
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice
from tests import factories, world

GROUP: dict[str, object] = {"group": "ecom"}
# Another one in each page.
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="\w+"|data-session-left="\d+"')
INVITING = {"administrator", "chair"}
KEEPERS = {"administrator", "chair"}
COMMENTERS = {"administrator", "reviewer", "chair", "lead", "member", "member of another team"}
DRAFT: dict[str, object] = {**GROUP, "draft": 0}
PROPOSAL: dict[str, object] = {**GROUP, "proposal": 0}
CLAUSE: dict[str, object] = {**DRAFT, "clause": 0}
NOTING = {"administrator", "chair", "lead", "member", "reviewer"}
PLANNERS = {"administrator", "chair", "lead"}
LEDGER = {"administrator", "reviewer", "chair", "lead"}

# One address of each kind inside a group, with the roles that it opens for; None: everyone who belongs to the group.
INSIDE: dict[str, tuple[dict[str, object], set[str] | None]] = {
    "bodies:group": (GROUP, None),
    "bodies:absences": (GROUP, None),
    "bodies:set_absence": (GROUP, None),
    "bodies:absence": ({**GROUP, "absence": 0}, None),
    "bodies:memberships": (GROUP, KEEPERS),
    "bodies:membership": ({**GROUP, "membership": 0}, KEEPERS),
    "bodies:add_membership": (GROUP, KEEPERS),
    "bodies:new_term": ({**GROUP, "key": "team-1"}, KEEPERS),
    "why": ({**GROUP, "kind": "document", "key": "framework"}, {"administrator"}),
    "bodies:access_rounds": (GROUP, {"administrator"}),
    "bodies:access_round": ({**GROUP, "round_pk": 0}, {"administrator"}),
    "bodies:settings": (GROUP, {"administrator"}),
    "reminders:rules": (GROUP, {"administrator"}),
    "reminders:add_rule": (GROUP, {"administrator"}),
    "reminders:rule": ({**GROUP, "rule": 0}, {"administrator"}),
    "bodies:invitations": (GROUP, INVITING),
    "bodies:invite": (GROUP, INVITING),
    "bodies:invitation": ({**GROUP, "invitation": 0}, INVITING),
    "history:activity": (GROUP, None),
    "history:activity_csv": (GROUP, None),
    "work:plan": (GROUP, None),
    "work:import_plan": (GROUP, {"administrator", "chair", "lead"}),
    "work:plan_template": (GROUP, {"administrator", "chair", "lead"}),
    "work:team": ({**GROUP, "key": "team-1"}, None),
    "work:milestone": ({**GROUP, "key": "diagrams-draft"}, None),
    "work:deliverable": ({**GROUP, "key": "diagrams"}, None),
    "work:add_deliverable": ({**GROUP, "key": "team-1"}, PLANNERS),
    "work:add_milestone": ({**GROUP, "key": "diagrams"}, PLANNERS),
    "work:change_milestone": ({**GROUP, "key": "diagrams-draft"}, PLANNERS),
    "work:move_milestone": ({**GROUP, "key": "diagrams-draft"}, None),
    "work:progress_notes": (GROUP, None),
    "work:progress_note": ({**GROUP, "key": "a-progress-note"}, None),
    "work:write_progress_note": ({**GROUP, "key": "team-1"}, {"administrator", "chair", "lead"}),
    "work:notes": (GROUP, None),
    "work:note": ({**GROUP, "key": "a-note"}, None),
    "work:write_milestone_note": ({**GROUP, "key": "diagrams-draft"}, NOTING),
    "work:write_deliverable_note": ({**GROUP, "key": "diagrams"}, NOTING),
    "work:write_team_note": ({**GROUP, "key": "team-1"}, NOTING),
    "meetings:calendar": (GROUP, None),
    "meetings:meeting": ({**GROUP, "key": "wgec-2018-10"}, None),
    "meetings:add_action": ({**GROUP, "key": "wgec-2018-10"}, PLANNERS),
    "library:documents": (GROUP, None),
    "library:documents_csv": (GROUP, None),
    "library:document": ({**GROUP, "key": "framework"}, None),
    "statement:current": (GROUP, None),
    "statement:compare": (GROUP, None),
    "statement:drafts": (GROUP, None),
    "statement:start_draft": (GROUP, {"administrator"}),
    "statement:import_draft": (GROUP, {"administrator"}),
    "statement:draft": (DRAFT, None),
    "statement:impact": (DRAFT, {"administrator"}),
    "statement:propose": (DRAFT, {"administrator"}),
    "statement:proposal": (PROPOSAL, None),
    "statement:take_position": (PROPOSAL, {"chair", "reviewer"}),
    "statement:change_proposal": (PROPOSAL, {"administrator"}),
    "statement:adopt": (PROPOSAL, {"administrator"}),
    "statement:draft_settings": (DRAFT, {"administrator"}),
    "statement:draft_import": (DRAFT, {"administrator"}),
    "statement:draft_add": (DRAFT, {"administrator"}),
    "statement:draft_clause": (CLAUSE, None),
    "statement:draft_comment": (CLAUSE, COMMENTERS),
    "statement:draft_resolve": ({**DRAFT, "comment": 0}, COMMENTERS),
    "statement:draft_edit": (CLAUSE, {"administrator"}),
    "statement:draft_move": (CLAUSE, {"administrator"}),
    "statement:draft_split": (CLAUSE, {"administrator"}),
    "statement:draft_merge": (CLAUSE, {"administrator"}),
    "statement:draft_remove": (CLAUSE, {"administrator"}),
    "statement:clause": ({**GROUP, "clause": 0}, None),
    "statement:clause_links": ({**GROUP, "clause": 0}, {"administrator", "chair", "lead"}),
    "statement:remove_link": ({**GROUP, "clause": 0, "link": 0}, {"administrator", "chair", "lead"}),
    "statement:thing": ({**GROUP, "sort": "document", "key": "framework"}, None),
    "statement:export_compared": ({**GROUP, "ending": "md"}, None),
    "statement:export_draft": ({**GROUP, "draft": 0, "ending": "md"}, None),
    "statement:export_version": ({**GROUP, "number": "1.0", "ending": "md"}, None),
    "statement:version": ({**GROUP, "number": "1.0"}, None),
    "consultations:consultations": (GROUP, None),
    "consultations:consultation": ({**GROUP, "key": "package-comments"}, None),
    "papers:developments": (GROUP, None),
    "reminders:ledger": (GROUP, LEDGER),
    "reminders:forecast": (GROUP, LEDGER),
    "reminders:notice": ({**GROUP, "pk": 0}, LEDGER),
    "reminders:notice_mail": ({**GROUP, "pk": 0}, LEDGER),
}
OUTSIDE_OF_GROUPS = {
    "home",
    "people:people",
    "people:account",
    "profile:profile",
    "choices:choices",
    "choices:least",
    "by_mail:answer",
    "search",
    "notices:mailbox",
    "notices:message",
    "notices:message_mail",
    "sessions:session",
    "sessions:kept",
    "open_sessions:open_sessions",
    "open_sessions:end",
    "open_sessions:end_all",
    "identities:identities",
    "identities:sign_in",
    "identities:answer",
    "identities:link",
    "identities:remove",
    "invitations:invitation",
    "invitations:passkey",
    "viewing:view_as",
    "viewing:stop",
    "administration",
    "change_password",
}


def routes(
    patterns: list[URLPattern | URLResolver] | None = None, namespace: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    """Every route of the URLconf with its name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = ":".join(filter(None, [namespace, pattern.namespace or ""]))
            yield from routes(pattern.url_patterns, inner)
        else:
            yield f"{namespace}:{pattern.name}" if namespace else str(pattern.name), pattern


def ours() -> dict[str, URLPattern]:
    """Routes of our own views."""
    return {
        name: pattern
        for name, pattern in routes()
        if pattern.callback.__module__.startswith(("ecomwg", "documents", "milestones", "teams"))
    }


def test_every_view_of_ours_declares_its_access() -> None:
    known = {PUBLIC, SIGNED_IN, ADMINISTRATORS, *Action.__members__}
    undeclared = {name for name, pattern in ours().items() if getattr(pattern.callback, "access", None) not in known}
    assert undeclared == set()


def test_every_address_is_in_the_table_of_this_test() -> None:
    assert set(ours()) == set(INSIDE) | OUTSIDE_OF_GROUPS


def test_pages_of_other_packages_open_only_where_they_must(db: None, client: Client) -> None:
    opened: set[str] = set()
    closed: set[str] = set()
    for name, _ in routes():
        if name in ours():
            continue
        try:
            address = reverse(name)
        except NoReverseMatch:
            continue  # it stands for many addresses
        answer = client.get(address)
        is_closed = answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=")
        (closed if is_closed else opened).add(name)
    assert opened <= ALLAUTH_PUBLIC
    assert len(closed) > 15


def test_the_table_of_actions_names_every_action() -> None:
    assert set(ALLOWED) == set(Action)
    # They propose and adopt the statement, and the others agree; work is done and judged by the group's own people.
    not_for_administrators = {Action.AGREE_TO_STATEMENT, Action.ACCEPT_WORK, Action.HAND_IN_WORK}
    assert {action for action, roles in ALLOWED.items() if ADMINISTRATOR not in roles} == not_for_administrators


@pytest.fixture
def example(db: None, settings: Settings) -> datetime:
    """The shipped example with the mail that is due at its start."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    world.load_example()
    reminders.sweep(now=clock.now())
    notices.send_due()
    return clock.now()


def addresses() -> dict[str, str]:
    """The addresses of INSIDE, with a notice, an invitation, a membership, a round and remarks that exist."""
    world.remarks()
    world.progress_note()
    existing = {
        "pk": Notice.objects.filter(state=Notice.State.SENT).values_list("pk", flat=True)[0],
        "invitation": world.open_invitation().pk,
        "membership": Membership.objects.filter(body__key="team-2", role="member").values_list("pk", flat=True)[0],
        "absence": world.absence().pk,
        "rule": ReminderRule.objects.filter(group__slug="ecom").values_list("pk", flat=True)[0],
        "round_pk": world.round_of_recertification().pk,
        "draft": (comment := world.comment_on_draft()).draft_id,
        "clause": comment.clause_id,
        "comment": comment.pk,
        "proposal": world.proposal().pk,
        "link": world.link_to(comment.clause).pk,
    }
    return {
        name: reverse(name, kwargs={key: existing.get(key, value) for key, value in kwargs.items()})
        for name, (kwargs, _) in INSIDE.items()
    }


def answers(client: Client) -> dict[str, int]:
    """What each address inside the group answers to a GET."""
    return {name: client.get(address).status_code for name, address in addresses().items()}


@pytest.mark.parametrize("role", sorted(world.PEOPLE))
def test_each_role_gets_what_the_table_says(example: datetime, client: Client, role: str) -> None:
    client.force_login(world.who(role))
    expected = {name: 200 if roles is None or role in roles else 403 for name, (_, roles) in INSIDE.items()}
    assert answers(client) == expected
    assert client.get("/").status_code == 200
    assert client.get("/search/?q=framework").status_code == 200


def test_an_outsider_finds_no_such_page(example: datetime, client: Client) -> None:
    client.force_login(factories.member(factories.root(factories.group("other"))))
    assert set(answers(client).values()) == {404}
    assert client.get("/").status_code == 200
    found = client.get("/search/?q=framework")
    assert found.status_code == 200
    assert "Framework of Standards" not in found.content.decode()


def test_an_unknown_group_and_another_group_look_the_same(example: datetime, client: Client) -> None:
    client.force_login(factories.member(factories.root(factories.group("other"))))
    theirs, none = client.get("/groups/ecom/plan/"), client.get("/groups/nothing/plan/")
    assert (theirs.status_code, none.status_code) == (404, 404)
    pages = [TOKEN.sub(b"", page.content) for page in (theirs, none)]
    assert pages[0].replace(b"ecom", b"") == pages[1].replace(b"nothing", b"")


def test_someone_who_is_not_signed_in_is_sent_to_sign_in(example: datetime, client: Client) -> None:
    for address in [*addresses().values(), "/", "/search/?q=x"]:
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"].startswith("/accounts/login/?next=")
    assert client.get("/groups/nothing/plan/")["Location"].startswith("/accounts/login/?next=")


def test_a_membership_that_ended_opens_nothing(example: datetime, client: Client) -> None:
    person = world.who("member of another team")
    client.force_login(person)
    assert client.get("/groups/ecom/plan/").status_code == 200
    Membership.objects.filter(person=person).update(ended=factories.day("2018-07-20"))
    assert set(answers(client).values()) == {404}


def test_a_membership_that_has_not_begun_opens_nothing(example: datetime, client: Client) -> None:
    person = factories.member(Body.objects.get(key="team-1"), started=factories.day("2018-08"))
    client.force_login(person)
    assert set(answers(client).values()) == {404}


def test_a_person_switched_off_is_signed_out(example: datetime, client: Client) -> None:
    person = world.who("lead")
    client.force_login(person)
    User.objects.filter(pk=person.pk).update(is_active=False)
    assert client.get("/groups/ecom/plan/").status_code == 302


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_reading_pages_change_nothing_by_other_methods(example: datetime, client: Client, method: str) -> None:
    client.force_login(world.who("administrator"))
    paths = addresses().values()
    before = StatementVersion.objects.count(), Notice.objects.count(), MailboxMessage.objects.count()
    refused = 0
    for address in paths:
        if method.upper() not in (methods_of(resolve(address)) or ()):
            assert getattr(client, method)(address).status_code == 405
            refused += 1
    assert refused > 10
    assert before == (StatementVersion.objects.count(), Notice.objects.count(), MailboxMessage.objects.count())


def test_only_administrators_see_djangos_pages(example: datetime, client: Client) -> None:
    for role in world.PEOPLE:
        client.force_login(world.who(role))
        assert client.get("/administration/records/").status_code == (200 if role == "administrator" else 404), role
    client.logout()
    assert client.get("/administration/records/")["Location"].startswith("/accounts/login/")


def test_the_mailbox_is_there_in_a_demonstration_only(example: datetime, client: Client, settings: Settings) -> None:
    pk = MailboxMessage.objects.values_list("pk", flat=True)[0]
    pages = ["/mailbox/", f"/mailbox/{pk}/", f"/mailbox/{pk}/mail/"]
    assert [client.get(page).status_code for page in pages] == [200, 200, 200]
    settings.DEMONSTRATION = False
    assert [client.get(page).status_code for page in pages] == [404, 404, 404]


def test_a_view_that_declares_nothing_is_refused(
    example: datetime, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(world.who("administrator"))
    monkeypatch.delattr(resolve("/search/").func, "access")
    assert client.get("/search/").status_code == 404


def test_no_page_of_a_person_is_kept_by_browser_or_proxy(example: datetime, client: Client) -> None:
    client.force_login(world.who("administrator"))
    kept = {name for name, address in addresses().items() if "no-store" not in client.get(address)["Cache-Control"]}
    assert kept == set()


def test_the_sign_out_page_is_no_place_to_come_back_to(db: None, client: Client) -> None:
    assert "logout" not in client.get("/accounts/logout/")["Location"]


def test_sign_up_is_closed(db: None, client: Client) -> None:
    answer = client.post(
        "/accounts/signup/",
        {"email": "new@example.test", "password1": factories.PASSWORD, "password2": factories.PASSWORD},
    )
    assert not User.objects.filter(email="new@example.test").exists()
    assert "closed" in answer.content.decode().lower()
