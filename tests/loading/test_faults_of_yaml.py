"""A file that is no YAML, or not the YAML that the format takes, is refused with a line and a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from ecomwg.loading.tree import MAX_BYTES

from .files import EXAMPLE, edited, faults, loaded_counts

pytestmark = pytest.mark.django_db

SMALL = """\
format: 1
as_of: 2018-07-20
timezone: America/New_York
bodies:
  - {key: sample, kind: working_group, name: Sample Group, source: illustrative}
"""


def faults_of(content: bytes, folder: Path) -> list[str]:
    """What a load says of a file with this content."""
    path = folder / "group.yaml"
    path.write_bytes(content)
    found = faults(path)
    assert bool(loaded_counts()) is not bool(found)
    return found


def test_the_smallest_file_is_loaded(tmp_path: Path) -> None:
    assert faults_of(SMALL.encode(), tmp_path) == []


def test_a_byte_order_mark_and_other_line_ends_are_no_faults(tmp_path: Path) -> None:
    assert faults_of(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode(), tmp_path) == []


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "group.yaml:1: the file must start with fields such as `format: 1`"),
        (b"- format: 1\n", "group.yaml:1: the file must start with fields such as `format: 1`"),
        (b"just words\n", "group.yaml:1: the file must start with fields such as `format: 1`"),
        (
            SMALL.encode() + b"---\nformat: 1\n",
            "group.yaml:6: a second document starts here; a group's file is a single one",
        ),
        (SMALL.encode() + b"strategy: caf\xe9\n", "group.yaml:6: this line is not UTF-8"),
        (SMALL.encode() + b"strategy: \x07\n", "group.yaml:6: the character U+0007 is not allowed"),
        (SMALL.encode() + b"x: " + b"[" * 60 + b"]" * 60, "group.yaml:6: more than 12 levels inside one another"),
        (SMALL.encode() + b"# " + b"x" * MAX_BYTES, "group.yaml:1: the file is larger than 10 MB"),
    ],
    ids=["empty", "a list", "words", "two documents", "not UTF-8", "control character", "deep", "large"],
)  # fmt: skip
def test_content_that_cannot_be_read(content: bytes, fault: str, tmp_path: Path) -> None:
    assert faults_of(content, tmp_path) == [fault]


def test_a_fault_of_the_syntax_is_named_with_its_line(tmp_path: Path) -> None:
    (fault,) = faults_of(SMALL.replace("name: Sample Group", "name: Sample: Group: [").encode(), tmp_path)
    assert fault.startswith("group.yaml:5: this is no YAML: ")


def test_an_alias_is_refused_so_that_no_small_file_grows_huge(tmp_path: Path) -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    found = faults_of((SMALL + bomb).encode(), tmp_path)
    aliases = "anchors and aliases (& and *) have no place in a group's file"
    assert f"group.yaml:7: a1[1]: {aliases}" in found
    assert f"group.yaml:7: a1[2]: {aliases}" in found


def test_a_list_where_a_single_item_is_wanted(tmp_path: Path) -> None:
    found = faults_of(f"{SMALL}strategy: []\nstatement_of_work: none yet\n".encode(), tmp_path)
    assert found == [
        "group.yaml:6: strategy: must be a group of fields; it is a list",
        "group.yaml:7: statement_of_work: must be a group of fields; it is 'none yet'",
    ]


def test_references_to_a_list_that_cannot_be_read_are_not_complained_about(tmp_path: Path) -> None:
    path = edited(tmp_path, ("organizations:\n", "organizations: none\nx-organizations:\n"))
    assert faults(path) == [
        "group.yaml:55: organizations: must be a list of items; it is 'none'",
        "group.yaml:56: x-organizations: there is no such field here",
    ]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert faults(tmp_path / "group.yaml") == ["group.yaml:1: the file can't be read: No such file or directory"]
    assert faults(tmp_path) == [f"{tmp_path.name}:1: the file can't be read: Is a directory"]


def test_ten_planted_faults_are_all_named_in_one_go_and_nothing_is_loaded(tmp_path: Path) -> None:
    path = edited(
        tmp_path,
        ("formed: \"2017\"", "formed: in 2017"),
        ("email: small@example.test", "email: small"),
        ("America/Los_Angeles", "America/Los_Angelos"),
        ("{person: lead-3, body: team-3", "{person: lead-3, body: team-4"),
        ('{number: "4.5"', '{number: "4.4"'),
        ("starts: 2018-10-08, ends: 2018-10-12", "starts: 2018-10-08, ends: 2018-10-02"),
        ('clause: "5.2"', 'clause: "5.9"'),
        ("due: 2018-07-27, owner: lead-1", "due: 2018-07-27, owner: led-1"),
        ("after: [enf-issues]", "after: [enf-draft]"),
        ("access: public, link", "acess: public, link"),
    )  # fmt: skip
    assert faults(path) == [
        "group.yaml:28: bodies/ecom/formed: 'in 2017' is not a date: write 2018-03-06, 2018-03 or 2018",
        "group.yaml:76: people/small/email: 'small' is not an e-mail address",
        "group.yaml:76: people/small/timezone: 'America/Los_Angelos' is not a time zone: write it like "
        "America/New_York; did you mean 'America/Los_Angeles'?",
        "group.yaml:85: memberships[6]/body: no body has the key 'team-4'; did you mean 'team-3'?",
        "group.yaml:116: statement_of_work/versions/2.0/clauses/4.4/number: '4.4' stands twice in this list; line 115 "
        "has it already",
        "group.yaml:154: meetings/wgec-2018-10/ends: 2018-10-02 is before 2018-10-08, when it starts",
        "group.yaml:164: deliverables/maps/clause: version 2.0 has no clause '5.9'; did you mean '5.3'?",
        "group.yaml:172: milestones/diagrams-draft/owner: no person has the key 'led-1'; did you mean 'lead-1'?",
        "group.yaml:177: milestones/enf-draft/after: this goes round in a circle: enf-draft → enf-draft",
        "group.yaml:184: documents/strategy-doc/acess: there is no such field here; did you mean 'access'?",
    ]
    assert loaded_counts() == {}


def test_the_example_as_it_is_shipped_has_no_fault() -> None:
    assert faults(EXAMPLE) == []
