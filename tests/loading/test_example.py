"""The shipped example ends in the tables, every item with every field: read here without the portal's own reader."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from allauth.account.models import EmailAddress

from documents.consultations.models import Consultation
from documents.library.models import Document
from documents.papers.models import Commitment, Development
from documents.statement.models import ClauseText, StatementOfWork, StatementVersion
from ecomwg.loading.load import load
from milestones.meetings.models import Meeting, Preparation, WorkStream
from milestones.work.models import Deliverable, Milestone, Strategy
from teams.accounts.models import Organization, User
from teams.bodies.models import Body, Membership, WorkingGroup
from teams.dates import ApproximateDate

from .files import EXAMPLE

FILE: dict[Any, Any] = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
ZONE = FILE["timezone"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def loaded(db: None) -> None:
    """The example is loaded."""
    load(EXAMPLE)


def each(section: str) -> list[dict[Any, Any]]:
    """The items of a list of the file; every one must be looked at, so there must be some."""
    items: list[dict[Any, Any]] = FILE[section]
    assert items
    return items


def written(when: ApproximateDate | date | None) -> str | None:
    """A date as the file writes it."""
    return None if when is None else when.isoformat()


def said(item: dict[str, Any], name: str) -> str | None:
    """A date that the file says, as it writes it; None for none."""
    return str(item[name]) if name in item else None


def keys(rows: Iterable[Any]) -> set[str]:
    """The keys of rows."""
    return {row.key for row in rows}


def test_the_group() -> None:
    group = WorkingGroup.objects.get()
    assert (group.slug, group.timezone, group.as_of) == ("ecom", FILE["timezone"], FILE["as_of"])


def test_bodies() -> None:
    for position, item in enumerate(each("bodies"), 1):
        row = Body.objects.get(key=item["key"])
        assert row.position == position
        assert (row.kind, row.name, row.source) == (item["kind"], item["name"], item["source"])
        assert (row.number, row.acronym, row.purpose) == (
            item.get("number"),
            item.get("acronym", ""),
            item.get("purpose", ""),
        )
        assert written(row.formed) == said(item, "formed")
        assert row.formed_as_written == item.get("formed_as_written", "")
        assert [
            (link.parent.key, written(link.started), written(link.ended)) for link in row.parents.order_by("id")
        ] == [(parent["of"], said(parent, "from"), said(parent, "to")) for parent in item.get("parents", [])]
        assert [(state.state, written(state.started)) for state in row.states.order_by("id")] == [
            (state["state"], said(state, "from")) for state in item.get("states", [])
        ]
    assert Body.objects.count() == len(FILE["bodies"])


def test_the_words_of_a_date_stay_beside_its_precision() -> None:
    formed = Body.objects.get(key="ecom").formed
    assert formed is not None
    assert (str(formed), formed.precision) == ("early 2017", "year")
    assert str(Development.objects.get(key="formed").happened) == "early 2017"
    assert Development.objects.get(key="teams-created").happened.precision == "month"
    assert Development.objects.get(key="strategy-released").happened.precision == "day"


def test_organizations() -> None:
    for item in each("organizations"):
        row = Organization.objects.get(key=item["key"])
        assert (row.name, row.kind, row.source) == (item["name"], item["kind"], item["source"])
        assert (row.acronym, row.sector) == (item.get("acronym", ""), item.get("sector", ""))
        assert row.is_small_business is item.get("small_business", False)
        assert row.loaded_with == "ecom"
    assert Organization.objects.count() == len(FILE["organizations"])


def test_people() -> None:
    for item in each("people"):
        row = User.objects.get(email=item["email"])
        assert (row.name, row.affiliation, row.source) == (item["name"], item["affiliation"], item["source"])
        assert row.organization is not None
        assert row.organization.key == item["organization"]
        assert (row.timezone, row.is_site_admin) == (item.get("timezone", ZONE), item.get("site_admin", False))
        assert row.loaded_with == "ecom"
        assert EmailAddress.objects.get(user=row, email=item["email"]).verified
    assert User.objects.count() == len(FILE["people"])


def test_memberships() -> None:
    emails = {item["key"]: item["email"] for item in FILE["people"]}
    found = {
        (row.person.email, row.body.key, row.role, written(row.started), written(row.ended), row.source)
        for row in Membership.objects.all()
    }
    assert found == {
        (emails[item["person"]], item["body"], item["role"], said(item, "from"), said(item, "to"), "illustrative")
        for item in each("memberships")
    }


def test_statement_of_work() -> None:
    statement = StatementOfWork.objects.get()
    assert statement.body.key == FILE["statement_of_work"]["body"]
    for item in FILE["statement_of_work"]["versions"]:
        row = StatementVersion.objects.get(number=item["version"])
        assert (written(row.adopted), row.source, row.summary) == (
            said(item, "adopted"),
            item["source"],
            item["summary"],
        )
        assert [(text.number, text.heading, text.text) for text in row.texts.order_by("position")] == [
            (clause["number"], clause["heading"], clause["text"]) for clause in item["clauses"]
        ]
    assert StatementVersion.objects.count() == len(FILE["statement_of_work"]["versions"]) > 1


def test_strategy() -> None:
    item = FILE["strategy"]
    row = Strategy.objects.get()
    assert (row.key, row.title, row.issuer.key) == (item["key"], item["title"], item["issuer"])
    assert (written(row.released), row.source) == (said(item, "released"), item["source"])
    assert [(goal.number, goal.text, goal.source) for goal in row.goals.all()] == [
        (goal["number"], goal["text"], goal["source"]) for goal in item["goals"]
    ]


def test_work_streams() -> None:
    found = [
        (row.key, row.forum.key, row.name, row.role, row.party, row.source)
        for row in WorkStream.objects.order_by("position")
    ]
    assert found == [
        tuple(item[name] for name in ("key", "forum", "name", "role", "party", "source"))
        for item in each("workstreams")
    ]


def test_meetings() -> None:
    for item in each("meetings"):
        row = Meeting.objects.get(key=item["key"])
        holder = row.body or row.forum
        assert holder is not None
        assert (row.body is not None, holder.key) == ("body" in item, item.get("body") or item["forum"])
        assert (row.title, row.state, row.source) == (item["title"], item["state"], item["source"])
        for name in ("series", "place", "outcome", "note"):
            assert getattr(row, name) == item.get(name, "")
        zone = item.get("timezone", ZONE)
        assert row.timezone == zone
        starts, ends = str(item["starts"]), str(item.get("ends", item["starts"]))
        assert (written(row.starts), written(row.ends)) == (starts.partition("T")[0], ends.partition("T")[0])
        for written_time, at in ((starts, row.starts_at), (ends, row.ends_at)):
            local = datetime.fromisoformat(written_time).replace(tzinfo=ZoneInfo(zone)) if "T" in written_time else None
            assert at == local
        assert [topic.title for topic in row.agenda.all()] == item.get("agenda", [])
        assert keys(row.attended_by.all()) == set(item.get("attended_by", []))
    assert Meeting.objects.count() == len(FILE["meetings"])


def test_preparations() -> None:
    emails = {item["key"]: item["email"] for item in FILE["people"]}
    expected = {
        (
            item["key"],
            preparation["title"],
            preparation["days_before"],
            item["starts"] - timedelta(days=preparation["days_before"]),
            emails[preparation["owner"]],
            item.get("body", "ecom"),
            preparation.get("source", item["source"]),
        )
        for item in each("meetings")
        for preparation in item.get("prepare", [])
    }
    found = {
        (
            row.meeting.key,
            row.milestone.title,
            row.days_before,
            row.milestone.due.first,
            row.milestone.owner.email,
            row.milestone.body.key,
            row.milestone.source,
        )
        for row in Preparation.objects.all()
    }
    assert found == expected
    assert len(found) == 4


def test_deliverables() -> None:
    in_force = StatementVersion.objects.get(number=FILE["statement_of_work"]["versions"][-1]["version"])
    for item in each("deliverables"):
        row = Deliverable.objects.get(key=item["key"])
        assert (row.body.key, row.kind, row.title) == (item["team"], item["kind"], item["title"])
        towards = [step for step in each("milestones") if step["deliverable"] == item["key"]]
        state = "under_way" if any("done" in step for step in towards) else "planned"
        assert (written(row.due), row.source, row.state) == (said(item, "due"), item["source"], state)
        assert row.strategy_goal is not None
        assert row.strategy_goal.number == item["strategy_goal"]
        numbers = ClauseText.objects.filter(version=in_force, clause__deliverables=row).values_list("number", flat=True)
        assert list(numbers) == [item["clause"]]
    assert Deliverable.objects.count() == len(FILE["deliverables"])


def test_milestones() -> None:
    emails = {item["key"]: item["email"] for item in FILE["people"]}
    teams = {item["key"]: item["team"] for item in FILE["deliverables"]}
    for item in each("milestones"):
        row = Milestone.objects.get(key=item["key"])
        assert row.deliverable is not None
        assert (row.deliverable.key, row.body.key) == (item["deliverable"], teams[item["deliverable"]])
        assert (row.title, row.owner.email, row.source) == (item["title"], emails[item["owner"]], item["source"])
        assert written(row.due) == written(row.baseline_due) == said(item, "due")
        assert (row.state, written(row.accepted)) == ("accepted" if "done" in item else "planned", said(item, "done"))
        assert keys(row.follows.all()) == set(item.get("after", []))
    assert Milestone.objects.filter(preparation__isnull=True).count() == len(FILE["milestones"])


def test_documents() -> None:
    for item in each("documents"):
        row = Document.objects.get(key=item["key"])
        assert (row.title, row.kind, row.access) == (item["title"], item["kind"], item["access"])
        assert (written(row.dated), row.link, row.source) == (said(item, "dated"), item.get("link", ""), item["source"])
        assert (row.issuer and row.issuer.key) == item.get("issuer")
        assert (row.work_stream and row.work_stream.key) == item.get("workstream")
        assert (row.meeting and row.meeting.key) == item.get("meeting")
    assert Document.objects.count() == len(FILE["documents"])


def test_consultations() -> None:
    for item in each("consultations"):
        row = Consultation.objects.get(key=item["key"])
        assert (row.document.key, row.title, row.source) == (item["document"], item["title"], item["source"])
        assert (row.opens_on, row.closes_on) == (item["opens"], item["closes"])
        assert keys(row.audience.all()) == set(item["audience"])
        assert (row.for_meeting and row.for_meeting.key) == item.get("for_meeting")
    assert Consultation.objects.count() == len(FILE["consultations"])


def test_developments() -> None:
    for position, item in enumerate(each("developments"), 1):
        row = Development.objects.get(key=item["key"])
        assert (row.position, row.text, row.sections) == (position, item["text"], item["sections"])
        happened = str(item[True])  # YAML 1.1 takes the bare word `on`, the field's name, for true
        assert (written(row.happened), written(row.until)) == (happened, said(item, "until"))
        assert (row.as_written, row.link, row.source) == (
            item.get("as_written", ""),
            item.get("link", ""),
            item["source"],
        )
        assert row.kind == item.get("kind", "event")
        assert (row.about and row.about.key) == item.get("about")
    assert Development.objects.count() == len(FILE["developments"])


def test_commitments() -> None:
    for position, item in enumerate(each("commitments"), 1):
        row = Commitment.objects.get(key=item["key"])
        assert (row.position, row.text, row.sections) == (position, item["text"], item["sections"])
        assert (row.by.key, row.source) == (item["by"], item["source"])
        assert keys(row.with_bodies.all()) | keys(row.with_organizations.all()) == set(item["with"])
        assert (row.for_meeting and row.for_meeting.key) == item.get("for_meeting")
        assert keys(row.deliverables.all()) == set(item.get("deliverables", []))
    assert Commitment.objects.count() == len(FILE["commitments"])


def test_every_section_of_the_file_is_looked_at_above() -> None:
    looked_at = {name.removeprefix("test_") for name in globals() if name.startswith("test_")}
    renamed = {"workstreams": "work_streams"}
    sections = FILE.keys() - {"format", "as_of", "timezone"}
    assert {renamed.get(section, section) for section in sections} <= looked_at
