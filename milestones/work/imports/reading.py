"""The checks that a workbook passes before it is read (OWASP ASVS 5.0, 5.2 and 5.3), and the reading of its cells."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.core.files.uploadedfile import UploadedFile
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

PLAN: Final = "Plan"
LARGEST: Final = 2 * 1024 * 1024
LARGEST_UNPACKED: Final = 20 * 1024 * 1024
MOST_PARTS: Final = 500
MOST_TIMES: Final = 200  # as large as packed
# So many milestones a file may have, in so many rows.
MOST_ROWS: Final = 500
LAST_ROW: Final = 2_000

KEY, TITLE, DELIVERABLE, OWNER, DUE, REASON = "Key", "Milestone", "Deliverable", "Owner", "Due", "Reason"
FOLLOWS, EVIDENCE = "Follows", "Evidence asked for"
# A file without one of the last two leaves what it would say as it is.
NEEDED: Final = (KEY, TITLE, DELIVERABLE, OWNER, DUE, REASON)
HEADINGS: Final = (*NEEDED, FOLLOWS, EVIDENCE)
_ROW: Final = re.compile(rb"<(?:\w+:)?row\b[^>]*?\br=\"(\d+)\"|<(?:\w+:)?row\b")
_OLD: Final = b"\xd0\xcf\x11\xe0"  # what Excel wrote before 2007, and what it writes with a password


class Unreadable(Exception):
    """The file is not read; `str()` says why, in a sentence for the person who sent it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the file: its number, and its texts by the headings of the columns. A date is as in ISO 8601."""

    number: int
    texts: dict[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.texts[heading]


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in the file: in which cell ("C7"), and what, in a sentence."""

    cell: str
    why: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the file says: its rows, the letter of each column, and what could not be read."""

    lines: list[Line]
    letters: dict[str, str]
    faults: list[Fault]

    def cell(self, line: Line, heading: str) -> str:
        """The name of a cell."""
        return f"{self.letters[heading]}{line.number}"


def read_file(file: UploadedFile[bytes]) -> Reading:
    """The rows of the sheet "Plan" of an Excel workbook. Raises Unreadable."""
    if (file.size or 0) > LARGEST:
        raise Unreadable("The file is larger than 2 MB.")
    content = file.read(LARGEST + 1)
    name = (file.name or "").lower()
    if not content:
        raise Unreadable("The file is empty.")
    if name.endswith(".xlsm"):
        raise Unreadable("The file has macros: save it as an Excel workbook (.xlsx) without them.")
    if content.startswith(_OLD):
        raise Unreadable("The file is locked with a password, or of an old kind (.xls): save it as .xlsx without.")
    if not content.startswith(b"PK\x03\x04") or not name.endswith(".xlsx"):
        raise Unreadable("The file is not what its name says: send an Excel workbook (.xlsx).")
    _check_parts(content)
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
    except Exception as error:
        raise Unreadable("The file is damaged: Excel can’t have written it so.") from error
    try:
        if PLAN not in book.sheetnames:
            there = ", ".join(f"“{each}”" for each in book.sheetnames[:5])
            raise Unreadable(
                f"The file has no sheet “{PLAN}”, only {there}. Fill in the file that can be downloaded here."
            )
        return _read(book[PLAN])
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable("The sheet is damaged: Excel can’t have written it so.") from error
    finally:
        book.close()


def _check_parts(content: bytes) -> None:
    """Measure the archive while it is unpacked, and look at what it holds. Raises Unreadable."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_PARTS:
                raise Unreadable("The file has too many parts to be a workbook.")
            if "xl/workbook.xml" not in archive.namelist():
                raise Unreadable("The file is no Excel workbook.")
            if any("vbaproject" in entry.filename.lower() for entry in entries):
                raise Unreadable("The file has macros: save it as an Excel workbook (.xlsx) without them.")
            total = 0
            for entry in entries:
                if entry.flag_bits & 1:
                    raise Unreadable("The file is locked with a password: send it without.")
                part = bytearray()
                with archive.open(entry) as stream:
                    while block := stream.read(64 * 1024):
                        part += block
                        total += len(block)
                        if total > LARGEST_UNPACKED or total > MOST_TIMES * len(content):
                            raise Unreadable("The file is far larger unpacked than packed, as no plan is.")
                _check_part(entry.filename, bytes(part))
    except Unreadable:
        raise
    except Exception as error:
        raise Unreadable("The file is damaged: Excel can’t have written it so.") from error


def _check_part(name: str, part: bytes) -> None:
    if part.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<!DOCTYPE" in part or b"<!ENTITY" in part:
        raise Unreadable("The file has parts that no workbook has.")
    if name.startswith("xl/worksheets/") and name.endswith(".xml"):
        for count, found in enumerate(_ROW.finditer(part), start=1):
            if count > LAST_ROW or int(found[1] or 0) > LAST_ROW:
                raise Unreadable(
                    f"The file has rows below row {LAST_ROW:,}. A file holds at most {MOST_ROWS} milestones; "
                    "delete the rows under the last one."
                )


def _read(sheet: Any) -> Reading:
    rows = sheet.iter_rows(min_row=1, max_row=LAST_ROW, max_col=30)
    letters = _letters(next(rows, ()))
    faults: list[Fault] = []
    lines = [line for line in _lines(rows, letters, faults) if any(line.texts.values())]
    if not lines and not faults:
        raise Unreadable("The sheet has no row under its headings.")
    if len(lines) > MOST_ROWS:
        raise Unreadable(f"The file has {len(lines)} milestones; at most {MOST_ROWS} are taken in at once.")
    return Reading(lines, letters, faults)


def _letters(cells: Any) -> dict[str, str]:
    """The letter of each column by its heading. Raises Unreadable where one is missing or stands twice."""
    found: dict[str, str] = {}
    for number, cell in enumerate(cells, start=1):
        heading = str(cell.value).strip() if cell.value is not None else ""
        if heading in HEADINGS:
            if heading in found:
                raise Unreadable(f"The first row has the heading “{heading}” twice.")
            found[heading] = get_column_letter(number)
    missing = [f"“{each}”" for each in NEEDED if each not in found]
    if missing:
        raise Unreadable(
            f"The first row lacks the heading{'s' if len(missing) > 1 else ''} {', '.join(missing)}. "
            "Fill in the file that can be downloaded here."
        )
    return found


def _lines(rows: Any, letters: dict[str, str], faults: list[Fault]) -> Iterator[Line]:
    headings = {letter: heading for heading, letter in letters.items()}
    for number, cells in enumerate(rows, start=2):
        texts = dict.fromkeys(HEADINGS, "")
        for place, cell in enumerate(cells, start=1):
            heading = headings.get(get_column_letter(place))
            if heading is None or cell.value is None:
                continue
            try:
                texts[heading] = _text(cell)
            except ValueError as error:
                faults.append(Fault(f"{get_column_letter(place)}{number}", str(error)))
                texts[heading] = " "
        yield Line(number, texts)


def _text(cell: Any) -> str:
    """What a cell says. Raises ValueError, with a sentence, for a formula, an error of Excel and a time of day."""
    value = cell.value
    if cell.data_type == "f":
        raise ValueError("has a formula: write what it comes to")
    if cell.data_type == "e":
        raise ValueError(f"has an error ({value}): write the value")
    if isinstance(value, bool):
        raise ValueError(f"says {str(value).upper()}, which is no text")
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, str | int | float):
        raise ValueError("has a time of day, which is no date")
    return " ".join(str(value).replace("\0", "").split())
