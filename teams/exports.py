"""Rows as a file for a spreadsheet, in which no cell can run as a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# What Excel, LibreOffice and Google Sheets read as the start of a formula (OWASP ASVS 5.0, 1.2.10; the full-width
# signs are those that they turn into plain ones), and the characters that can move a text into another cell.
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def spreadsheet_safe(value: object) -> object:
    """The value of a cell: a text that a spreadsheet would run as a formula gets an apostrophe before it.

    Numbers stay numbers, and None becomes an empty cell.
    """
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = str(value)
    return f"'{text}" if text.startswith(_STARTS_A_FORMULA) else text


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file (RFC 4180) in UTF-8, marked as such for Excel: the header, then the rows, each cell made safe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows([spreadsheet_safe(value) for value in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")
