"""What people choose of the mail of a call for consensus, and where it stands."""

from __future__ import annotations

import pytest

from documents.statement import selectors, services
from teams.accounts.models import User
from teams.bodies.models import Role
from teams.clock import services as clocks
from teams.notices import services as notices
from teams.notices.models import MailboxMessage, Notice, Way
from tests.documents.calls.calling import SUBJECT, Propose, SignIn, answer, at, move_clock
from tests.pages import words_of

pytestmark = pytest.mark.django_db


def test_the_asking_can_not_be_off_and_the_others_can(
    propose: Propose, chair: User, admin: User, signed_in: SignIn
) -> None:
    page = signed_in(chair).get("/profile/mail/").content.decode()
    for kind, may_be_off in ((selectors.ASKING, False), (selectors.REMINDER, True), (selectors.OUTCOME, True)):
        assert f'name="way_{kind}"' in page
        assert (f'name="way_{kind}" value="off"' in page) == may_be_off
    off = {selectors.REMINDER: Way.OFF, selectors.OUTCOME: Way.OFF}
    notices.choose(by=chair, ways=off, quiet_hours=None, working_days=range(1, 8))
    proposal = propose()
    move_clock("2018-07-27 09:00")
    services.withdraw(by=admin, proposal=proposal, reason="One more change.")
    assert set(Notice.objects.filter(owed_to=chair).values_list("kind", "state")) == {
        (selectors.ASKING, "sent"),
        (selectors.REMINDER, "off"),
        (selectors.OUTCOME, "off"),
    }


def test_in_a_digest_it_says_what_is_asked(propose: Propose, chair: User) -> None:
    notices.choose(by=chair, ways={selectors.ASKING: Way.DAILY}, quiet_hours=None, working_days=range(1, 8))
    proposal = propose()
    notices.send_due()
    assert not MailboxMessage.objects.exists()
    clocks.set_clock(to=at("2018-07-21 09:00"))
    notices.send_due()
    mail = MailboxMessage.objects.get()
    assert f"Please agree or object by Friday, August 3: {SUBJECT}" in mail.text
    assert "Ecom Working Group. Please read what changes, and agree, or object and say why." in mail.text
    assert proposal.get_absolute_url() in mail.text


def test_ledger_and_forecast_show_it(propose: Propose, chair: User, reviewer: User, signed_in: SignIn) -> None:
    proposal = propose()
    notices.send_due()
    client = signed_in(chair)
    ledger = client.get("/groups/ecom/ledger/")
    assert f'href="{proposal.get_absolute_url()}">{SUBJECT}, proposed</a>' in ledger.content.decode()
    assert f"Ray {SUBJECT}, proposed You are asked as CBP's reviewer. ● Sent" in words_of(ledger)
    forecast = words_of(client.get("/groups/ecom/ledger/forecast/"))
    assert forecast.count("Cleo You are asked as the chair; the group's rule reminds") == 4
    answer(chair, proposal, Role.CHAIR)
    forecast = words_of(client.get("/groups/ecom/ledger/forecast/"))
    assert "Cleo You are asked" not in forecast
    assert forecast.count("Ray You are asked as CBP's reviewer; the group's rule reminds") == 4
