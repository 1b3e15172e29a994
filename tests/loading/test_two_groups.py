"""A second group's file loads beside the first: its own bodies and work, the same organizations and people."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecomwg.loading.load import load
from milestones.work.models import Milestone
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.bodies.permissions import standings

from .files import EXAMPLE, SECOND, counts, edited, faults, line_of

pytestmark = pytest.mark.django_db

REVIEWER = "the portal has the person reviewer@example.test"


@pytest.fixture(autouse=True)
def first_loaded(db: None) -> None:
    """The first group is there."""
    load(EXAMPLE)


def test_the_second_group_has_rows_of_its_own_under_the_same_keys() -> None:
    before = list(Milestone.objects.values())
    load(SECOND)
    assert list(WorkingGroup.objects.values_list("slug", flat=True)) == ["ecom", "trusted"]
    assert {row.group.slug for row in Body.objects.filter(key="team-1")} == {"ecom", "trusted"}
    assert {row.group.slug for row in Milestone.objects.filter(key="diagrams-draft")} == {"ecom", "trusted"}
    assert list(Milestone.objects.filter(group__slug="ecom").values()) == before


def test_each_file_loaded_again_changes_nothing() -> None:
    load(SECOND)
    once = counts()
    for path in (EXAMPLE, SECOND):
        outcome = load(path)
        assert (outcome.total.new, outcome.total.changed, outcome.total.kept) == (0, 0, 0)
    assert counts() == once


def test_a_shared_person_is_one_person_with_roles_in_both() -> None:
    load(SECOND)
    reviewer = User.objects.get(email="reviewer@example.test")
    assert reviewer.loaded_with == "ecom"
    assert Organization.objects.get(key="cbp").loaded_with == "ecom"
    assert {row.body.group.slug for row in Membership.objects.filter(person=reviewer)} == {"ecom", "trusted"}


def test_nobody_else_gets_into_the_other_group() -> None:
    load(SECOND)
    day = WorkingGroup.objects.get(slug="ecom").as_of
    assert list(standings(User.objects.get(email="chair@example.test"), day)) == ["ecom"]
    assert list(standings(User.objects.get(email="trusted.chair@example.test"), day)) == ["trusted"]


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        (
            "name: Sample Reviewer",
            "name: Sample Auditor",
            "people/officer/name",
            f"{REVIEWER} with name 'Sample Reviewer'; this file can't change that",
        ),
        (
            "affiliation: government",
            "affiliation: trade",
            "people/officer/affiliation",
            f"{REVIEWER} with affiliation 'government'; this file can't change that",
        ),
        (
            "organization: cbp, affiliation",
            "organization: sample-trust, affiliation",
            "people/officer/organization",
            f"{REVIEWER} with organization 'cbp'; this file can't change that",
        ),
        (
            "affiliation: government,",
            "affiliation: government, site_admin: true,",
            "people/officer/site_admin",
            f"{REVIEWER} with site_admin false; this file can't change that",
        ),
        (
            "affiliation: government,",
            "affiliation: government, timezone: Europe/Paris,",
            "people/officer/timezone",
            f"{REVIEWER} with timezone 'America/New_York'; this file can't change that",
        ),
        (
            "name: U.S. Customs and Border Protection",
            "name: Customs of the Sample States",
            "organizations/cbp/name",
            "the portal has the organization 'cbp' with name 'U.S. Customs and Border Protection'; this file can't "
            "change that",
        ),
        (
            "name: Sample Trusted Importers Inc.",
            "name: Sample customs brokers LLC",
            "organizations/sample-trust/name",
            "the portal has an organization of this name, under the key 'sample-broker'",
        ),
    ],
)
def test_what_another_group_brought_cannot_be_described_otherwise(
    old: str, new: str, place: str, message: str, tmp_path: Path
) -> None:
    path = edited(tmp_path, (old, new), of=SECOND)
    assert faults(path) == [f"group.yaml:{line_of(new, path)}: {place}: {message}"]
    assert not WorkingGroup.objects.filter(slug="trusted").exists()


def test_nor_can_it_be_changed_later(tmp_path: Path) -> None:
    load(SECOND)
    path = edited(tmp_path, ("name: Sample Reviewer", "name: Sample Auditor"), of=SECOND)
    assert len(faults(path)) == 1
    load(edited(tmp_path, ("name: Sample Reviewer", "name: Sample Auditor")))
    assert User.objects.get(email="reviewer@example.test").name == "Sample Auditor"
    assert faults(path) == []


def test_the_address_of_someone_else_cannot_be_taken(tmp_path: Path) -> None:
    load(SECOND)
    path = edited(tmp_path, ("trusted.member@example.test", "small@example.test"), of=SECOND)
    assert faults(path) == [
        f"group.yaml:{line_of('small@', path)}: people/member/email: another person of the portal has this address: "
        "Sample Small Business"
    ]


def test_a_person_of_the_portal_is_taken_as_they_are(tmp_path: Path) -> None:
    User.objects.create_user("guest@example.test", name="Guest", password="their own words")
    guest = "  - {key: guest, name: Guest, email: GUEST@example.test, affiliation: trade, source: illustrative}\n"
    load(edited(tmp_path, ("\nmemberships:\n", f"{guest}\nmemberships:\n"), of=SECOND))
    person = User.objects.get(email="guest@example.test")
    assert (person.loaded_with, person.source) == ("", "portal")
    assert person.check_password("their own words")
