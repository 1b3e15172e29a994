"""Documents as a file for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable

from teams.exports import csv_bytes

from .models import Document

HEADER = ["Title", "Kind", "Issuer", "Date", "Who may see it", "Meeting", "Stream of work", "Link", "Source"]


def documents_csv(documents: Iterable[Document]) -> bytes:
    """The documents, in their order, as CSV; a date has the precision that is known (2018-06 is a month)."""
    return csv_bytes(
        HEADER,
        (
            [
                document.title,
                document.get_kind_display(),
                document.issuer,
                document.dated and document.dated.isoformat(),
                document.get_access_display(),
                document.meeting,
                document.work_stream,
                document.link,
                document.get_source_display(),
            ]
            for document in documents
        ),
    )
