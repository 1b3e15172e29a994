"""The formats of the files, and their names."""

from __future__ import annotations

from enum import StrEnum

from django.utils.text import slugify

from . import markdown, pdf, word
from .paper import Comparison, Paper


class Format(StrEnum):
    """A format of file, by the ending of its name."""

    WORD = "docx"
    PDF = "pdf"
    MARKDOWN = "md"

    @property
    def content_type(self) -> str:
        """Its media type."""
        return {
            Format.WORD: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Format.PDF: "application/pdf",
            Format.MARKDOWN: "text/markdown; charset=utf-8",
        }[self]


def export(paper: Paper, chosen: Format) -> bytes:
    """The version or draft as a file."""
    match chosen:
        case Format.WORD:
            return word.document_of(paper)
        case Format.PDF:
            return pdf.pdf_of(paper)
        case Format.MARKDOWN:
            return markdown.markdown_of(paper).encode()


def export_comparison(found: Comparison, chosen: Format) -> bytes:
    """What changed as a file."""
    match chosen:
        case Format.WORD:
            return word.document_of_comparison(found)
        case Format.PDF:
            return pdf.pdf_of_comparison(found)
        case Format.MARKDOWN:
            return markdown.markdown_of_comparison(found).encode()


def name_of(group: str, name: str, chosen: Format) -> str:
    """The file's name: "ecom-statement-version-2-0.docx"."""
    return f"{group}-statement-{slugify(name.replace('.', '-'))[:80]}.{chosen}"
