"""The checks that a file passes before it is read (OWASP ASVS 5.0, 5.2 and 5.3), and the reading."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from typing import Final

from django.core.files.uploadedfile import UploadedFile

from documents.statement.services.imports import Incoming

from . import markdown, word

LARGEST: Final = 5 * 1024 * 1024
LARGEST_UNPACKED: Final = 40 * 1024 * 1024
MOST_ENTRIES: Final = 2000
MOST_CLAUSES: Final = 2000
MOST_TIMES: Final = 200  # as large as packed


class Unreadable(Exception):
    """The file is not read; `str()` says why, in a sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file says, and what of it could not be read."""

    clauses: list[Incoming]
    unread: list[str]


def read_file(file: UploadedFile[bytes]) -> Reading:
    """The clauses of a Word or Markdown file, whose kind is told by what is in it. Raises Unreadable."""
    if (file.size or 0) > LARGEST:
        raise Unreadable("The file is larger than 5 MB.")
    content = file.read(LARGEST + 1)
    name = (file.name or "").lower()
    if not content.strip():
        raise Unreadable("The file is empty.")
    is_word = content.startswith(b"PK\x03\x04")
    if is_word != name.endswith(".docx") or not name.endswith((".docx", ".md", ".markdown", ".txt")):
        raise Unreadable("The file is not what its name says: send a Word file (.docx) or a Markdown file (.md).")
    if is_word:
        try:
            outline = word.outline_of(_unpacked(content))
        except word.NoDocument as error:
            raise Unreadable(str(error)) from error
    else:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise Unreadable("The text is not in UTF-8: save it so, and send it again.") from error
        if "\0" in text:
            raise Unreadable("The file is no text.")
        outline = markdown.outline_of(text)
    clauses = outline.clauses()
    if not clauses:
        raise Unreadable("The file has no heading, so no clause: give each clause a heading.")
    if len(clauses) > MOST_CLAUSES:
        raise Unreadable(f"The file has more than {MOST_CLAUSES} headings.")
    return Reading(clauses, outline.unread)


def _unpacked(content: bytes) -> dict[str, bytes]:
    """The parts of the archive by their names, measured while they are unpacked. Raises Unreadable."""
    parts: dict[str, bytes] = {}
    total = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ENTRIES:
                raise Unreadable("The file has too many parts to be a document.")
            for entry in entries:
                if entry.flag_bits & 1:
                    raise Unreadable("The file is locked with a password: send it without.")
                part = bytearray()
                with archive.open(entry) as stream:
                    while block := stream.read(64 * 1024):
                        part += block
                        total += len(block)
                        if total > LARGEST_UNPACKED or total > MOST_TIMES * len(content):
                            raise Unreadable("The file is far larger unpacked than packed, as no document is.")
                parts[entry.filename] = bytes(part)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, RuntimeError) as error:
        raise Unreadable("The file is damaged: Word can’t have written it so.") from error
    except Exception as error:
        if isinstance(error, Unreadable):
            raise
        raise Unreadable("The file is damaged: Word can’t have written it so.") from error
    return parts
