"""A field that is missing, unknown or not what it must be is named with its line and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .files import Fault, loaded_counts

pytestmark = pytest.mark.django_db

KINDS = "process_diagram, process_map, recommendation, comments, outreach, report"

FAULTS = {
    "missing field": Fault(
        "title: Team 1 call, ",
        "",
        "meetings/team-1-2018-08/title",
        "is missing; it must be text",
        "key: team-1-2018-08",
    ),
    "missing section of the file": Fault(
        "timezone: America/New_York",
        "",
        "timezone",
        "is missing; it must be a time zone such as America/New_York",
        "format: 1",
    ),
    "unknown field": Fault(
        "title: Team 1 call",
        "titel: Team 1 call",
        "meetings/team-1-2018-08/titel",
        "there is no such field here; did you mean 'title'?",
    ),
    "unknown field like no other": Fault(
        "title: Team 1 call", "xyz: 1, title: Team 1 call", "meetings/team-1-2018-08/xyz", "there is no such field here"
    ),
    "field twice": Fault(
        "title: Team 1 call",
        "title: A call, title: Team 1 call",
        "meetings[7]/title",
        "the field stands twice; it is there in line 159 already",
    ),
    "unknown section": Fault(
        "strategy:\n", "strategies: []\nstrategy:\n", "strategies", "there is no such field here", "strategies: []"
    ),
    "list where text is wanted": Fault(
        "title: Team 1 call", "title: [Team 1 call]", "meetings/team-1-2018-08/title", "must be text; it is a list"
    ),
    "fields where text is wanted": Fault(
        "title: Team 1 call",
        "title: {en: Team 1 call}",
        "meetings/team-1-2018-08/title",
        "must be text; it is a group of fields",
    ),
    "nothing where text is wanted": Fault(
        "title: Team 1 call", "title: ~", "meetings/team-1-2018-08/title", "must be text; it is empty"
    ),
    "empty text": Fault(
        "title: Team 1 call", 'title: " "', "meetings/team-1-2018-08/title", "must be text; it is empty"
    ),
    "text where a list is wanted": Fault(
        "after: [diagrams-draft]",
        "after: diagrams-draft",
        "milestones/diagrams-review/after",
        "must be a list, of which each is a key of milestones; it is 'diagrams-draft'",
    ),
    "text where items are wanted": Fault(
        "parents: [{of: coac}]",
        "parents: coac",
        "bodies/trade-modernization/parents",
        "must be a list of items; it is 'coac'",
    ),
    "text where an item is wanted": Fault(
        "parents: [{of: coac}]",
        "parents: [coac]",
        "bodies/trade-modernization/parents[1]",
        "must be a group of fields; it is 'coac'",
    ),
    "number that is none": Fault(
        "days_before: 28",
        "days_before: four weeks",
        "meetings/wgec-2018-10/prepare[1]/days_before",
        "must be a whole number from 0 to 32767; it is 'four weeks'",
    ),
    "number out of bounds": Fault(
        "days_before: 28",
        "days_before: 99999999999",
        "meetings/wgec-2018-10/prepare[1]/days_before",
        "must be a whole number from 0 to 32767; it is '99999999999'",
    ),
    "flag that is none": Fault(
        "small_business: true",
        "small_business: often",
        "organizations/sample-craft/small_business",
        "must be true or false; it is 'often'",
    ),
    "empty list": Fault(
        "audience: [ecom, team-1, team-2, team-3]",
        "audience: []",
        "consultations/package-comments/audience",
        "must not be an empty list",
    ),
    "twice in a list": Fault(
        "with: [dhs, coac, pga]",
        "with: [dhs, coac, dhs]",
        "commitments/more-comments/with[3]",
        "'dhs' stands twice in this list",
    ),
    "another format": Fault(
        "format: 1", "format: 2", "format", "must be 1, the format that this portal reads; it is '2'"
    ),
    "unknown word": Fault(
        "kind: process_map",
        "kind: proces_map",
        "deliverables/maps/kind",
        f"'proces_map' is not one of {KINDS}; did you mean 'process_map'?",
    ),
    "source that only the portal gives": Fault(
        "sector: online marketplace, source: illustrative",
        "sector: online marketplace, source: portal",
        "organizations/sample-market/source",
        "'portal' is not one of paper, public, illustrative",
    ),
    "unknown time zone": Fault(
        "America/Los_Angeles",
        "America/Los_Angelos",
        "people/small/timezone",
        "'America/Los_Angelos' is not a time zone: write it like America/New_York; did you mean 'America/Los_Angeles'?",
    ),
    "e-mail address": Fault(
        "small@example.test",
        "small.example.test",
        "people/small/email",
        "'small.example.test' is not an e-mail address",
    ),
    "web address": Fault(
        '"https://www.cbp.gov"',
        '"ftp://www.cbp.gov"',
        "documents/strategy-doc/link",
        "'ftp://www.cbp.gov' is not a web address: write it like https://www.cbp.gov",
    ),
    "key": Fault(
        "key: interagency",
        "key: the interagency process",
        "commitments/the interagency process/key",
        "'the interagency process' is no key: use letters, digits, hyphens and underscores",
    ),
    "key too long": Fault(
        "key: interagency", f"key: {'k' * 81}", f"commitments/{'k' * 81}/key", "has 81 characters; 80 is the most"
    ),
    "text too long for its column": Fault(
        "title: Team 1 call",
        f"title: {'T' * 201}",
        "meetings/team-1-2018-08/title",
        "has 201 characters; 200 is the most",
    ),
    "several lines in one": Fault(
        "title: Team 1 call", r'title: "Team 1\ncall"', "meetings/team-1-2018-08/title", "must be a single line"
    ),
    "control character": Fault(
        "title: Team 1 call",
        r'title: "Team\0 1 call"',
        "meetings/team-1-2018-08/title",
        "the character U+0000 is not allowed",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_is_named_alone_and_nothing_is_loaded(fault: Fault, tmp_path: Path) -> None:
    assert fault.said_in(tmp_path) == fault.expected_in(tmp_path)
    assert not loaded_counts()
