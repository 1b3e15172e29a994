"""The statement of work, documents, consultations, developments and commitments."""

from __future__ import annotations

from typing import Any, cast

from documents.consultations import services as consultations
from documents.consultations.models import Consultation
from documents.papers.models import Commitment
from documents.statement import services as statement
from documents.statement.models import Clause, ClauseText, StatementOfWork
from ecomwg.loading.entries import Entry, Standing
from ecomwg.loading.sections import (
    CommitmentItem,
    ConsultationItem,
    DeliverableItem,
    DevelopmentItem,
    DocumentItem,
    VersionItem,
)
from teams.dates import ApproximateDate

from .recorder import Books, Recorder, hang, link
from .teams import with_new


class Versions(Recorder):
    """Adopted versions of the statement of work, and the clauses that deliverables stand under."""

    section = "versions"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(VersionItem, entry.item)
        return {"source": {"source": item.source}, "summary": {"summary": item.summary}}

    def add(self, entries: list[Entry], books: Books) -> None:
        for entry in entries:
            item = cast(VersionItem, entry.item)
            of, _ = StatementOfWork.objects.get_or_create(
                body_id=books.ids["bodies"][entry.more["body"]], defaults={"group": books.group}
            )
            entry.row = statement.adopt_version(
                statement=of,
                number=item.version,
                adopted=item.adopted,
                source=item.source,
                summary=item.summary,
                clauses=[statement.Wording(clause.number, clause.heading, clause.text) for clause in item.clauses],
            ).pk

    def attach(self, entries: list[Entry], books: Books) -> None:
        """Let each deliverable stand under the clause that the file names, by its number in the last version."""
        versions = books.entries["versions"]
        if not versions:
            return
        texts = ClauseText.objects.filter(version=versions[-1].row)
        clauses = dict(texts.values_list("number", "clause_id"))
        has_new_version = any(entry.standing is Standing.NEW for entry in entries)
        deliverables = [entry for entry in books.entries["deliverables"] if entry.row is not None]
        through = Clause.deliverables.through

        def clause(entry: Entry) -> list[Any]:
            number = cast(DeliverableItem, entry.item).clause
            return [through(deliverable_id=entry.pk, clause_id=clauses[number])] if number else []

        touched = deliverables if has_new_version else with_new(deliverables, "clause")
        hang(touched, through, "deliverable_id", clause, known_by=["clause_id"])


class Documents(Recorder):
    """Documents that the group works from and makes."""

    section = "documents"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(DocumentItem, entry.item)
        return {
            "title": {"title": item.title},
            "kind": {"kind": item.kind},
            "access": {"access": item.access},
            "source": {"source": item.source},
            "issuer": {"issuer_id": books.id_of("organizations", item.issuer)},
            "dated": {"dated": item.dated},
            "link": {"link": item.link},
            "workstream": {"work_stream_id": books.id_of("workstreams", item.workstream)},
            "meeting": {"meeting_id": books.id_of("meetings", item.meeting)},
        }


class Consultations(Recorder):
    """Rounds of comments."""

    section = "consultations"

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(ConsultationItem, entry.item)
        return {
            "document": {"document_id": books.id_of("documents", item.document)},
            "title": {"title": item.title},
            "opens": {"opens_on": item.opens},
            "closes": {"closes_on": item.closes},
            "source": {"source": item.source},
            "for_meeting": {"for_meeting_id": books.id_of("meetings", item.for_meeting)},
        }

    def save(self, row: Any) -> None:
        consultations.save_changes(consultation=row)

    def attach(self, entries: list[Entry], books: Books) -> None:
        def audience(entry: Entry) -> list[int]:
            return [books.ids["bodies"][key] for key in cast(ConsultationItem, entry.item).audience]

        link(with_new(entries, "audience"), "audience", Consultation, audience)


class Developments(Recorder):
    """What happened."""

    section = "developments"
    has_position = True

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(DevelopmentItem, entry.item)
        happened = ApproximateDate(item.on.first, item.on.last, item.as_written)
        about = books.section_of(item.about, "bodies", "organizations", "documents", "meetings")
        return {
            "text": {"text": item.text},
            "sections": {"sections": list(item.sections)},
            "kind": {"kind": item.kind},
            "on": {"happened": happened},
            "as_written": {"happened": happened},
            "until": {"until": item.until},
            "link": {"link": item.link},
            "source": {"source": item.source},
            "about": {
                column: books.ids[section][item.about] if section == about else None
                for column, section in (
                    ("about_body_id", "bodies"),
                    ("about_organization_id", "organizations"),
                    ("about_document_id", "documents"),
                    ("about_meeting_id", "meetings"),
                )
            },
        }


class Commitments(Recorder):
    """What someone has said they will do."""

    section = "commitments"
    has_position = True

    def columns(self, entry: Entry, books: Books) -> dict[str, dict[str, Any]]:
        item = cast(CommitmentItem, entry.item)
        is_body = books.section_of(item.by, "bodies", "organizations") == "bodies"
        return {
            "text": {"text": item.text},
            "sections": {"sections": list(item.sections)},
            "source": {"source": item.source},
            "for_meeting": {"for_meeting_id": books.id_of("meetings", item.for_meeting)},
            "by": {
                "by_body_id": books.ids["bodies"][item.by] if is_body else None,
                "by_organization_id": None if is_body else books.ids["organizations"][item.by],
            },
        }

    def attach(self, entries: list[Entry], books: Books) -> None:
        def among(section: str, entry: Entry) -> list[int]:
            found = cast(CommitmentItem, entry.item).with_
            return [
                books.ids[section][key] for key in found if books.section_of(key, "bodies", "organizations") == section
            ]

        def deliverables(entry: Entry) -> list[int]:
            return [books.ids["deliverables"][key] for key in cast(CommitmentItem, entry.item).deliverables]

        partners = with_new(entries, "with")
        link(partners, "with_bodies", Commitment, lambda entry: among("bodies", entry))
        link(partners, "with_organizations", Commitment, lambda entry: among("organizations", entry))
        link(with_new(entries, "deliverables"), "deliverables", Commitment, deliverables)


VERSIONS, DOCUMENTS, CONSULTATIONS = Versions(), Documents(), Consultations()
DEVELOPMENTS, COMMITMENTS = Developments(), Commitments()
