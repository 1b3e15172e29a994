"""A clause stays itself through the versions of the statement of work, and adopted versions never change."""

from __future__ import annotations

from pathlib import Path

import pytest

from documents.statement.models import Clause, ClauseText, StatementVersion
from documents.statement.services import Wording, adopt_version, same_clauses
from ecomwg.loading.load import load
from teams.dates import ApproximateDate

from .files import EXAMPLE, edited, faults, line_of

pytestmark = pytest.mark.django_db

RULE = "version 2.0 is adopted and stays as it is; what is new goes into a new version"
THIRD = """\
    - version: "3.0"
      adopted: 2018-07
      source: illustrative
      clauses:
        - {number: "1", heading: Background, text: "Worded anew."}
        - {number: "2", heading: Process maps, text: "Process maps that name the parties and the actions of each step."}

strategy:
"""
WITHOUT_CLAUSES = [(f'clause: "{number}", ', "") for number in ("5.1", "5.3", "4.1", "4.2", "5.3")]


def test_the_clauses_of_the_example_are_the_same_where_they_only_moved() -> None:
    load(EXAMPLE)
    before = {text.clause_id: text for text in ClauseText.objects.filter(version__number="1.0")}
    found = {
        text.number: before[text.clause_id].number if text.clause_id in before else None
        for text in ClauseText.objects.filter(version__number="2.0")
    }
    assert found == {
        "1": "1",
        "2": "2",
        "3": "3",
        "4": None,
        "4.1": None,
        "4.2": None,
        "4.3": None,
        "4.4": None,
        "4.5": None,
        "5": "4",
        "5.1": None,
        "5.2": None,
        "5.3": None,
        "6": "5",
    }
    assert Clause.objects.count() == 14


def test_the_same_number_with_another_subject_is_another_clause() -> None:
    before = [Wording("3", "Membership", "Members come from companies and small business.")]
    assert same_clauses(before, [Wording("3", "Budget", "There is no money for travel.")]) == [None]
    assert same_clauses(before, [Wording("3", "Members", "Members come from companies and from small business.")]) == [
        0
    ]


def test_of_several_clauses_with_one_heading_the_number_tells_which() -> None:
    before = [Wording("1.1", "General"), Wording("2.1", "General")]
    after = [Wording("2.1", "GENERAL"), Wording("1.2", "General"), Wording("3.1", "General")]
    assert same_clauses(before, after) == [1, 0, None]


def test_deliverables_stay_under_their_clause_in_the_next_version(tmp_path: Path) -> None:
    load(EXAMPLE)
    load(edited(tmp_path, ("\nstrategy:\n", THIRD), ('clause: "5.2"', 'clause: "2"'), *WITHOUT_CLAUSES))
    moved = ClauseText.objects.get(version__number="3.0", number="2")
    assert moved.clause.texts.get(version__number="2.0").number == "5.2"
    assert [row.key for row in moved.clause.deliverables.all()] == ["maps"]
    assert Clause.objects.count() == 14


def test_an_adopted_version_cannot_be_reworded(tmp_path: Path) -> None:
    load(EXAMPLE)
    path = edited(tmp_path, ("Help CBP reach small businesses", "Help CBP to reach small businesses"))
    assert faults(path) == [
        f"group.yaml:{line_of('Help CBP to', path)}: statement_of_work/versions/2.0/clauses/4.2/text: {RULE}"
    ]
    assert not ClauseText.objects.filter(text__startswith="Help CBP to").exists()


def test_an_adopted_version_keeps_its_date_headings_and_clauses(tmp_path: Path) -> None:
    load(EXAMPLE)
    path = edited(
        tmp_path,
        ("adopted: 2018-06\n", "adopted: 2018-07\n"),
        ("heading: Data exchange,", "heading: Exchange of data,"),
        ('{number: "6", heading: Reporting', '{number: "7", heading: Reporting'),
    )
    place = "statement_of_work/versions/2.0"
    assert faults(path) == [
        f"group.yaml:104: {place}/adopted: {RULE}",
        f"group.yaml:107: {place}/clauses: clause 6 is no longer there; {RULE}",
        f"group.yaml:114: {place}/clauses/4.3/heading: {RULE}",
        f"group.yaml:121: {place}/clauses/7/number: {RULE}",
    ]


def test_an_adopted_version_keeps_the_order_of_its_clauses(tmp_path: Path) -> None:
    load(EXAMPLE)
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines(keepends=True)
    one = next(position for position, line in enumerate(lines) if "heading: Process diagrams" in line)
    lines[one], lines[one + 1] = lines[one + 1], lines[one]
    path = tmp_path / "group.yaml"
    path.write_text("".join(lines), encoding="utf-8")
    assert faults(path) == [
        f"group.yaml:107: statement_of_work/versions/2.0/clauses: the clauses stand in another order; {RULE}"
    ]


def test_the_summary_of_an_adopted_version_stays_as_it_is(tmp_path: Path) -> None:
    load(EXAMPLE)
    worded_anew = edited(tmp_path, ("summary: First statement of work.", "summary: The first statement of work."))
    (fault,) = faults(worded_anew)
    assert "versions/1.0/summary: version 1.0 is adopted and stays as it is" in fault
    assert StatementVersion.objects.get(number="1.0").summary == "First statement of work."


def test_a_version_that_the_portal_adopted_is_not_overtaken(tmp_path: Path) -> None:
    load(EXAMPLE)
    statement = StatementVersion.objects.get(number="2.0").statement
    adopted = ApproximateDate.parse("2018-07-15")
    adopt_version(
        statement=statement, number="2.1", adopted=adopted, source="portal", clauses=[Wording("1", "Background")]
    )
    third = edited(tmp_path, ("\nstrategy:\n", THIRD), ('clause: "5.2"', 'clause: "2"'), *WITHOUT_CLAUSES)
    place = "statement_of_work/versions"
    assert faults(third) == [f"group.yaml:123: {place}/3.0/adopted: version 2.1 was adopted July 15, 2018 already"]
    same = edited(tmp_path, ('version: "3.0"', 'version: "2.1"'), of=third)
    assert faults(same) == [f"group.yaml:122: {place}/2.1/version: version 2.1 was adopted in the portal already"]


def test_a_version_cannot_be_adopted_before_one_that_is_there() -> None:
    load(EXAMPLE)
    statement = StatementVersion.objects.get(number="2.0").statement
    with pytest.raises(ValueError, match=r"version 2\.0 was adopted June 2018 already"):
        adopt_version(
            statement=statement,
            number="1.5",
            adopted=ApproximateDate.parse("2018-05"),
            source="portal",
            clauses=[Wording("1", "Background")],
        )


def test_the_statement_of_work_stays_that_of_its_body(tmp_path: Path) -> None:
    load(EXAMPLE)
    path = edited(tmp_path, ("statement_of_work:\n  body: ecom", "statement_of_work:\n  body: coac"))
    assert faults(path) == [
        f"group.yaml:{line_of('  body: coac', path)}: statement_of_work/body: the statement of work is that of 'ecom'"
    ]
