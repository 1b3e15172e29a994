"""How many queries each page takes. `pytest tests/test_queries.py -s` prints the list."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from milestones.reminders import services as reminders
from teams.clock import selectors as clock
from teams.notices import services as notices
from tests import world
from tests.test_access import INSIDE, addresses

AT_MOST = 12


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["administrator", "chair", "lead", "reviewer"])
def test_no_page_takes_more_than_twelve_queries(client: Client, role: str) -> None:
    world.load_example()
    reminders.sweep(now=clock.now())
    notices.send_due()
    client.force_login(world.who(role))
    client.get("/")  # notes the visit, once in five minutes
    counts = {}
    opened = {
        name: address for name, address in addresses().items() if (roles := INSIDE[name][1]) is None or role in roles
    }
    for name, address in {"home": "/", "search": "/search/?q=framework", **opened}.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        counts[name] = len(queries)
    print(f"\nqueries as {role}: " + ", ".join(f"{name} {count}" for name, count in counts.items()))
    assert {name: count for name, count in counts.items() if count > AT_MOST} == {}
