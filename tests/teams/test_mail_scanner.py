"""A scanner opens every link of every mail before its reader does: nothing changes, and each link still works."""

from __future__ import annotations

import html
import re
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from pytest_django import Settings

from milestones.reminders import services as reminders
from teams.clock import selectors as clock
from teams.notices import services as notices
from teams.notices.models import MailboxMessage
from tests import world

PASSWORD = "sample-harbor-2018"
LINK = re.compile(r"https?://testserver/[^\s\"'<>)]*")
# Who opens a link without a session is given one, and is counted against the limits.
THE_SCANNERS_OWN = {"django_session"}


def contents() -> dict[str, str]:
    """A digest of the rows of every table that is the portal's."""
    found = {}
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            if table in tables - THE_SCANNERS_OWN:
                cursor.execute(f'SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM "{table}" t')  # noqa: S608
                found[table] = cursor.fetchone()[0]
    return found


def mail_of_every_kind() -> None:
    """Reminders, an invitation, a stand-in, a new password, a new address."""
    call_command("set_clock", "2018-07-26", verbosity=0)
    reminders.sweep(now=clock.now())
    world.open_invitation()
    world.absence()
    Client().post("/accounts/password/reset/", {"email": world.PEOPLE["chair"]})
    client = Client()
    client.post("/accounts/login/", {"login": world.PEOPLE["member"], "password": PASSWORD})
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    client.post("/accounts/email/", {"email": "new@elsewhere.example", "action_add": ""})
    notices.send_due()


def links() -> list[str]:
    """Every address in the text, the page and the headers of every mail."""
    found: dict[str, None] = {}
    for mail in MailboxMessage.objects.order_by("pk"):
        for part in (mail.text, html.unescape(mail.html), mail.headers):
            found |= dict.fromkeys(LINK.findall(part))
    return list(found)


@pytest.mark.django_db(transaction=True)
def test_nothing_that_a_scanner_opens_changes_anything(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "teams.notices.mailbox.MailboxBackend"
    cache.clear()
    world.load_example()
    mail_of_every_kind()
    addresses = links()
    kinds = {urlsplit(link).path.strip("/").partition("/")[0] for link in addresses}
    assert kinds >= {"accounts", "groups", "invitations", "mail"}, kinds
    before = contents()
    for address in addresses:
        for method in ("get", "head", "options"):
            answer = getattr(Client(), method)(address, **({"follow": True} if method == "get" else {}))
            assert answer.status_code in (200, 302, 405), (method, address, answer.status_code)
    assert contents() == before

    def opened(part: str) -> str:
        address = next(link for link in addresses if part in link)
        return str(Client().get(address, follow=True).content.decode())

    assert "Choose a new password" in opened("/password/reset/key/")
    assert "Yes, confirm it" in opened("/confirm-email/")
    assert "You are invited" in opened("/invitations/")
