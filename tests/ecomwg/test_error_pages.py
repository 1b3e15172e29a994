"""Error pages say what went wrong and what to do, whatever else is broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.test import Client

from ecomwg import errors
from teams.accounts.models import User
from tests import factories

SignIn = Callable[[User], Client]


@pytest.mark.parametrize("code", [400, 500, 503])
def test_a_page_for_when_nothing_else_works_needs_no_context(code: int) -> None:
    page = render_to_string(f"errors/{code}.html")
    assert page.count("<h1>") == 1
    assert 'href="/"' in page
    assert 'href="/static/css/portal.css"' in page


def test_an_unknown_address_gets_words_signed_in_or_not(signed_in: SignIn, at_start: object) -> None:
    client = Client()
    for visitor in (client, signed_in(factories.person())):
        answer = visitor.get("/nothing/here/")
        assert answer.status_code == 404
        assert "There is no such page" in answer.content.decode()


def test_a_member_who_may_not_is_told_so_inside_the_portal(signed_in: SignIn, at_start: object) -> None:
    group = factories.group("ecom")
    answer = signed_in(factories.member(factories.root(group))).get("/groups/ecom/ledger/")
    page = answer.content.decode()
    assert answer.status_code == 403
    assert "You may not open this" in page
    assert "Your role does not allow you to read the reminder ledger." in page
    assert "Ecom Working Group" in page


def test_a_form_from_elsewhere_is_refused_in_words(at_start: object) -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@example.test", "password": "x"})
    assert answer.status_code == 403
    assert "The form could not be taken" in answer.content.decode()


def test_a_fault_of_ours_is_a_500_and_a_database_that_is_away_a_503() -> None:
    def answer_to(fault: Exception) -> tuple[int, str | None]:
        try:
            raise fault
        except type(fault):
            answer = errors.server_error(HttpRequest())
        return answer.status_code, answer.get("Retry-After")

    assert answer_to(ValueError()) == (500, None)
    assert answer_to(OperationalError()) == (503, "10")
