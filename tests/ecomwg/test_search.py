"""One box over everything that the person may see."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from documents.library.models import Document
from teams.accounts.models import User
from tests import factories, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def example() -> None:
    """The shipped example."""
    world.load_example()


def page(client: Client, person: User, words: str, **more: str) -> str:
    """The page of results as the person gets it, without the marks of the hits."""
    return marked(client, person, words, **more).replace("<mark>", "").replace("</mark>", "")


def marked(client: Client, person: User, words: str, **more: str) -> str:
    """The same with the marks."""
    client.force_login(person)
    answer = client.get("/search/", {"q": words, **more})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize(
    ("words", "kind", "title"),
    [
        ("framework", "Document", "WCO Cross-Border E-Commerce Framework of Standards"),
        ("technical spec", "Document", "Draft Technical Specifications"),
        ("brussels", "Meeting", "Fourth meeting of the WCO Working Group on E-Commerce"),
        ("enforcement issues", "Milestone", "List of enforcement issues"),
        ("process diagrams", "Deliverable", "Process diagrams of e-commerce shipments"),
        ("small business education", "Statement of work", "Small business education outreach"),
        ("counterfeits", "Development", "The Truth Behind Counterfeits"),
        ("educational outreach", "Body", "International Trade Standards and Educational Outreach"),
        ("craft goods", "Person", "Sample Small Business"),
        ("framework package", "Consultation", "Comments on the framework package"),
    ],
)
def test_each_kind_of_thing_is_found(example: None, client: Client, words: str, kind: str, title: str) -> None:
    assert title in page(client, world.who("member"), words, kind=kind)


def test_the_beginning_of_a_word_is_enough(example: None, client: Client) -> None:
    assert "Draft Technical Specifications" in page(client, world.who("member"), "technical speci")


def test_words_in_another_form_are_found(example: None, client: Client) -> None:
    assert "Draft recommendations" in page(client, world.who("member"), "recommending", kind="Milestone")


def test_the_hits_are_marked_and_what_was_typed_is_no_markup(example: None, client: Client) -> None:
    html = marked(client, world.who("member"), "counterfeits")
    assert "<mark>Counterfeits</mark>" in html
    html = page(client, world.who("member"), "<script>alert(1)</script>")
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize(
    "words", ["'", '"', "a & | ! :*", "\\", "\x00", "(((", "-", "x" * 5000, "☃ snow:*", "or", "<->"]
)
def test_whatever_is_typed_gets_an_answer(example: None, client: Client, words: str) -> None:
    page(client, world.who("member"), words)


def test_nothing_found_says_so(example: None, client: Client) -> None:
    assert "zebra" in page(client, world.who("member"), "zebra")


def test_a_government_document_is_found_by_government_alone(example: None, client: Client) -> None:
    Document.objects.filter(key="framework-specs").update(access="government")
    assert "Draft Technical Specifications" not in page(client, world.who("chair"), "technical specifications")
    assert "Draft Technical Specifications" in page(client, world.who("partner agency"), "technical specifications")


def test_other_groups_are_not_found(example: None, client: Client) -> None:
    outsider = factories.member(factories.root(factories.group("other")))
    for words in ("framework", "diagrams", "brussels", "lead"):
        assert "ecom/" not in page(client, outsider, words)


def test_the_number_of_queries_does_not_grow_with_what_is_found(example: None, client: Client) -> None:
    group = factories.group("many")
    reader = factories.member(factories.root(group))
    counts = []
    for _ in range(2):
        factories.document(group, title="Quarterly heron report")
        page(client, reader, "heron")
        with CaptureQueriesContext(connection) as queries:
            page(client, reader, "heron")
        counts.append(len(queries))
        for _ in range(9):
            factories.document(group, title="Quarterly heron report")
    assert counts[0] == counts[1]


def test_what_was_made_up_is_marked_and_a_fact_is_not(example: None, client: Client) -> None:
    assert "sample-tag" in page(client, world.who("member"), "process diagrams", kind="Deliverable").split("<main")[1]
    assert "sample-tag" not in page(client, world.who("member"), "framework", kind="Document").split("<footer")[0]
