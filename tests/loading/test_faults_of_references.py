"""A reference to nothing, and what stands twice, is named with its line and place."""

from __future__ import annotations

from pathlib import Path

import pytest

from .files import Fault, loaded_counts

pytestmark = pytest.mark.django_db

FAULTS = {
    "unknown person": Fault(
        "due: 2018-07-27, owner: lead-1",
        "due: 2018-07-27, owner: led-1",
        "milestones/diagrams-draft/owner",
        "no person has the key 'led-1'; did you mean 'lead-1'?",
    ),
    "unknown body": Fault(
        "{key: maps, team: team-1",
        "{key: maps, team: team-9",
        "deliverables/maps/team",
        "no body has the key 'team-9'; did you mean 'team-3'?",
    ),
    "unknown organization": Fault(
        "attended_by: [cbp], outcome: The United",
        "attended_by: [cpb], outcome: The United",
        "meetings/wgec-2018-04/attended_by[1]",
        "no organization has the key 'cpb'; did you mean 'cbp'?",
    ),
    "unknown meeting": Fault(
        "for_meeting: wgec-2018-10, source: illustrative",
        "for_meeting: the-next, source: illustrative",
        "consultations/package-comments/for_meeting",
        "no meeting has the key 'the-next'",
    ),
    "unknown document": Fault(
        "document: framework-specs",
        "document: framework-spec",
        "consultations/package-comments/document",
        "no document has the key 'framework-spec'; did you mean 'framework-specs'?",
    ),
    "unknown work stream": Fault(
        "workstream: definitions",
        "workstream: definition",
        "documents/framework-specs/workstream",
        "no work stream has the key 'definition'; did you mean 'definitions'?",
    ),
    "unknown deliverable": Fault(
        "deliverables: [diagrams, maps,",
        "deliverables: [diagrams, plans,",
        "commitments/ecom-output/deliverables[2]",
        "no deliverable has the key 'plans'",
    ),
    "unknown milestone": Fault(
        "after: [maps-parties, diagrams-review]",
        "after: [maps-parties, diagram-review]",
        "milestones/maps-draft/after[2]",
        "no milestone has the key 'diagram-review'; did you mean 'diagrams-review'?",
    ),
    "unknown subject": Fault(
        "about: senate-finance",
        "about: senat-finance",
        "developments/wyden-request/about",
        "no body, organization, document or meeting has the key 'senat-finance'; did you mean 'senate-finance'?",
    ),
    "subject that could be two things": Fault(
        "{key: framework-models",
        "{key: senate-finance",
        "developments/wyden-request/about",
        "'senate-finance' is a key in organizations and in documents: give one of them another key",
        "key: wyden-request",
    ),
    "unknown clause": Fault(
        'clause: "5.2"',
        'clause: "5.9"',
        "deliverables/maps/clause",
        "version 2.0 has no clause '5.9'; did you mean '5.3'?",
    ),
    "unknown goal": Fault(
        'clause: "5.2", strategy_goal: 2',
        'clause: "5.2", strategy_goal: 5',
        "deliverables/maps/strategy_goal",
        "the strategy has no goal 5; there are 1, 2, 3, 4",
    ),
    "reference on a line of its own": Fault(
        "audience: [ecom, team-1, team-2, team-3]",
        "audience: [ecom,\n    team-1, team-4]",
        "consultations/package-comments/audience[3]",
        "no body has the key 'team-4'; did you mean 'team-3'?",
        "team-1, team-4]",
    ),
    "key twice": Fault(
        "{key: interagency,",
        "{key: consult-coac,",
        "commitments/consult-coac/key",
        "'consult-coac' stands twice in this list; line 209 has it already",
        "{key: consult-coac, by: cbp, with: [pga]",
    ),
    "clause number twice": Fault(
        '{number: "6", heading: Reporting',
        '{number: "5", heading: Reporting',
        "statement_of_work/versions/2.0/clauses/5/number",
        "'5' stands twice in this list; line 117 has it already",
        'quarterly meeting of COAC."}\n\nstrategy',
    ),
    "goal number twice": Fault(
        "{number: 1, text",
        "{number: 4, text",
        "strategy/goals/4/number",
        "4 stands twice in this list; line 130 has it already",
        "Facilitate international trade",
    ),
    "e-mail address twice": Fault(
        "lead2@example.test", "LEAD1@example.test", "people/lead-2/email", "another person has this address, in line 73"
    ),
    "name of an organization twice": Fault(
        "name: World Customs Organization",
        "name: department of homeland security",
        "organizations/wco/name",
        "another organization has this name, in line 57",
    ),
    "membership twice": Fault(
        "  - {person: lead-2, body: team-2",
        "  - {person: lead-1, role: lead, from: 2018-03, body: team-1}\n  - {person: lead-2, body: team-2",
        "memberships[5]/person",
        "another membership says the same, in line 83",
    ),
    "parent twice": Fault(
        "parents: [{of: coac}]",
        "parents: [{of: coac}, {of: coac, to: 2019}]",
        "bodies/trade-modernization/parents[2]/of",
        "another parent says the same, in line 20",
    ),
    "two states from one date": Fault(
        "{state: active, from: 2018-06}]",
        "{state: active, from: 2018-04}]",
        "bodies/ecom/states[3]/from",
        "another state starts then, in line 31",
    ),
    "preparation twice": Fault(
        "title: Issue paper cleared",
        'title: "Publish notice of the  meeting"',
        "meetings/coac-2018-10/prepare[2]/title",
        "becomes a milestone of the key 'coac-2018-10-publish-notice-of-the-meeting', which "
        "meetings/coac-2018-10/prepare[1] has already",
    ),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_is_named_alone_and_nothing_is_loaded(fault: Fault, tmp_path: Path) -> None:
    assert fault.said_in(tmp_path) == fault.expected_in(tmp_path)
    assert not loaded_counts()
