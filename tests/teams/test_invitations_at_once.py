"""One invitation used fifty times at once: it lets one person in, once."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client
from pytest_django import Settings

from teams.accounts.models import User
from teams.bodies.invitations import links, services
from teams.bodies.models import Invitation, Membership, Role
from teams.clock import services as clock
from tests import factories
from tests.conftest import START
from tests.passkeys import answer_to

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 50
PASSWORD = "a harbor with seven cranes"


def post_at_once(path: str, *, by_passkey: bool = False) -> Counter[str]:
    """Send the form AT_ONCE times at the same moment, each on a connection of its own; with a passkey made before.

    Counts the answers by where they lead, or by their status.
    """
    start = Barrier(AT_ONCE)
    clients = [Client() for _ in range(AT_ONCE)]
    forms = [{"name": f"Number {number}", "password": PASSWORD, "again": PASSWORD} for number in range(AT_ONCE)]
    if by_passkey:
        for client, form in zip(clients, forms, strict=True):
            form |= {"password": "", "again": "", "way": "passkey"}
            form["credential"] = answer_to(client.post(f"{path}passkey/", form).json()["creation_options"])

    def post(number: int) -> str:
        # The pool of one process would let four through at a time.
        options = {name: value for name, value in connection.settings_dict["OPTIONS"].items() if name != "pool"}
        connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
        try:
            connection.ensure_connection()
            start.wait(30)
            answer = clients[number].post(path, forms[number])
            return answer.headers.get("Location", str(answer.status_code))
        finally:
            connection.close()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return Counter(threads.map(post, range(AT_ONCE)))


def test_fifty_at_once_let_one_in(settings: Settings, pytestconfig: pytest.Config) -> None:
    """Two rounds; twenty with the option --whole."""
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    clock.set_clock(to=START)
    group = factories.group("ecom")
    chair = factories.member(factories.root(group), role=Role.CHAIR)
    team = factories.team(group)
    rounds = 20 if pytestconfig.getoption("--whole", default=False) else 2
    for each in range(rounds):
        email = f"round{each}@example.test"
        invitation = services.invite(by=chair, body=team, role=Role.MEMBER, email=email, name="New")
        path = f"/invitations/{links.token_of(invitation.nonce)}/"
        answers = post_at_once(path)
        # One is sent on to the home page. Who finds the account there already is shown the way to sign in; the others
        # learn that the invitation has been used.
        print(f"round {each + 1}: {dict(sorted(answers.items()))}")
        assert answers["/"] == 1
        assert set(answers) <= {"/", "200", "410", path}
        person = User.objects.get(email=email)
        assert list(Membership.objects.filter(body=team, person=person).values_list("role", flat=True)) == ["member"]
        invitation = Invitation.objects.get(pk=invitation.pk)
        assert invitation.accepted_by == person
        assert person.name.startswith("Number ")
        events = Invitation.pgh_event_model.objects.filter(pgh_obj_id=invitation.pk, pgh_label="update")  # type: ignore[attr-defined]
        assert events.count() == 1
    assert Membership.objects.filter(body=team).count() == rounds


def test_fifty_passkeys_at_once_let_one_in(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    clock.set_clock(to=START)
    group = factories.group("ecom")
    chair = factories.member(factories.root(group), role=Role.CHAIR)
    invitation = services.invite(
        by=chair, body=factories.team(group), role=Role.MEMBER, email="new@example.test", name="New"
    )
    path = f"/invitations/{links.token_of(invitation.nonce)}/"
    answers = post_at_once(path, by_passkey=True)
    print(f"by passkey: {dict(sorted(answers.items()))}")
    inside = "/accounts/second-factor/recovery-codes/"
    assert answers[inside] == 1
    assert set(answers) <= {inside, "200", "410", path}
    person = User.objects.get(email="new@example.test")
    assert not person.has_usable_password()
    assert Authenticator.objects.filter(type="webauthn").count() == 1
    assert Authenticator.objects.get(type="webauthn").user == person
    assert Membership.objects.filter(person=person).count() == 1
