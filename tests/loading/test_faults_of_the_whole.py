"""What does not fit together is named with its line and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .files import Fault, loaded_counts

pytestmark = pytest.mark.django_db

FAULTS = {
    "no working group": Fault(
        "kind: working_group",
        "kind: subcommittee",
        "bodies",
        "none of the bodies is of the kind working_group; a file is that of one working group",
        "bodies:",
    ),
    "two working groups": Fault(
        "kind: subcommittee, name: Next",
        "kind: working_group, name: Next",
        "bodies/ecom/kind",
        "there is a working group already, 'next-generation-facilitation'; a file is that of one",
        "kind: working_group\n",
    ),
    "team outside the tree": Fault(
        "name: Standards and Process\n    parents: [{of: ecom, from: 2018-03}]",
        "name: Standards and Process\n    parents: [{of: coac, from: 2018-03}]",
        "bodies/team-1/parents",
        "no way leads from this team up to the working group",
        "parents: [{of: coac, from: 2018-03}]",
    ),
    "circle of bodies": Fault(
        "acronym: COAC, source: paper}",
        "acronym: COAC, source: paper, parents: [{of: ecom}]}",
        "bodies/coac/parents",
        "this goes round in a circle: coac → ecom → trade-modernization → coac",
    ),
    "circle of milestones": Fault(
        "title: First draft of the diagrams,",
        "title: First draft of the diagrams, after: [maps-draft],",
        "milestones/diagrams-draft/after",
        "this goes round in a circle: diagrams-draft → maps-draft → diagrams-review → diagrams-draft",
    ),
    "milestone after itself": Fault(
        "after: [enf-issues]",
        "after: [enf-draft]",
        "milestones/enf-draft/after",
        "this goes round in a circle: enf-draft → enf-draft",
    ),
    "versions in the wrong order": Fault(
        "adopted: 2018-06\n",
        'adopted: "2016"\n',
        "statement_of_work/versions/2.0/adopted",
        "2016 is not after 2017, when version 1.0 was adopted; the first version comes first",
    ),
    "two versions of one date": Fault(
        "adopted: 2018-06\n",
        'adopted: "2017"\n',
        "statement_of_work/versions/2.0/adopted",
        "2017 is not after 2017, when version 1.0 was adopted; the first version comes first",
        'adopted: "2017"\n      source: illustrative          # that',
    ),
    "two versions of one number": Fault(
        '- version: "2.0"',
        '- version: "1.0"',
        "statement_of_work/versions/1.0/version",
        "'1.0' stands twice in this list; line 93 has it already",
        '- version: "1.0"\n      adopted: 2018-06',
    ),
    "meeting of nobody": Fault(
        "{key: ecom-2018-06, body: ecom,",
        "{key: ecom-2018-06,",
        "meetings/ecom-2018-06/body",
        "a meeting is that of a body or that of a forum; this one has neither",
    ),
    "meeting of two": Fault(
        "{key: ecom-2018-06, body: ecom,",
        "{key: ecom-2018-06, body: ecom, forum: wco,",
        "meetings/ecom-2018-06/forum",
        "a meeting is that of a body or that of a forum; this one has both",
    ),
    "preparation without an owner": Fault(
        "days_before: 14, owner: officer, source: illustrative}",
        "days_before: 14}",
        "meetings/wgec-2018-10/prepare[2]/owner",
        "is missing; it must be a key of people",
    ),
    "anchor": Fault(
        "forum: wco, name: Flow",
        "forum: &forum wco, name: Flow",
        "workstreams[2]/forum",
        "anchors and aliases (& and *) have no place in a group's file",
    ),
    "tag": Fault(
        "title: Team 1 call",
        "title: !!python/name:os.system Team 1 call",
        "meetings[7]/title",
        "tags such as tag:yaml.org,2002:python/name:os.system have no place in a group's file",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_is_named_alone_and_nothing_is_loaded(fault: Fault, tmp_path: Path) -> None:
    assert fault.said_in(tmp_path) == fault.expected_in(tmp_path)
    assert not loaded_counts()
